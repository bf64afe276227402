// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.Policy;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.function.CheckedSupplier;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Failsafe's policies with the settings of {@link HoldfastPolicies}. */
final class FailsafePolicies {
    /** As {@link Work#ANSWER}: it takes suppliers of its own type, and is spared the conversion. */
    static final CheckedSupplier<String> ANSWER = () -> "answer";

    static final CheckedSupplier<CompletionStage<String>> STAGE = () -> Work.ANSWERED;

    private FailsafePolicies() {}

    /** Counts failures over the last 100 calls: 50 of them are the half that the others open at. */
    static CircuitBreaker<Object> breaker() {
        return breaker(100);
    }

    static CircuitBreaker<Object> breaker(int window) {
        return CircuitBreaker.builder().withFailureThreshold(window / 2, window).build();
    }

    static CircuitBreaker<Object> timeWindowBreaker() {
        return CircuitBreaker.builder()
                .withFailureRateThreshold(50, 100, Duration.ofSeconds(10))
                .build();
    }

    static CircuitBreaker<Object> openBreaker() {
        CircuitBreaker<Object> breaker =
                CircuitBreaker.builder().withDelay(Duration.ofHours(1)).build();
        breaker.open();
        return breaker;
    }

    /** Waits not at all between attempts, by default. */
    static RetryPolicy<Object> retry() {
        return RetryPolicy.builder().withMaxAttempts(3).build();
    }

    static RetryPolicy<Object> delayedRetry() {
        return RetryPolicy.builder()
                .withMaxAttempts(3)
                .withDelay(Duration.ofMillis(1))
                .build();
    }

    /** 1,000 failures in a row, which is its usual form. */
    static CircuitBreaker<Object> inARowBreaker() {
        return CircuitBreaker.builder().withFailureThreshold(1_000).build();
    }

    static Bulkhead<Object> bulkhead() {
        return Bulkhead.of(25);
    }

    static Bulkhead<Object> fullBulkhead() {
        Bulkhead<Object> bulkhead = Bulkhead.of(1);
        bulkhead.tryAcquirePermit();
        return bulkhead;
    }

    static RateLimiter<Object> emptyLimiter() {
        RateLimiter<Object> limiter =
                RateLimiter.burstyBuilder(1, Duration.ofHours(1)).build();
        limiter.tryAcquirePermit();
        return limiter;
    }

    /** Of its two forms the one that has a burst, which a token bucket has, too; it counts in fixed periods. */
    static RateLimiter<Object> limiter() {
        return RateLimiter.burstyBuilder(1_000_000_000, Duration.ofSeconds(1)).build();
    }

    static Timeout<Object> timeout() {
        return Timeout.builder(Duration.ofSeconds(10)).withInterrupt().build();
    }

    /** Its executors are built once and used often: that is what its users do. */
    static FailsafeExecutor<Object> four() {
        return Failsafe.with(retry(), breaker(), limiter(), bulkhead());
    }

    static FailsafeExecutor<Object> alone(Policy<Object> policy) {
        return Failsafe.with(policy);
    }

    static void pollute() {
        pollute(Work.ROUNDS, Failsafe.with(breaker()));
        pollute(Work.ROUNDS, Failsafe.with(timeWindowBreaker()));
        pollute(Work.ROUNDS, Failsafe.with(retry()));
        pollute(Work.ROUNDS, Failsafe.with(bulkhead()));
        pollute(Work.ROUNDS, Failsafe.with(limiter()));
        pollute(Work.ROUNDS, Failsafe.with(retry(), breaker()));
        pollute(Work.ROUNDS, four());
        pollute(Work.ROUNDS / 10, Failsafe.with(timeout()));
        FailsafeExecutor<Object> four = four();
        Work.pollute(
                Work.ROUNDS / 10,
                body -> four.getStageAsync(() -> CompletableFuture.completedFuture(body.get()))
                        .exceptionally(failure -> "down")
                        .join());
    }

    private static void pollute(int rounds, FailsafeExecutor<Object> executor) {
        Work.pollute(rounds, body -> executor.get(body::get));
    }
}
