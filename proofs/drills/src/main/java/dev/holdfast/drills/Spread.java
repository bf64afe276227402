// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Durations, in order. */
final class Spread {
    private static final double NANOS_PER_MILLI = 1e6;

    private final long[] sorted;

    private Spread(long[] sorted) {
        this.sorted = sorted;
    }

    static Spread of(List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return new Spread(sorted);
    }

    int count() {
        return sorted.length;
    }

    /** Milliseconds that a share of all, from 0 to 1, did not exceed; 0 if there are none. */
    double millis(double share) {
        int last = sorted.length - 1;
        return last < 0 ? 0 : sorted[(int) Math.min(last, Math.floor(share * sorted.length))] / NANOS_PER_MILLI;
    }

    /** Median, 99th percentile and maximum, in milliseconds. */
    @Override
    public String toString() {
        return count() == 0
                ? "-"
                : String.format(Locale.ROOT, "%.1f / %.0f / %.0f", millis(0.5), millis(0.99), millis(1));
    }
}
