// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.Arrays;

/** How long calls took. */
final class Times {
    private final long[] sorted;

    private Times(long[] sorted) {
        this.sorted = sorted;
    }

    static Times of(long... nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return new Times(sorted);
    }

    /** The time, in milliseconds, within which this part of them ended; NaN if there are none. */
    double millis(double part) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int rank = (int) Math.ceil(part * sorted.length);
        return sorted[Math.max(1, rank) - 1] / 1e6;
    }
}
