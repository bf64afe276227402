// SPDX-License-Identifier: Apache-2.0
/** Faults on purpose: see {@link dev.holdfast.chaos.Chaos}. */
@NullMarked
package dev.holdfast.chaos;

import org.jspecify.annotations.NullMarked;
