// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.Environment;
import dev.holdfast.bulkhead.Bulkhead;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What it costs to go on on another thread, which is how every wait of an asynchronous call ends. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HandOvers {
    private static final int UNDER_WAY = 32;

    private final AtomicLong ran = new AtomicLong();
    private final Runnable task = ran::incrementAndGet;
    private Executor executor;
    private Bulkhead bulkhead;
    private long handedOver;

    /** The threads that all share, and a bulkhead's own. */
    @Setup
    public void setUp() {
        executor = Environment.system().executor();
        bulkhead = Bulkhead.builder("own threads").limit(UNDER_WAY).ownThreads().build();
    }

    /** Ends the threads that would keep the JVM. */
    @TearDown
    public void close() {
        bulkhead.close();
    }

    /** Hands a task over while others are under way: what it costs whoever does so. */
    @Benchmark
    public void handOver() {
        executor.execute(task);
        await(++handedOver - UNDER_WAY);
    }

    /** Hands a task over to a thread that has nothing to do, until it has run. */
    @Benchmark
    public void handOverAndBack() {
        executor.execute(task);
        await(++handedOver);
    }

    /** A blocking call on a bulkhead's own threads: there and back. */
    @Benchmark
    public String callElsewhere() {
        return bulkhead.call(Work.ANSWER);
    }

    private void await(long enough) {
        while (ran.get() < enough) {
            Thread.onSpinWait();
        }
    }
}
