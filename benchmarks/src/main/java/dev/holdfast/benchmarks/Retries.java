// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.FailsafeExecutor;
import dev.holdfast.retry.Retry;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A call whose first attempt succeeds, and one whose second does, through a retry of three attempts without a delay. */
public class Retries extends Profile {
    private Retry<Object> retry;
    private io.github.resilience4j.retry.Retry r4jRetry;
    private Supplier<String> r4j;
    private FailsafeExecutor<Object> failsafe;
    private TypedGuard<String> smallRye;

    /** Builds all retries. */
    @Setup
    public void setUp() {
        retry = HoldfastPolicies.retry();
        r4jRetry = Resilience4jPolicies.retry();
        r4j = io.github.resilience4j.retry.Retry.decorateSupplier(r4jRetry, Work.ANSWER);
        failsafe = FailsafePolicies.alone(FailsafePolicies.retry());
        smallRye = SmallRyePolicies.retry(String.class);
    }

    @Benchmark
    public String firstHoldfast() {
        return retry.call(Work.ANSWER);
    }

    @Benchmark
    public String firstResilience4j() {
        return r4j.get();
    }

    @Benchmark
    public Object firstFailsafe() {
        return failsafe.get(FailsafePolicies.ANSWER);
    }

    @Benchmark
    public String firstSmallRye() {
        return smallRye.get(Work.ANSWER);
    }

    /** Each thread's own work: every other attempt of it fails, so every call takes two. */
    @State(Scope.Thread)
    public static class Flaky {
        private Supplier<String> work;
        private dev.failsafe.function.CheckedSupplier<String> failsafeWork;
        private Supplier<String> r4j;

        /** Wraps the work where that is done once. */
        @Setup
        public void setUp(Retries retries) {
            work = new Work.FailsOnceIn(2);
            failsafeWork = work::get;
            r4j = io.github.resilience4j.retry.Retry.decorateSupplier(retries.r4jRetry, work);
        }
    }

    @Benchmark
    public String secondHoldfast(Flaky flaky) {
        return retry.call(flaky.work);
    }

    @Benchmark
    public String secondResilience4j(Flaky flaky) {
        return flaky.r4j.get();
    }

    @Benchmark
    public Object secondFailsafe(Flaky flaky) {
        return failsafe.get(flaky.failsafeWork);
    }
}
