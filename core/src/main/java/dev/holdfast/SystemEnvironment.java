// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The one home of the machine's clock, of parking, of randomness and of the timer's thread. */
final class SystemEnvironment implements Environment {
    static final Environment SHARED =
            new SystemEnvironment(sharedScheduler(), null, ThreadContext.none());

    private final ScheduledExecutorService scheduler;
    private final Executor executor;
    private final ThreadContext context;

    SystemEnvironment(ScheduledExecutorService scheduler, @Nullable Executor executor, ThreadContext context) {
        this.scheduler = scheduler;
        this.executor = executor == null ? scheduler : executor;
        this.context = context;
    }

    static ScheduledExecutorService sharedScheduler() {
        return SharedTimer.INSTANCE;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        Future<?> future = scheduler.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
        long start = System.nanoTime();
        long rest = nanos;
        while (true) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (done.getAsBoolean()) {
                return true;
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
    public String toString() {
        return this == SHARED ? "Environment.system()" : "Environment[" + scheduler + "]";
    }

    private static final class SharedTimer {
        static final ScheduledThreadPoolExecutor INSTANCE = create();

        private static ScheduledThreadPoolExecutor create() {
            ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, work -> {
                Thread thread = new Thread(work, "holdfast-timer");
                thread.setDaemon(true);
                return thread;
            });
            // A cancelled timeout of an hour must not stay in the queue for an hour.
            timer.setRemoveOnCancelPolicy(true);
            timer.setKeepAliveTime(10, TimeUnit.SECONDS);
            timer.allowCoreThreadTimeOut(true);
            return timer;
        }
    }
}
