// SPDX-License-Identifier: Apache-2.0
/** How available a dependency is: see {@link dev.holdfast.availability.Availability}. */
@NullMarked
package dev.holdfast.availability;

import org.jspecify.annotations.NullMarked;
