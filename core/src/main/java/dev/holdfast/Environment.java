// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where time, waiting, timers, randomness and threads come from. No policy and neither engine asks anything else for
 * them, so that a whole pipeline runs on virtual time when it is given {@code VirtualTime} of the testkit.
 *
 * <p>All policies of a pipeline share one environment. Implementations are safe to use from any thread.
 *
 * <p><b>Closing.</b> When an application ends, it closes its environment: calls that wait for a turn or before a further attempt end
 * at once with an {@link UnavailableException}, no call begins to wait any more, and no further attempt starts. Work that is
 * under way goes on, with its deadlines. {@link #system()} is shared and cannot be closed.
 *
 * <p>Longer than most files, because of what those who bring their own have to know of each method.
 */
public interface Environment extends AutoCloseable {
    /**
     * The environment of a running application: the machine's monotonic clock, and no thread-bound context. One daemon thread is the
     * timer, which fires and hands over and never runs a user's code; it is started by the first timer and ends ten seconds after
     * the last one. What follows a wait runs on daemon threads that are started when all others are busy and end when they have
     * been idle for ten seconds: up to 1,000, and from Java 24 on virtual ones. Beyond 1,000 that are blocked, tasks go to virtual
     * threads, or, on Java 17 to 20, wait for a thread.
     *
     * @return the shared instance
     */
    static Environment system() {
        return SystemEnvironment.SHARED;
    }

    /**
     * The environment of policies whose builders are not told one: that which the application has {@linkplain #setStandard set}, or
     * else {@link #system()}.
     *
     * @return the same from the first time on; while {@link #building} runs on this thread, the one that it builds for
     */
    static Environment standard() {
        return StandardEnvironment.OF_PROCESS.get();
    }

    /**
     * Says once, for a whole application, where time, threads and context come from. Libraries leave it alone.
     *
     * <pre>{@code
     * Environment.setStandard(Environment.builder().context(ThreadContext.mdc()).build());
     * }</pre>
     *
     * @param environment for all policies that are built from now on
     * @throws IllegalStateException if it is set already, or was in use: a policy has been built before
     */
    static void setStandard(Environment environment) {
        StandardEnvironment.OF_PROCESS.set(Require.nonNull(environment, "environment"));
    }

    /**
     * Builds policies for this environment: where one pipeline of an application differs, or a test.
     *
     * <pre>{@code
     * Pipeline<Object> pipeline = time.building(() -> Pipeline.of(Retry.ofDefaults("stock"), CircuitBreaker.ofDefaults("stock")));
     * }</pre>
     *
     * @param <T> what is built
     * @param building runs on this thread; policies that it builds get this environment, unless they are told another
     * @return what it gave
     */
    default <T extends @Nullable Object> T building(Supplier<? extends T> building) {
        return StandardEnvironment.OF_PROCESS.whileBuilding(this, Require.nonNull(building, "building"));
    }

    /**
     * Lets what is done inside take so long: the deadline of a request that a server works on, say. All calls of this environment that
     * are made inside know it, with whatever they go on on: a timeout ends with what is left, a wait that would not end in time is not
     * begun, {@link Call#timeLeft()} tells it, and a call that has no time left when it begins is refused by an
     * {@link UnavailableException}. It ends nothing by itself. Policies of another environment know nothing of it, because the readings of
     * two clocks cannot be compared; nor do calls on threads that the work starts itself, unless {@link #carrying} takes it there. Of limits inside each other the shortest counts;
     * {@link Pipeline#detached} is for calls that must not know.
     *
     * @param <T> the result
     * @param <X> what the work throws
     * @param limit how long; zero or less lets no call begin
     * @param work runs on this thread
     * @return what it gave
     * @throws X when the work throws it
     */
    default <T extends @Nullable Object, X extends Exception> T within(
            Duration limit, Checked.Supplier<? extends T, X> work) throws X {
        Require.nonNull(work, "work");
        Inherited bound = Inherited.bind(this, Require.saturatedNanos(Require.nonNull(limit, "limit")), false);
        try {
            return work.get();
        } finally {
            bound.unbind();
        }
    }

    /**
     * An executor for tasks that belong to what the current thread does: each goes along with the time that is left by {@link #within},
     * and with what a {@link ThreadContext} of this environment takes along, as it was when the task was handed over. For threads of
     * one's own; asynchronous calls do so by themselves.
     *
     * <pre>{@code
     * CompletableFuture.supplyAsync(() -> pipeline.call(() -> client.stock(sku)), environment.carrying(threads));
     * }</pre>
     *
     * @param executor runs the tasks
     * @return an executor; keep it, or ask for it each time
     */
    default Executor carrying(Executor executor) {
        Require.nonNull(executor, "executor");
        return task -> {
            Require.nonNull(task, "task");
            ThreadContext.Snapshot along = Carried.capture(this, "carrying");
            executor.execute(along == null ? task : () -> Carried.within(along, "carrying", task));
        };
    }

    /**
     * {@link #within} for work without a result.
     *
     * @param <X> what the work throws
     * @param limit how long; zero or less lets no call begin
     * @param work runs on this thread
     * @throws X when the work throws it
     */
    default <X extends Exception> void runWithin(Duration limit, Checked.Runnable<X> work) throws X {
        Require.nonNull(work, "work");
        this.<Boolean, X>within(limit, () -> {
            work.run();
            return true;
        });
    }

    /**
     * How long what is done on this thread may still take, by {@link #within}.
     *
     * @return not negative; empty where nobody has said so
     */
    default Optional<Duration> timeLeft() {
        long left = Inherited.isUsed() ? Inherited.nanosLeft(this) : Loop.NO_LIMIT;
        return left == Loop.NO_LIMIT ? Optional.empty() : Optional.of(Duration.ofNanos(left));
    }

    /**
     * Starts from {@link #system()} and changes parts of it.
     *
     * @return a new builder
     */
    static Builder builder() {
        return new Builder();
    }

    /**
     * Reads a monotonic clock. Only differences between two readings mean anything, and they may wrap around.
     *
     * @return nanoseconds
     */
    long nanoTime();

    /**
     * Runs a task once, later. Tasks that are due at the same time run in the order in which they were scheduled.
     *
     * @param task must be short and must not block, it runs on the timer's thread
     * @param delayNanos nanoseconds from now; zero or less is as soon as possible
     * @return a handle that removes the task from the timer
     * @throws java.util.concurrent.RejectedExecutionException if the timer has been shut down
     */
    Timer schedule(Runnable task, long delayNanos);

    /**
     * Blocks the calling thread until a condition holds or time is up. Whoever makes the condition true wakes the
     * thread: see {@link #wake}. If the condition holds, it returns at once, whether or not the thread is interrupted.
     *
     * @param done the condition; cheap, without side effects
     * @param nanos how long to wait at most; zero or less does not wait
     * @return whether the condition holds
     * @throws InterruptedException if the condition does not hold and the thread was interrupted, before or while it waited; its
     *     flag is then clear
     */
    boolean await(BooleanSupplier done, long nanos) throws InterruptedException;

    /**
     * Wakes a thread that waits in {@link #await} and has to look at its condition again.
     *
     * @param thread which
     */
    default void wake(Thread thread) {
        LockSupport.unpark(thread);
    }

    /**
     * Draws a random number.
     *
     * @param bound the exclusive upper bound, at least 1
     * @return a number from 0 to {@code bound - 1}, each as likely as the others
     */
    long nextLong(long bound);

    /**
     * Runs what follows a wait of an asynchronous call: the next attempt of a retry, a call that got its turn, the rest of a call at
     * a deadline, with all that users have hung on its future. It should have as many threads as may block there at once. A task that
     * it refuses, or that it loses when it is shut down, runs on the threads of {@link #system()}.
     *
     * @return by default that of {@link #system()}
     */
    default Executor executor() {
        return SharedThreads.INSTANCE;
    }

    /**
     * What is captured when an asynchronous call starts, and restored around whatever belongs to it and runs on another
     * thread.
     *
     * @return by default {@link ThreadContext#none()}
     */
    default ThreadContext context() {
        return ThreadContext.none();
    }

    /**
     * A part of a blocking call goes to another thread, and the call's own thread waits for it: asked before that part is handed to
     * its executor. For clocks that must not move while it runs.
     *
     * @return what is told of it
     */
    default Errand errand() {
        return Errand.UNNOTICED;
    }

    /**
     * Has a task run when this environment is closed; at once if it is closed already.
     *
     * @param task must be short, it runs on the thread that closes
     * @return a handle to run it no more
     */
    default Subscription onClose(Runnable task) {
        return Closing.NEVER;
    }

    /**
     * Whether {@link #close} has been called.
     *
     * @return by default never
     */
    default boolean isClosed() {
        return false;
    }

    /**
     * Ends the waits of all calls in this environment, and lets none begin. Does not wait for calls that are under way. Closing it
     * again does nothing. Timers and executors that were given stay the user's.
     */
    @Override
    default void close() {
        // One that is shared has no end.
    }

    /** A part of a call that runs on another thread: see {@link #errand}. */
    interface Errand {
        /** Told nothing. */
        Errand UNNOTICED = new Errand() {};

        /** It has been handed to its executor, by the thread that asked for this; it may have begun before. */
        default void sent() {}

        /** It begins, on the current thread. */
        default void begins() {}

        /** It has ended, on whatever thread, or will never begin. Called once. */
        default void ended() {}
    }

    /** A scheduled task's handle. */
    @FunctionalInterface
    interface Timer {
        /** Removes the task unless it has started. Calling it again does nothing. */
        void cancel();
    }

    /** Builds an environment for applications that bring their own timer, executor or context. Not thread-safe. */
    final class Builder {
        private @Nullable ScheduledExecutorService scheduler;
        private @Nullable Executor executor;
        private ThreadContext context = ThreadContext.none();

        private Builder() {}

        /**
         * The timer. It stays the caller's: Holdfast never shuts it down. Set it to remove cancelled tasks
         * ({@link java.util.concurrent.ScheduledThreadPoolExecutor#setRemoveOnCancelPolicy}), or they stay until due.
         *
         * @param value default: one daemon thread shared by all
         * @return this builder
         */
        public Builder scheduler(ScheduledExecutorService value) {
            scheduler = Require.nonNull(value, "scheduler");
            return this;
        }

        /**
         * Where an asynchronous call goes on after a wait: see {@link Environment#executor()}. A few threads are too few if suppliers
         * of stages, or what is hung on futures, may block.
         *
         * @param value default: that of {@link Environment#system()}
         * @return this builder
         */
        public Builder executor(Executor value) {
            executor = Require.nonNull(value, "executor");
            return this;
        }

        /**
         * What an asynchronous call carries from thread to thread.
         *
         * @param value default: {@link ThreadContext#none()}
         * @return this builder
         */
        public Builder context(ThreadContext value) {
            context = Require.nonNull(value, "context");
            return this;
        }

        /**
         * Builds the environment.
         *
         * @return a new environment; give the same one to every policy of a pipeline, and close it when the application ends
         */
        public Environment build() {
            return new SystemEnvironment(scheduler, executor, context, new Closing());
        }
    }
}
