// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One timer in a {@link TimerThread}. It is its own state, and may be the task as well, so that it is one object and not three.
 * {@link #WAITING} is zero; what other states there are is up to the task.
 */
abstract class TimerEntry extends AtomicInteger implements Environment.Timer {
    private static final long serialVersionUID = 1L;
    static final int WAITING = 0;

    /** Where it is scheduled, if anywhere. */
    transient @Nullable Home home;
    /** A reading of the clock. */
    long due;
    /** In an inbox, how many there are with this one; in the heap, its number. */
    int order;

    transient @Nullable TimerEntry next;

    TimerEntry() {
        super(WAITING);
    }

    final boolean isWaiting() {
        return get() == WAITING;
    }

    /** Time is up. On the timer's thread: must be short, and call no code of users. */
    abstract void fire();

    /** Takes it off the timer; its state has been changed before. */
    final void unschedule() {
        Home scheduled = home;
        if (scheduled != null) {
            scheduled.forget(this);
        }
    }

    /** What it is scheduled with. */
    interface Home {
        /** It has been cancelled. */
        void forget(TimerEntry entry);
    }

    /** A timer of somebody else's task. */
    static final class OfTask extends TimerEntry {
        private static final long serialVersionUID = 1L;
        private static final int OVER = 1;

        /** {@code null} once cancelled: an entry that somebody keeps may hold on to those that lay below it. */
        private transient @Nullable Runnable task;

        OfTask(Runnable task) {
            this.task = task;
        }

        @Override
        public void cancel() {
            lazySet(OVER);
            task = null;
            unschedule();
        }

        @Override
        void fire() {
            Runnable found = task;
            // Without a task it is being cancelled at this moment.
            if (compareAndSet(WAITING, OVER) && found != null) {
                task = null;
                found.run();
            }
        }
    }
}
