// SPDX-License-Identifier: Apache-2.0
/** Hedged calls: see {@link dev.holdfast.hedge.Hedge}. */
@NullMarked
package dev.holdfast.hedge;

import org.jspecify.annotations.NullMarked;
