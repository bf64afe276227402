// SPDX-License-Identifier: Apache-2.0
/**
 * Calls that several nodes answer: see {@link dev.holdfast.quorum.Quorum}, {@link dev.holdfast.quorum.Vote} and
 * {@link dev.holdfast.quorum.RecoveryBlock}.
 */
@NullMarked
package dev.holdfast.quorum;

import org.jspecify.annotations.NullMarked;
