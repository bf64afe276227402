// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.Environment;
import dev.holdfast.Require;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps retries from amplifying an outage: a token bucket that successes fill and retries empty.
 *
 * <p>Each success deposits {@code ratio} of a token, each retry costs one. While the dependency is healthy the bucket is
 * full and nobody notices it; when everything fails it is soon empty, and calls fail at their first attempt. Over any
 * run, {@code retries <= capacity + ratio * successes + minimumPerSecond * seconds + 1}. After Marc Brooker, "Fixing retries
 * with token buckets and circuit breakers", 2022; the same idea as gRPC's retry throttling (proposal A6).
 *
 * <p>Share one budget between all retries of one dependency; they must have the same environment, because the readings of two clocks
 * cannot be compared. Safe to use from any thread; lock-free; a success with a
 * full bucket only reads.
 */
public final class RetryBudget {
    private static final long TOKEN = 1_000_000;
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final long capacity;
    private final long deposit;
    /** Nanoseconds between retries that only the minimum allows; 0: it allows none. */
    private final long spacing;

    private final AtomicLong tokens;
    /** Whose clock the readings come from; {@code null} before the first retry is built. */
    private final AtomicReference<@Nullable Environment> environment = new AtomicReference<>();
    /** When the last retry passed that only the minimum allowed; {@code null} before the first. */
    private final AtomicReference<@Nullable Long> lastMinimum = new AtomicReference<>();

    private RetryBudget(int capacity, double ratio, int minimumPerSecond) {
        this.capacity = capacity * TOKEN;
        this.deposit = Math.round(ratio * TOKEN);
        this.spacing = minimumPerSecond == 0 ? 0 : (SECOND + minimumPerSecond - 1) / minimumPerSecond;
        this.tokens = new AtomicLong(this.capacity);
    }

    /**
     * Creates a budget of 100 tokens, full, of which a success fills up a tenth.
     *
     * @return a new budget
     */
    public static RetryBudget ofDefaults() {
        return of(100, 0.1, 0);
    }

    /**
     * Creates a budget, full.
     *
     * @param capacity the most tokens, from 1 to 1,000,000
     * @param ratio the part of a token that a success deposits, 0 to 1, to six decimals
     * @param minimumPerSecond retries that are allowed each second whatever the bucket holds, 0 to 1,000,000; they let
     *     clients with little traffic retry at all
     * @return a new budget
     */
    public static RetryBudget of(int capacity, double ratio, int minimumPerSecond) {
        return new RetryBudget(
                Require.range(capacity, 1, 1_000_000, "capacity"),
                Require.range(ratio, 0.0, 1.0, "ratio"),
                Require.range(minimumPerSecond, 0, 1_000_000, "minimumPerSecond"));
    }

    /**
     * How many retries the bucket holds.
     *
     * @return whole tokens, without what {@code minimumPerSecond} allows
     */
    public long available() {
        return tokens.get() / TOKEN;
    }

    /** Binds the budget to the first environment that it is used in. */
    void bind(Environment user) {
        if (!environment.compareAndSet(null, user)) {
            Require.same(
                    user, Require.nonNull(environment.get(), "environment"), "environment of a retry with " + this);
        }
    }

    void succeeded() {
        long before = tokens.get();
        while (before < capacity && !tokens.compareAndSet(before, Math.min(capacity, before + deposit))) {
            before = tokens.get();
        }
    }

    boolean tryRetry(long now) {
        long before = tokens.get();
        while (before >= TOKEN) {
            if (tokens.compareAndSet(before, before - TOKEN)) {
                return true;
            }
            before = tokens.get();
        }
        return spacing > 0 && tryMinimum(now);
    }

    /** Evenly spaced and not saved up, so that a second never sees more than the minimum and one. */
    @SuppressWarnings("PrimitiveAtomicReference") // What is compared is what was read, and not another number like it.
    private boolean tryMinimum(long now) {
        Long last = lastMinimum.get();
        return (last == null || now - last >= spacing) && lastMinimum.compareAndSet(last, now);
    }

    @Override
    public String toString() {
        return "RetryBudget[" + available() + " of " + capacity / TOKEN + "]";
    }
}
