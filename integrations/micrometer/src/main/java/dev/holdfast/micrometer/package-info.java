// SPDX-License-Identifier: Apache-2.0
/** Every number of every policy in a registry, and observations of calls and attempts. */
@NullMarked
package dev.holdfast.micrometer;

import org.jspecify.annotations.NullMarked;
