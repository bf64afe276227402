// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.FailsafeExecutor;
import dev.holdfast.Pipeline;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/** A call through retry, breaker, limiter and bulkhead, outermost first, with the settings they have alone. */
public class Pipelines extends Profile {
    private Pipeline<Object> four;
    private Supplier<String> r4j;
    private FailsafeExecutor<Object> failsafe;
    private TypedGuard<String> smallRye;

    /** Builds all pipelines. */
    @Setup
    public void setUp() {
        four = HoldfastPolicies.four();
        r4j = Resilience4jPolicies.four(Work.ANSWER);
        failsafe = FailsafePolicies.four();
        smallRye = SmallRyePolicies.four(String.class);
    }

    @Benchmark
    public String fourHoldfast() {
        return four.call(Work.ANSWER);
    }

    @Benchmark
    public String fourResilience4j() {
        return r4j.get();
    }

    @Benchmark
    public Object fourFailsafe() {
        return failsafe.get(FailsafePolicies.ANSWER);
    }

    @Benchmark
    public String fourSmallRye() {
        return smallRye.get(Work.ANSWER);
    }
}
