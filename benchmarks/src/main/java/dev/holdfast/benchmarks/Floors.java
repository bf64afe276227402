// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What nobody can be faster than, measured in the same run as the rest. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Floors {
    private final AtomicLong atomic = new AtomicLong();
    private final LongAdder adder = new LongAdder();

    /** The call that all others wrap. */
    @Benchmark
    public String bareCall() {
        return Work.ANSWER.get();
    }

    /** One reading of the clock. */
    @Benchmark
    public long clock() {
        return System.nanoTime();
    }

    /** One atomic increment, contended where there is more than one thread. */
    @Benchmark
    public long atomicIncrement() {
        return atomic.getAndIncrement();
    }

    /** One increment of a striped counter. */
    @Benchmark
    public void adderIncrement() {
        adder.increment();
    }
}
