// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Environment;
import dev.holdfast.Subscription;
import dev.holdfast.ThreadContext;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** Virtual time, one request of which fails while it is broken: before, a policy can be built in it, and after, looked at. */
final class FaultyEnvironment implements Environment {
    /** What fails, and at which request, counted from 1. */
    record Fault(Part part, int request) {
        static final Fault NONE = new Fault(Part.NOTHING, 0);

        /** What an environment is asked for. */
        enum Part {
            NOTHING,
            CLOCK,
            TIMER,
            /** Refuses all tasks. */
            EXECUTOR
        }

        @Override
        public String toString() {
            return part == Part.NOTHING
                    ? "a sound environment"
                    : part == Part.EXECUTOR
                            ? "an executor that refuses"
                            : "a failure of the " + part + " at request " + request;
        }
    }

    private final VirtualTime time;
    private final Fault fault;
    private volatile boolean broken;
    private final AtomicInteger readings = new AtomicInteger();
    private final AtomicInteger timers = new AtomicInteger();

    FaultyEnvironment(VirtualTime time, Fault fault) {
        this.time = time;
        this.fault = fault;
    }

    void breaks() {
        broken = true;
    }

    void heals() {
        broken = false;
    }

    private void request(Fault.Part part, AtomicInteger requests) {
        if (broken && part == fault.part && requests.incrementAndGet() == fault.request) {
            throw part == Fault.Part.TIMER
                    ? new RejectedExecutionException("a fault of the test's: " + fault)
                    : new IllegalStateException("a fault of the test's: " + fault);
        }
    }

    @Override
    public long nanoTime() {
        request(Fault.Part.CLOCK, readings);
        return time.nanoTime();
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        request(Fault.Part.TIMER, timers);
        return time.schedule(task, delayNanos);
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
        return time.await(done, nanos);
    }

    @Override
    public void wake(Thread thread) {
        time.wake(thread);
    }

    @Override
    public long nextLong(long bound) {
        return time.nextLong(bound);
    }

    @Override
    public Executor executor() {
        if (!broken || fault.part != Fault.Part.EXECUTOR) {
            return time.executor();
        }
        return task -> {
            throw new RejectedExecutionException("a fault of the test's: " + fault);
        };
    }

    @Override
    public ThreadContext context() {
        return time.context();
    }

    @Override
    public Errand errand() {
        return time.errand();
    }

    @Override
    public Subscription onClose(Runnable task) {
        return time.onClose(task);
    }

    @Override
    public boolean isClosed() {
        return time.isClosed();
    }

    @Override
    public void close() {
        time.close();
    }

    @Override
    public String toString() {
        return "VirtualTime, " + fault;
    }
}
