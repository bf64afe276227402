// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.FailsafeExecutor;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * A call that succeeds, through a closed breaker: over the last 100 calls, over ten seconds, and over 100 calls with a rule
 * for slow ones. All open at half, none before 100 calls.
 */
public class CircuitBreakers extends Profile {
    private CircuitBreaker countWindow;
    private CircuitBreaker timeWindow;
    private CircuitBreaker slowCalls;

    private Supplier<String> r4jCountWindow;
    private Supplier<String> r4jLockFree;
    private Supplier<String> r4jTimeWindow;
    private Supplier<String> r4jSlowCalls;

    private FailsafeExecutor<Object> failsafeCountWindow;
    private FailsafeExecutor<Object> failsafeTimeWindow;

    private TypedGuard<String> smallRye;

    /** Builds all breakers. */
    @Setup
    public void setUp() {
        countWindow = HoldfastPolicies.breaker();
        timeWindow = HoldfastPolicies.timeWindowBreaker();
        slowCalls = HoldfastPolicies.slowCallBreaker();
        r4jCountWindow = Resilience4jPolicies.breaker().decorateSupplier(Work.ANSWER);
        r4jLockFree = Resilience4jPolicies.lockFreeBreaker().decorateSupplier(Work.ANSWER);
        r4jTimeWindow = Resilience4jPolicies.timeWindowBreaker().decorateSupplier(Work.ANSWER);
        r4jSlowCalls = Resilience4jPolicies.slowCallBreaker().decorateSupplier(Work.ANSWER);
        failsafeCountWindow = FailsafePolicies.alone(FailsafePolicies.breaker());
        failsafeTimeWindow = FailsafePolicies.alone(FailsafePolicies.timeWindowBreaker());
        smallRye = SmallRyePolicies.breaker(String.class);
    }

    @Benchmark
    public String countWindowHoldfast() {
        return countWindow.call(Work.ANSWER);
    }

    @Benchmark
    public String countWindowResilience4j() {
        return r4jCountWindow.get();
    }

    @Benchmark
    public String countWindowResilience4jLockFree() {
        return r4jLockFree.get();
    }

    @Benchmark
    public Object countWindowFailsafe() {
        return failsafeCountWindow.get(FailsafePolicies.ANSWER);
    }

    @Benchmark
    public String countWindowSmallRye() {
        return smallRye.get(Work.ANSWER);
    }

    @Benchmark
    public String timeWindowHoldfast() {
        return timeWindow.call(Work.ANSWER);
    }

    @Benchmark
    public String timeWindowResilience4j() {
        return r4jTimeWindow.get();
    }

    @Benchmark
    public Object timeWindowFailsafe() {
        return failsafeTimeWindow.get(FailsafePolicies.ANSWER);
    }

    @Benchmark
    public String slowCallsHoldfast() {
        return slowCalls.call(Work.ANSWER);
    }

    @Benchmark
    public String slowCallsResilience4j() {
        return r4jSlowCalls.get();
    }
}
