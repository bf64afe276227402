// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Arrays;

/** Times in classes, each 5 % longer than the one before, from a microsecond up. */
final class Latencies {
    private static final double STEP = Math.log(1.05);
    private static final double LEAST = 1_000;

    private int[] counts = new int[0];
    private long total;

    void add(long nanos) {
        int index = nanos <= LEAST ? 0 : (int) Math.ceil(Math.log(nanos / LEAST) / STEP);
        if (index >= counts.length) {
            counts = Arrays.copyOf(counts, index + 16);
        }
        counts[index]++;
        total++;
    }

    Duration quantile(double quantile) {
        Require.range(quantile, 0.0, 1.0, "quantile");
        long rank = (long) Math.ceil(quantile * total);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank && seen > 0) {
                // The middle of the class.
                return Duration.ofNanos((long) (LEAST * Math.exp((i - 0.5) * STEP)));
            }
        }
        return Duration.ZERO;
    }
}
