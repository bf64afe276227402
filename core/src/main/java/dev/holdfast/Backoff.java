// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * How long to wait before the next attempt: a curve over the attempt's number, a cap, and jitter.
 *
 * <pre>{@code
 * Backoff.exponential(ofMillis(100), ofSeconds(10)).jitter(Jitter.FULL)
 * }</pre>
 *
 * <p>The cap is applied to the curve and to the range that jitter draws from, never to the number drawn: clients that
 * have all reached the cap still spread. All arithmetic is in nanoseconds and saturates. Immutable.
 *
 * <p>The jitters are those of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
public final class Backoff {
    /** How a delay is drawn around the curve's value {@code v}. */
    public enum Jitter {
        /** Exactly {@code v}. */
        NONE,
        /** Uniform from {@code v / 2} to {@code v}. */
        EQUAL,
        /** Uniform from 0 to {@code v}: spreads clients best for the work it costs. */
        FULL,
        /**
         * Uniform from the first delay to three times the delay drawn before, at most the cap. Does not look at the
         * curve.
         */
        DECORRELATED
    }

    private static final double NO_SPREAD = 0;
    private static final Backoff NONE = new Backoff(attempt -> 0, 0, Jitter.NONE, NO_SPREAD, "none");

    private final Curve curve;
    private final long cap;
    private final Jitter jitter;
    private final double spread;
    private final String description;

    private Backoff(Curve curve, long cap, Jitter jitter, double spread, String description) {
        this.curve = curve;
        this.cap = cap;
        this.jitter = jitter;
        this.spread = spread;
        this.description = description;
    }

    /**
     * No wait at all.
     *
     * @return a backoff of zero
     */
    public static Backoff none() {
        return NONE;
    }

    /**
     * The same wait every time.
     *
     * @param delay zero or longer
     * @return a backoff without jitter
     */
    public static Backoff fixed(Duration delay) {
        long nanos = Require.nanosAtLeast(delay, Duration.ZERO, "delay");
        return new Backoff(attempt -> nanos, Long.MAX_VALUE, Jitter.NONE, NO_SPREAD, Durations.write(delay));
    }

    /**
     * {@code first}, {@code first + step}, {@code first + 2 * step}, ...
     *
     * @param first zero or longer
     * @param step zero or longer
     * @param cap the longest delay, at least {@code first}
     * @return a backoff without jitter
     */
    public static Backoff linear(Duration first, Duration step, Duration cap) {
        long start = Require.nanosAtLeast(first, Duration.ZERO, "first");
        long slope = Require.nanosAtLeast(step, Duration.ZERO, "step");
        Curve curve = attempt -> plus(start, times(slope, attempt - 1L));
        return capped(curve, first, cap, "linear " + Durations.write(first) + "+" + Durations.write(step));
    }

    /**
     * {@code first}, doubled every time.
     *
     * @param first longer than zero
     * @param cap the longest delay, at least {@code first}
     * @return a backoff without jitter
     */
    public static Backoff exponential(Duration first, Duration cap) {
        return exponential(first, 2, cap);
    }

    /**
     * {@code first}, multiplied by {@code factor} every time.
     *
     * @param first longer than zero
     * @param factor 1 to 1000
     * @param cap the longest delay, at least {@code first}
     * @return a backoff without jitter
     */
    public static Backoff exponential(Duration first, double factor, Duration cap) {
        long start = Require.positiveNanos(first, "first");
        Require.range(factor, 1, 1000, "factor");
        // A cast from double to long saturates, so that no attempt number overflows.
        Curve curve = attempt -> (long) (start * Math.pow(factor, attempt - 1.0));
        return capped(curve, first, cap, Durations.write(first), factor == 2 ? "" : " x" + factor);
    }

    /**
     * {@code first} times 1, 1, 2, 3, 5, 8, ...
     *
     * @param first longer than zero
     * @param cap the longest delay, at least {@code first}
     * @return a backoff without jitter
     */
    public static Backoff fibonacci(Duration first, Duration cap) {
        long unit = Require.positiveNanos(first, "first");
        Curve curve = attempt -> {
            long before = 0;
            long term = 1;
            for (int i = 1; i < attempt && term < Long.MAX_VALUE; i++) {
                long next = plus(before, term);
                before = term;
                term = next;
            }
            return times(term, unit);
        };
        return capped(curve, first, cap, "fibonacci " + Durations.write(first));
    }

    /**
     * A delay of one's own for each attempt.
     *
     * @param delays gives the wait after the attempt of that number, which counts from 1; zero or longer
     * @param cap the longest delay, zero or longer
     * @return a backoff without jitter; what the function throws ends the call that asked
     */
    public static Backoff custom(IntFunction<Duration> delays, Duration cap) {
        Require.nonNull(delays, "delays");
        Curve curve = attempt -> Require.nanosAtLeast(delays.apply(attempt), Duration.ZERO, "delay of backoff");
        return capped(curve, Duration.ZERO, cap, "custom 0s");
    }

    /**
     * The same curve with jitter.
     *
     * @param value how delays are drawn
     * @return a new backoff
     * @throws IllegalArgumentException for {@code DECORRELATED} if there is no cap: it would grow for ever
     */
    public Backoff jitter(Jitter value) {
        if (value == Jitter.DECORRELATED && cap == Long.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "jitter: " + value + " of " + this + " (expected: a backoff with a cap)");
        }
        return new Backoff(curve, cap, Require.nonNull(value, "jitter"), NO_SPREAD, description);
    }

    /**
     * The same curve, drawn uniformly from {@code v * (1 - fraction)} to {@code v * (1 + fraction)}. Where that would
     * pass the cap, {@code v} is lowered until the whole range fits below it.
     *
     * @param fraction more than 0 and at most 1
     * @return a new backoff
     */
    public Backoff spread(double fraction) {
        return new Backoff(curve, cap, Jitter.NONE, Require.fraction(fraction, "fraction"), description);
    }

    /**
     * The longest delay.
     *
     * @return the cap that was given; empty for {@link #none} and {@link #fixed}
     */
    public Optional<Duration> cap() {
        return cap == 0 || cap == Long.MAX_VALUE ? Optional.empty() : Optional.of(Duration.ofNanos(cap));
    }

    /**
     * Computes a delay.
     *
     * @param attempt the attempt that has just ended, counted from 1
     * @param previous the delay drawn before in this call, in nanoseconds, or 0
     * @param environment where randomness comes from
     * @return nanoseconds, from 0 to the cap
     */
    public long nanos(int attempt, long previous, Environment environment) {
        long value = Math.min(curve.nanos(Math.max(1, attempt)), cap);
        if (spread > NO_SPREAD) {
            double middle = Math.min((double) value, cap / (1 + spread));
            // Above 2^53 ns a double may be rounded up past the cap, at either end.
            long high = Math.min(cap, (long) (middle * (1 + spread)));
            long low = Math.min(high, (long) (middle * (1 - spread)));
            return between(low, high, environment);
        }
        switch (jitter) {
            case EQUAL:
                return between(value - value / 2, value, environment);
            case FULL:
                return between(0, value, environment);
            case DECORRELATED:
                long first = Math.min(curve.nanos(1), cap);
                long last = Math.max(previous, first);
                return between(first, last > cap / 3 ? cap : last * 3, environment);
            default:
                return value;
        }
    }

    /** As settings in files have it: {@code 50ms..1s x1.5 full}, {@code 5s ~20%}, {@code none}. */
    @Override
    public String toString() {
        String drawn = jitter == Jitter.NONE ? "" : " " + jitter.name().toLowerCase(Locale.ROOT);
        return description + (spread > NO_SPREAD ? " ~" + percent() : drawn);
    }

    private String percent() {
        return BigDecimal.valueOf(spread).movePointRight(2).stripTrailingZeros().toPlainString() + "%";
    }

    private static Backoff capped(Curve curve, Duration first, Duration cap, String description) {
        return capped(curve, first, cap, description, "");
    }

    private static Backoff capped(Curve curve, Duration first, Duration cap, String from, String growth) {
        long limit = Require.nanosAtLeast(cap, first, "cap");
        return new Backoff(curve, limit, Jitter.NONE, NO_SPREAD, from + ".." + Durations.write(cap) + growth);
    }

    private static long between(long low, long high, Environment environment) {
        long width = high - low;
        // The bound is exclusive; a width of Long.MAX_VALUE loses its last nanosecond, and no one will miss it.
        return width <= 0 ? low : low + environment.nextLong(width == Long.MAX_VALUE ? width : width + 1);
    }

    private static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    private static long times(long a, long b) {
        long product = a * b;
        return Math.multiplyHigh(a, b) != 0 || product < 0 ? Long.MAX_VALUE : product;
    }

    /** The attempt's number counts from 1. Gives nanoseconds, not negative. */
    private interface Curve {
        long nanos(int attempt);
    }
}
