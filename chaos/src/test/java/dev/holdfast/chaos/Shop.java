// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.CallCounts;
import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A service in virtual time that is called at even distances, with chaos innermost and a counter outermost, and an experiment with it. */
final class Shop {
    final Environment time;
    final Chaos chaos;
    final Counter callers;
    final Pipeline<Object> pipeline;
    final long gapNanos;
    volatile boolean isOpen = true;
    volatile long calls;
    /** How many calls of a thousand fail by themselves. */
    volatile int failing;

    Shop(int perSecond, double failRate) {
        this(VirtualTime.create(), perSecond, build -> failRate == 0 ? build : build.fail(failRate, Shop::injected));
    }

    Shop(Environment time, int perSecond, Function<Chaos.Builder, Chaos.Builder> faults, Policy<?>... between) {
        this.time = time;
        this.chaos = faults.apply(Chaos.builder("stock").environment(time)).build();
        this.callers = new Counter("orders", time);
        List<Policy<?>> policies = new ArrayList<>(List.of(callers));
        policies.addAll(List.of(between));
        policies.add(chaos);
        this.pipeline = pipelineOf(policies);
        this.gapNanos = 1_000_000_000L / perSecond;
        time.schedule(this::next, gapNanos);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Pipeline<Object> pipelineOf(List<Policy<?>> policies) {
        return Pipeline.of(policies.toArray(new Policy[0]));
    }

    static Exception injected() {
        return new IOException("injected");
    }

    VirtualTime virtual() {
        return (VirtualTime) time;
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    private void next() {
        if (isOpen) {
            time.schedule(this::next, gapNanos);
            long number = calls++;
            pipeline.asyncFunction((Object order) -> work(number)).apply("customer " + number % 1009);
        }
    }

    private CompletableFuture<Object> work(long number) {
        // Spread evenly over the thousand.
        return number * 7919 % 1000 < failing
                ? CompletableFuture.failedFuture(new IllegalStateException("by itself"))
                : CompletableFuture.completedFuture("done");
    }

    Probe answered() {
        return Probe.ratio("orders answered", callers::counts).atLeast(0.99);
    }

    /** An experiment of a minute, without a hypothesis. */
    ExperimentBuilder experiment() {
        return Experiment.builder("orders survive")
                .environment(time)
                .clock(InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z")))
                .owner("payments on call")
                .reason("before the sale")
                .inject(chaos)
                .seed(42)
                .lasting(Duration.ofMinutes(1));
    }

    void after(Duration delay, Runnable task) {
        time.schedule(task, delay.toNanos());
    }

    /** Counts how calls end, refused ones among the failures. */
    static final class Counter extends Gate {
        Counter(String name, Environment environment) {
            super(name, environment);
        }

        @Override
        protected long enter(long now) {
            return 0;
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
            return true;
        }

        @Override
        protected RejectedException rejection(long now) {
            throw new IllegalStateException("refused");
        }

        CallCounts now() {
            return counts();
        }
    }
}
