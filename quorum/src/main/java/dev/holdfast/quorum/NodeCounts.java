// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

/**
 * What a node has come to, in the calls that asked it.
 *
 * @param accepted answers that counted
 * @param dissenting answers that were others than those of the nodes that agree
 * @param failed failures, and refusals of the policies around it
 * @param absent calls that were decided before it had come to anything
 * @param late those of the absent that have come to something after all; only where others are let finish
 */
public record NodeCounts(long accepted, long dissenting, long failed, long absent, long late) {}
