// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.internal.Require;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.numbers.gamma.RegularizedBeta;
import org.apache.commons.numbers.gamma.RegularizedGamma;

/**
 * What counts and times say with confidence: exact bounds, by the inverses of the incomplete gamma and beta functions.
 *
 * <p>Sources: for times to fail, a test that is ended by time, Epstein and Sobel 1953 (MIL-HDBK-338B, 8.3.2.5.2); for shares, Clopper and
 * Pearson, The Use of Confidence or Fiducial Limits, 1934, and Wilson, Probable Inference, 1927.
 */
public final class Bounds {
    private static final int STEPS = 200;

    private Bounds() {}

    /**
     * The mean time to fail, two-sided, if failures come at a constant rate and watching was ended by time and not by a failure.
     *
     * @param uptime how long all was well in sum, in any unit
     * @param failures how often it failed, from 0 up
     * @param confidence more than 0 and less than 1, such as 0.9
     * @return in the unit of the uptime; without an upper end if it never failed
     */
    public static Interval timeToFail(double uptime, long failures, double confidence) {
        requireTime(uptime, "uptime");
        Require.range(failures, 0, Long.MAX_VALUE / 4, "failures");
        double tail = tail(confidence);
        double low = 2 * uptime / chiSquare(1 - tail, 2 * failures + 2);
        double high = failures == 0 ? Double.POSITIVE_INFINITY : 2 * uptime / chiSquare(tail, 2 * failures);
        return new Interval(low, high);
    }

    /**
     * The mean time to repair, two-sided, if repairs take exponential times.
     *
     * @param downtime how long all repairs took in sum, in any unit
     * @param repairs how many there were, from 0 up
     * @param confidence more than 0 and less than 1
     * @return in the unit of the downtime; 0 to infinity if there were none
     */
    public static Interval timeToRepair(double downtime, long repairs, double confidence) {
        requireTime(downtime, "downtime");
        Require.range(repairs, 0, Long.MAX_VALUE / 4, "repairs");
        if (repairs == 0) {
            return new Interval(0, Double.POSITIVE_INFINITY);
        }
        double tail = tail(confidence);
        return new Interval(
                2 * downtime / chiSquare(1 - tail, 2 * repairs), 2 * downtime / chiSquare(tail, 2 * repairs));
    }

    /**
     * The availability by time, two-sided, if times to fail and to repair are exponential.
     *
     * @param uptime how long all was well in sum
     * @param downtime how long it was not, in the same unit
     * @param outages how many outages there were, from 0 up
     * @param confidence more than 0 and less than 1
     * @return between 0 and 1
     */
    public static Interval availability(double uptime, double downtime, long outages, double confidence) {
        requireTime(uptime, "uptime");
        requireTime(downtime, "downtime");
        Require.range(outages, 0, Long.MAX_VALUE / 4, "outages");
        double tail = tail(confidence);
        if (outages == 0 || uptime + downtime == 0) {
            return new Interval(0, 1);
        }
        double ratio = downtime / uptime;
        return new Interval(
                1 / (1 + ratio * fRatio(1 - tail, 2 * outages, 2 * outages)),
                1 / (1 + ratio * fRatio(tail, 2 * outages, 2 * outages)));
    }

    /**
     * A share, exactly: at least the confidence, whatever the share is (Clopper and Pearson).
     *
     * @param some how many of them, from 0 to all
     * @param all how many there are, from 0 up
     * @param confidence more than 0 and less than 1
     * @return between 0 and 1
     */
    public static Interval exactShare(long some, long all, double confidence) {
        requireShare(some, all);
        double tail = tail(confidence);
        return new Interval(
                some == 0 ? 0 : beta(tail, (double) some, all - some + 1.0),
                some == all ? 1 : beta(1 - tail, some + 1.0, (double) (all - some)));
    }

    /**
     * A share, for display: narrower, and right in the mean (Wilson).
     *
     * @param some how many of them, from 0 to all
     * @param all how many there are, from 0 up
     * @param confidence more than 0 and less than 1
     * @return between 0 and 1
     */
    public static Interval share(long some, long all, double confidence) {
        requireShare(some, all);
        if (all == 0) {
            return new Interval(0, 1);
        }
        double square = chiSquare(confidence, 1);
        double part = (double) some / all;
        double middle = part + square / (2.0 * all);
        double half = Math.sqrt(square * (part * (1 - part) / all + square / (4.0 * all * all)));
        double whole = 1 + square / all;
        return new Interval(Math.max(0, (middle - half) / whole), Math.min(1, (middle + half) / whole));
    }

    /**
     * How many failures are too many to be chance: the fewest that come with a probability of at most {@code chance}, if each of {@code calls}
     * fails with a probability of {@code rate}.
     *
     * @param calls from 1 up
     * @param rate more than 0 and less than 1
     * @param chance more than 0 and less than 1, such as 1e-4
     * @return from 1 up; one more than all calls if not even that is too many
     */
    public static long leastFailures(long calls, double rate, double chance) {
        Require.range(calls, 1, Long.MAX_VALUE / 4, "calls");
        long few = 0;
        long enough = calls + 1;
        while (enough - few > 1) {
            long middle = few + (enough - few) / 2;
            if (RegularizedBeta.value(rate, (double) middle, calls - middle + 1.0) <= chance) {
                enough = middle;
            } else {
                few = middle;
            }
        }
        return enough;
    }

    /**
     * Whether so many failures are too many to be chance: {@code failures >= leastFailures(calls, rate, chance)}, without looking for that.
     * Where it is plain by Bernstein's inequality (1924), nothing else is worked out.
     */
    static boolean areNoChance(long failures, long calls, double rate, double chance) {
        double expected = calls * rate;
        double more = failures - expected;
        if (more <= 0) {
            return false;
        }
        return more * more >= -2 * Math.log(chance) * (expected + more / 3)
                || RegularizedBeta.value(rate, (double) failures, calls - failures + 1.0) <= chance;
    }

    private static void requireTime(double time, String what) {
        if (!(time >= 0 && time < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(what + ": " + time + " (expected: from 0 up, and finite)");
        }
    }

    private static void requireShare(long some, long all) {
        Require.range(all, 0, Long.MAX_VALUE, "all");
        Require.range(some, 0, all, "some");
    }

    private static double tail(double confidence) {
        if (!(confidence > 0 && confidence < 1)) {
            throw new IllegalArgumentException(
                    "confidence: " + confidence + " (expected: more than 0 and less than 1)");
        }
        return (1 - confidence) / 2;
    }

    // ---- Inverses ---------------------------------------------------------------------------------------------------

    /** Below which a chi-square variable of so many degrees of freedom is with probability p. */
    static double chiSquare(double p, long degrees) {
        double high = Math.max(1, degrees);
        while (gamma(degrees, high) < p) {
            high *= 2;
        }
        return inverse(x -> gamma(degrees, x), p, 0, high);
    }

    private static double gamma(long degrees, double x) {
        return RegularizedGamma.P.value(degrees / 2.0, x / 2);
    }

    /** Below which a beta variable is with probability p. */
    private static double beta(double p, double a, double b) {
        return inverse(x -> RegularizedBeta.value(x, a, b), p, 0, 1);
    }

    /** Below which the ratio of two chi-square variables, each by its degrees of freedom, is with probability p. */
    static double fRatio(double p, long first, long second) {
        double x = beta(p, first / 2.0, second / 2.0);
        return second * x / (first * (1 - x));
    }

    /** Bisection: the functions rise, and are smooth. */
    private static double inverse(DoubleUnaryOperator rising, double value, double low, double high) {
        double below = low;
        double above = high;
        for (int i = 0; i < STEPS; i++) {
            double middle = (below + above) / 2;
            if (rising.applyAsDouble(middle) < value) {
                below = middle;
            } else {
                above = middle;
            }
        }
        return (below + above) / 2;
    }
}
