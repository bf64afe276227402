// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.CallCounts;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * A closed breaker over the last 100 calls whose counters somebody reads, a hundred times a second: far more often than any
 * monitoring does.
 *
 * <p>There is no Micrometer binding yet. Until there is one, this is the part of it that calls pay for: Holdfast counts by
 * itself, whoever measures pulls the numbers, and there is no listener. Resilience4j has no counters that only grow; its own
 * binding for Micrometer listens to events and counts them, and so does this, with nothing but a {@link LongAdder} for
 * each: less than what the binding does.
 */
public class Counters extends Profile {
    private static final long PAUSE = 10_000_000;

    private CircuitBreaker breaker;
    private Supplier<String> r4j;
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();

    /** What the reader saw last; here so that its work cannot be left out. */
    public volatile long seen;

    private volatile boolean over;
    private Thread reader;

    /** Builds the breakers and starts the reader of the one that is measured. */
    @Setup
    public void setUp(BenchmarkParams params) {
        breaker = HoldfastPolicies.breaker();
        var breakerR4j = Resilience4jPolicies.breaker();
        breakerR4j.getEventPublisher().onSuccess(event -> successes.increment());
        breakerR4j.getEventPublisher().onError(event -> failures.increment());
        r4j = breakerR4j.decorateSupplier(Work.ANSWER);
        LongSupplier counter = params.getBenchmark().endsWith("Holdfast") ? this::holdfast : this::resilience4j;
        reader = new Thread(() -> read(counter), "reader");
        reader.setDaemon(true);
        reader.start();
    }

    /** Ends the reader. */
    @TearDown
    public void tearDown() throws InterruptedException {
        over = true;
        reader.join();
        if (seen == 0) {
            throw new IllegalStateException("nothing was counted");
        }
    }

    private void read(LongSupplier counter) {
        while (!over) {
            seen = counter.getAsLong();
            LockSupport.parkNanos(PAUSE);
        }
        seen = counter.getAsLong();
    }

    private long holdfast() {
        CallCounts counts = breaker.counts();
        return counts.successes() + counts.failures();
    }

    private long resilience4j() {
        return successes.sum() + failures.sum();
    }

    @Benchmark
    public String pulledHoldfast() {
        return breaker.call(Work.ANSWER);
    }

    @Benchmark
    public String pulledResilience4j() {
        return r4j.get();
    }
}
