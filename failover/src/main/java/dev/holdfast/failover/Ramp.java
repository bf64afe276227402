// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.time.Duration;

/**
 * How a node warms up: the part of its weight that counts, {@code max(0.1, (max(t, 1 s) / window) ^ (1 / aggression))}, as Envoy's slow start.
 *
 * @param window in nanoseconds; 0 for none
 * @param aggression 1: along a straight line; more: faster at first; less: slower at first
 */
record Ramp(long window, double aggression) {
    static final double LEAST = 0.1;
    private static final double SECOND = Duration.ofSeconds(1).toNanos();

    /** The part that counts so many nanoseconds after it began. */
    double at(long nanos) {
        if (nanos >= window) {
            return 1;
        }
        // Of a window of less than ten seconds, a second would be too much to begin with.
        double t = Math.max((double) nanos, Math.min(SECOND, window * LEAST));
        return Math.min(1, Math.max(LEAST, Math.pow(t / window, 1 / aggression)));
    }
}
