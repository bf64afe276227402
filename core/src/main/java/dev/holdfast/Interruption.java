// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Interrupts a thread while it runs a piece of work, and at no other time.
 *
 * <pre>
 *   RUNNING ── end() ──▶ OVER                       in time: an interrupt() that comes now does nothing
 *      │
 *      └ interrupt() ─▶ INTERRUPTING ─▶ INTERRUPTED too late: end() waits for INTERRUPTED, which is a few
 *                                                   instructions away, and clears the flag
 * </pre>
 *
 * <p>Guarantees: the flag is set only between the start of the work and the return of {@link #end}; after {@code end}
 * it is as it was, but for interrupts by others. Limit: a thread has one flag only, so an interrupt by another thread
 * that comes after this one has set the flag, and before {@code end}, is taken for this one.
 *
 * <p>It is its own atomic state and its timer's task, because there is one for each call with a deadline.
 */
final class Interruption extends AtomicInteger implements Runnable {
    private static final long serialVersionUID = 1L;

    private static final int RUNNING = 0;
    private static final int INTERRUPTING = 1;
    private static final int INTERRUPTED = 2;
    private static final int OVER = 3;

    private final transient Thread thread;

    Interruption(Thread thread) {
        super(RUNNING);
        this.thread = thread;
    }

    /** For a timer. */
    @Override
    public void run() {
        interrupt();
    }

    /** Interrupts the thread unless its work is over. */
    void interrupt() {
        if (compareAndSet(RUNNING, INTERRUPTING)) {
            thread.interrupt();
            set(INTERRUPTED);
        }
    }

    /** Ends the work; called by the thread itself. Gives whether it was not interrupted. */
    boolean end() {
        if (compareAndSet(RUNNING, OVER)) {
            return true;
        }
        while (get() != INTERRUPTED) {
            Thread.onSpinWait();
        }
        Thread.interrupted();
        return false;
    }
}
