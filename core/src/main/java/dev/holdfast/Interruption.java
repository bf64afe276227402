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
 */
final class Interruption {
    private static final int RUNNING = 0;
    private static final int INTERRUPTING = 1;
    private static final int INTERRUPTED = 2;
    private static final int OVER = 3;

    private final Thread thread;
    private final AtomicInteger state = new AtomicInteger(RUNNING);

    Interruption(Thread thread) {
        this.thread = thread;
    }

    /** Interrupts the thread unless its work is over. */
    void interrupt() {
        if (state.compareAndSet(RUNNING, INTERRUPTING)) {
            thread.interrupt();
            state.set(INTERRUPTED);
        }
    }

    /** Ends the work; called by the thread itself. Gives whether it was not interrupted. */
    boolean end() {
        if (state.compareAndSet(RUNNING, OVER)) {
            return true;
        }
        while (state.get() != INTERRUPTED) {
            Thread.onSpinWait();
        }
        Thread.interrupted();
        return false;
    }
}
