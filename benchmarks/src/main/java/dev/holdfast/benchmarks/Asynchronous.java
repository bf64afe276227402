// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.FailsafeExecutor;
import dev.holdfast.Pipeline;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * An asynchronous call whose stage is already complete, through a breaker and through the pipeline of four. Each benchmark
 * joins what it gets: where the result is there that costs next to nothing, and Failsafe, which goes to another thread
 * for it, has to be waited for.
 */
public class Asynchronous extends Profile {
    private CircuitBreaker breaker;
    private Pipeline<Object> four;
    private Supplier<CompletionStage<String>> r4jBreaker;
    private Supplier<CompletionStage<String>> r4jFour;
    private FailsafeExecutor<Object> failsafeBreaker;
    private FailsafeExecutor<Object> failsafeFour;

    /** Builds all breakers and pipelines. */
    @Setup
    public void setUp() {
        breaker = HoldfastPolicies.breaker();
        four = HoldfastPolicies.four();
        r4jBreaker = Resilience4jPolicies.breaker().decorateCompletionStage(Work.STAGE);
        r4jFour = Resilience4jPolicies.asyncFour(Work.STAGE);
        failsafeBreaker = FailsafePolicies.alone(FailsafePolicies.breaker());
        failsafeFour = FailsafePolicies.four();
    }

    @Benchmark
    public String breakerHoldfast() {
        return breaker.callAsync(Work.STAGE).join();
    }

    @Benchmark
    public String breakerResilience4j() {
        return r4jBreaker.get().toCompletableFuture().join();
    }

    @Benchmark
    public Object breakerFailsafe() {
        return failsafeBreaker.getStageAsync(FailsafePolicies.STAGE).join();
    }

    @Benchmark
    public String fourHoldfast() {
        return four.callAsync(Work.STAGE).join();
    }

    @Benchmark
    public String fourResilience4j() {
        return r4jFour.get().toCompletableFuture().join();
    }

    @Benchmark
    public Object fourFailsafe() {
        return failsafeFour.getStageAsync(FailsafePolicies.STAGE).join();
    }
}
