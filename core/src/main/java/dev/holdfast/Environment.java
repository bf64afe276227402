// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where time, waiting, timers, randomness and threads come from. No policy and neither engine asks anything else for
 * them, so that a whole pipeline runs on virtual time when it is given {@code VirtualTime} of the testkit.
 *
 * <p>All policies of a pipeline share one environment. Implementations are safe to use from any thread.
 */
public interface Environment {
    /**
     * The environment of a running application: the machine's monotonic clock, one daemon timer thread that is started
     * by the first timer and ends ten seconds after the last one, and no thread-bound context.
     *
     * @return the shared instance
     */
    static Environment system() {
        return SystemEnvironment.SHARED;
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
     * Blocks the calling thread until a condition holds or time is up. Whoever makes the condition true unparks the
     * thread. A thread that is already interrupted does not wait.
     *
     * @param done the condition; cheap, without side effects
     * @param nanos how long to wait at most; zero or less does not wait
     * @return whether the condition holds
     * @throws InterruptedException if the thread was interrupted before or while it waited; its flag is then clear
     */
    boolean await(BooleanSupplier done, long nanos) throws InterruptedException;

    /**
     * Draws a random number.
     *
     * @param bound the exclusive upper bound, at least 1
     * @return a number from 0 to {@code bound - 1}, each as likely as the others
     */
    long nextLong(long bound);

    /**
     * Runs what follows a wait of an asynchronous call: the next attempt of a retry, a call that got its turn. It must
     * not run a task inside {@code execute}: calls that wait for each other would pile up on one stack.
     *
     * @return by default an executor that runs it on the timer's thread
     */
    default Executor executor() {
        return task -> schedule(task, 0);
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
         * Where an asynchronous call goes on after a wait. Name one if suppliers of stages may block: they would hold
         * up every other timer otherwise.
         *
         * @param value default: the timer's thread
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
         * @return a new environment; give the same one to every policy of a pipeline
         */
        public Environment build() {
            return new SystemEnvironment(scheduler, executor, context);
        }
    }
}
