// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Hands what follows a wait to the threads that the environment has for it. An executor of the user's that refuses the task, loses
 * it, or runs it inside of {@code execute} over and over, does not end the call: it goes on on the threads that all share.
 */
final class HandOver extends Delivery {
    private static final long serialVersionUID = 1L;

    private transient @Nullable Runnable task;

    private HandOver(Runnable task) {
        this.task = task;
    }

    static void to(Environment environment, Runnable task) {
        Executor executor = executor(environment);
        if (executor == SharedThreads.INSTANCE) {
            SharedThreads.INSTANCE.execute(task);
            return;
        }
        if (SystemEnvironment.isTimersThread()) {
            // The user's executor may run the task in execute itself, as caller-runs pools do, or block there.
            SharedThreads.INSTANCE.execute(() -> to(environment, task));
            return;
        }
        if (!Nesting.enter()) {
            SharedThreads.INSTANCE.execute(task);
            return;
        }
        HandOver delivery = new HandOver(task);
        try {
            delivery.send(executor, Environment.Errand.UNNOTICED);
        } catch (Throwable refused) {
            if (delivery.take()) {
                aside(environment, task);
            }
        } finally {
            Nesting.exit();
        }
    }

    /** As {@link #to}, but not on the current thread, whatever the executor does: it is needed elsewhere. */
    static void away(Environment environment, Runnable task) {
        Away away = new Away(task);
        try {
            to(environment, away);
        } finally {
            away.sent = true;
        }
    }

    /** On the threads that all share, whatever the environment has: for what no call waits for. */
    static void aside(Environment environment, Runnable task) {
        Environment.Errand errand = errand(environment);
        SharedThreads.INSTANCE.execute(() -> {
            errand.begins();
            try {
                task.run();
            } finally {
                errand.ended();
            }
        });
        errand.sent();
    }

    private static Environment.Errand errand(Environment environment) {
        try {
            return environment.errand();
        } catch (Throwable broken) {
            return Environment.Errand.UNNOTICED;
        }
    }

    private static Executor executor(Environment environment) {
        try {
            Executor given = environment.executor();
            return given == null ? SharedThreads.INSTANCE : given;
        } catch (Throwable broken) {
            return SharedThreads.INSTANCE;
        }
    }

    @Override
    void arrived() {
        Runnable found = Require.nonNull(task, "task");
        task = null;
        found.run();
    }

    @Override
    void lost() {
        arrived();
    }

    private static final class Away implements Runnable {
        private final Runnable task;
        private final Thread from = Thread.currentThread();
        /** For this thread only. */
        private boolean sent;

        Away(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (Thread.currentThread() == from && !sent) {
                SharedThreads.INSTANCE.execute(task);
            } else {
                task.run();
            }
        }
    }
}
