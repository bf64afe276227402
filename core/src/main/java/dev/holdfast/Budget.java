// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps further attempts from amplifying an outage: a token bucket that successes fill and further attempts empty, be they retries
 * or attempts of another kind.
 *
 * <p>Each success deposits {@code ratio} of a token, each further attempt costs one. While the dependency is healthy the bucket is
 * full and nobody notices it; when everything fails it is soon empty, and calls end with their first attempt. Over any
 * run, {@code attempts <= capacity + ratio * successes + minimumPerSecond * seconds + 1}, first attempts not counted. After Marc
 * Brooker, "Fixing retries with token buckets and circuit breakers", 2022; the same idea as gRPC's retry throttling (proposal A6).
 *
 * <p>Share one budget between all policies that make further attempts at one dependency; they must have the same environment,
 * because the readings of two clocks cannot be compared. A policy of one's own {@link #bind binds} the budget when it is built,
 * {@link #tryWithdraw withdraws} before each attempt beyond a call's first, and tells it of calls that {@link #succeeded}.
 *
 * <p>Safe to use from any thread; lock-free; a success with a full bucket only reads.
 */
public final class Budget {
    private static final long TOKEN = 1_000_000;
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final long capacity;
    private final long deposit;
    /** Nanoseconds between attempts that only the minimum allows; 0: it allows none. */
    private final long spacing;

    private final int minimumPerSecond;
    private final AtomicLong tokens;
    /** Whose clock the readings come from; {@code null} before the first policy is built. */
    private final AtomicReference<@Nullable Environment> environment = new AtomicReference<>();
    /** When the last attempt passed that only the minimum allowed; {@code null} before the first. */
    private final AtomicReference<@Nullable Long> lastMinimum = new AtomicReference<>();

    private Budget(int capacity, double ratio, int minimumPerSecond) {
        this.capacity = capacity * TOKEN;
        this.deposit = Math.round(ratio * TOKEN);
        this.minimumPerSecond = minimumPerSecond;
        this.spacing = minimumPerSecond == 0 ? 0 : (SECOND + minimumPerSecond - 1) / minimumPerSecond;
        this.tokens = new AtomicLong(this.capacity);
    }

    /**
     * Creates a budget of 100 tokens, full, of which a success fills up a tenth.
     *
     * @return a new budget
     */
    public static Budget ofDefaults() {
        return of(100, 0.1, 0);
    }

    /**
     * Creates a budget, full.
     *
     * @param capacity the most tokens, from 1 to 1,000,000
     * @param ratio the part of a token that a success deposits, 0 to 1, to six decimals
     * @param minimumPerSecond further attempts that are allowed each second whatever the bucket holds, 0 to 1,000,000; they let
     *     clients with little traffic retry at all
     * @return a new budget
     * @throws IllegalArgumentException if one of them is outside of its range
     */
    public static Budget of(int capacity, double ratio, int minimumPerSecond) {
        return new Budget(
                Require.range(capacity, 1, 1_000_000, "capacity"),
                Require.range(ratio, 0.0, 1.0, "ratio"),
                Require.range(minimumPerSecond, 0, 1_000_000, "minimumPerSecond"));
    }

    /**
     * The most tokens that there can be.
     *
     * @return as it was given
     */
    public int capacity() {
        return (int) (capacity / TOKEN);
    }

    /**
     * The part of a token that a success deposits.
     *
     * @return as it was given, to six decimals
     */
    public double ratio() {
        return (double) deposit / TOKEN;
    }

    /**
     * Further attempts that are allowed each second whatever the bucket holds.
     *
     * @return as it was given
     */
    public int minimumPerSecond() {
        return minimumPerSecond;
    }

    /**
     * How many further attempts the bucket holds.
     *
     * @return whole tokens, without what {@code minimumPerSecond} allows
     */
    public long available() {
        return tokens.get() / TOKEN;
    }

    /**
     * Binds this budget to an environment for good. To be called by each policy that is built or reconfigured with it.
     *
     * @param user the environment of the policy
     * @throws IllegalArgumentException if the budget is bound to another one
     */
    public void bind(Environment user) {
        if (!environment.compareAndSet(null, Require.nonNull(user, "environment"))) {
            Require.same(
                    user, Require.nonNull(environment.get(), "environment"), "environment of a policy with " + this);
        }
    }

    /** A call has succeeded, at whichever attempt: deposits {@code ratio} of a token, as far as there is room. */
    public void succeeded() {
        add(deposit);
    }

    /**
     * Pays for one further attempt: by a token, or where there is none, by what {@code minimumPerSecond} allows.
     *
     * @param now a reading of the {@link Environment#nanoTime clock} of the environment that this budget is bound to
     * @return whether the attempt may be made
     */
    public boolean tryWithdraw(long now) {
        long before = tokens.get();
        while (before >= TOKEN) {
            if (tokens.compareAndSet(before, before - TOKEN)) {
                return true;
            }
            before = tokens.get();
        }
        return spacing > 0 && tryMinimum(now);
    }

    /**
     * Gives a withdrawal back that has led to no attempt: deposits a token, as far as there is room. One that the minimum
     * had allowed comes back as a token, too. To be called once at most for each {@link #tryWithdraw} that returned
     * {@code true}.
     */
    public void giveBack() {
        add(TOKEN);
    }

    private void add(long amount) {
        long before = tokens.get();
        while (before < capacity && !tokens.compareAndSet(before, Math.min(capacity, before + amount))) {
            before = tokens.get();
        }
    }

    /** Evenly spaced and not saved up, so that a second never sees more than the minimum and one. */
    @SuppressWarnings("PrimitiveAtomicReference") // What is compared is what was read, and not another number like it.
    private boolean tryMinimum(long now) {
        Long last = lastMinimum.get();
        return (last == null || now - last >= spacing) && lastMinimum.compareAndSet(last, now);
    }

    @Override
    public String toString() {
        return "Budget[" + available() + " of " + capacity / TOKEN + "]";
    }
}
