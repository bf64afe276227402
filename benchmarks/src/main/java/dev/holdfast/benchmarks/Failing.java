// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.FailsafeExecutor;
import dev.failsafe.function.CheckedSupplier;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.retry.Retry;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Calls some of which fail, as those of most dependencies do: a closed breaker over the last 100 calls, over ten seconds, with a rule
 * for slow calls and with one for failures in a row, and a retry without and with a delay. What fails throws an exception without a
 * trace, so that nobody's cost is hidden behind that of one.
 */
public class Failing extends Profile {
    /** One of so many attempts fails. */
    @Param({"100", "10", "1000"})
    public int oneIn;

    private CircuitBreaker countWindow;
    private CircuitBreaker timeWindow;
    private CircuitBreaker slowCalls;
    private CircuitBreaker inARow;
    private dev.holdfast.retry.Retry<Object> retry;
    private dev.holdfast.retry.Retry<Object> delayed;

    private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jCountWindow;
    private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jLockFree;
    private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jTimeWindow;
    private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jSlowCalls;
    private Retry r4jRetry;
    private Retry r4jDelayed;

    private FailsafeExecutor<Object> failsafeInARow;
    private FailsafeExecutor<Object> failsafeRetry;
    private FailsafeExecutor<Object> failsafeDelayed;
    private TypedGuard<String> smallRyeCountWindow;

    /** Builds all policies. */
    @Setup
    public void setUp() {
        countWindow = HoldfastPolicies.breaker();
        timeWindow = HoldfastPolicies.timeWindowBreaker();
        slowCalls = HoldfastPolicies.slowCallBreaker();
        inARow = HoldfastPolicies.inARowBreaker();
        retry = HoldfastPolicies.retry();
        delayed = HoldfastPolicies.delayedRetry();
        r4jCountWindow = Resilience4jPolicies.breaker();
        r4jLockFree = Resilience4jPolicies.lockFreeBreaker();
        r4jTimeWindow = Resilience4jPolicies.timeWindowBreaker();
        r4jSlowCalls = Resilience4jPolicies.slowCallBreaker();
        r4jRetry = Resilience4jPolicies.retry();
        r4jDelayed = Resilience4jPolicies.delayedRetry();
        failsafeInARow = FailsafePolicies.alone(FailsafePolicies.inARowBreaker());
        failsafeRetry = FailsafePolicies.alone(FailsafePolicies.retry());
        failsafeDelayed = FailsafePolicies.alone(FailsafePolicies.delayedRetry());
        smallRyeCountWindow = SmallRyePolicies.breaker(String.class);
    }

    /** Each thread's own work, which knows when to fail, wrapped where that is done once. */
    @State(Scope.Thread)
    public static class Flaky {
        private Supplier<String> work;
        private CheckedSupplier<String> failsafeWork;
        private Supplier<String> r4jCountWindow;
        private Supplier<String> r4jLockFree;
        private Supplier<String> r4jTimeWindow;
        private Supplier<String> r4jSlowCalls;
        private Supplier<String> r4jRetry;
        private Supplier<String> r4jDelayed;

        /** Wraps the work. */
        @Setup
        public void setUp(Failing failing) {
            work = new Work.FailsOnceIn(failing.oneIn);
            failsafeWork = work::get;
            r4jCountWindow = failing.r4jCountWindow.decorateSupplier(work);
            r4jLockFree = failing.r4jLockFree.decorateSupplier(work);
            r4jTimeWindow = failing.r4jTimeWindow.decorateSupplier(work);
            r4jSlowCalls = failing.r4jSlowCalls.decorateSupplier(work);
            r4jRetry = Retry.decorateSupplier(failing.r4jRetry, work);
            r4jDelayed = Retry.decorateSupplier(failing.r4jDelayed, work);
        }
    }

    @Benchmark
    public Object countWindowHoldfast(Flaky flaky) {
        return Work.answerOf(() -> countWindow.call(flaky.work));
    }

    @Benchmark
    public Object countWindowResilience4j(Flaky flaky) {
        return Work.answerOf(flaky.r4jCountWindow);
    }

    @Benchmark
    public Object countWindowResilience4jLockFree(Flaky flaky) {
        return Work.answerOf(flaky.r4jLockFree);
    }

    @Benchmark
    public Object countWindowSmallRye(Flaky flaky) {
        return Work.answerOf(() -> smallRyeCountWindow.get(flaky.work));
    }

    @Benchmark
    public Object timeWindowHoldfast(Flaky flaky) {
        return Work.answerOf(() -> timeWindow.call(flaky.work));
    }

    @Benchmark
    public Object timeWindowResilience4j(Flaky flaky) {
        return Work.answerOf(flaky.r4jTimeWindow);
    }

    @Benchmark
    public Object slowCallsHoldfast(Flaky flaky) {
        return Work.answerOf(() -> slowCalls.call(flaky.work));
    }

    @Benchmark
    public Object slowCallsResilience4j(Flaky flaky) {
        return Work.answerOf(flaky.r4jSlowCalls);
    }

    @Benchmark
    public Object inARowHoldfast(Flaky flaky) {
        return Work.answerOf(() -> inARow.call(flaky.work));
    }

    @Benchmark
    public Object inARowFailsafe(Flaky flaky) {
        return Work.answerOf(() -> failsafeInARow.get(flaky.failsafeWork));
    }

    @Benchmark
    public String retryHoldfast(Flaky flaky) {
        return retry.call(flaky.work);
    }

    @Benchmark
    public String retryResilience4j(Flaky flaky) {
        return flaky.r4jRetry.get();
    }

    @Benchmark
    public Object retryFailsafe(Flaky flaky) {
        return failsafeRetry.get(flaky.failsafeWork);
    }

    @Benchmark
    public String delayedRetryHoldfast(Flaky flaky) {
        return delayed.call(flaky.work);
    }

    @Benchmark
    public String delayedRetryResilience4j(Flaky flaky) {
        return flaky.r4jDelayed.get();
    }

    @Benchmark
    public Object delayedRetryFailsafe(Flaky flaky) {
        return failsafeDelayed.get(flaky.failsafeWork);
    }
}
