// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

/**
 * Between which two values something lies, with a given confidence.
 *
 * @param low the lower end
 * @param high the upper end; {@link Double#POSITIVE_INFINITY} where nothing is known of it
 */
public record Interval(double low, double high) {}
