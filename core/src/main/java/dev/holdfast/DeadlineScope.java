// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time that a deadline gives to work on its caller's own thread.
 *
 * <pre>
 *   timer ─▶ interrupts the thread ─▶ hands over ─▶ tells: the deadline counts, gates around it learn of it, hooks run
 *                                                     │ one compare-and-set decides who tells, once
 *   the work ends ── in time ──▶ its outcome          │
 *        └────────── too late ─▶ tells, unless that has been done ─▶ the gates around it are left, unless they have been
 * </pre>
 *
 * <p>So what others have to know of a passed deadline they know then, also if the work notices nothing and holds its thread.
 */
final class DeadlineScope extends Interruption {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(Deadline.class);

    private static final int UNTOLD = 0;
    private static final int COPYING = 1;
    private static final int TOLD_BY_TIMER = 2;
    private static final int TOLD_BY_CALLER = 3;
    private static final VarHandle TELLING;

    static {
        try {
            TELLING = MethodHandles.lookup().findVarHandle(DeadlineScope.class, "telling", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final transient Deadline deadline;
    private final transient @Nullable Frame frame;
    private final int level;

    private volatile int telling = UNTOLD;

    private DeadlineScope(Deadline deadline, int level, @Nullable Frame frame) {
        this.deadline = deadline;
        this.level = level;
        this.frame = frame;
    }

    /** Starts the timer. */
    static DeadlineScope begin(Chain chain, int level, long limit, @Nullable Frame frame) {
        Deadline deadline = (Deadline) chain.policies[level];
        DeadlineScope scope = new DeadlineScope(deadline, level, frame);
        Timers.set(scope, chain.environment, chain.now(), limit, deadline.name());
        scope.begin();
        return scope;
    }

    // ---- Time is up -----------------------------------------------------------------------------------------------

    @Override
    void fire() {
        if (deadline.interrupts() ? interrupt() : pass()) {
            HandOver.to(deadline.environment(), this::tell);
        }
    }

    /** On a thread that has time for it. */
    private void tell() {
        abandonHooks();
        if (!TELLING.compareAndSet(this, UNTOLD, COPYING)) {
            return;
        }
        Frame of = frame;
        if (of == null) {
            telling = TOLD_BY_TIMER;
            tryTo(deadline::passed);
            return;
        }
        int from = of.chain.guardedFrom(level);
        long limit = of.limit(level);
        long[] stamps = new long[level - from];
        long[] starts = new long[level - from];
        for (int i = from; i < level; i++) {
            stamps[i - from] = of.stamp(i);
            starts[i - from] = of.start(i);
        }
        Call call = of.callInside(level);
        telling = TOLD_BY_TIMER;
        Carried.within(of.context, of.chain.name, () -> tell(of.chain, limit, from, stamps, starts, call));
    }

    private void tell(Chain chain, long limit, int from, long[] stamps, long[] starts, @Nullable Call call) {
        tryTo(() -> deadline.tellPassed(limit, call));
        RuntimeException exceeded = deadline.exceeded(limit);
        for (int i = level - 1; i >= from; i--) {
            Gate gate = chain.gates[i];
            if (!gate.holdsUntilWorkEnds()) {
                long stamp = stamps[i - from];
                long start = starts[i - from];
                tryTo(() -> gate.leave(stamp, null, exceeded, start, Gate.NO_TIME, call));
            }
        }
    }

    private static void tryTo(Runnable telling) {
        try {
            telling.run();
        } catch (Throwable thrown) {
            Policy.tryTo(() -> LOG.warn("What was told of a passed deadline threw", thrown));
        }
    }

    // ---- The work ends --------------------------------------------------------------------------------------------

    /**
     * The work has ended, in time or not.
     *
     * @return what the caller gets in place of its outcome, or {@code null}
     */
    @Nullable RuntimeException end(long limit, @Nullable Throwable failure) {
        boolean inTime = end(failure);
        unschedule();
        if (inTime && !isLate()) {
            deadline.kept();
            return null;
        }
        if (TELLING.compareAndSet(this, UNTOLD, TOLD_BY_CALLER)) {
            deadline.tellPassed(limit, Frame.callOf(frame));
        } else {
            while (telling == COPYING) {
                Thread.onSpinWait();
            }
            if (frame != null) {
                frame.told(frame.chain.guardedFrom(level));
            }
        }
        return deadline.exceeded(limit);
    }

    /** Whether the time is over although the timer has not said so: it may be late. */
    private boolean isLate() {
        try {
            return deadline.environment().nanoTime() - due > 0;
        } catch (Throwable broken) {
            return false;
        }
    }

    @Override
    long nanosLeft(Environment environment, long now) {
        return isLimit(environment) ? Math.max(0, due - now) : Loop.NO_LIMIT;
    }

    @Override
    boolean isLimit(Environment environment) {
        return deadline.environment() == environment;
    }
}
