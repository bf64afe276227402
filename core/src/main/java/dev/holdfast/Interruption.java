// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Ends a piece of work on a thread: interrupts the thread while it runs that work, and at no other time.
 *
 * <pre>
 *   RUNNING ── end() ──▶ OVER                        in time: an interrupt() that comes now does nothing
 *      │
 *      ├ interrupt() ─▶ INTERRUPTING ─▶ INTERRUPTED  too late: end() clears the flag
 *      │                      └───────▶ FOREIGN      too late, but the flag was set by somebody else before:
 *      │                      │                      end() leaves it
 *      │                      └───────▶ MUTED        too late, but what the thread does now is not to be interrupted:
 *      │                                             unmute() does it later
 *      └ pass() ──────▶ PASSED                       too late, and nobody is interrupted
 * </pre>
 *
 * <p>{@code end()} waits while INTERRUPTING, which is a few instructions long. Afterwards the flag is as it would be
 * without this interruption: what others have set before it stays; where an {@link #outer} interruption of the same thread
 * has come meanwhile, the flag is set again for that; and where work ends with an
 * {@link InterruptedException} although this interruption's own flag is still up, or never was, the exception was somebody else's,
 * and the flag stays for him. Limit: a thread has one flag only, so an interrupt by another thread that comes after this one, and
 * before the work has noticed either, is taken for this one.
 *
 * <p>It is its own atomic state and its timer's entry, because there is one for each call with a deadline.
 */
class Interruption extends TimerEntry implements Runnable {
    private static final long serialVersionUID = 1L;

    private static final int RUNNING = WAITING;
    private static final int INTERRUPTING = 1;
    private static final int INTERRUPTED = 2;
    private static final int FOREIGN = 3;
    private static final int PASSED = 4;
    private static final int OVER = 5;
    private static final int MUTED = 6;

    private static final VarHandle HOOKS;

    static {
        try {
            HOOKS = MethodHandles.lookup().findVarHandle(Interruption.class, "hooks", ConcurrentLinkedQueue.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    final transient Thread thread;
    /** The one around this, on the same thread: see {@link Interruptions}. */
    transient @Nullable Interruption outer;
    /** What the work inside wants to be told when it is given up. */
    private transient volatile @Nullable ConcurrentLinkedQueue<AbandonHooks> hooks;

    /** For the current thread. */
    Interruption() {
        this.thread = Thread.currentThread();
    }

    /** The work begins, on the thread that made this. */
    final void begin() {
        Interruptions.push(this);
    }

    /** Ends the work: interrupts the thread, unless it has ended. Gives whether it had not been ended before. */
    final boolean interrupt() {
        if (!compareAndSet(RUNNING, INTERRUPTING)) {
            return false;
        }
        if (Interruptions.isDetached(this)) {
            set(MUTED);
        } else {
            raise();
        }
        return true;
    }

    private void raise() {
        // A flag that is up does for both. Raised again it would outlive the work's answer to whoever raised it first.
        boolean first = !thread.isInterrupted();
        if (first) {
            thread.interrupt();
        }
        set(first ? INTERRUPTED : FOREIGN);
    }

    /** It has its say again: see {@link Interruptions#detach}. */
    final void unmute() {
        if (settled() == MUTED) {
            raise();
        }
    }

    /** As {@link #interrupt}, but the thread is left alone. */
    final boolean pass() {
        return compareAndSet(RUNNING, PASSED);
    }

    /**
     * The work has ended; called by the thread itself, for the innermost one.
     *
     * @param failure what the work threw, if it did
     * @return whether it was not interrupted
     */
    final boolean end(@Nullable Throwable failure) {
        boolean inTime = compareAndSet(RUNNING, OVER);
        Interruptions.pop(this);
        if (!inTime) {
            if (settled() == INTERRUPTED) {
                boolean stillUp = Thread.interrupted();
                if (stillUp && failure instanceof InterruptedException) {
                    thread.interrupt();
                }
            } else {
                Interruption only = failure instanceof InterruptedException && thread.isInterrupted()
                        ? onlyInterruptedAround()
                        : null;
                keep(failure);
                if (only != null) {
                    // Its flag is still up, or another one is: the exception was thrown for an interrupt by somebody
                    // else.
                    only.set(FOREIGN);
                }
            }
            // What the work made of an interrupt that was an outer one's is not seen any more.
            for (Interruption around = outer; around != null; around = around.outer) {
                around.renew();
            }
        }
        return inTime;
    }

    /** An interrupt by somebody else ended the work, whose exception is not going to be seen: his flag is. */
    final void keep(@Nullable Throwable failure) {
        if (failure instanceof InterruptedException) {
            thread.interrupt();
        }
    }

    /** The flag of this interruption may have been cleared by one inside of it, or by the work. */
    private void renew() {
        int state = settled();
        if ((state == INTERRUPTED || state == FOREIGN) && !thread.isInterrupted()) {
            // From now on the flag is this one's, whoever set it first: he has taken it back, or has been answered.
            set(INTERRUPTED);
            thread.interrupt();
        }
    }

    /** The one around this that has put the flag up; {@code null} if there are several, of which the work has answered one. */
    private @Nullable Interruption onlyInterruptedAround() {
        Interruption only = null;
        for (Interruption around = outer; around != null; around = around.outer) {
            if (around.settled() == INTERRUPTED) {
                if (only != null) {
                    return null;
                }
                only = around;
            }
        }
        return only;
    }

    final int settled() {
        int state = get();
        while (state == INTERRUPTING) {
            Thread.onSpinWait();
            state = get();
        }
        return state;
    }

    /** Whether the work has been given up. */
    final boolean hasEndedWork() {
        int state = get();
        return state != RUNNING && state != OVER;
    }

    /** How long the work may still take, by the clock of this environment; {@link Loop#NO_LIMIT} if that says nothing. */
    long nanosLeft(Environment environment, long now) {
        return Loop.NO_LIMIT;
    }

    /** Whether {@link #nanosLeft} says something. */
    boolean isLimit(Environment environment) {
        return false;
    }

    /** Whether it only says how long the work may take, and ends nothing: see {@link Inherited}. */
    boolean isInherited() {
        return false;
    }

    /** Whether those around this that are inherited do not count inside of it. */
    boolean detaches() {
        return false;
    }

    // ---- Hooks of the work ----------------------------------------------------------------------------------------

    final void add(AbandonHooks wanted) {
        ConcurrentLinkedQueue<AbandonHooks> queue = hooks;
        if (queue == null) {
            queue = new ConcurrentLinkedQueue<>();
            if (!HOOKS.compareAndSet(this, null, queue)) {
                queue = Require.nonNull(hooks, "hooks");
            }
        }
        queue.add(wanted);
    }

    final void remove(AbandonHooks done) {
        ConcurrentLinkedQueue<AbandonHooks> queue = hooks;
        if (queue != null) {
            queue.remove(done);
        }
    }

    /** The work has been given up: tells it. */
    final void abandonHooks() {
        ConcurrentLinkedQueue<AbandonHooks> queue = hooks;
        if (queue != null) {
            queue.forEach(AbandonHooks::abandon);
        }
    }

    // ---- As a timer's entry ---------------------------------------------------------------------------------------

    /** For timers that take tasks. */
    @Override
    public final void run() {
        fire();
    }

    @Override
    void fire() {
        interrupt();
    }

    /** It is ended, not cancelled. */
    @Override
    public final void cancel() {
        unschedule();
    }
}
