// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts a thread while it runs a piece of work, and at no other time.
 *
 * <pre>
 *   RUNNING ── end() ──▶ OVER                        in time: an interrupt() that comes now does nothing
 *      │
 *      └ interrupt() ─▶ INTERRUPTING ─▶ INTERRUPTED  too late: end() clears the flag
 *                             └───────▶ FOREIGN      too late, but the flag was set by somebody else before:
 *                                                    end() leaves it
 * </pre>
 *
 * <p>{@code end()} waits while INTERRUPTING, which is a few instructions long. Afterwards the flag is as it would be
 * without this interruption: what others have set before it stays, and where an outer interruption of the same thread
 * has come meanwhile, whose flag the inner one cleared, it is set again. Limit: a thread has one flag only, so an
 * interrupt by another thread that comes after this one, and before {@code end()}, is taken for this one.
 *
 * <p>It is its own atomic state and its timer's task, because there is one for each call with a deadline.
 */
final class Interruption extends AtomicInteger implements Runnable {
    private static final long serialVersionUID = 1L;

    private static final int RUNNING = 0;
    private static final int INTERRUPTING = 1;
    private static final int INTERRUPTED = 2;
    private static final int FOREIGN = 3;
    private static final int OVER = 4;

    private final transient Thread thread;
    /** The one around this, on the same thread. */
    private final transient @Nullable Interruption outer;

    Interruption(Thread thread, @Nullable Interruption outer) {
        super(RUNNING);
        this.thread = thread;
        this.outer = outer != null && outer.thread == thread ? outer : null;
    }

    /** For a timer. */
    @Override
    public void run() {
        interrupt();
    }

    /** Interrupts the thread unless its work is over. */
    void interrupt() {
        if (compareAndSet(RUNNING, INTERRUPTING)) {
            boolean first = !thread.isInterrupted();
            thread.interrupt();
            set(first ? INTERRUPTED : FOREIGN);
        }
    }

    /** Ends the work; called by the thread itself. Gives whether it was not interrupted. */
    boolean end() {
        if (compareAndSet(RUNNING, OVER)) {
            return true;
        }
        if (settled() == INTERRUPTED) {
            Thread.interrupted();
            for (Interruption around = outer; around != null; around = around.outer) {
                around.renew();
            }
        }
        return false;
    }

    /** The flag of this interruption may have been cleared by one inside of it. */
    private void renew() {
        if (get() != RUNNING) {
            // From now on the flag is this one's, whoever set it first: the inner one has taken that back.
            settled();
            set(INTERRUPTED);
            thread.interrupt();
        }
    }

    private int settled() {
        int state = get();
        while (state == INTERRUPTING) {
            Thread.onSpinWait();
            state = get();
        }
        return state;
    }
}
