// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.Backoff;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.openjdk.jmh.infra.Blackhole;

/** Holdfast's policies. Their settings are those that the peers' are made equivalent to. */
final class HoldfastPolicies {
    private HoldfastPolicies() {}

    /** Opens when half of the last 100 calls failed. */
    static CircuitBreaker breaker() {
        return breaker(100);
    }

    /** Opens when half of the last so many calls failed, and not before there were so many. */
    static CircuitBreaker breaker(int window) {
        return CircuitBreaker.builder("breaker")
                .over(Window.calls(window))
                .minimumCalls(window)
                .failureRate(0.5)
                .build();
    }

    /** Opens when half of the calls of the last ten seconds failed, if there were 100. */
    static CircuitBreaker timeWindowBreaker() {
        return CircuitBreaker.builder("breaker")
                .over(Window.time(Duration.ofSeconds(10)))
                .minimumCalls(100)
                .failureRate(0.5)
                .build();
    }

    /** As {@link #breaker()}, and opens when half of the calls took a minute. */
    static CircuitBreaker slowCallBreaker() {
        return CircuitBreaker.builder("breaker")
                .over(Window.calls(100))
                .minimumCalls(100)
                .failureRate(0.5)
                .slowCalls(Duration.ofMinutes(1), 0.5)
                .build();
    }

    /** Opens when 1,000 calls in a row failed, and for nothing else; its window is as short as can be. */
    static CircuitBreaker inARowBreaker() {
        return CircuitBreaker.builder("breaker")
                .over(Window.calls(1))
                .noFailureRate()
                .consecutiveFailures(1_000)
                .build();
    }

    /** Open, and stays so for an hour. */
    static CircuitBreaker openBreaker() {
        CircuitBreaker breaker =
                CircuitBreaker.builder("breaker").openFor(Duration.ofHours(1)).build();
        breaker.transitionTo(CircuitBreaker.State.OPEN);
        return breaker;
    }

    /** Three attempts, without a delay, and without a budget, as the peers have none. */
    static Retry<Object> retry() {
        return Retry.builder("retry")
                .maxAttempts(3)
                .backoff(Backoff.none())
                .withoutBudget()
                .build();
    }

    /** Three attempts, a millisecond between them, and as many of them as there are failures. */
    static Retry<Object> delayedRetry() {
        return Retry.builder("retry")
                .maxAttempts(3)
                .backoff(Backoff.fixed(Duration.ofMillis(1)))
                .withoutBudget()
                .build();
    }

    /** 25 at once, nobody waits. */
    static Bulkhead bulkhead() {
        return Bulkhead.of("bulkhead", 25);
    }

    /** One at once, and that one is there. */
    static Bulkhead fullBulkhead() {
        Bulkhead bulkhead = Bulkhead.of("bulkhead", 1);
        Objects.requireNonNull(bulkhead.tryAcquire());
        return bulkhead;
    }

    /** One an hour, and that one is gone. */
    static RateLimiter emptyLimiter() {
        RateLimiter limiter =
                RateLimiter.builder("limiter").limit(1, Duration.ofHours(1)).build();
        limiter.drain();
        return limiter;
    }

    /** A token bucket of a billion a second: more than any machine here can ask for. */
    static RateLimiter limiter() {
        return RateLimiter.builder("limiter")
                .limit(1_000_000_000, Duration.ofSeconds(1))
                .build();
    }

    /** The rate of {@link #limiter()}, for each of so many keys, in a measure of an hour, so that no key is forgotten meanwhile. */
    static KeyedRateLimiter<String> keyedLimiter(int keys) {
        return RateLimiter.builder("limiter")
                .limit(3_600_000_000_000L, Duration.ofHours(1))
                .keyed(keys);
    }

    /** Ten seconds, on the caller's thread, which would be interrupted. */
    static Timeout timeout() {
        return Timeout.of("timeout", Duration.ofSeconds(10));
    }

    /** Retry, breaker, limiter, bulkhead, outermost first. */
    static Pipeline<Object> four() {
        return Pipeline.of(retry(), breaker(), limiter(), bulkhead());
    }

    static void pollute() {
        for (Policy<Object> policy : List.of(
                breaker(),
                timeWindowBreaker(),
                slowCallBreaker(),
                retry(),
                bulkhead(),
                limiter(),
                Pipeline.of(retry(), breaker()),
                four())) {
            Work.pollute(Work.ROUNDS, policy::call);
            polluteShapes(policy);
        }
        Work.pollute(Work.ROUNDS / 10, timeout()::call);
        Pipeline<Object> four = four();
        Work.pollute(
                Work.ROUNDS / 10,
                body -> four.callAsync(() -> CompletableFuture.completedFuture(body.get()))
                        .exceptionally(failure -> "down")
                        .join());
    }

    /** The shapes share one engine here, so they belong to what an application does to it. */
    private static void polluteShapes(Policy<Object> policy) {
        Function<Integer, Integer> function = policy.function(n -> n + 1);
        Callable<Integer> callable = policy.callable(() -> 2);
        Runnable runnable = policy.runnable(() -> Blackhole.consumeCPU(1));
        for (int i = 0; i < Work.ROUNDS; i++) {
            function.apply(i);
            runnable.run();
            policy.callChecked(() -> 3L);
            try {
                callable.call();
            } catch (Exception impossible) {
                throw new AssertionError(impossible);
            }
        }
    }
}
