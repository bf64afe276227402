// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.FailsafeExecutor;
import dev.holdfast.RejectedException;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * A breaker that is open for an hour, so that it has to look at the clock as in an outage: called, where the refusal is
 * thrown and caught, and asked for a permit, where no exception is built.
 */
public class Rejections extends Profile {
    private CircuitBreaker breaker;
    private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jBreaker;
    private dev.failsafe.CircuitBreaker<Object> failsafeBreaker;
    private Supplier<String> r4jLean;
    private Supplier<String> r4jDefault;
    private FailsafeExecutor<Object> failsafe;

    /** Builds all breakers, and opens them. */
    @Setup
    public void setUp() {
        breaker = HoldfastPolicies.openBreaker();
        r4jBreaker = Resilience4jPolicies.openBreaker(false);
        r4jLean = r4jBreaker.decorateSupplier(Work.ANSWER);
        r4jDefault = Resilience4jPolicies.openBreaker(true).decorateSupplier(Work.ANSWER);
        failsafeBreaker = FailsafePolicies.openBreaker();
        failsafe = FailsafePolicies.alone(failsafeBreaker);
    }

    @Benchmark
    public RuntimeException thrownHoldfast() {
        try {
            breaker.call(Work.ANSWER);
            throw new AssertionError("not refused");
        } catch (RejectedException refused) {
            return refused;
        }
    }

    /** Without a stack trace, as Holdfast's. */
    @Benchmark
    public RuntimeException thrownResilience4jNoTrace() {
        return refusedBy(r4jLean);
    }

    /** As it is by default. */
    @Benchmark
    public RuntimeException thrownResilience4j() {
        return refusedBy(r4jDefault);
    }

    private static RuntimeException refusedBy(Supplier<String> call) {
        try {
            call.get();
            throw new AssertionError("not refused");
        } catch (CallNotPermittedException refused) {
            return refused;
        }
    }

    @Benchmark
    public RuntimeException thrownFailsafe() {
        try {
            failsafe.get(FailsafePolicies.ANSWER);
            throw new AssertionError("not refused");
        } catch (CircuitBreakerOpenException refused) {
            return refused;
        }
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
