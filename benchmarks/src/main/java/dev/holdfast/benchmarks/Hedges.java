// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.hedge.Hedge;
import dev.holdfast.timeout.Timeout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A call that ends long before a second attempt would start: what hedging costs when it is not needed. Beside a timeout, which needs a timer as
 * well, and beside what one would write by hand for stages: a timer that starts the second, and the first of the two to be complete. Peers on
 * the JVM have no hedge that is released.
 */
public class Hedges extends Profile {
    private static final CompletableFuture<String> DONE = CompletableFuture.completedFuture("yes");

    private Hedge<Object> hedge;
    private Timeout timeout;
    private ScheduledThreadPoolExecutor timer;

    /** Builds them. */
    @Setup
    public void setUp() {
        hedge = Hedge.ofRepeatable("hedge");
        timeout = HoldfastPolicies.timeout();
        timer = (ScheduledThreadPoolExecutor) Executors.newScheduledThreadPool(1);
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Ends the timer. */
    @TearDown
    public void tearDown() {
        timer.shutdownNow();
    }

    @Benchmark
    public String inTimeHoldfast() {
        return hedge.call(Work.ANSWER);
    }

    @Benchmark
    public String timeoutHoldfast() {
        return timeout.call(Work.ANSWER);
    }

    @Benchmark
    public CompletableFuture<String> inTimeStageHoldfast() {
        return hedge.callAsync(() -> DONE);
    }

    @Benchmark
    public CompletableFuture<String> inTimeStageByHand() {
        return byHand(() -> DONE);
    }

    private CompletableFuture<String> byHand(Supplier<CompletableFuture<String>> work) {
        CompletableFuture<String> result = new CompletableFuture<>();
        ScheduledFuture<?> second = timer.schedule(() -> start(work, result), 100, TimeUnit.MILLISECONDS);
        start(work, result);
        result.whenComplete((value, failure) -> second.cancel(false));
        return result;
    }

    private static void start(Supplier<CompletableFuture<String>> work, CompletableFuture<String> result) {
        work.get().thenAccept(result::complete);
    }
}
