// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import java.math.BigInteger;

/**
 * Counts in windows of the length of the period. A window begins with its first call, when the one before has ended.
 *
 * <pre>
 *    0      window's start       first     carried       now
 *   ┌─┬───────────────────────┬─────────┬───────────┬───────────┐
 *   └─┴───────────────────────┴─────────┴───────────┴───────────┘
 * </pre>
 *
 * <p>Of the calls of the window before, c are <i>carried</i> over into a new one: those that came in the period that ends with
 * its first call, as if they had come evenly from the first one on. They leave evenly, and once (c + 1) * x / period whole
 * ones have left, x into the window, so many fewer of them count. Nothing is rounded to anybody's disadvantage, so callers who
 * always ask get their N in each period, for every N from 1: what the first of them cost is not carried, because a window begins
 * with it. For that, its cost is kept, if N is below 1,024; above, it counts as 1, and calls of many permits get less.
 *
 * <p><b>Error bound.</b> At most N + floor(N * w / period) calls in any stretch of length w below a period: no double burst at an
 * edge, and with N = 1 never two. Proof: such a stretch meets two windows at most. Of the earlier one, of n permits, it has at most
 * n - f, because the first call, of f, is a period before the later window. If that one begins y after the earlier one has ended, n - f -
 * floor(n * y / period) are carried; x into it, at most N permits have been taken less those that are still carried. That makes n - f +
 * N - (n - f) + floor(n * y / period) + floor(n * x / period), and x + y is no more than w.
 *
 * <p><b>The start</b> is counted in ticks, rounded up, so that nothing is let in too early. Ticks are a nanosecond for up to 7
 * permits a second, the 1,024th part of a period at worst, and chosen so that a period is a whole number of them where one can. It
 * wraps around after at least 7,900 periods: then, for a period or two, and as long as a call may wait or might before settings
 * changed, old counts may look like new ones; that can refuse calls, not let too many in.
 */
final class SlidingWindow extends Limit {
    static final long MAX_PERMITS = (1L << 20) - 1;

    /** Later than any time in a window. */
    private static final long OVER = Long.MAX_VALUE;

    private static final int MIN_TICK_BITS = 10;
    private static final int NUMBER_BITS = 23;
    private static final int TRIES = 1024;

    private final long permits;
    private final long nanos;
    private final int countBits;
    private final int startBit;
    private final boolean keepsFirst;
    private final long mask;
    /** Both counts. */
    private final long counts;

    private final long tick;
    /** So many ticks have numbers of their own. */
    private final long numbers;
    /** How many ticks ahead a window can begin: for a call that waits, or that waited under earlier settings, or by a clock that goes back. */
    private final long maxAhead;
    /** How many ticks back a window begins of which nothing counts any more. */
    private final long over;

    SlidingWindow(Spec spec, long aheadNanos) {
        super(spec);
        permits = spec.permits();
        nanos = spec.nanos();
        countBits = Long.SIZE - Long.numberOfLeadingZeros(permits);
        mask = (1L << countBits) - 1;
        counts = (1L << (2 * countBits)) - 1;
        keepsFirst = Long.SIZE - 1 - 3 * countBits >= MIN_TICK_BITS + NUMBER_BITS;
        startBit = (keepsFirst ? 3 : 2) * countBits;
        tick = tick(nanos, Math.max(MIN_TICK_BITS, Long.SIZE - 1 - startBit - NUMBER_BITS));
        // No power of two: idle times of a round number of nanoseconds are more usual than others.
        numbers = (1L << (Long.SIZE - 1 - startBit)) / 32 * 31 - 1;
        maxAhead = Math.min(aheadNanos / tick + nanos / tick + 2, numbers / 2);
        over = (2 * nanos - 1) / tick + 1;
    }

    /** The shortest that cuts a period into at most so many; where one is found, into whole ones, if not twice as long. */
    private static long tick(long nanos, int bits) {
        long most = 1L << bits;
        long shortest = (nanos - 1) / most + 1;
        for (int i = 0; i < TRIES; i++) {
            if (i <= shortest && nanos % (shortest + i) == 0) {
                return shortest + i;
            }
            if (most - i > most / 2 && nanos % (most - i) == 0) {
                return nanos / (most - i);
            }
        }
        return shortest;
    }

    @Override
    long capacity() {
        return permits;
    }

    @Override
    long longestWait() {
        return Math.min(numbers / 2 - nanos / tick - 3, LONGEST / tick) * tick;
    }

    @Override
    BigInteger fillNanos() {
        return BigInteger.valueOf(nanos).multiply(BigInteger.TWO).add(BigInteger.valueOf(tick));
    }

    /**
     * How far into the window {@code t} is: negative before it, as it is for less than a tick where its start was rounded up, and
     * {@link #OVER} if nothing of it counts any more.
     */
    private long into(long word, long t) {
        if ((word & counts) == 0) {
            return OVER;
        }
        long ticks = tick == 1 ? t : Math.floorDiv(t, tick);
        long ahead = (word >>> startBit) - Math.floorMod(ticks, numbers);
        ahead += ahead > numbers / 2 ? -numbers : ahead < -(numbers / 2) ? numbers : 0;
        if (ahead > maxAhead || ahead <= -over) {
            return OVER;
        }
        return t - ticks * tick - ahead * tick;
    }

    /** A window in which one call has taken {@code now} so far. */
    private long word(long start, long carried, long now) {
        long ticks = tick == 1 ? start : Math.floorDiv(start, tick) + (Math.floorMod(start, tick) == 0 ? 0 : 1);
        long number = Math.floorMod(ticks, numbers);
        return ((((keepsFirst ? (number << countBits) | now : number) << countBits) | carried) << countBits) | now;
    }

    private long first(long word) {
        return keepsFirst ? (word >>> (2 * countBits)) & mask : 1;
    }

    private long carried(long word) {
        return (word >>> countBits) & mask;
    }

    private long now(long word) {
        return word & mask;
    }

    /** How many have left of so many that leave evenly in a period: floor(of * x / period), in steps that do not overflow. */
    private long left(long of, long x) {
        if (x < 1L << 42) {
            return Math.min(of * x / nanos, of);
        }
        // So long a period is cut into parts of millions of nanoseconds: what one is cut short is less than a part of
        // all.
        long whole = Math.min(x / (nanos / of), of);
        return when(of, whole) > x ? whole - 1 : whole;
    }

    /** From when so many have left: ceil(gone * period / of). */
    private long when(long of, long gone) {
        long rest = gone * (nanos % of);
        return gone * (nanos / of) + rest / of + (rest % of == 0 ? 0 : 1);
    }

    /** What the calls of a window are worth to one that begins so late after it has ended. */
    private long carriedAt(long word, long late) {
        return now(word) == 0 ? 0 : Math.max(0, now(word) - first(word) - left(now(word), late));
    }

    @Override
    long available(long word, long t) {
        long into = into(word, t);
        if (into <= -tick) {
            return 0;
        }
        if (into < nanos) {
            return permits - now(word) - (carried(word) - left(carried(word) + 1, Math.max(0, into)));
        }
        return into == OVER ? permits : permits - carriedAt(word, into - nanos);
    }

    @Override
    long promised(long word, long t) {
        long into = into(word, t);
        return into == OVER ? 0 : fits(carried(word), permits - now(word)) - into;
    }

    @Override
    long holding(long left, long t) {
        return word(t, 0, permits - Math.max(0, Math.min(left, permits)));
    }

    @Override
    long emptyIn(long wait, long t) {
        return word(t + Math.min(wait, (maxAhead - 1) * tick), 0, permits);
    }

    /** How far into a window no more than {@code room} of the carried ones are left. */
    private long fits(long carried, long room) {
        return room >= carried ? 0 : when(carried + 1, carried - room);
    }

    @Override
    Toll toll(long cost) {
        return new Toll() {
            @Override
            long wait(long word, long t) {
                long into = into(word, t);
                if (into == OVER) {
                    return BEGINS;
                }
                long room = permits - now(word) - cost;
                long when = room >= 0 ? fits(carried(word), room) : nanos;
                if (into < nanos && when < nanos) {
                    return when == 0 && into > -tick ? 0 : Math.max(0, when - into);
                }
                // In a new window, into which all but the first call's are carried if it begins at once.
                long tooMany = now(word) - first(word) - (permits - cost);
                long late = tooMany <= 0 ? 0 : when(now(word), tooMany);
                long wait = nanos + late - into;
                return wait > 0 ? wait : BEGINS;
            }

            @Override
            long paid(Bucket bucket, int i, long word, long at) {
                long into = into(word, at);
                if (into < nanos) {
                    return word + cost;
                }
                return word(at, into == OVER ? 0 : carriedAt(word, into - nanos), cost);
            }
        };
    }
}
