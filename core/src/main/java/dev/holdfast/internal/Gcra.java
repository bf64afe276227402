// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import java.math.BigInteger;

/**
 * A token bucket in one word, as the generic cell rate algorithm (ITU-T I.371, virtual scheduling): the word is the theoretical
 * arrival time, TAT, at which the bucket is full again. This is the arithmetic only; whoever has the word keeps it.
 *
 * <pre>
 *    t &lt; TAT - (burst - n) * T     refuse, try again then
 *    otherwise                     TAT = max(t, TAT) + n * T
 * </pre>
 *
 * <p><b>Exact without fractions.</b> T is the fraction p/l, reduced, and a word of whole nanoseconds cannot hold a third of
 * one. So time is cut into cells that begin at {@code ceil(i * p / l)}, and n permits move the TAT n cells on, to the same
 * place inside its cell: three a second are three cells of 333,333,334, 333,333,333 and 333,333,333 ns, for ever. The cells
 * are not counted. All that is needed is how much later the TAT's cell begins, in 1/l ns, than an exact one would, the
 * {@link #phase}:
 *
 * <pre>
 *    phase    = (TAT * l mod p) mod l
 *    n cells on     TAT + ceil((n * p - phase) / l)
 *    n cells back   TAT - floor((n * p + phase) / l)
 * </pre>
 *
 * <p>Only long cells have a last nanosecond that short ones lack. A TAT there goes on to the start of the cell after the
 * first short one. So k permits take more than k * T - 1 ns and less than k * T + 2, however large k is. Where the clock's
 * readings pass zero, as those of some machines may once, cells begin anew, and that costs or gives up to a nanosecond more.
 *
 * <p>Times are nanoseconds of any origin; they are compared as differences, because they may wrap around.
 *
 * <p>Limit: with more than one permit a nanosecond, each call takes at least a nanosecond's worth.
 */
public final class Gcra {
    /** The longest time that it tells, in nanoseconds: there is room at the end of the range for what rounding adds. */
    public static final long LONGEST = Long.MAX_VALUE - 8;

    private final long burst;
    private final BigInteger bigP;
    private final BigInteger bigL;
    private final long p;
    private final long l;
    /** Whether a product of something below p with l fits. */
    private final boolean narrow;

    private Gcra(long permits, long nanos, long burst) {
        this.burst = burst;
        BigInteger period = BigInteger.valueOf(nanos);
        BigInteger limit = BigInteger.valueOf(permits);
        BigInteger divisor = period.gcd(limit);
        bigP = period.divide(divisor);
        bigL = limit.divide(divisor);
        p = bigP.longValueExact();
        l = bigL.longValueExact();
        narrow = Math.multiplyHigh(p, l) == 0 && p * l > 0;
    }

    /**
     * The arithmetic of a rate.
     *
     * @param permits so many, from 1 up
     * @param nanos in so many nanoseconds, from 1 up
     * @param burst the most permits that can be there at once, from 1 up; {@link #fillNanos} may be {@link #LONGEST} at most
     * @return the arithmetic, which never changes
     */
    public static Gcra of(long permits, long nanos, long burst) {
        return new Gcra(permits, nanos, burst);
    }

    /** How long an empty bucket takes to be full, rounded up. */
    public BigInteger fillNanos() {
        return BigInteger.valueOf(burst).multiply(bigP).divide(bigL).add(BigInteger.ONE);
    }

    /** What so many permits cost, 1 to the burst: worked out once, and kept by whoever asks often. */
    public Price price(long permits) {
        return new Price(permits);
    }

    private long phase(long tat) {
        if (l == 1) {
            return 0;
        }
        long rest = Long.remainderUnsigned(tat, p);
        return (narrow ? rest * l % p : product(rest)) % l;
    }

    /** {@code rest * l mod p}, bit by bit: for limits that are too strange to be worth a division of 128 bits. */
    private long product(long rest) {
        long sum = 0;
        long factor = l % p;
        for (long bits = rest; bits != 0; bits >>>= 1) {
            if ((bits & 1) != 0) {
                sum = modP(sum + factor);
            }
            factor = modP(factor + factor);
        }
        return sum;
    }

    /** Of a sum of two numbers below p, which may have the top bit set. */
    private long modP(long sum) {
        return Long.compareUnsigned(sum, p) >= 0 ? sum - p : sum;
    }

    /** What is owed, in permits times p: how far the exact time of the word is ahead, in 1/l ns. Not negative. */
    private BigInteger owed(long tat, long t) {
        long ahead = tat - t;
        return ahead <= 0
                ? BigInteger.ZERO
                : BigInteger.valueOf(ahead).multiply(bigL).subtract(BigInteger.valueOf(phase(tat)));
    }

    /** The permits that are there at {@code t}; negative when some are promised for later. */
    public long available(long tat, long t) {
        if (tat - t <= 0) {
            return burst;
        }
        // The fewest cells that reach back to t.
        BigInteger owed = ceiling(owed(tat, t), bigP);
        return burst - owed.min(BigInteger.valueOf(Long.MAX_VALUE)).longValueExact();
    }

    /** How long from {@code t} until all that is promised has been given, and the bucket is empty; 0 if nothing is promised. */
    public long promised(long tat, long t) {
        return nanos(ceiling(owed(tat, t).subtract(BigInteger.valueOf(burst).multiply(bigP)), bigL));
    }

    /** The TAT of a bucket that has so many permits at {@code t}, or is full if that is more than the burst. */
    public long holding(long permits, long t) {
        if (permits >= burst) {
            return t;
        }
        BigInteger owed = BigInteger.valueOf(burst).subtract(BigInteger.valueOf(permits));
        return t + nanos(ceiling(owed.multiply(bigP).subtract(BigInteger.valueOf(phase(t))), bigL));
    }

    /** The TAT of a bucket that is empty in so many nanoseconds from {@code t}, and gives nothing before. */
    public long emptyIn(long nanos, long t) {
        return later(
                t,
                BigInteger.valueOf(nanos)
                        .multiply(bigL)
                        .add(BigInteger.valueOf(burst).multiply(bigP)),
                bigL);
    }

    /**
     * The TAT of this rate's bucket that has what a bucket of another rate has. Parts of a permit are kept, too, to two nanoseconds:
     * otherwise a bucket whose rate is changed all the time would never get a whole one. Permits that were promised are owed at the
     * slower of the two rates.
     *
     * @param from the rate so far
     * @param tat the word so far
     * @param promisedNanos until how long after {@code t} permits are promised elsewhere, which are to be given first
     * @param t now
     * @return the word from now on
     */
    public long takenOver(Gcra from, long tat, long promisedNanos, long t) {
        BigInteger owed = from.owed(tat, t);
        BigInteger ofBurst = BigInteger.valueOf(from.burst).multiply(from.bigP);
        BigInteger promised = owed.subtract(ofBurst);
        if (promised.signum() > 0) {
            BigInteger ofOld = promised.multiply(bigL).multiply(from.bigP);
            BigInteger ofNew = promised.multiply(bigP).multiply(from.bigL);
            BigInteger unit = from.bigP.multiply(from.bigL).multiply(bigL);
            return emptyIn(Math.max(promisedNanos, nanos(ceiling(ofOld.max(ofNew), unit))), t);
        }
        if (promisedNanos > 0) {
            return emptyIn(promisedNanos, t);
        }
        BigInteger mine = owed.add(BigInteger.valueOf(burst - from.burst).multiply(from.bigP));
        if (mine.signum() <= 0) {
            return t;
        }
        BigInteger[] whole = mine.divideAndRemainder(from.bigP);
        return whole[1].signum() == 0
                ? holding(burst - whole[0].longValueExact(), t)
                : later(t, mine.multiply(bigP), from.bigP.multiply(bigL));
    }

    /** The first word whose exact time is so much later than {@code t}, or up to two nanoseconds more. */
    private long later(long t, BigInteger numerator, BigInteger denominator) {
        long nanos = nanos(ceiling(numerator, denominator));
        BigInteger exact = BigInteger.valueOf(nanos).multiply(bigL).subtract(BigInteger.valueOf(phase(t + nanos)));
        boolean early = exact.multiply(denominator).compareTo(numerator.multiply(bigL)) < 0;
        return early && nanos < LONGEST ? t + nanos + 1 : t + nanos;
    }

    private static BigInteger ceiling(BigInteger numerator, BigInteger denominator) {
        BigInteger[] quotient = numerator.divideAndRemainder(denominator);
        return quotient[1].signum() > 0 ? quotient[0].add(BigInteger.ONE) : quotient[0];
    }

    private static long nanos(BigInteger value) {
        return value.max(BigInteger.ZERO).min(BigInteger.valueOf(LONGEST)).longValueExact();
    }

    /** So many permits of this rate: the two lines of the algorithm. Immutable. */
    public final class Price {
        /** n * T, whole and in 1/l ns. */
        private final long cost;

        private final long costRest;
        /** (burst - n) * T. */
        private final long slack;

        private final long slackRest;

        private Price(long permits) {
            BigInteger[] price = BigInteger.valueOf(permits).multiply(bigP).divideAndRemainder(bigL);
            cost = price[0].longValueExact();
            costRest = price[1].longValueExact();
            BigInteger[] rest =
                    BigInteger.valueOf(burst - permits).multiply(bigP).divideAndRemainder(bigL);
            slack = rest[0].longValueExact();
            slackRest = rest[1].longValueExact();
        }

        /** How many nanoseconds after {@code t} it can be paid, if nobody pays before; 0 for now. */
        public long wait(long tat, long t) {
            long ahead = tat - t;
            if (ahead <= slack) {
                return 0;
            }
            return slackRest != 0 && slackRest >= l - phase(tat) ? ahead - slack - 1 : ahead - slack;
        }

        /** The TAT once it is paid at {@code at}, which is a time at which it can be. */
        public long paid(long tat, long at) {
            long from = at - tat > 0 ? at : tat;
            return costRest != 0 && costRest > phase(from) ? from + cost + 1 : from + cost;
        }
    }
}
