// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Where a bulkhead's calls run, if not on their callers' threads.
 *
 * <p>A pool of its own has as many threads as the bulkhead has permits. Who is handed to it holds a permit, so hardly ever
 * does a task wait for a thread, and never more of them than there are permits, but for tasks that have been given up and
 * will do nothing: all waiting is done in the bulkhead's own queue, where it can be given up.
 */
final class Threads {
    /** Kinds of threads, chosen when a bulkhead is built. */
    enum Kind {
        CALLER,
        OWN,
        VIRTUAL,
        GIVEN
    }

    private static final long IDLE_SECONDS = 10;

    private final Executor executor;
    private final @Nullable ThreadPoolExecutor own;

    private Threads(Executor executor, @Nullable ThreadPoolExecutor own) {
        this.executor = executor;
        this.own = own;
    }

    static Threads given(Executor executor) {
        return new Threads(executor, null);
    }

    /** A pool. Its threads end when they have been idle for ten seconds, all of them. */
    static Threads own(String prefix, int size) {
        AtomicInteger number = new AtomicInteger();
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        ThreadFactory factory = task -> {
            // The first caller's thread-locals are no business of a thread that others use after it.
            Thread thread = new Thread(null, task, prefix + number.incrementAndGet(), 0, false);
            thread.setContextClassLoader(loader);
            thread.setDaemon(true);
            return thread;
        };
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                size, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        pool.allowCoreThreadTimeOut(true);
        return new Threads(pool, pool);
    }

    /** One virtual thread a call. */
    static Threads virtual(String prefix) {
        ThreadFactory factory = virtualThreads(prefix);
        return new Threads(task -> factory.newThread(task).start(), null);
    }

    /** The factory that {@code Thread.ofVirtual().name(prefix, 1).inheritInheritableThreadLocals(false)} makes. */
    static ThreadFactory virtualThreads(String prefix) {
        try {
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            builder = type.getMethod("name", String.class, long.class).invoke(builder, prefix, 1L);
            builder = type.getMethod("inheritInheritableThreadLocals", boolean.class).invoke(builder, false);
            return (ThreadFactory) type.getMethod("factory").invoke(builder);
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | IllegalAccessException
                | InvocationTargetException absent) {
            throw new UnsupportedOperationException(
                    "virtualThreads: Java " + Runtime.version().feature() + " (expected: 21 or newer)", absent);
        }
    }

    void execute(Runnable task) {
        executor.execute(task);
    }

    /** Follows the limit. */
    void resize(int size) {
        if (own != null) {
            own.setCorePoolSize(size);
        }
    }

    /** Ends the threads of a pool of its own, when they have done what they were given. */
    void end() {
        if (own != null) {
            own.shutdown();
        }
    }
}
