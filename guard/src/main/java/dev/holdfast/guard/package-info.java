// SPDX-License-Identifier: Apache-2.0
/** {@code Guard.of("inventory")}: the usual patterns, put together so that a service stays up without a setting. */
@NullMarked
package dev.holdfast.guard;

import org.jspecify.annotations.NullMarked;
