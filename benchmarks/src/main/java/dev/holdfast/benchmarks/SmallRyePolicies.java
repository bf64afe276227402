// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import io.smallrye.faulttolerance.api.RateLimitType;
import io.smallrye.faulttolerance.api.TypedGuard;
import io.smallrye.faulttolerance.standalone.StandaloneFaultTolerance;
import java.time.temporal.ChronoUnit;
import java.util.function.Supplier;

/** SmallRye's policies with the settings of {@link HoldfastPolicies}. It has no time window and no slow-call rule. */
final class SmallRyePolicies {
    static {
        SmallRyeThreads.use();
    }

    private SmallRyePolicies() {}

    /** Its volume threshold is the size of its window, and it does not open before that is full. */
    static <T> TypedGuard<T> breaker(Class<T> type) {
        return withBreaker(TypedGuard.create(type)).build();
    }

    /** Its retry adds a random part to the delay by default; neither is wanted here. */
    static <T> TypedGuard<T> retry(Class<T> type) {
        return withRetry(TypedGuard.create(type)).build();
    }

    static <T> TypedGuard<T> bulkhead(Class<T> type) {
        return withBulkhead(TypedGuard.create(type)).build();
    }

    /** The fixed window is its default. */
    static <T> TypedGuard<T> limiter(Class<T> type) {
        return withLimiter(TypedGuard.create(type)).build();
    }

    static <T> TypedGuard<T> timeout(Class<T> type) {
        return TypedGuard.create(type)
                .withTimeout()
                .duration(10, ChronoUnit.SECONDS)
                .done()
                .build();
    }

    /** It puts them into this order itself: retry, breaker, limiter, bulkhead. */
    static <T> TypedGuard<T> four(Class<T> type) {
        return withBulkhead(withLimiter(withBreaker(withRetry(TypedGuard.create(type)))))
                .build();
    }

    private static <T> TypedGuard.Builder<T> withBreaker(TypedGuard.Builder<T> builder) {
        return builder.withCircuitBreaker()
                .requestVolumeThreshold(100)
                .failureRatio(0.5)
                .done();
    }

    private static <T> TypedGuard.Builder<T> withRetry(TypedGuard.Builder<T> builder) {
        return builder.withRetry()
                .maxRetries(2)
                .delay(0, ChronoUnit.MILLIS)
                .jitter(0, ChronoUnit.MILLIS)
                .done();
    }

    private static <T> TypedGuard.Builder<T> withBulkhead(TypedGuard.Builder<T> builder) {
        return builder.withBulkhead().limit(25).done();
    }

    private static <T> TypedGuard.Builder<T> withLimiter(TypedGuard.Builder<T> builder) {
        return builder.withRateLimit()
                .limit(1_000_000_000)
                .window(1, ChronoUnit.SECONDS)
                .type(RateLimitType.FIXED)
                .done();
    }

    static void pollute() {
        pollute(Work.ROUNDS, breaker(Object.class));
        pollute(Work.ROUNDS, retry(Object.class));
        pollute(Work.ROUNDS, bulkhead(Object.class));
        pollute(Work.ROUNDS, limiter(Object.class));
        pollute(
                Work.ROUNDS,
                withBreaker(withRetry(TypedGuard.create(Object.class))).build());
        pollute(Work.ROUNDS, four(Object.class));
        pollute(Work.ROUNDS / 10, timeout(Object.class));
    }

    private static void pollute(int rounds, TypedGuard<Object> guard) {
        Work.pollute(rounds, (Supplier<Object> body) -> guard.get(body));
    }

    static void shutDown() {
        try {
            StandaloneFaultTolerance.shutdown();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }
}
