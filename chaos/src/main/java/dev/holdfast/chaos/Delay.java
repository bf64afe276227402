// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;

/** How long calls are delayed. Immutable; safe to use from any thread. */
public final class Delay {
    private final String text;
    /** From a share of all delays to the one that so many do not reach. */
    private final DoubleFunction<? extends @Nullable Duration> quantiles;

    private Delay(String text, DoubleFunction<? extends @Nullable Duration> quantiles) {
        this.text = text;
        this.quantiles = quantiles;
    }

    /**
     * Always the same.
     *
     * @param duration zero or longer; zero delays nothing, and is no fault
     * @return a delay
     */
    public static Delay of(Duration duration) {
        Require.nanosAtLeast(duration, Duration.ZERO, "delay");
        return new Delay(duration.toString(), share -> duration);
    }

    /**
     * Spread evenly.
     *
     * @param min zero or longer
     * @param max no shorter than that
     * @return a delay
     */
    public static Delay between(Duration min, Duration max) {
        long from = Require.nanosAtLeast(min, Duration.ZERO, "min delay");
        long to = Require.nanosAtLeast(max, min, "max delay");
        return new Delay(min + " to " + max, share -> Duration.ofNanos(from + (long) (share * (double) (to - from))));
    }

    /**
     * As the times between independent events are spread: many short ones, few long ones.
     *
     * @param mean longer than zero
     * @param max where it is cut off; no shorter than the mean
     * @return a delay
     */
    public static Delay exponential(Duration mean, Duration max) {
        double each = (double) Require.positiveNanos(mean, "mean delay");
        long most = Require.nanosAtLeast(max, mean, "max delay");
        return new Delay(
                "exponential with mean " + mean + " up to " + max,
                share -> Duration.ofNanos(Math.min(most, (long) (-Math.log1p(-share) * each))));
    }

    /**
     * By any distribution, as one that was measured.
     *
     * @param quantiles from a share of the delays, 0 to less than 1, to the delay that so many do not reach; {@code null} or not longer than
     *     zero delays nothing, and is no fault; must not block
     * @return a delay
     */
    public static Delay distributed(DoubleFunction<? extends @Nullable Duration> quantiles) {
        return new Delay("distributed", Require.nonNull(quantiles, "quantiles"));
    }

    /** Nanoseconds; 0 for none. */
    long nanos(double share) {
        Duration given = quantiles.apply(share);
        return given == null || given.isNegative() ? 0 : Require.saturatedNanos(given);
    }

    @Override
    public String toString() {
        return text;
    }
}
