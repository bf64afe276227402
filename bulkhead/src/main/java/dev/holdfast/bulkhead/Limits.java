// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;

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
 *
 * <p>Vegas and Gradient2 look at windows of at least a hundred calls, and as many as the limit, and hold the average time of a
 * window, without its longest and its shortest call, against the usual time. So times may vary as they like - exponential,
 * log-normal, two kinds of calls, a cache in front of some - as long as the mixture stays. Of a dependency that begins to
 * queue they take the limit near to what it can do within 5,000 calls, and back within as many. They hold it there while the
 * overload lasts: what is usual follows slower times by a quarter only. To find out whether it is the dependency that has become
 * slower for good, they halve the limit for a window after 20 to 40 slow windows; if times do not fall with it, they are usual
 * from then on. Load that others put on the dependency looks the same; against that, see {@link #healthyUpTo}. This is where
 * they differ from concurrency-limits, whose single times, shortest time and long average take varying times for overload,
 * and lasting overload for usual.
 *
 * <p>Two {@code Limits}, and two limits made from them, are equal if all their settings are.
 */
public final class Limits {
    private final int min;
    private final int max;
    private final int initial;
    private final long healthyNanos;

    private Limits(int min, int max, int initial, long healthyNanos) {
        this.min = min;
        this.max = max;
        this.initial = initial;
        this.healthyNanos = healthyNanos;
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
        return new Limits(min, max, Math.max(min, Math.min(max, 20)), Long.MAX_VALUE);
    }

    /**
     * Where the limit starts.
     *
     * @param value within the bounds
     * @return new bounds
     */
    public Limits startAt(int value) {
        return new Limits(min, max, Require.range(value, min, max, "startAt"), healthyNanos);
    }

    /**
     * The longest average time that is ever taken for usual, for Vegas and Gradient2: slower windows are slow, however long
     * that goes on. For a dependency that others overload, or that may be overloaded when the bulkhead starts. AIMD has a bound
     * of its own.
     *
     * @param time longer than zero; default: none
     * @return new bounds
     */
    public Limits healthyUpTo(Duration time) {
        return new Limits(min, max, initial, Require.positiveNanos(time, "healthyUpTo"));
    }

    int initial() {
        return initial;
    }

    double healthyNanos() {
        return healthyNanos;
    }

    double cut(double limit) {
        return Math.max(min, Math.min(max, limit));
    }

    /**
     * Lets calls be until there is evidence of overload, which is a row of calls that fail after a long time, or take nearly as long, and that
     * is longer than chance explains. Then the limit is halved, from what is in use, once for all calls under way, and doubles again as soon as answers are
     * good; where one call in flight is too many, nobody is let in for up to a second. Quick failures and answers that are merely slow change nothing. It
     * needs no number: what is usual, how often calls fail and after how long, it learns. It is what a {@code Guard} has, and the one to take where
     * nothing speaks for another: docs/effectiveness.md compares them.
     *
     * @return a limit
     */
    public Limit evidence() {
        return new Chosen(Algorithm.EVIDENCE, this, 0, 0);
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
        return new Chosen(Algorithm.AIMD, this, backoff, nanos);
    }

    /**
     * As TCP Vegas: estimates from the usual time and the time of a window how many calls are queueing further in, and keeps that
     * number small, between three and six times the logarithm of the limit. Finds the best limit where times are steady.
     *
     * @return a limit
     */
    public Limit vegas() {
        return new Chosen(Algorithm.VEGAS, this, 0, 0);
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
     * Gradient of times: shrinks while windows take longer than usual, by more than the tolerance, and grows otherwise. Stands
     * times that vary, and settles where they reach the tolerance, with room for a queue of four.
     *
     * @param tolerance how many times the usual time a window may take before the limit shrinks: 1 to 10; 1 leaves no room for
     *     times that vary
     * @param window how many calls the usual time looks back: 10 to 1,000,000, but at least one window
     * @return a limit
     */
    public Limit gradient2(double tolerance, int window) {
        Require.range(tolerance, 1.0, 10.0, "tolerance");
        Require.range(window, 10, 1_000_000, "window");
        return new Chosen(Algorithm.GRADIENT2, this, tolerance, window);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Limits that
                && min == that.min
                && max == that.max
                && initial == that.initial
                && healthyNanos == that.healthyNanos;
    }

    @Override
    public int hashCode() {
        return Objects.hash(min, max, initial, healthyNanos);
    }

    @Override
    public String toString() {
        return "between " + min + " and " + max + rest();
    }

    private String rest() {
        String start = initial == Math.max(min, Math.min(max, 20)) ? "" : " start " + initial;
        return start
                + (healthyNanos == Long.MAX_VALUE ? "" : " healthy " + Durations.write(Duration.ofNanos(healthyNanos)));
    }

    private enum Algorithm {
        EVIDENCE,
        AIMD,
        VEGAS,
        GRADIENT2
    }

    private record Chosen(Algorithm algorithm, Limits bounds, double factor, long number) implements Limit {
        @Override
        public int initial() {
            return bounds.initial;
        }

        @Override
        public int max() {
            return bounds.max;
        }

        @Override
        public boolean judgesAnyFailure() {
            return algorithm == Algorithm.EVIDENCE;
        }

        @Override
        public Estimate start(Environment environment) {
            switch (algorithm) {
                case EVIDENCE:
                    return new Evidence(bounds, environment);
                case AIMD:
                    return new Estimates.Aimd(bounds, factor, number);
                case VEGAS:
                    return new Estimates.Vegas(bounds, environment);
                default:
                    return new Estimates.Gradient2(bounds, environment, factor, (int) number);
            }
        }

        private boolean isUsual() {
            return equals(bounds.evidence())
                    || equals(bounds.aimd())
                    || equals(bounds.vegas())
                    || equals(bounds.gradient2());
        }

        private String unusual() {
            return algorithm == Algorithm.AIMD ? Durations.write(Duration.ofNanos(number)) : String.valueOf(number);
        }

        @Override
        public String toString() {
            String name = algorithm.name().toLowerCase(Locale.ROOT);
            return bounds.min + ".." + bounds.max + " " + name
                    + (isUsual() ? "" : "(" + factor + ", " + unusual() + ")") + bounds.rest();
        }
    }
}
