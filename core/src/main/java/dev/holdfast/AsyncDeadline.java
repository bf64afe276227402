// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One deadline of one asynchronous call.
 *
 * <pre>
 *   RUNNING ── timer ──▶ FIRED ── end() ──▶ OVER    too late: handed over, the call unwinds to here
 *      └────── end() ─────────────────────▶ OVER    in time by the clock: a timer that comes now does nothing
 * </pre>
 */
class AsyncDeadline extends AtomicInteger implements Runnable {
    private static final long serialVersionUID = 1L;
    private static final int RUNNING = 0;
    private static final int FIRED = 1;
    private static final int OVER = 2;

    /** Nanoseconds. */
    final long limit;
    /** The context of the call outside of this deadline, until that is over. */
    transient @Nullable Call outerCall;
    /** The context of the call inside of this deadline, until that is over. */
    transient @Nullable Call innerCall;

    final transient Deadline deadline;
    private final long due;
    /** Called on a thread that has time for it; {@code null} when it is over. */
    private transient volatile @Nullable Consumer<AsyncDeadline> onPassed;

    private transient Environment.@Nullable Timer timer;

    /** Of a call whose caller had less time left than the deadline allows. */
    private static final class Inherited extends AsyncDeadline {
        private static final long serialVersionUID = 1L;

        private final long own;

        Inherited(
                Deadline deadline,
                Consumer<AsyncDeadline> onPassed,
                long now,
                long own,
                long limit,
                @Nullable Call outerCall) {
            super(deadline, onPassed, now, limit, outerCall);
            this.own = own;
        }

        @Override
        RuntimeException exceeded() {
            return deadline.exceeded(own, limit);
        }
    }

    /** For {@code limit}, which is less than the deadline's {@code own} where the caller has no more left. */
    static AsyncDeadline of(
            Deadline deadline,
            Consumer<AsyncDeadline> onPassed,
            long now,
            long own,
            long limit,
            @Nullable Call outerCall) {
        return limit < own
                ? new Inherited(deadline, onPassed, now, own, limit, outerCall)
                : new AsyncDeadline(deadline, onPassed, now, limit, outerCall);
    }

    AsyncDeadline(Deadline deadline, Consumer<AsyncDeadline> onPassed, long now, long limit, @Nullable Call outerCall) {
        this.deadline = deadline;
        this.onPassed = onPassed;
        this.limit = limit;
        this.due = now + Math.min(limit, TimerThread.FAR);
        this.outerCall = outerCall;
        this.innerCall = outerCall == null ? null : outerCall.withDeadline(now, limit);
    }

    void start() {
        timer = Timers.set(deadline.environment(), this, limit, deadline.name());
    }

    @Override
    public void run() {
        Consumer<AsyncDeadline> wanted = onPassed;
        if (compareAndSet(RUNNING, FIRED) && wanted != null) {
            HandOver.to(deadline.environment(), () -> wanted.accept(this));
        }
    }

    RuntimeException exceeded() {
        return deadline.exceeded(limit);
    }

    boolean hasFired() {
        return get() == FIRED;
    }

    boolean interrupts() {
        return deadline.interrupts();
    }

    long nanosLeft(long now) {
        return Math.max(0, due - now);
    }

    /** Ends it and removes its timer; gives whether it was in time. */
    boolean end() {
        boolean inTime = getAndSet(OVER) == RUNNING;
        onPassed = null;
        // A future may keep its note of this deadline, and must not keep the call's argument.
        outerCall = null;
        innerCall = null;
        Timers.cancel(timer);
        return inTime && !deadline.isOver(due);
    }
}
