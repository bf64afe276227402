// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Environment;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * Virtual time for asynchronous calls on one thread: what an engine wants to do elsewhere is done when the test says so. Of millions of
 * attempts none costs a change of threads, and the order of all is exact.
 */
final class ByHand implements Environment {
    private static final class Entry implements Comparable<Entry> {
        final long due;
        final long number;
        final Runnable task;
        boolean gone;

        Entry(long due, long number, Runnable task) {
            this.due = due;
            this.number = number;
            this.task = task;
        }

        @Override
        public int compareTo(Entry other) {
            int byTime = Long.compare(due, other.due);
            return byTime == 0 ? Long.compare(number, other.number) : byTime;
        }
    }

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final PriorityQueue<Entry> timers = new PriorityQueue<>();
    private final SplittableRandom random = new SplittableRandom(1);
    private long now;
    private long numbers;

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        Entry entry = new Entry(now + Math.max(0, delayNanos), numbers++, task);
        timers.add(entry);
        return () -> entry.gone = true;
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) {
        throw new IllegalStateException("await (expected: asynchronous calls only)");
    }

    @Override
    public long nextLong(long bound) {
        return random.nextLong(bound);
    }

    @Override
    public Executor executor() {
        return tasks::add;
    }

    /** Does what is due now, and what comes of it. */
    void run() {
        for (Runnable next = tasks.poll(); next != null; next = tasks.poll()) {
            next.run();
        }
    }

    /** Goes from timer to timer. */
    void runUntil(CompletableFuture<?> future) {
        run();
        while (!future.isDone()) {
            Entry next = timers.remove();
            if (!next.gone) {
                now = next.due;
                next.task.run();
                run();
            }
        }
    }

    /** Goes from timer to timer for a while. */
    void advance(long nanos) {
        long end = now + nanos;
        run();
        while (!timers.isEmpty() && timers.peek().due <= end) {
            Entry next = timers.remove();
            if (!next.gone) {
                now = next.due;
                next.task.run();
                run();
            }
        }
        now = end;
    }

    long pendingTimers() {
        return timers.stream().filter(timer -> !timer.gone).count();
    }
}
