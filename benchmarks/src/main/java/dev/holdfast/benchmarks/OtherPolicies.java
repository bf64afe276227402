// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import com.google.common.util.concurrent.RateLimiter;
import com.netflix.concurrency.limits.Limiter;
import com.netflix.concurrency.limits.limit.FixedLimit;
import com.netflix.concurrency.limits.limiter.SimpleLimiter;
import io.github.bucket4j.Bucket;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Libraries of one pattern, with the settings of {@link HoldfastPolicies}. They wrap nothing: here is what their users write
 * around the work.
 */
final class OtherPolicies {
    private OtherPolicies() {}

    /** Saves up the permits of one second, as many as a token bucket of one second holds. */
    static RateLimiter guava() {
        return RateLimiter.create(1_000_000_000);
    }

    static <T> T call(RateLimiter limiter, Supplier<T> work) {
        if (!limiter.tryAcquire()) {
            throw new IllegalStateException("refused");
        }
        return work.get();
    }

    /** A token bucket on nanoseconds, because the others look at {@code System.nanoTime()}, too. */
    static Bucket bucket4j() {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(1_000_000_000).refillGreedy(1_000_000_000, Duration.ofSeconds(1)))
                .withNanosecondPrecision()
                .build();
    }

    static <T> T call(Bucket bucket, Supplier<T> work) {
        if (!bucket.tryConsume(1)) {
            throw new IllegalStateException("refused");
        }
        return work.get();
    }

    /** Its limit usually moves; a fixed one makes it a bulkhead. */
    static Limiter<Void> concurrencyLimits() {
        return SimpleLimiter.newBuilder().limit(FixedLimit.of(25)).build();
    }

    static <T> T call(Limiter<Void> limiter, Supplier<T> work) {
        Limiter.Listener listener = limiter.acquire(null).orElseThrow(() -> new IllegalStateException("refused"));
        T result;
        try {
            result = work.get();
        } catch (Throwable failure) {
            listener.onIgnore();
            throw failure;
        }
        listener.onSuccess();
        return result;
    }

    static void polluteGuava() {
        RateLimiter limiter = guava();
        Work.pollute(Work.ROUNDS, body -> call(limiter, body));
    }

    static void polluteBucket4j() {
        Bucket bucket = bucket4j();
        Work.pollute(Work.ROUNDS, body -> call(bucket, body));
    }

    static void polluteConcurrencyLimits() {
        Limiter<Void> limiter = concurrencyLimits();
        Work.pollute(Work.ROUNDS, body -> call(limiter, body));
    }
}
