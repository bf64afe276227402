// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.circuitbreaker.CircuitBreaker;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * How a closed breaker's cost grows with its window: where all calls succeed, and where one in ten fails, so that every call
 * has to be written into the window. The windows are full before anything is measured.
 */
public class WindowSizes extends Profile {
    /** How many calls the window holds. */
    @Param({"10", "100", "1000", "10000", "100000"})
    public int size;

    private CircuitBreaker healthy;
    private CircuitBreaker ailing;
    private io.github.resilience4j.circuitbreaker.CircuitBreaker r4jAiling;
    private Supplier<String> r4jHealthy;

    /** Builds the breakers and fills their windows. */
    @Setup
    public void setUp() {
        healthy = HoldfastPolicies.breaker(size);
        ailing = HoldfastPolicies.breaker(size);
        r4jHealthy = Resilience4jPolicies.breaker(size).decorateSupplier(Work.ANSWER);
        r4jAiling = Resilience4jPolicies.breaker(size);
        Supplier<String> work = new Work.FailsOnceIn(10);
        Supplier<String> r4jWork = r4jAiling.decorateSupplier(new Work.FailsOnceIn(10));
        for (int i = 0; i < size; i++) {
            healthy.call(Work.ANSWER);
            r4jHealthy.get();
            answer(ailing.supplier(work));
            answer(r4jWork);
        }
    }

    private static String answer(Supplier<String> call) {
        try {
            return call.get();
        } catch (Work.Failure expected) {
            return "down";
        }
    }

    /** Each thread's own work. */
    @State(Scope.Thread)
    public static class Flaky {
        private Supplier<String> holdfast;
        private Supplier<String> r4j;

        /** Wraps the work. */
        @Setup
        public void setUp(WindowSizes sizes) {
            holdfast = sizes.ailing.supplier(new Work.FailsOnceIn(10));
            r4j = sizes.r4jAiling.decorateSupplier(new Work.FailsOnceIn(10));
        }
    }

    @Benchmark
    public String healthyHoldfast() {
        return healthy.call(Work.ANSWER);
    }

    @Benchmark
    public String healthyResilience4j() {
        return r4jHealthy.get();
    }

    @Benchmark
    public String ailingHoldfast(Flaky flaky) {
        return answer(flaky.holdfast);
    }

    @Benchmark
    public String ailingResilience4j(Flaky flaky) {
        return answer(flaky.r4j);
    }
}
