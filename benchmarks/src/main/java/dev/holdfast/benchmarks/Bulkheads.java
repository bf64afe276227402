// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import com.netflix.concurrency.limits.Limiter;
import dev.failsafe.FailsafeExecutor;
import dev.holdfast.bulkhead.Bulkhead;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/** A call through a bulkhead of 25 places, one of which is always free: there are at most 8 threads. */
public class Bulkheads extends Profile {
    private Bulkhead bulkhead;
    private Supplier<String> r4j;
    private FailsafeExecutor<Object> failsafe;
    private TypedGuard<String> smallRye;
    private Limiter<Void> concurrencyLimits;

    /** Builds all bulkheads. */
    @Setup
    public void setUp() {
        bulkhead = HoldfastPolicies.bulkhead();
        r4j = Resilience4jPolicies.wrap(Resilience4jPolicies.bulkhead(), Work.ANSWER);
        failsafe = FailsafePolicies.alone(FailsafePolicies.bulkhead());
        smallRye = SmallRyePolicies.bulkhead(String.class);
        concurrencyLimits = OtherPolicies.concurrencyLimits();
    }

    @Benchmark
    public String freeHoldfast() {
        return bulkhead.call(Work.ANSWER);
    }

    @Benchmark
    public String freeResilience4j() {
        return r4j.get();
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
    public String freeConcurrencyLimits() {
        return OtherPolicies.call(concurrencyLimits, Work.ANSWER);
    }
}
