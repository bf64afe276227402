// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.guard;

import dev.holdfast.Criticality;
import dev.holdfast.Drainable;
import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.internal.Require;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a service up when one that it calls does not: put together, and right without a setting.
 *
 * <pre>{@code
 * Guard inventory = Guard.of("inventory");
 * Stock stock = inventory.call(() -> client.stock(sku));
 * }</pre>
 *
 * <pre>
 *   call ─▶ deadline ─▶ retry ─▶ breaker ─▶ attempt timeout ─▶ limit ─▶ the work
 *           if set      once, of    if set      if set             │
 *                       what fails                                 ├─ open: nobody notices it
 *                       at once,                                   ├─ evidence of overload: as many in flight as are answered,
 *                       from a budget                              │  the newest calls first, none waits longer than 300 ms
 *                                                                  └─ none is answered: up to a second after each that fails, the next one asks
 * </pre>
 *
 * <p><b>Why these and in this order.</b> Limit and retry are what simulated outages of hundreds of kinds are survived best with, and real ones agree
 * (docs/effectiveness.md). The limit does what a breaker is there for, and more: a breaker knows all or nothing, and half of the calls are better than
 * none. What fails at once, such as a lost connection, is repeated once, as long as such failures are fewer than a tenth of the calls; what has
 * taken longer is not, because whoever could not answer once has even less time for the same again. The limit is innermost, so that it
 * counts what the dependency gets, and each attempt passes it.
 *
 * <p><b>What it does not do.</b> It ends no call by itself: time limits belong into the client, which can stop what it does; or {@link GuardBuilder#deadline}
 * and {@link GuardBuilder#attemptTimeout} are set. It gives no other answer: put a {@code Fallback} around it, by {@code Pipeline.of(fallback, guard)}.
 *
 * <p><b>What it learns</b> - what is usual, how many calls fit, after how long calls fail - {@link #limit} tells. It lies within bounds, follows what
 * changes, and is forgotten when no call has ended for ten minutes.
 *
 * <p>A pipeline as any other, safe for use from any thread. While all is well a blocking call allocates nothing, and there is no thread of the
 * guard's.
 */
public final class Guard extends Pipeline<@Nullable Object> implements Drainable {
    private final GuardBuilder.Parts parts;

    Guard(Pipeline<@Nullable Object> pipeline, GuardBuilder.Parts parts) {
        super(pipeline);
        this.parts = parts;
    }

    /**
     * A guard without a setting: what most dependencies need.
     *
     * @param name of the dependency: 1 to 256 characters, not blank
     * @return a new guard
     */
    public static Guard of(String name) {
        return builder(name).build();
    }

    /**
     * Starts to build a guard of which parts are set, or left out.
     *
     * @param name of the dependency: 1 to 256 characters, not blank
     * @return a builder
     */
    public static GuardBuilder builder(String name) {
        return new GuardBuilder(name);
    }

    /**
     * The time limit of whole calls, with all attempts and waits.
     *
     * @return empty where none is set
     */
    public Optional<Timeout> deadline() {
        return Optional.ofNullable(parts.deadline());
    }

    /**
     * What repeats calls that fail at once.
     *
     * @return empty where it was left out
     */
    public Optional<Retry<@Nullable Object>> retry() {
        return Optional.ofNullable(parts.retry());
    }

    /**
     * The circuit breaker.
     *
     * @return empty where none is set
     */
    public Optional<CircuitBreaker> breaker() {
        return Optional.ofNullable(parts.breaker());
    }

    /**
     * The time limit of each attempt.
     *
     * @return empty where none is set
     */
    public Optional<Timeout> attemptTimeout() {
        return Optional.ofNullable(parts.attemptTimeout());
    }

    /**
     * What limits calls in flight. Its report says how many there are and may be, and {@link Bulkhead#learned} what it has learnt.
     *
     * @return empty where it was left out
     */
    public Optional<Bulkhead> limit() {
        return Optional.ofNullable(parts.limit());
    }

    /**
     * The same guard for calls on which more or less depends: where not all can be let in, the less critical are refused first.
     *
     * @param level of calls through what is returned; those through the guard itself are {@link Criticality#CRITICAL}
     * @return a guard of the same parts, which shares all that they know; this one if the limit was left out
     */
    public Guard withCriticality(Criticality level) {
        Require.nonNull(level, "level");
        if (parts.limit() == null) {
            return this;
        }
        GuardBuilder.Parts others = parts.with(parts.limit().withCriticality(level));
        return new Guard(withPolicies(others.outermostFirst()), others);
    }

    /**
     * Lets no further call in, and refuses those that wait for a turn. Calls in flight go on. Closing it again does nothing, nor does closing a guard whose limit was left
     * out.
     */
    @Override
    public void close() {
        if (parts.limit() != null) {
            parts.limit().close();
        }
    }

    /**
     * {@link #close()}, and waits until the last call has ended.
     *
     * @param patience how long to wait at most; zero or less looks once
     * @return whether no call is in flight any more
     * @throws InterruptedException if the thread is interrupted while it waits; the guard is closed all the same
     * @throws IllegalStateException if the limit was left out, which alone knows calls in flight
     */
    @Override
    public boolean closeAndWait(Duration patience) throws InterruptedException {
        Require.nonNull(patience, "patience");
        if (parts.limit() == null) {
            throw new IllegalStateException(this + ": closeAndWait (expected: of a guard with a limit)");
        }
        return parts.limit().closeAndWait(patience);
    }

    @Override
    public String toString() {
        return "Guard" + super.toString().substring("Pipeline".length());
    }
}
