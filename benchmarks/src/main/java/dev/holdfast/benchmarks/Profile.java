// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * What all comparisons have in common. Where {@link #polluted} is set, the library that is measured has done other work
 * before: {@link Library#pollute}.
 *
 * <p>A benchmark is named after its path and then its library, as in {@code countWindowResilience4jLockFree}: {@link Path}
 * and {@link Compare} find it by that.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public abstract class Profile {
    /** Whether many other bodies and policies have run through the same code before. */
    @Param({"false", "true"})
    public boolean polluted;

    private Library library;

    /** Runs before the subclass builds its policies. */
    @Setup
    public void pollute(BenchmarkParams params) throws InterruptedException {
        String benchmark = params.getBenchmark();
        library = Library.in(benchmark.substring(benchmark.lastIndexOf('.') + 1));
        if (polluted) {
            library.pollute();
            awaitCompiler();
        }
    }

    /** What has been polluted is compiled in the background; the warm-up should not be spent on waiting for that. */
    private static void awaitCompiler() throws InterruptedException {
        CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        long before = -1;
        long now = compiler.getTotalCompilationTime();
        for (int i = 0; i < 20 && now != before; i++) {
            Thread.sleep(150);
            before = now;
            now = compiler.getTotalCompilationTime();
        }
    }

    /** Ends the threads that would keep the JVM. */
    @TearDown
    public void shutDown() {
        library.shutDown();
    }
}
