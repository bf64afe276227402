// SPDX-License-Identifier: Apache-2.0
/** Holdfast's paths beside those of its peers. */
@NullMarked
package dev.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;
