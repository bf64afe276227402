// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/**
 * What a caller gets.
 *
 * @param stock how many there are, or were
 * @param degraded whether this is the last known number and not a fresh one
 */
record Answer(int stock, boolean degraded) {}
