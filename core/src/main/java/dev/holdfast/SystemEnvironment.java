// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The one home of the machine's clock, of parking, of randomness and of the timer's thread. */
final class SystemEnvironment implements Environment {
    private static final TimerThread TIMER = new TimerThread();
    static final Environment SHARED = new SystemEnvironment(null, null, ThreadContext.none(), null);

    private static final Timer NOT_CANCELLABLE = () -> {};

    /** {@code null} for the timer that all share. */
    private final @Nullable ScheduledExecutorService scheduler;

    private final Executor executor;
    private final ThreadContext context;
    /** {@code null} for the one that is never closed. */
    private final @Nullable Closing closing;

    SystemEnvironment(
            @Nullable ScheduledExecutorService scheduler,
            @Nullable Executor executor,
            ThreadContext context,
            @Nullable Closing closing) {
        this.scheduler = scheduler;
        this.executor = executor == null ? SharedThreads.INSTANCE : executor;
        this.context = context;
        this.closing = closing;
    }

    /** Sets a timer that is its own entry: for {@link #SHARED}, and for what happens in real time whatever the environment is. */
    static void start(TimerEntry entry, long nanos) {
        TIMER.schedule(entry, System.nanoTime(), nanos);
    }

    /** As {@link #start}, for who has just read the clock. */
    static void start(TimerEntry entry, long now, long nanos) {
        TIMER.schedule(entry, now, nanos);
    }

    /** Whether the current thread is the timer that all share, on which no user's code may run. */
    static boolean isTimersThread() {
        return TIMER.isOnItsThread();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        if (scheduler == null) {
            return TIMER.schedule(task, delayNanos);
        }
        Future<?> future = scheduler.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return future == null ? NOT_CANCELLABLE : () -> future.cancel(false);
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
        // A wait of nothing, as before most retries that do not wait, needs no clock.
        long start = nanos > 0 ? System.nanoTime() : 0;
        long rest = nanos;
        while (true) {
            // First: who is interrupted cannot wait, but need not for what is here.
            if (done.getAsBoolean()) {
                return true;
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (rest <= 0) {
                return false;
            }
            LockSupport.parkNanos(this, rest);
            rest = nanos - (System.nanoTime() - start);
        }
    }

    @Override
    public long nextLong(long bound) {
        return ThreadLocalRandom.current().nextLong(bound);
    }

    @Override
    public Executor executor() {
        return executor;
    }

    @Override
    public ThreadContext context() {
        return context;
    }

    @Override
    public Subscription onClose(Runnable task) {
        return closing == null ? Closing.NEVER : closing.onClose(task);
    }

    @Override
    public boolean isClosed() {
        return closing != null && closing.isClosed();
    }

    @Override
    public void close() {
        if (closing != null) {
            closing.close();
        }
    }

    @Override
    public String toString() {
        return this == SHARED
                ? "Environment.system()"
                : "Environment[" + (scheduler == null ? "shared timer" : scheduler) + "]";
    }
}
