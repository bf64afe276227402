// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import java.math.BigInteger;

/**
 * Counts in windows of the length of the period, which follow each other from the limiter's origin, or from the change of settings
 * that it came with: what was taken before that counts for a period from there.
 *
 * <pre>
 *    0        window's number        count
 *   ┌─┬───────────────────────────┬───────────┐
 *   └─┴───────────────────────────┴───────────┘
 * </pre>
 *
 * <p>It lets N calls into each, so N just before the edge and N just after it: 2 N in no time.
 *
 * <p>The number has what the count leaves of 63 bits, at least 23. An idle time of exactly so many windows, or a multiple,
 * makes an old count look like a new one, until the window ends; that can refuse calls, not let too many in.
 */
final class FixedWindow extends Limit {
    static final long MAX_PERMITS = (1L << 40) - 1;

    private final long permits;
    private final long nanos;
    /** When one of the windows begins. */
    final long begins;

    private final int countBits;
    private final long mask;
    /** How many windows the word can be ahead: of a call that waits, or that waited under earlier settings. */
    private final long maxAhead;

    FixedWindow(Spec spec, long aheadNanos, long begins) {
        super(spec);
        this.begins = begins;
        permits = spec.permits();
        nanos = spec.nanos();
        countBits = Long.SIZE - Long.numberOfLeadingZeros(permits);
        mask = (1L << countBits) - 1;
        maxAhead = Math.min(aheadNanos / nanos + 1, numbers() / 2 - 1);
    }

    private long numbers() {
        return 1L << (Long.SIZE - 1 - countBits);
    }

    @Override
    long longestWait() {
        return Math.min(numbers() / 2 - 2, LONGEST / nanos) * nanos;
    }

    @Override
    long capacity() {
        return permits;
    }

    @Override
    BigInteger fillNanos() {
        return BigInteger.valueOf(nanos);
    }

    /** How many windows the word is ahead of {@code t}; the numbers wrap around. Others than those that count are 0 or less. */
    private long ahead(long word, long t) {
        int unused = countBits + 1;
        long ahead = (((word >>> countBits) - window(t)) << unused) >> unused;
        return ahead > maxAhead ? -1 : ahead;
    }

    private long window(long t) {
        return Math.floorDiv(t - begins, nanos);
    }

    private long into(long t) {
        return Math.floorMod(t - begins, nanos);
    }

    private long word(long t, long count) {
        long number = window(t) & (Long.MAX_VALUE >>> countBits);
        return (number << countBits) | count;
    }

    @Override
    long available(long word, long t) {
        long ahead = ahead(word, t);
        return ahead > 0 ? 0 : ahead == 0 ? permits - (word & mask) : permits;
    }

    @Override
    long promised(long word, long t) {
        long ahead = ahead(word, t);
        return ahead > 0 ? ahead * nanos - into(t) : 0;
    }

    @Override
    long holding(long left, long t) {
        return word(t, permits - Math.max(0, Math.min(left, permits)));
    }

    @Override
    long emptyIn(long wait, long t) {
        long ahead = wait / nanos + (into(t) + wait % nanos >= nanos ? 1 : 0);
        return word(t + Math.min(ahead, maxAhead) * nanos, permits);
    }

    @Override
    Toll toll(long cost) {
        return new Toll() {
            @Override
            long wait(long word, long t) {
                long ahead = ahead(word, t);
                if (ahead < 0) {
                    return BEGINS;
                }
                boolean fits = (word & mask) + cost <= permits;
                if (ahead == 0 && fits) {
                    return 0;
                }
                return (fits ? ahead : ahead + 1) * nanos - into(t);
            }

            @Override
            long paid(Bucket bucket, int i, long word, long at) {
                return ahead(word, at) == 0 ? word + cost : word(at, cost);
            }
        };
    }
}
