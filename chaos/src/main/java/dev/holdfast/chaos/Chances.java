// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import org.apache.commons.numbers.gamma.LogGamma;
import org.apache.commons.numbers.gamma.RegularizedBeta;

/** How likely it is that what was seen is chance. */
final class Chances {
    /** Steps of a bisection, after which a double has no more digits. */
    private static final int STEPS = 60;

    private Chances() {}

    /** At most so many bad calls of all, if each is bad with a probability. */
    static double atMost(long bad, long all, double probability) {
        return bad >= all ? 1 : RegularizedBeta.complement(probability, bad + 1.0, (double) (all - bad));
    }

    /** At least so many bad calls of all, if each is bad with a probability. */
    static double atLeast(long bad, long all, double probability) {
        return bad <= 0 ? 1 : RegularizedBeta.value(probability, (double) bad, all - bad + 1.0);
    }

    /**
     * The share of bad calls that cannot be ruled out: the upper end of a one-sided interval (Clopper and Pearson, The Use of Confidence or
     * Fiducial Limits, 1934).
     */
    static double mostBad(long bad, long all, double confidence) {
        double low = 0;
        double high = 1;
        for (int i = 0; i < STEPS && bad < all; i++) {
            double middle = (low + high) / 2;
            if (atMost(bad, all, middle) > 1 - confidence) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    /** How many calls without a bad one show a share of good ones. */
    static long leastCalls(double goodShare, double confidence) {
        return (long) Math.ceil(Math.log1p(-confidence) / Math.log(goodShare) - 1e-9);
    }

    /**
     * At least so many of the bad calls in the first of two groups, if it makes no difference in which group a call is: Fisher's
     * exact test, one-sided (Statistical Methods for Research Workers, 1934).
     */
    static double fisher(long badOfFirst, long first, long badOfSecond, long second) {
        long bad = badOfFirst + badOfSecond;
        long most = Math.min(bad, first);
        if (badOfFirst <= Math.max(0, bad - second)) {
            return 1;
        }
        double logOne = logChoose(first, badOfFirst) + logChoose(second, badOfSecond) - logChoose(first + second, bad);
        double term = 1;
        double sum = 1;
        // Each further term by the one before it. They fall off once they are past the middle.
        for (long k = badOfFirst; k < most && term > sum * 1e-17; k++) {
            term *= (double) (first - k) / (k + 1) * (bad - k) / (second - bad + k + 1);
            sum += term;
        }
        return Math.min(1, Math.exp(logOne + Math.log(sum)));
    }

    private static double logChoose(long all, long some) {
        return LogGamma.value(all + 1.0) - LogGamma.value(some + 1.0) - LogGamma.value(all - some + 1.0);
    }
}
