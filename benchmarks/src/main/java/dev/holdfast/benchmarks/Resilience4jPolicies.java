// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.SemaphoreBasedRateLimiter;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Supplier;

/**
 * Resilience4j's policies with the settings of {@link HoldfastPolicies}, wrapped around work once and called often, which
 * is its fastest form. It always measures how long calls take and compares them with a slow-call limit; that cannot be
 * turned off, so its plain count window does the work of a slow-call rule, too.
 */
final class Resilience4jPolicies {
    private Resilience4jPolicies() {}

    static CircuitBreaker breaker() {
        return breaker(100);
    }

    static CircuitBreaker breaker(int window) {
        return breaker(config().slidingWindow(window, window, SlidingWindowType.COUNT_BASED));
    }

    /** Its window without a lock. */
    static CircuitBreaker lockFreeBreaker() {
        return breaker(config().slidingWindow(
                        100, 100, SlidingWindowType.COUNT_BASED, SlidingWindowSynchronizationStrategy.LOCK_FREE));
    }

    /** Ten seconds, in buckets of one second; Holdfast's has ten buckets as well. */
    static CircuitBreaker timeWindowBreaker() {
        return breaker(config().slidingWindow(10, 100, SlidingWindowType.TIME_BASED));
    }

    static CircuitBreaker slowCallBreaker() {
        return breaker(config().slidingWindow(100, 100, SlidingWindowType.COUNT_BASED)
                .slowCallDurationThreshold(Duration.ofMinutes(1))
                .slowCallRateThreshold(50));
    }

    static CircuitBreaker openBreaker(boolean stackTrace) {
        CircuitBreaker breaker =
                breaker(config().waitDurationInOpenState(Duration.ofHours(1)).writableStackTraceEnabled(stackTrace));
        breaker.transitionToOpenState();
        return breaker;
    }

    private static CircuitBreakerConfig.Builder config() {
        return CircuitBreakerConfig.custom().failureRateThreshold(50);
    }

    private static CircuitBreaker breaker(CircuitBreakerConfig.Builder config) {
        return CircuitBreaker.of("breaker", config.build());
    }

    static Retry retry() {
        return retry(0);
    }

    /** It counts in milliseconds: one is its shortest. */
    static Retry delayedRetry() {
        return retry(1);
    }

    private static Retry retry(long millis) {
        return Retry.of(
                "retry",
                RetryConfig.custom()
                        .maxAttempts(3)
                        .intervalFunction(attempt -> millis)
                        .build());
    }

    static Bulkhead bulkhead() {
        return Bulkhead.of(
                "bulkhead",
                BulkheadConfig.custom()
                        .maxConcurrentCalls(25)
                        .maxWaitDuration(Duration.ZERO)
                        .build());
    }

    static Bulkhead fullBulkhead() {
        Bulkhead bulkhead = Bulkhead.of(
                "bulkhead",
                BulkheadConfig.custom()
                        .maxConcurrentCalls(1)
                        .maxWaitDuration(Duration.ZERO)
                        .writableStackTraceEnabled(false)
                        .build());
        bulkhead.acquirePermission();
        return bulkhead;
    }

    static RateLimiter emptyLimiter() {
        RateLimiter limiter = RateLimiter.of(
                "limiter",
                RateLimiterConfig.custom()
                        .limitForPeriod(1)
                        .limitRefreshPeriod(Duration.ofHours(1))
                        .timeoutDuration(Duration.ZERO)
                        .writableStackTraceEnabled(false)
                        .build());
        limiter.acquirePermission();
        return limiter;
    }

    /**
     * The form that counts in cycles, on one atomic reference, and reads the clock at each call: the nearest to a token
     * bucket.
     */
    static RateLimiter limiter() {
        return RateLimiter.of("limiter", limiterConfig());
    }

    /**
     * A semaphore that a thread in the background refills. It reads no clock, and lets twice the permits through at the edge
     * of two periods.
     */
    static SemaphoreBasedRateLimiter semaphoreLimiter() {
        return new SemaphoreBasedRateLimiter("limiter", limiterConfig(), scheduler());
    }

    private static RateLimiterConfig limiterConfig() {
        return RateLimiterConfig.custom()
                .limitForPeriod(1_000_000_000)
                .limitRefreshPeriod(Duration.ofSeconds(1))
                .timeoutDuration(Duration.ZERO)
                .build();
    }

    /** Cannot run work on the caller's thread: only watches a stage, or work on a pool. */
    static TimeLimiter timeout() {
        return TimeLimiter.of(TimeLimiterConfig.custom()
                .timeoutDuration(Duration.ofSeconds(10))
                .cancelRunningFuture(true)
                .build());
    }

    static <T> Supplier<T> wrap(RateLimiter limiter, Supplier<T> work) {
        return RateLimiter.decorateSupplier(limiter, work);
    }

    static <T> Supplier<T> wrap(Bulkhead bulkhead, Supplier<T> work) {
        return Bulkhead.decorateSupplier(bulkhead, work);
    }

    static <T> Supplier<T> four(Supplier<T> work) {
        return Retry.decorateSupplier(
                retry(),
                CircuitBreaker.decorateSupplier(
                        breaker(),
                        RateLimiter.decorateSupplier(limiter(), Bulkhead.decorateSupplier(bulkhead(), work))));
    }

    static <T> Supplier<CompletionStage<T>> asyncFour(Supplier<CompletionStage<T>> work) {
        return Retry.decorateCompletionStage(
                retry(),
                scheduler(),
                CircuitBreaker.decorateCompletionStage(
                        breaker(),
                        RateLimiter.decorateCompletionStage(
                                limiter(), Bulkhead.decorateCompletionStage(bulkhead(), work))));
    }

    /** Drops timers that are cancelled, as Holdfast's does. */
    static ScheduledThreadPoolExecutor scheduler() {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, Resilience4jPolicies::daemon);
        scheduler.setRemoveOnCancelPolicy(true);
        return scheduler;
    }

    static ExecutorService pool() {
        return Executors.newCachedThreadPool(Resilience4jPolicies::daemon);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "benchmark");
        thread.setDaemon(true);
        return thread;
    }

    static void pollute() {
        CircuitBreaker breaker = breaker();
        CircuitBreaker lockFree = lockFreeBreaker();
        CircuitBreaker overTime = timeWindowBreaker();
        CircuitBreaker slow = slowCallBreaker();
        Retry retry = retry();
        Bulkhead bulkhead = bulkhead();
        RateLimiter limiter = limiter();
        Work.pollute(Work.ROUNDS, breaker::executeSupplier);
        Work.pollute(Work.ROUNDS, lockFree::executeSupplier);
        Work.pollute(Work.ROUNDS, overTime::executeSupplier);
        Work.pollute(Work.ROUNDS, slow::executeSupplier);
        Work.pollute(Work.ROUNDS, retry::executeSupplier);
        Work.pollute(Work.ROUNDS, bulkhead::executeSupplier);
        Work.pollute(Work.ROUNDS, limiter::executeSupplier);
        Work.pollute(
                Work.ROUNDS,
                body -> Retry.decorateSupplier(retry, breaker.decorateSupplier(body))
                        .get());
        Work.pollute(
                Work.ROUNDS,
                body -> Retry.decorateSupplier(
                                retry,
                                CircuitBreaker.decorateSupplier(
                                        breaker,
                                        RateLimiter.decorateSupplier(
                                                limiter, Bulkhead.decorateSupplier(bulkhead, body))))
                        .get());
        ScheduledThreadPoolExecutor scheduler = scheduler();
        TimeLimiter timeout = timeout();
        Work.pollute(
                Work.ROUNDS / 10,
                body -> timeout.executeCompletionStage(scheduler, () -> CompletableFuture.completedFuture(body.get()))
                        .toCompletableFuture()
                        .join());
        Work.pollute(
                Work.ROUNDS / 10,
                body -> Retry.decorateCompletionStage(
                                retry,
                                scheduler,
                                CircuitBreaker.decorateCompletionStage(
                                        breaker,
                                        RateLimiter.decorateCompletionStage(
                                                limiter,
                                                Bulkhead.decorateCompletionStage(bulkhead, () -> stageOf(body)))))
                        .get()
                        .toCompletableFuture()
                        .exceptionally(failure -> "down")
                        .join());
        scheduler.shutdownNow();
    }

    private static CompletionStage<Object> stageOf(Supplier<Object> body) {
        try {
            return CompletableFuture.completedFuture(body.get());
        } catch (Work.Failure failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }
}
