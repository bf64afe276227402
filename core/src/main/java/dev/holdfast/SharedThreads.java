// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The threads of {@link Environment#system()}, on which calls go on after they have waited. There are always more of them: a
 * callback that blocks holds up its own call.
 *
 * <pre>
 *   before Java 24:  task ──▶ a pool ── 1,000 threads are blocked ──▶ a virtual thread, or on Java 17 a queue
 *   from Java 24 on: task ──▶ a virtual thread ── not started after 10 ms ──▶ a platform thread
 * </pre>
 *
 * <p>Virtual threads come first where blocking in a monitor does not pin them to their carrier. Those that compute for long
 * occupy the few carriers all the same; tasks that get none go to platform threads, among which the system divides its
 * processors.
 */
final class SharedThreads implements Executor {
    static final SharedThreads INSTANCE = new SharedThreads();

    static final int MOST = 1_000;

    private static final String PREFIX = "holdfast-";
    private static final boolean VIRTUAL_FIRST = Runtime.version().feature() >= 24;
    private static final long IDLE_NANOS = 10_000_000_000L;
    private static final long PATIENCE_NANOS = 10_000_000;

    private final @Nullable WorkThreads virtual = WorkThreads.canBeVirtual() ? WorkThreads.virtual(PREFIX) : null;
    /** Where thread-locals cannot be erased, a thread serves one task. */
    private final WorkThreads platform =
            WorkThreads.shared(PREFIX + "platform-", MOST, ThreadLocals.canBeErased() ? IDLE_NANOS : 0, virtual);

    private SharedThreads() {}

    @Override
    public void execute(Runnable task) {
        if (VIRTUAL_FIRST && virtual != null) {
            new Impatient(task).start(virtual);
        } else {
            platform.execute(task);
        }
    }

    /** A task for a virtual thread, with a timer that takes it away from there. */
    private final class Impatient extends TimerEntry implements Runnable {
        private static final long serialVersionUID = 1L;
        private static final int TAKEN = 1;

        private transient @Nullable Runnable task;

        Impatient(Runnable task) {
            this.task = task;
        }

        void start(Executor first) {
            first.execute(this);
            if (isWaiting()) {
                SystemEnvironment.start(this, PATIENCE_NANOS);
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
                platform.execute(found);
            }
        }

        @Override
        public void cancel() {
            // It is only ever taken.
        }
    }
}
