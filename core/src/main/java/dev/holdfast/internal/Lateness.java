// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * When an attempt is late, so that another one is worth its cost: after a time, or after what a share of attempts need, which it learns
 * of those that it is told of. The settings are immutable; what it has learned goes over to those that are made of it.
 *
 * <p>Safe to use from any thread.
 */
public final class Lateness {
    /** What 95 of 100 attempts need, from 1 ms to 10 s; 100 ms until that is known. */
    public static final Lateness USUAL =
            new Lateness(0.95, millis(100), millis(1), Duration.ofSeconds(10).toNanos(), null);

    private final double quantile;
    private final long fixedNanos;
    private final long minNanos;
    private final long maxNanos;
    private final @Nullable Latencies latencies;

    private Lateness(double quantile, long fixedNanos, long minNanos, long maxNanos, @Nullable Latencies latencies) {
        this.quantile = quantile;
        this.fixedNanos = fixedNanos;
        this.minNanos = minNanos;
        this.maxNanos = maxNanos;
        this.latencies = latencies;
    }

    private static long millis(int millis) {
        return Duration.ofMillis(millis).toNanos();
    }

    /**
     * Late is what a share of attempts need.
     *
     * @param share more than 0 and less than 1
     * @param untilKnown zero or longer
     * @param method whose parameters they are, for messages
     * @return with the same bounds
     */
    public Lateness withQuantile(double share, Duration untilKnown, String method) {
        double checked = Require.fraction(share, "share of " + method);
        if (checked == 1) {
            throw new IllegalArgumentException("share of " + method + ": 1.0 (expected: less than 1)");
        }
        long until = Require.nanosAtLeast(untilKnown, Duration.ZERO, "untilKnown of " + method);
        return new Lateness(checked, until, minNanos, maxNanos, latencies);
    }

    /**
     * Late is always the same.
     *
     * @param delay zero or longer
     * @param method whose parameter it is, for messages
     * @return without a quantile
     */
    public Lateness withFixed(Duration delay, String method) {
        long checked = Require.nanosAtLeast(delay, Duration.ZERO, "delay of " + method);
        return new Lateness(0, checked, minNanos, maxNanos, latencies);
    }

    /**
     * Another time until a quantile is known, or for always where there is none.
     *
     * @param delay zero or longer
     * @return with the same quantile and bounds
     */
    public Lateness withDelay(Duration delay) {
        return new Lateness(quantile, delay.toNanos(), minNanos, maxNanos, latencies);
    }

    /**
     * Bounds of what is learned.
     *
     * @param min zero or longer
     * @param max no shorter than that
     * @return with the same quantile
     */
    public Lateness between(Duration min, Duration max) {
        Require.nanosAtLeast(min, Duration.ZERO, "min of between");
        Require.nanosAtLeast(max, min, "max of between");
        return withMin(min).withMax(max);
    }

    /**
     * The lower bound of what is learned, which is compared with the other one only {@linkplain #ready in the end}.
     *
     * @param min zero or longer
     * @return with the same quantile
     */
    public Lateness withMin(Duration min) {
        return new Lateness(quantile, fixedNanos, Require.saturatedNanos(min), maxNanos, latencies);
    }

    /**
     * The upper bound of what is learned, which is compared with the other one only {@linkplain #ready in the end}.
     *
     * @param max zero or longer
     * @return with the same quantile
     */
    public Lateness withMax(Duration max) {
        return new Lateness(quantile, fixedNanos, minNanos, Require.saturatedNanos(max), latencies);
    }

    /**
     * Ready for use in place of others.
     *
     * @param before those that were in use, which may have learned the same; {@code null} if there were none
     * @param clock in nanoseconds
     * @return with the same settings
     * @throws IllegalArgumentException if the bounds contradict each other
     */
    public Lateness ready(@Nullable Lateness before, LongSupplier clock) {
        Require.nanosAtLeast(max(), min(), "max-delay, the max of between");
        Latencies learned = null;
        if (quantile != 0) {
            boolean same = before != null && before.quantile == quantile;
            learned = same && before != null ? before.latencies : new Latencies(quantile, clock.getAsLong());
        }
        return new Lateness(quantile, fixedNanos, minNanos, maxNanos, learned);
    }

    /**
     * Which share of attempts need no longer.
     *
     * @return 0 if late is always the same
     */
    public double quantile() {
        return quantile;
    }

    /**
     * What late is without a quantile, or until it is known.
     *
     * @return zero or longer
     */
    public Duration delay() {
        return Duration.ofNanos(fixedNanos);
    }

    /**
     * The least that late may be when it is learned.
     *
     * @return zero or longer
     */
    public Duration min() {
        return Duration.ofNanos(minNanos);
    }

    /**
     * The most that late may be when it is learned.
     *
     * @return zero or longer
     */
    public Duration max() {
        return Duration.ofNanos(maxNanos);
    }

    /**
     * What late is now.
     *
     * @return nanoseconds
     */
    public long nanos() {
        long learned = latencies == null ? Latencies.UNKNOWN : latencies.value();
        return learned == Latencies.UNKNOWN ? fixedNanos : Math.min(Math.max(learned, minNanos), maxNanos);
    }

    /**
     * Whether what late is now has been learned.
     *
     * @return {@code false} without a quantile, and until it is known
     */
    public boolean isKnown() {
        return latencies != null && latencies.value() != Latencies.UNKNOWN;
    }

    /**
     * An attempt has succeeded, or has come to nothing after a time.
     *
     * @param nanos how long it took, or how old it was when it was called off
     * @param succeeded whether it succeeded
     * @param clock in nanoseconds
     */
    public void learn(long nanos, boolean succeeded, LongSupplier clock) {
        Latencies known = latencies;
        // A failure that is faster than most answers says nothing about how long those take.
        if (known != null && (succeeded || nanos >= nanos()) && known.record(nanos)) {
            known.update(clock.getAsLong());
        }
    }

    @Override
    public String toString() {
        String fixed = Durations.write(delay());
        return quantile == 0 ? "after " + fixed : "after quantile " + quantile + ", " + fixed + " until known";
    }
}
