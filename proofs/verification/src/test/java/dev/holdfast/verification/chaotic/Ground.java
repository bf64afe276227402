// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Environment;
import dev.holdfast.ThreadContext;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.verification.chaotic.Program.Context;
import dev.holdfast.verification.chaotic.Program.Threads;
import dev.holdfast.verification.chaotic.Program.Where;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What a program stands on: its clock, its environment, the executors of its users, and threads for what comes from outside. */
final class Ground implements AutoCloseable {
    /** What a context carries: the number of the call on whose behalf a thread works. */
    static final ThreadLocal<Integer> TENANT = new ThreadLocal<>();

    static final String TIMER = "chaotic-timer";

    /** For timers of the adversary's own, which must not be those that it tries. */
    private static final ScheduledThreadPoolExecutor OUTSIDE_TIMER =
            new ScheduledThreadPoolExecutor(1, daemons("chaotic-outside-timer"));

    private static final ExecutorService OUTSIDE = Executors.newCachedThreadPool(daemons("chaotic-outside"));

    final Environment environment;
    private final VirtualTime time;
    private final ScheduledThreadPoolExecutor timer;
    private final List<ThreadPoolExecutor> pools = new ArrayList<>();

    Ground(Program program) {
        ThreadContext context = context(program.context());
        if (program.where() == Where.VIRTUAL) {
            time = VirtualTime.create(Long.MAX_VALUE - 5_000_000, program.seed())
                    .withContext(context);
            timer = null;
            environment = time;
            return;
        }
        time = null;
        timer = timer(program.where());
        Environment.Builder builder = Environment.builder().context(context);
        if (timer != null) {
            builder.scheduler(timer);
        }
        if (program.threads() != Threads.ENOUGH) {
            builder.executor(executor(program.threads()));
        }
        environment = builder.build();
    }

    static ThreadFactory daemons(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    private static ScheduledThreadPoolExecutor timer(Where where) {
        if (where == Where.SYSTEM) {
            return null;
        }
        long late = where == Where.LATE_TIMER ? 6_000_000 : 0;
        ScheduledThreadPoolExecutor made = new ScheduledThreadPoolExecutor(1, daemons(TIMER)) {
            @Override
            public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
                return super.schedule(task, unit.toNanos(delay) + late, TimeUnit.NANOSECONDS);
            }
        };
        made.setRemoveOnCancelPolicy(true);
        return made;
    }

    private static ThreadContext context(Context kind) {
        return switch (kind) {
            case NONE -> ThreadContext.none();
            case CARRIES -> ThreadContext.of(TENANT);
            case THROWS_AT_CAPTURE -> () -> fail("capture");
            case THROWS_AT_RESTORE -> () -> () -> fail("restore");
            case THROWS_AT_CLOSE -> () -> () -> () -> fail("close");
        };
    }

    private static <T> T fail(String where) {
        throw new IllegalStateException("the context throws at " + where);
    }

    /** An executor as users have them. */
    Executor executor(Threads kind) {
        return switch (kind) {
            case ENOUGH -> pool(0, Integer.MAX_VALUE, null, false);
            case INLINE -> Runnable::run;
            case REFUSING ->
                task -> {
                    throw new RejectedExecutionException("full");
                };
            case TWICE ->
                task -> {
                    task.run();
                    task.run();
                    throw new IllegalStateException("after it has run");
                };
            case DISCARDING -> pool(1, 1, new ThreadPoolExecutor.DiscardPolicy(), false);
            case DELAYING -> task -> outside(2, task);
            case SHUT_DOWN_SOON -> pool(1, 1, null, true);
        };
    }

    private ThreadPoolExecutor pool(
            int least, int most, ThreadPoolExecutor.DiscardPolicy discarding, boolean shutDown) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                least,
                most,
                1,
                TimeUnit.SECONDS,
                discarding != null
                        ? new ArrayBlockingQueue<>(1)
                        : most == 1 ? new LinkedBlockingQueue<>() : new SynchronousQueue<>(),
                daemons("chaotic-pool"));
        if (discarding != null) {
            pool.setRejectedExecutionHandler(discarding);
        }
        pools.add(pool);
        if (shutDown) {
            outside(8, pool::shutdownNow);
        }
        return pool;
    }

    boolean isVirtual() {
        return time != null;
    }

    long nanoTime() {
        return environment.nanoTime();
    }

    /** How long what is done on this thread may still take, as somebody has said; {@code -1} where nobody has. */
    long nanosLeft() {
        return environment.timeLeft().map(Duration::toNanos).orElse(-1L);
    }

    void sleep(long millis) throws InterruptedException {
        if (time != null) {
            time.sleep(Duration.ofMillis(millis));
        } else {
            Thread.sleep(millis);
        }
    }

    /** As work that notices no interrupt, and leaves the flag as it is. */
    void busy(long millis) {
        for (long until = nanoTime() + millis * 1_000_000; nanoTime() - until < 0; ) {
            if (time != null) {
                sleepDeaf(until - nanoTime());
            } else {
                LockSupport.parkNanos(100_000);
                Thread.yield();
            }
        }
    }

    /** In virtual time nobody else can set the flag meanwhile. */
    private void sleepDeaf(long nanos) {
        boolean interrupted = Thread.interrupted();
        try {
            time.sleep(Duration.ofNanos(nanos));
        } catch (InterruptedException atDeadline) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** From outside, by somebody of whom Holdfast knows nothing. */
    void later(long millis, Runnable task) {
        if (time != null) {
            // Timers of virtual time must not wait, and what follows may.
            time.schedule(() -> time.executor().execute(task), millis * 1_000_000);
        } else {
            outside(millis, task);
        }
    }

    private static void outside(long millis, Runnable task) {
        OUTSIDE_TIMER.schedule(
                () -> OUTSIDE.execute(() -> {
                    try {
                        task.run();
                    } finally {
                        Thread.interrupted();
                        TENANT.remove();
                    }
                }),
                millis,
                TimeUnit.MILLISECONDS);
    }

    /** Lets virtual time pass. */
    void pass() {
        if (time != null) {
            time.advance(Duration.ofHours(1));
        }
    }

    /** Timers of this environment that nobody has cancelled; -1 where they cannot be told from those of others. */
    int pendingTimers() {
        return time != null
                ? time.pendingTimers()
                : timer != null ? timer.getQueue().size() : -1;
    }

    @Override
    public void close() {
        pools.forEach(ThreadPoolExecutor::shutdownNow);
        if (timer != null) {
            timer.shutdownNow();
        }
    }
}
