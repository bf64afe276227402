// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.FailsafeExecutor;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.ratelimiter.RateLimiter;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * A breaker that is open for an hour, so that it has to look at the clock as in an outage: called, where the refusal is
 * thrown and caught, and asked for a permit, where no exception is built. And a bulkhead whose only place is taken, and a limiter
 * whose only permit of the hour is gone.
 */
public class Rejections extends Profile {
    private CircuitBreaker breaker;
    private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jBreaker;
    private dev.failsafe.CircuitBreaker<Object> failsafeBreaker;
    private Supplier<String> r4jLean;
    private Supplier<String> r4jDefault;
    private FailsafeExecutor<Object> failsafe;

    private Bulkhead bulkhead;
    private Supplier<String> r4jBulkhead;
    private FailsafeExecutor<Object> failsafeBulkhead;
    private RateLimiter limiter;
    private Supplier<String> r4jLimiter;
    private FailsafeExecutor<Object> failsafeLimiter;

    /** Builds all policies, in the state in which they refuse. */
    @Setup
    public void setUp() {
        breaker = HoldfastPolicies.openBreaker();
        r4jBreaker = Resilience4jPolicies.openBreaker(false);
        r4jLean = r4jBreaker.decorateSupplier(Work.ANSWER);
        r4jDefault = Resilience4jPolicies.openBreaker(true).decorateSupplier(Work.ANSWER);
        failsafeBreaker = FailsafePolicies.openBreaker();
        failsafe = FailsafePolicies.alone(failsafeBreaker);
        bulkhead = HoldfastPolicies.fullBulkhead();
        r4jBulkhead = Resilience4jPolicies.wrap(Resilience4jPolicies.fullBulkhead(), Work.ANSWER);
        failsafeBulkhead = FailsafePolicies.alone(FailsafePolicies.fullBulkhead());
        limiter = HoldfastPolicies.emptyLimiter();
        r4jLimiter = Resilience4jPolicies.wrap(Resilience4jPolicies.emptyLimiter(), Work.ANSWER);
        failsafeLimiter = FailsafePolicies.alone(FailsafePolicies.emptyLimiter());
    }

    /** What a call is refused with. */
    static RuntimeException refusal(Supplier<?> call) {
        try {
            call.get();
        } catch (RuntimeException refused) {
            return refused;
        }
        throw new AssertionError("not refused");
    }

    @Benchmark
    public RuntimeException thrownHoldfast() {
        return refusal(() -> breaker.call(Work.ANSWER));
    }

    /** Without a stack trace, as Holdfast's. */
    @Benchmark
    public RuntimeException thrownResilience4jNoTrace() {
        return refusal(r4jLean);
    }

    /** As it is by default. */
    @Benchmark
    public RuntimeException thrownResilience4j() {
        return refusal(r4jDefault);
    }

    @Benchmark
    public RuntimeException thrownFailsafe() {
        return refusal(() -> failsafe.get(FailsafePolicies.ANSWER));
    }

    @Benchmark
    public RuntimeException bulkheadHoldfast() {
        return refusal(() -> bulkhead.call(Work.ANSWER));
    }

    @Benchmark
    public RuntimeException bulkheadResilience4jNoTrace() {
        return refusal(r4jBulkhead);
    }

    @Benchmark
    public RuntimeException bulkheadFailsafe() {
        return refusal(() -> failsafeBulkhead.get(FailsafePolicies.ANSWER));
    }

    @Benchmark
    public RuntimeException limiterHoldfast() {
        return refusal(() -> limiter.call(Work.ANSWER));
    }

    @Benchmark
    public RuntimeException limiterResilience4jNoTrace() {
        return refusal(r4jLimiter);
    }

    @Benchmark
    public RuntimeException limiterFailsafe() {
        return refusal(() -> failsafeLimiter.get(FailsafePolicies.ANSWER));
    }

    @Benchmark
    public boolean askedHoldfast() {
        return breaker.tryAcquire() == null;
    }

    @Benchmark
    public boolean askedResilience4j() {
        return r4jBreaker.tryAcquirePermission();
    }

    @Benchmark
    public boolean askedFailsafe() {
        return failsafeBreaker.tryAcquirePermit();
    }
}
