// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import java.math.BigInteger;

/**
 * Counts in windows of the length of the period, which follow each other from the limiter's origin.
 *
 * <pre>
 *    0      window's number      before      now         before: sliding windows only
 *   ┌─┬───────────────────────┬───────────┬───────────┐
 *   └─┴───────────────────────┴───────────┴───────────┘
 * </pre>
 *
 * <p>A fixed window lets N calls into each, so N just before the edge and N just after it: 2 N in no time.
 *
 * <p>A sliding window adds the part of the window before that the last period still covers, as if its calls had come
 * evenly. Error bound: at most N * (1 + w/period) calls in any stretch of length w up to a period, so there is no double
 * burst at the edge. (With g calls in the stretch before the edge, and w after it, at most g + N - g * (1 - w/period).)
 *
 * <p>The number has what the counts leave of 63 bits, at least 23. An idle time of exactly so many windows, or a multiple,
 * makes old counts look like new ones, until the window ends; that can refuse calls, not let too many in.
 */
final class WindowCounter extends Limit {
    /** The most permits of a sliding window. */
    static final long MAX_SLIDING = (1L << 20) - 1;
    /** The most permits of a fixed window. */
    static final long MAX_FIXED = (1L << 40) - 1;

    private final boolean sliding;
    private final long permits;
    private final long nanos;
    private final int countBits;
    private final int numberShift;
    private final long mask;
    /** How many windows ahead a call can be that waits. */
    private final long maxAhead;

    WindowCounter(Spec spec, long maxWaitNanos) {
        super(spec);
        sliding = spec.kind() == Kind.SLIDING_WINDOW;
        permits = spec.permits();
        nanos = spec.nanos();
        countBits = Long.SIZE - Long.numberOfLeadingZeros(permits);
        numberShift = sliding ? 2 * countBits : countBits;
        mask = (1L << countBits) - 1;
        maxAhead = maxWaitNanos / nanos + 1;
    }

    @Override
    long capacity() {
        return permits;
    }

    @Override
    BigInteger fillNanos() {
        return BigInteger.valueOf(nanos).multiply(BigInteger.valueOf(sliding ? 2 : 1));
    }

    /** How many windows the word is ahead of {@code t}; the numbers wrap around. */
    private long ahead(long word, long t) {
        int unused = numberShift + 1;
        long number = word >>> numberShift;
        return ((number - Math.floorDiv(t, nanos)) << unused) >> unused;
    }

    private long word(long t, long before, long now) {
        long number = Math.floorDiv(t, nanos) & (Long.MAX_VALUE >>> numberShift);
        return (number << numberShift) | (sliding ? before << countBits : 0) | now;
    }

    private long before(long word) {
        return sliding ? (word >>> countBits) & mask : 0;
    }

    @Override
    long available(long word, long t) {
        long ahead = ahead(word, t);
        if (ahead > 0 && ahead <= maxAhead) {
            return 0;
        }
        long before = ahead == 0 ? before(word) : ahead == -1 && sliding ? word & mask : 0;
        long now = ahead == 0 ? word & mask : 0;
        long left = nanos - Math.floorMod(t, nanos);
        BigInteger[] part = BigInteger.valueOf(before)
                .multiply(BigInteger.valueOf(left))
                .divideAndRemainder(BigInteger.valueOf(nanos));
        return permits - now - part[0].longValueExact() - part[1].signum();
    }

    @Override
    long holding(long left, long t) {
        return word(t, 0, permits - Math.max(0, Math.min(left, permits)));
    }

    @Override
    Toll toll(long cost) {
        return new Toll() {
            @Override
            long wait(long word, long t) {
                long ahead = ahead(word, t);
                long into = Math.floorMod(t, nanos);
                if (ahead == 0) {
                    return until(before(word), word & mask, into);
                }
                if (ahead == -1) {
                    return until(sliding ? word & mask : 0, 0, into);
                }
                if (ahead < 0 || ahead > maxAhead) {
                    return 0;
                }
                return ahead * nanos - into + until(before(word), word & mask, 0);
            }

            /** From {@code into} a window. */
            private long until(long before, long now, long into) {
                long room = permits - now - cost;
                if (room >= 0) {
                    return Math.max(0, sparse(before, room) - into);
                }
                return nanos - into + sparse(sliding ? now : 0, permits - cost);
            }

            /** How far into a window the part of the one before that still counts leaves room. */
            private long sparse(long before, long room) {
                // room * nanos / before, in two steps that do not overflow.
                return room >= before ? 0 : nanos - room * (nanos / before) - room * (nanos % before) / before;
            }

            @Override
            long paid(Bucket bucket, int i, long word, long at) {
                long ahead = ahead(word, at);
                if (ahead == 0) {
                    return word + cost;
                }
                return word(at, ahead == -1 && sliding ? word & mask : 0, cost);
            }
        };
    }
}
