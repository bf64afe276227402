// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Environment;
import dev.holdfast.Subscription;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Time that goes from event to event, on one thread. What is due at the same time happens in the order in which it was planned, so
 * a simulation is the same each time.
 */
final class SimulatedTime implements Environment {
    static final String ONE_THREAD =
            " in a simulation, which has one thread: simulated calls are asynchronous, and bulkheads and"
                    + " timeouts in it have no threads of their own";

    private final PriorityQueue<Planned> agenda = new PriorityQueue<>(
            Comparator.<Planned>comparingLong(event -> event.at).thenComparingLong(event -> event.number));
    private final Map<Object, Runnable> atEnd = new LinkedHashMap<>();
    private final Executor executor = task -> schedule(task, 0);
    private final SplittableRandom random;
    private final Thread thread = Thread.currentThread();
    private long now;
    private long planned;
    private boolean closed;
    /** What a policy did that cannot be simulated. Its caller may take the exception for a failed call: it has to be told at last. */
    private volatile @Nullable IllegalStateException wrong;

    SimulatedTime(SplittableRandom random) {
        this.random = random;
    }

    @Override
    public long nanoTime() {
        if (Thread.currentThread() != thread) {
            throw cannot("a call on " + Thread.currentThread().getName());
        }
        return now;
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        if (Thread.currentThread() != thread) {
            throw cannot("a timer on " + Thread.currentThread().getName());
        }
        long at = now + Math.max(0, delayNanos);
        Planned event = new Planned(task, at < now ? Long.MAX_VALUE : at, planned++);
        agenda.add(event);
        return event;
    }

    /** A task for a moment that has not passed. */
    void at(long nanos, Runnable task) {
        schedule(task, nanos - now);
    }

    /** Runs what is due until then, and leaves the clock there. */
    void runUntil(long end) {
        for (Planned next = agenda.peek(); next != null && next.at <= end; next = agenda.peek()) {
            agenda.remove();
            if (!next.cancelled) {
                now = next.at;
                next.task.run();
                stopIfWrong();
            }
        }
        stopIfWrong();
        now = Math.max(now, end);
    }

    private void stopIfWrong() {
        IllegalStateException stop = wrong;
        if (stop != null) {
            throw stop;
        }
    }

    /** Whether nothing will happen any more. */
    boolean isIdle() {
        return agenda.stream().allMatch(event -> event.cancelled);
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) {
        if (done.getAsBoolean()) {
            return true;
        }
        throw cannot("a blocking wait");
    }

    private IllegalStateException cannot(String what) {
        IllegalStateException made = new IllegalStateException(what + ONE_THREAD);
        wrong = made;
        return made;
    }

    @Override
    public long nextLong(long bound) {
        return random.nextLong(bound);
    }

    @Override
    public Executor executor() {
        return executor;
    }

    @Override
    public Subscription onClose(Runnable task) {
        Object key = new Object();
        atEnd.put(key, task);
        return () -> atEnd.remove(key);
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        List.copyOf(atEnd.values()).forEach(Runnable::run);
    }

    private static final class Planned implements Timer {
        final Runnable task;
        final long at;
        final long number;
        boolean cancelled;

        Planned(Runnable task, long at, long number) {
            this.task = task;
            this.at = at;
            this.number = number;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }
}
