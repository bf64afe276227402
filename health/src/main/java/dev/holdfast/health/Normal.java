// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

/**
 * How unlikely it is that a normal variable exceeds a value, as a logarithm: {@code phi(y) = -log10 Q(y)}, where {@code Q} is the upper tail
 * of the standard normal distribution. Exact to 1e-9 of its value, without underflow: also where {@code Q} itself is 0 in a double.
 *
 * <p>Below 2 it is the Taylor series of the distribution, above the continued fraction of Mills' ratio (Abramowitz and Stegun 26.2.11 and
 * 26.2.14), 60 levels deep, of which only the logarithm is taken.
 */
final class Normal {
    private static final double LN_10 = Math.log(10);
    private static final double LN_2_PI = Math.log(2 * Math.PI);
    private static final double SEAM = 2;
    private static final int LEVELS = 60;

    private Normal() {}

    /** Never negative, never NaN for a number, and finite for a finite one whose square is. */
    static double phi(double y) {
        if (y >= SEAM) {
            return -logTail(y) / LN_10;
        }
        if (y >= 0) {
            return Math.max(0, -Math.log(0.5 - middle(y)) / LN_10);
        }
        double other = y > -SEAM ? 0.5 - middle(-y) : Math.exp(logTail(-y));
        return Math.max(0, -Math.log1p(-other) / LN_10);
    }

    /** The part between 0 and y. */
    private static double middle(double y) {
        double term = y;
        double sum = y;
        for (int k = 3; sum + term != sum || k == 3; k += 2) {
            term *= y * y / k;
            sum += term;
        }
        return sum * Math.exp(-y * y / 2) / Math.sqrt(2 * Math.PI);
    }

    private static double logTail(double y) {
        double fraction = y;
        for (int k = LEVELS; k > 0; k--) {
            fraction = y + k / fraction;
        }
        return -y * y / 2 - LN_2_PI / 2 - Math.log(fraction);
    }

    /**
     * The least y with so much phi.
     *
     * @param phi more than 0, at most 1,000
     */
    static double y(double phi) {
        double low = -40;
        double high = 80;
        for (double middle = 20; low < middle && middle < high; middle = low + (high - low) / 2) {
            if (phi(middle) >= phi) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return high;
    }
}
