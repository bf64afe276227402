// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** How a pipeline's cost grows with its length: bulkheads and breakers in turn, which all read no clock in Holdfast. */
public class PipelineLengths extends Profile {
    /** How many policies there are. */
    @Param({"1", "2", "3", "4", "5", "6", "7", "8"})
    public int policies;

    private Pipeline<Object> pipeline;
    private Supplier<String> r4j;
    private FailsafeExecutor<Object> failsafe;

    /** Builds the pipelines, the first policy innermost: a bulkhead. */
    @Setup
    @SuppressWarnings({"unchecked", "rawtypes"}) // An array of generic elements.
    public void setUp() {
        Policy[] holdfastPolicies = new Policy[policies];
        List<dev.failsafe.Policy<Object>> failsafePolicies = new ArrayList<>();
        r4j = Work.ANSWER;
        for (int i = 0; i < policies; i++) {
            boolean even = i % 2 == 0;
            holdfastPolicies[policies - 1 - i] = even ? HoldfastPolicies.bulkhead() : HoldfastPolicies.breaker();
            failsafePolicies.add(0, even ? FailsafePolicies.bulkhead() : FailsafePolicies.breaker());
            r4j = even
                    ? Resilience4jPolicies.wrap(Resilience4jPolicies.bulkhead(), r4j)
                    : Resilience4jPolicies.breaker().decorateSupplier(r4j);
        }
        pipeline = Pipeline.of(holdfastPolicies);
        failsafe = Failsafe.with(failsafePolicies);
    }

    @Benchmark
    public String longerHoldfast() {
        return pipeline.call(Work.ANSWER);
    }

    @Benchmark
    public String longerResilience4j() {
        return r4j.get();
    }

    @Benchmark
    public Object longerFailsafe() {
        return failsafe.get(FailsafePolicies.ANSWER);
    }
}
