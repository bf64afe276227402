// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Carries what is bound to a thread - the logging context, a security principal, a trace - along with a call.
 *
 * <p>It is captured once, on the caller's thread, when an asynchronous call starts or work moves to an executor, and
 * restored around everything of that call that runs on another thread: attempts, predicates, listeners, fallbacks.
 * Afterwards that thread has what it had before. Implementations are safe to use from any thread.
 */
@FunctionalInterface
public interface ThreadContext {
    /**
     * Takes what is bound to the current thread.
     *
     * @return what can be restored elsewhere, any number of times
     */
    Snapshot capture();

    /** What was bound to a thread. */
    @FunctionalInterface
    interface Snapshot {
        /**
         * Binds it to the current thread.
         *
         * @return a handle that binds again what was there before
         */
        Restored restore();

        /**
         * Runs something with it bound to the current thread: the form in which Holdfast uses it.
         *
         * @param task runs once, on this thread, before this returns; what it throws is thrown
         */
        default void run(Runnable task) {
            Restored restored = restore();
            try {
                task.run();
            } finally {
                if (restored != null) {
                    restored.close();
                }
            }
        }

        /**
         * A snapshot of what can be bound only for as long as something runs, as scoped values can:
         *
         * <pre>{@code
         * ThreadContext tenant = () -> {
         *     String captured = TENANT.orElse("none");
         *     return ThreadContext.Snapshot.running(task -> ScopedValue.where(TENANT, captured).run(task));
         * };
         * }</pre>
         *
         * @param runner runs what it is given, once, on the same thread
         * @return a snapshot whose {@link #restore()} throws {@link UnsupportedOperationException}
         */
        static Snapshot running(Consumer<? super Runnable> runner) {
            Require.nonNull(runner, "runner");
            return new Snapshot() {
                @Override
                public Restored restore() {
                    throw new UnsupportedOperationException("restore: of a snapshot that can only run (expected: run)");
                }

                @Override
                public void run(Runnable task) {
                    runner.accept(task);
                }
            };
        }
    }

    /** Undoes a {@link Snapshot#restore()}, on the thread that called it. */
    @FunctionalInterface
    interface Restored extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Carries nothing and costs nothing.
     *
     * @return the shared instance
     */
    static ThreadContext none() {
        return NoContext.INSTANCE;
    }

    /**
     * Carries the mapped diagnostic context of slf4j.
     *
     * @return a context
     */
    static ThreadContext mdc() {
        return () -> {
            Map<String, String> captured = MDC.getCopyOfContextMap();
            return () -> {
                Map<String, String> before = MDC.getCopyOfContextMap();
                setMdc(captured);
                return () -> setMdc(before);
            };
        };
    }

    /**
     * Carries the value of a {@link ThreadLocal}. Where there was none, it is removed, not set to {@code null}.
     *
     * <p>Not for variables with an initial value ({@link ThreadLocal#withInitial}): nobody can ask such a one whether it has a value
     * without giving it one, so that each thread that it comes to would keep one. For those: {@link #clearing}.
     *
     * @param <V> the value's type
     * @param local the variable
     * @return a context
     */
    static <V> ThreadContext of(ThreadLocal<V> local) {
        Require.nonNull(local, "local");
        return () -> {
            V captured = local.get();
            return () -> {
                V before = local.get();
                set(local, captured);
                return () -> set(local, before);
            };
        };
    }

    /**
     * Carries the value of a {@link ThreadLocal}, and leaves none behind: afterwards the thread has none, whatever it had before. For
     * variables with an initial value, and others that threads of a pool have no value of their own for.
     *
     * @param <V> the value's type
     * @param local the variable
     * @return a context
     */
    static <V> ThreadContext clearing(ThreadLocal<V> local) {
        Require.nonNull(local, "local");
        return () -> {
            V captured = local.get();
            return () -> {
                set(local, captured);
                return local::remove;
            };
        };
    }

    /**
     * Carries the context class loader, which frameworks look for services, drivers and classes of messages with.
     *
     * @return a context
     */
    static ThreadContext classLoader() {
        return () -> {
            ClassLoader captured = Thread.currentThread().getContextClassLoader();
            return () -> {
                Thread thread = Thread.currentThread();
                ClassLoader before = thread.getContextClassLoader();
                thread.setContextClassLoader(captured);
                return () -> thread.setContextClassLoader(before);
            };
        };
    }

    /**
     * Carries several: restored in the order given, undone in reverse.
     *
     * @param contexts the contexts
     * @return one context
     */
    static ThreadContext all(ThreadContext... contexts) {
        List<ThreadContext> all = List.of(contexts);
        return () -> {
            List<Snapshot> snapshots = new ArrayList<>(all.size());
            all.forEach(context -> snapshots.add(context.capture()));
            return new Snapshot() {
                @Override
                public Restored restore() {
                    return restoreAll(snapshots, 0);
                }

                @Override
                public void run(Runnable task) {
                    runAll(snapshots, 0, task);
                }
            };
        };
    }

    private static void runAll(List<Snapshot> snapshots, int from, Runnable task) {
        if (from == snapshots.size()) {
            task.run();
        } else {
            snapshots.get(from).run(() -> runAll(snapshots, from + 1, task));
        }
    }

    private static Restored restoreAll(List<Snapshot> snapshots, int from) {
        if (from == snapshots.size()) {
            return () -> {};
        }
        Restored first = snapshots.get(from).restore();
        try {
            Restored rest = restoreAll(snapshots, from + 1);
            return () -> {
                try {
                    rest.close();
                } finally {
                    first.close();
                }
            };
        } catch (Throwable failed) {
            first.close();
            throw failed;
        }
    }

    private static void setMdc(@Nullable Map<String, String> map) {
        if (map == null) {
            MDC.clear();
        } else {
            MDC.setContextMap(map);
        }
    }

    private static <V> void set(ThreadLocal<V> local, @Nullable V value) {
        if (value == null) {
            local.remove();
        } else {
            local.set(value);
        }
    }
}
