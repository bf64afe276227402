// SPDX-License-Identifier: Apache-2.0
/** Every number of every policy as instruments, and spans and durations of calls and attempts. */
@NullMarked
package dev.holdfast.opentelemetry;

import org.jspecify.annotations.NullMarked;
