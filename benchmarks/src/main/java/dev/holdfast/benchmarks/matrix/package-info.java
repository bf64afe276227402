// SPDX-License-Identifier: Apache-2.0
/** Policies in hundreds of simulated worlds: how near each comes to what is possible, and where it does harm. */
@NullMarked
package dev.holdfast.benchmarks.matrix;

import org.jspecify.annotations.NullMarked;
