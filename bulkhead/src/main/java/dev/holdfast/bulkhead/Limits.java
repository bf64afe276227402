// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;
import dev.holdfast.Require;
import java.time.Duration;
import java.util.function.Function;

/**
 * Bounds, and the algorithms that look for a limit between them. Immutable.
 *
 * <pre>{@code
 * Bulkhead.builder("inventory").adaptive(Limits.between(5, 200).gradient2())
 * }</pre>
 *
 * <p>All of them: stay between the bounds; never grow while fewer calls than half the limit are in flight, for then the
 * limit is not what holds them back; shrink at a drop, whatever time it took, and learn nothing else from it; ignore times
 * of zero or less.
 */
public final class Limits {
    private final int min;
    private final int max;
    private final int initial;

    private Limits(int min, int max, int initial) {
        this.min = min;
        this.max = max;
        this.initial = initial;
    }

    /**
     * Sets the bounds. The limit starts at 20, or at the bound that is nearest to 20.
     *
     * @param min from 1 up: as many calls always get through
     * @param max {@code min} or more
     * @return bounds
     */
    public static Limits between(int min, int max) {
        Require.range(min, 1, Integer.MAX_VALUE, "min");
        Require.range(max, min, Integer.MAX_VALUE, "max");
        return new Limits(min, max, Math.max(min, Math.min(max, 20)));
    }

    /**
     * Where the limit starts.
     *
     * @param value within the bounds
     * @return new bounds
     */
    public Limits startAt(int value) {
        return new Limits(min, max, Require.range(value, min, max, "startAt"));
    }

    /**
     * Additive increase, multiplicative decrease, with the usual numbers: {@code aimd(0.9, 5 seconds)}.
     *
     * @return a limit
     */
    public Limit aimd() {
        return aimd(0.9, Duration.ofSeconds(5));
    }

    /**
     * Additive increase, multiplicative decrease: one more at each call that finds the limit in use, and a fraction at each
     * drop. Looks at nothing but drops and calls that take far too long, so it settles where overload begins to show.
     *
     * @param backoff what is left of the limit after a drop: more than 0 and less than 1
     * @param tooLong a call that takes longer is a drop
     * @return a limit
     */
    public Limit aimd(double backoff, Duration tooLong) {
        if (!(backoff > 0 && backoff < 1)) {
            throw new IllegalArgumentException("backoff: " + backoff + " (expected: more than 0 and less than 1)");
        }
        long nanos = Require.positiveNanos(tooLong, "tooLong");
        return new Chosen("aimd", this, environment -> new Estimates.Aimd(min, max, initial, backoff, nanos));
    }

    /**
     * As TCP Vegas: takes the shortest time seen for the time without load, estimates from it how many calls are queueing
     * further in, and keeps that number small. Finds the best limit where times are steady. The shortest time is measured
     * anew now and then, at random, so that a dependency that has become slower is not taken for an overloaded one for ever.
     *
     * @return a limit
     */
    public Limit vegas() {
        return new Chosen("vegas", this, environment -> new Estimates.Vegas(min, max, initial, environment));
    }

    /**
     * Gradient of times, with the usual numbers: {@code gradient2(1.5, 600)}.
     *
     * @return a limit
     */
    public Limit gradient2() {
        return gradient2(1.5, 600);
    }

    /**
     * Gradient of times: shrinks while calls take longer than on a long average, and grows otherwise. Stands times that
     * vary, and follows a dependency whose times change for good.
     *
     * @param tolerance how many times the average a call may take before the limit shrinks: 1 to 10
     * @param window how many calls the average looks back: 10 to 1,000,000
     * @return a limit
     */
    public Limit gradient2(double tolerance, int window) {
        Require.range(tolerance, 1.0, 10.0, "tolerance");
        Require.range(window, 10, 1_000_000, "window");
        return new Chosen(
                "gradient2", this, environment -> new Estimates.Gradient2(min, max, initial, tolerance, window));
    }

    private static final class Chosen implements Limit {
        private final String algorithm;
        private final Limits bounds;
        private final Function<Environment, Estimate> estimates;

        Chosen(String algorithm, Limits bounds, Function<Environment, Estimate> estimates) {
            this.algorithm = algorithm;
            this.bounds = bounds;
            this.estimates = estimates;
        }

        @Override
        public int initial() {
            return bounds.initial;
        }

        @Override
        public int max() {
            return bounds.max;
        }

        @Override
        public Estimate start(Environment environment) {
            return estimates.apply(environment);
        }

        @Override
        public String toString() {
            return algorithm + " between " + bounds.min + " and " + bounds.max;
        }
    }
}
