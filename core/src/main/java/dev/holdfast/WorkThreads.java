// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Threads of Holdfast's own for the work of others.
 *
 * <pre>
 *   task ── a thread is idle ──────────▶ runs there
 *     ├──── fewer than the bound ──────▶ runs on a new thread
 *     └──── all are busy ──────────────▶ waits for the first that is not
 * </pre>
 *
 * <p>They are daemons, and inherit nothing from whoever was first to need them. A thread is left to the next task as it was found
 * by the last: without an interrupt, with its own context class loader and priority.
 *
 * <p>Safe to use from any thread.
 */
public final class WorkThreads implements Executor, AutoCloseable {
    private static final long IDLE_NANOS = 10_000_000_000L;

    private final Executor executor;
    private final @Nullable Pool pool;

    private WorkThreads(Executor executor, @Nullable Pool pool) {
        this.executor = executor;
        this.pool = pool;
    }

    /**
     * Platform threads, which end when they have been idle for ten seconds, all of them.
     *
     * @param prefix what the threads are called, before a number
     * @param most how many there are at most: from 1 up
     * @return threads, none of which is started before it is needed
     */
    public static WorkThreads pool(String prefix, int most) {
        Require.nonNull(prefix, "prefix");
        Require.range(most, 1, Integer.MAX_VALUE, "threads");
        Pool pool = new Pool(prefix, most, IDLE_NANOS, Thread.currentThread().getContextClassLoader(), null);
        return new WorkThreads(pool, pool);
    }

    /**
     * Platform threads, which end when they have been idle for ten seconds, all of them. No task waits for one: where all are busy, it
     * is refused.
     *
     * @param prefix what the threads are called, before a number
     * @param most how many there are at most: from 1 up
     * @return threads, none of which is started before it is needed
     */
    public static WorkThreads direct(String prefix, int most) {
        Require.nonNull(prefix, "prefix");
        Require.range(most, 1, Integer.MAX_VALUE, "threads");
        // Where thread-locals cannot be erased, a thread serves one task.
        long idle = ThreadLocals.canBeErased() ? IDLE_NANOS : 0;
        return shared(prefix, most, idle, task -> {
            throw new RejectedExecutionException("all " + most + " threads are busy");
        });
    }

    /**
     * Platform threads for everybody's work.
     *
     * @param idleNanos after how long a thread ends that is idle
     * @param overflow gets the tasks for which there is no thread; {@code null}: they wait for one
     */
    static WorkThreads shared(String prefix, int most, long idleNanos, @Nullable Executor overflow) {
        Pool pool = new Pool(prefix, most, idleNanos, WorkThreads.class.getClassLoader(), overflow);
        return new WorkThreads(pool, pool);
    }

    /**
     * One virtual thread for each task.
     *
     * @param prefix what the threads are called, before a number
     * @return threads
     * @throws UnsupportedOperationException before Java 21
     */
    public static WorkThreads virtual(String prefix) {
        ThreadFactory factory = virtualThreads(Require.nonNull(prefix, "prefix"));
        return new WorkThreads(task -> factory.newThread(task).start(), null);
    }

    static boolean canBeVirtual() {
        return Runtime.version().feature() >= 21;
    }

    /** The factory that {@code Thread.ofVirtual().name(prefix, 1).inheritInheritableThreadLocals(false)} makes. */
    private static ThreadFactory virtualThreads(String prefix) {
        try {
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            builder = type.getMethod("name", String.class, long.class).invoke(builder, prefix, 1L);
            builder = type.getMethod("inheritInheritableThreadLocals", boolean.class)
                    .invoke(builder, false);
            return (ThreadFactory) type.getMethod("factory").invoke(builder);
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | IllegalAccessException
                | InvocationTargetException absent) {
            throw new UnsupportedOperationException(
                    "virtual threads: Java " + Runtime.version().feature() + " (expected: 21 or newer)", absent);
        }
    }

    /**
     * Runs a task on one of the threads.
     *
     * @param task what to run
     * @throws RejectedExecutionException after {@link #close}
     */
    @Override
    public void execute(Runnable task) {
        executor.execute(task);
    }

    /**
     * Lets there be more threads. There are never fewer: a task may have been promised one that has not begun yet, and who promises knows how
     * many there may be at once.
     *
     * @param most how many there are at most: from 1 up; what there may be already counts if that is more
     */
    public void growTo(int most) {
        Require.range(most, 1, Integer.MAX_VALUE, "threads");
        if (pool != null) {
            pool.growTo(most);
        }
    }

    /** Takes no further task; the threads of a pool end when they have done what they were given. Does not wait for it. */
    @Override
    public void close() {
        if (pool != null) {
            pool.shutdown();
        }
    }

    /**
     * A thread that is idle takes a task out of the hands of whoever brings it; only if there is none, a new one is started. The
     * queue holds tasks only while all threads that there may be are busy.
     */
    private static final class Pool extends ThreadPoolExecutor {
        private final @Nullable ClassLoader loader;
        private final @Nullable Executor overflow;

        Pool(String prefix, int most, long idleNanos, @Nullable ClassLoader loader, @Nullable Executor overflow) {
            super(0, most, idleNanos, TimeUnit.NANOSECONDS, new Handing(), factory(prefix, loader), Pool::noThread);
            this.loader = loader;
            this.overflow = overflow;
        }

        @SuppressWarnings("ThreadPriorityCheck") // Not that of whoever was first to need the thread.
        private static ThreadFactory factory(String prefix, @Nullable ClassLoader loader) {
            AtomicInteger number = new AtomicInteger();
            return task -> {
                // Without what is inheritable: the first caller's thread-locals are no business of those that come
                // after it.
                Thread thread = new Thread(null, task, prefix + number.incrementAndGet(), 0, false);
                thread.setContextClassLoader(loader);
                thread.setDaemon(true);
                thread.setPriority(Thread.NORM_PRIORITY);
                return thread;
            };
        }

        private static void noThread(Runnable task, ThreadPoolExecutor executor) {
            Pool pool = (Pool) executor;
            if (pool.isShutdown()) {
                throw new RejectedExecutionException("the threads have been closed");
            }
            if (pool.overflow != null) {
                pool.overflow.execute(task);
                return;
            }
            ((Handing) pool.getQueue()).put(task);
            // The last thread may have ended meanwhile, without a look at the queue.
            if (pool.getPoolSize() < pool.getMaximumPoolSize() && pool.remove(task)) {
                pool.execute(task);
            }
        }

        void growTo(int most) {
            if (most <= getMaximumPoolSize() || isShutdown()) {
                return;
            }
            setMaximumPoolSize(most);
            // What waits for a thread need not wait for one that is busy: there may be more of them now.
            for (int waiting = getQueue().size(); waiting > 0; waiting--) {
                Runnable task = getQueue().poll();
                if (task == null) {
                    return;
                }
                execute(task);
            }
        }

        @Override
        @SuppressWarnings("ThreadPriorityCheck") // It is only given back what a task has taken from it.
        protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
            Thread thread = Thread.currentThread();
            Thread.interrupted();
            if (thread.getContextClassLoader() != loader) {
                thread.setContextClassLoader(loader);
            }
            if (thread.getPriority() != Thread.NORM_PRIORITY) {
                thread.setPriority(Thread.NORM_PRIORITY);
            }
            ThreadLocals.erase();
        }
    }

    private static final class Handing extends LinkedTransferQueue<Runnable> {
        private static final long serialVersionUID = 1L;

        @Override
        public boolean offer(Runnable task) {
            return tryTransfer(task);
        }

        @Override
        public void put(Runnable task) {
            super.offer(task);
        }
    }
}
