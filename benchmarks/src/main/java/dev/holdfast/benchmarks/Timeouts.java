// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.FailsafeExecutor;
import dev.holdfast.timeout.Timeout;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A call that ends long before its timeout of ten seconds, on the caller's thread, which would be interrupted. Resilience4j
 * cannot do that: it is shown with a stage that is already complete, which is the least it can be given, and with work on a
 * pool, which is what it takes to get the same protection.
 */
public class Timeouts extends Profile {
    private Timeout timeout;
    private FailsafeExecutor<Object> failsafe;
    private TypedGuard<String> smallRye;
    private TimeLimiter r4j;
    private ScheduledExecutorService scheduler;
    private ExecutorService pool;
    private final Supplier<Future<String>> onPool = () -> pool.submit(Work.ANSWER::get);

    /** Builds all timeouts. */
    @Setup
    public void setUp() {
        timeout = HoldfastPolicies.timeout();
        failsafe = FailsafePolicies.alone(FailsafePolicies.timeout());
        smallRye = SmallRyePolicies.timeout(String.class);
        r4j = Resilience4jPolicies.timeout();
        scheduler = Resilience4jPolicies.scheduler();
        pool = Resilience4jPolicies.pool();
    }

    /** Ends the threads. */
    @TearDown
    public void tearDown() {
        scheduler.shutdownNow();
        pool.shutdownNow();
    }

    @Benchmark
    public String inTimeHoldfast() {
        return timeout.call(Work.ANSWER);
    }

    @Benchmark
    public Object inTimeFailsafe() {
        return failsafe.get(FailsafePolicies.ANSWER);
    }

    @Benchmark
    public String inTimeSmallRye() {
        return smallRye.get(Work.ANSWER);
    }

    @Benchmark
    public String inTimeResilience4jStage() {
        return r4j.executeCompletionStage(scheduler, Work.STAGE)
                .toCompletableFuture()
                .join();
    }

    @Benchmark
    public String inTimeResilience4jPool() throws Exception {
        return r4j.executeFutureSupplier(onPool);
    }
}
