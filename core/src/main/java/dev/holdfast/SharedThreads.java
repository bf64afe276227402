// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of {@link Environment#system()}, on which calls go on after they have waited. There are always more of them: a
 * callback that blocks holds up its own call.
 *
 * <pre>
 *   before Java 24:  task ──▶ a pool ── 1,000 threads are blocked ──▶ a virtual thread, or on Java 17 a queue
 *   from Java 24 on: task ──▶ a virtual thread ── not started after 10 ms ──▶ a platform thread
 *
 *   the system has no thread left ──▶ again every 100 ms
 * </pre>
 *
 * <p>Virtual threads come first where blocking in a monitor does not pin them to their carrier. Those that compute for long
 * occupy the few carriers all the same; tasks that get none go to platform threads, among which the system divides its
 * processors.
 */
final class SharedThreads implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(Environment.class);
    private static final String PREFIX = "holdfast-";
    private static final long IDLE_NANOS = 10_000_000_000L;
    private static final long PATIENCE_NANOS = 10_000_000;
    private static final long AGAIN_NANOS = 100_000_000;

    static final int MOST = 1_000;

    private static final int MOST_RACES = 256;

    /** For attempts of races beside their callers' own, which are refused rather than kept waiting. */
    static final Executor RACES = WorkThreads.direct(PREFIX + "race-", MOST_RACES);

    /** Last, because it needs the others. */
    static final SharedThreads INSTANCE = new SharedThreads(threads());

    private final Executor threads;
    /** Whether the last task found no thread. */
    private final AtomicBoolean exhausted = new AtomicBoolean();

    SharedThreads(Executor threads) {
        this.threads = threads;
    }

    private static Executor threads() {
        WorkThreads virtual = WorkThreads.canBeVirtual() ? WorkThreads.virtual(PREFIX) : null;
        // Where thread-locals cannot be erased, a thread serves one task.
        long idle = ThreadLocals.canBeErased() ? IDLE_NANOS : 0;
        WorkThreads platform = WorkThreads.shared(PREFIX + "platform-", MOST, idle, virtual);
        if (virtual == null || Runtime.version().feature() < 24) {
            return platform;
        }
        SharedThreads second = new SharedThreads(platform);
        return task -> new Impatient(task, second).start(virtual);
    }

    /** Runs it, sooner or later: whoever hands a call over has nobody to tell that there is no thread. */
    @Override
    public void execute(Runnable task) {
        try {
            threads.execute(task);
            if (exhausted.get()) {
                exhausted.set(false);
            }
        } catch (Throwable noThread) {
            if (exhausted.compareAndSet(false, true)) {
                Policy.tryTo(() -> LOG.warn("No thread can be started; what waits for one is tried again", noThread));
            }
            // Without a thread for timers either, it is there for the next one that starts.
            Policy.tryTo(() -> SystemEnvironment.start(new Again(task), AGAIN_NANOS));
        }
    }

    /** A task for which there was no thread. */
    private final class Again extends TimerEntry {
        private static final long serialVersionUID = 1L;
        private static final int OVER = 1;

        private final transient Runnable task;

        Again(Runnable task) {
            this.task = task;
        }

        @Override
        void fire() {
            lazySet(OVER);
            execute(task);
        }

        @Override
        public void cancel() {
            // Nobody knows of it.
        }
    }

    /** A task for a virtual thread, with a timer that takes it away from there. */
    private static final class Impatient extends TimerEntry implements Runnable {
        private static final long serialVersionUID = 1L;
        private static final int TAKEN = 1;

        private transient @Nullable Runnable task;
        private final transient Executor second;

        Impatient(Runnable task, Executor second) {
            this.task = task;
            this.second = second;
        }

        void start(Executor first) {
            first.execute(this);
            if (isWaiting()) {
                Policy.tryTo(() -> SystemEnvironment.start(this, PATIENCE_NANOS));
                if (!isWaiting()) {
                    unschedule();
                }
            }
        }

        @Override
        public void run() {
            Runnable found = task;
            if (compareAndSet(WAITING, TAKEN) && found != null) {
                task = null;
                found.run();
            }
        }

        @Override
        void fire() {
            Runnable found = task;
            if (compareAndSet(WAITING, TAKEN) && found != null) {
                task = null;
                second.execute(found);
            }
        }

        @Override
        public void cancel() {
            // It is only ever taken.
        }
    }
}
