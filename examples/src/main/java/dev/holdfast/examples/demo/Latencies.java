// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/**
 * Durations in buckets of equal width on a logarithmic scale, from a microsecond to ten seconds: a percentile is
 * rounded up by at most 2 %, and the memory does not grow. Not safe to share between threads.
 */
final class Latencies {
    private static final double FIRST = 1_000;
    private static final int PER_DECADE = 120;
    private static final int DECADES = 7;

    private final int[] counts = new int[PER_DECADE * DECADES + 1];
    private long total;
    private long longest;

    void add(long nanos) {
        counts[bucket(nanos)]++;
        total++;
        longest = Math.max(longest, nanos);
    }

    void add(Latencies other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        total += other.total;
        longest = Math.max(longest, other.longest);
    }

    /**
     * The duration that a fraction of all did not pass.
     *
     * @param fraction 0 to 1
     * @return nanoseconds, or -1 if there are none
     */
    long percentile(double fraction) {
        long rank = Math.max(1, (long) Math.ceil(fraction * total));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                double edge = FIRST * Math.pow(10, (i + 1.0) / PER_DECADE);
                return Math.min(longest, (long) edge);
            }
        }
        return -1;
    }

    private int bucket(long nanos) {
        double decades = Math.log10(Math.max(FIRST, nanos) / FIRST);
        return Math.min(counts.length - 1, (int) (decades * PER_DECADE));
    }
}
