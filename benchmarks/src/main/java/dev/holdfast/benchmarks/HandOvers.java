// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import com.sun.management.ThreadMXBean;
import dev.holdfast.Environment;
import dev.holdfast.bulkhead.Bulkhead;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What it costs to go on on another thread, which is how every wait of an asynchronous call ends: the median of twenty rounds, in
 * nanoseconds, and what the thread that hands over allocates.
 */
public final class HandOvers {
    private static final int ROUNDS = 20;
    private static final int TIMES = 50_000;
    private static final int UNDER_WAY = 32;

    private static final AtomicLong RAN = new AtomicLong();
    private static long handedOver;

    private HandOvers() {}

    /** Prints a line for each way. */
    public static void main(String[] args) {
        Executor executor = Environment.system().executor();
        Runnable task = RAN::incrementAndGet;
        measure("hand over, while others are under way", () -> {
            executor.execute(task);
            await(++handedOver - UNDER_WAY);
        });
        measure("hand over to an idle thread, until it has run", () -> {
            executor.execute(task);
            await(++handedOver);
        });
        try (Bulkhead bulkhead =
                Bulkhead.builder("own threads").limit(UNDER_WAY).ownThreads().build()) {
            measure("blocking call on a bulkhead's own threads", () -> bulkhead.call(Work.ANSWER));
        }
    }

    private static void await(long enough) {
        while (RAN.get() < enough) {
            Thread.onSpinWait();
        }
    }

    private static void measure(String what, Runnable once) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        double[] nanos = new double[ROUNDS];
        double bytes = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long before = threads.getThreadAllocatedBytes(self);
            long start = System.nanoTime();
            for (int i = 0; i < TIMES; i++) {
                once.run();
            }
            nanos[round] = (System.nanoTime() - start) / (double) TIMES;
            bytes = Math.min(bytes, (threads.getThreadAllocatedBytes(self) - before) / (double) TIMES);
        }
        Arrays.sort(nanos);
        System.out.printf("%-50s %8.0f ns %6.0f bytes%n", what, nanos[ROUNDS / 2], bytes);
    }
}
