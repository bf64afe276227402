// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.SplittableRandom;

/** How long something takes, drawn anew each time. Immutable. */
public final class Times {
    private final String text;
    private final double meanNanos;
    private final Draw draw;

    private Times(String text, double meanNanos, Draw draw) {
        this.text = text;
        this.meanNanos = meanNanos;
        this.draw = draw;
    }

    /**
     * Always the same.
     *
     * @param time zero or longer
     * @return times
     */
    public static Times constant(Duration time) {
        long nanos = Require.nanosAtLeast(time, Duration.ZERO, "time");
        return new Times(Durations.write(time), nanos, random -> nanos);
    }

    /**
     * Exponentially distributed: mostly short, now and then long, as of independent steps that may end at any moment.
     *
     * @param mean longer than zero
     * @return times
     */
    public static Times exponential(Duration mean) {
        long nanos = Require.positiveNanos(mean, "mean");
        return new Times(
                "exponential " + Durations.write(mean), nanos, random -> (long) (nanos * random.nextExponential()));
    }

    /**
     * Log-normally distributed: what is often measured of services.
     *
     * @param median half of them are shorter; longer than zero
     * @param sigma the standard deviation of the logarithm, 0 to 3; 1 puts the 99th percentile at ten times the median
     * @return times
     */
    public static Times logNormal(Duration median, double sigma) {
        long nanos = Require.positiveNanos(median, "median");
        Require.range(sigma, 0.0, 3.0, "sigma");
        return new Times(
                "log-normal " + Durations.write(median) + " " + sigma, nanos * Math.exp(sigma * sigma / 2), random ->
                        (long) (nanos * Math.exp(sigma * random.nextGaussian())));
    }

    /**
     * Two kinds of calls.
     *
     * @param share of the first kind, 0 to 1
     * @param first how long these take
     * @param others how long the others take
     * @return times
     */
    public static Times mixed(double share, Times first, Times others) {
        Require.range(share, 0.0, 1.0, "share");
        Require.nonNull(first, "first");
        Require.nonNull(others, "others");
        return new Times(
                share + " of " + first + ", else " + others,
                share * first.meanNanos + (1 - share) * others.meanNanos,
                random -> (random.nextDouble() < share ? first : others).next(random));
    }

    /**
     * The mean.
     *
     * @return as their distribution has it
     */
    public Duration mean() {
        return Duration.ofNanos((long) meanNanos);
    }

    double meanNanos() {
        return meanNanos;
    }

    long next(SplittableRandom random) {
        return draw.next(random);
    }

    @Override
    public String toString() {
        return text;
    }

    private interface Draw {
        long next(SplittableRandom random);
    }
}
