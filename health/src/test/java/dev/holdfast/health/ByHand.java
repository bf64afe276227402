// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Time on one thread, which may also stand still for the process while it passes for the world: then timers are late, as after a pause of the
 * garbage collector.
 */
final class ByHand implements Environment {
    private record Entry(long due, long number, Runnable task) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            int byTime = Long.compare(due, other.due);
            return byTime == 0 ? Long.compare(number, other.number) : byTime;
        }
    }

    private final long start;
    private final PriorityQueue<Entry> timers = new PriorityQueue<>();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private long passed;
    private long numbers;
    /** What the clock is wrong by. */
    private long wrongBy;
    /** Its timer, and its executor, take nothing. */
    boolean refuses;
    /** Where its executor runs tasks; {@code null}: in {@link #advance}. */
    @Nullable Executor runs;

    ByHand(long start) {
        this.start = start;
    }

    @Override
    public long nanoTime() {
        return start + passed + wrongBy;
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        if (refuses) {
            throw new RejectedExecutionException("shut down");
        }
        long due = passed + Math.max(0, delayNanos);
        Entry entry = new Entry(due < 0 ? Long.MAX_VALUE : due, numbers++, task);
        timers.add(entry);
        return () -> timers.remove(entry);
    }

    int pendingTimers() {
        return timers.size();
    }

    /** Time passes, and timers run when they are due. */
    void advance(long nanos) {
        long end = passed + nanos;
        while (!timers.isEmpty() && timers.peek().due <= end) {
            Entry next = timers.remove();
            passed = Math.max(passed, next.due);
            next.task.run();
            runTasks();
        }
        passed = end;
        runTasks();
    }

    /** Time passes, and this process does nothing meanwhile. */
    void standStill(long nanos) {
        passed += nanos;
    }

    void clockJumps(long nanos) {
        wrongBy += nanos;
    }

    private void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Override
    public Executor executor() {
        return task -> {
            if (refuses) {
                throw new RejectedExecutionException("shut down");
            }
            if (runs == null) {
                tasks.add(task);
            } else {
                runs.execute(task);
            }
        };
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) {
        throw new IllegalStateException("await (expected: nobody waits)");
    }

    @Override
    public long nextLong(long bound) {
        return bound / 2;
    }
}
