// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import com.google.common.util.concurrent.RateLimiter;
import dev.failsafe.FailsafeExecutor;
import io.github.bucket4j.Bucket;
import io.github.resilience4j.ratelimiter.internal.SemaphoreBasedRateLimiter;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A call through a limiter of a billion permits a second, which nobody can use up: each call takes one by the limiter's
 * usual arithmetic, and none is refused.
 */
public class RateLimiters extends Profile {
    private dev.holdfast.ratelimiter.RateLimiter limiter;
    private Supplier<String> r4j;
    private SemaphoreBasedRateLimiter r4jSemaphoreLimiter;
    private Supplier<String> r4jSemaphore;
    private FailsafeExecutor<Object> failsafe;
    private TypedGuard<String> smallRye;
    private RateLimiter guava;
    private Bucket bucket4j;

    /** Builds all limiters. */
    @Setup
    public void setUp() {
        limiter = HoldfastPolicies.limiter();
        r4j = Resilience4jPolicies.wrap(Resilience4jPolicies.limiter(), Work.ANSWER);
        r4jSemaphoreLimiter = Resilience4jPolicies.semaphoreLimiter();
        r4jSemaphore = Resilience4jPolicies.wrap(r4jSemaphoreLimiter, Work.ANSWER);
        failsafe = FailsafePolicies.alone(FailsafePolicies.limiter());
        smallRye = SmallRyePolicies.limiter(String.class);
        guava = OtherPolicies.guava();
        bucket4j = OtherPolicies.bucket4j();
    }

    /** Ends the thread that refills the semaphore. */
    @TearDown
    public void tearDown() {
        r4jSemaphoreLimiter.shutdown();
    }

    @Benchmark
    public String freeHoldfast() {
        return limiter.call(Work.ANSWER);
    }

    @Benchmark
    public String freeResilience4j() {
        return r4j.get();
    }

    @Benchmark
    public String freeResilience4jSemaphore() {
        return r4jSemaphore.get();
    }

    @Benchmark
    public Object freeFailsafe() {
        return failsafe.get(FailsafePolicies.ANSWER);
    }

    @Benchmark
    public String freeSmallRye() {
        return smallRye.get(Work.ANSWER);
    }

    @Benchmark
    public String freeGuava() {
        return OtherPolicies.call(guava, Work.ANSWER);
    }

    @Benchmark
    public String freeBucket4j() {
        return OtherPolicies.call(bucket4j, Work.ANSWER);
    }
}
