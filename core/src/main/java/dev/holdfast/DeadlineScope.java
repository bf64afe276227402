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
 *        └────────── too late ─▶ tells, or waits until it is told ─▶ the gates around it are left, unless they have been
 * </pre>
 *
 * <p>So what others have to know of a passed deadline they know then, also if the work notices nothing and holds its thread.
 */
class DeadlineScope extends Interruption {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(Deadline.class);

    private static final int UNTOLD = 0;
    private static final int BEING_TOLD = 1;
    private static final int TOLD = 2;
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

    /** Of a call whose caller had less time left than the deadline allows: apart, because few have one and each call pays for it. */
    private static final class Inherited extends DeadlineScope {
        private static final long serialVersionUID = 1L;

        private final long own;

        Inherited(Deadline deadline, int level, @Nullable Frame frame, long own) {
            super(deadline, level, frame);
            this.own = own;
        }

        @Override
        RuntimeException exceeded(Deadline deadline, long limit) {
            return deadline.exceeded(own, limit);
        }
    }

    /** Starts the timer, for {@code limit}, which is less than the deadline's {@code own} where the caller has no more left. */
    static DeadlineScope begin(Chain chain, int level, long own, long limit, @Nullable Frame frame) {
        Deadline deadline = (Deadline) chain.policies[level];
        DeadlineScope scope =
                limit < own ? new Inherited(deadline, level, frame, own) : new DeadlineScope(deadline, level, frame);
        Timers.set(scope, chain.environment, chain.now(), limit, deadline.name());
        scope.begin();
        return scope;
    }

    RuntimeException exceeded(Deadline of, long limit) {
        return of.exceeded(limit);
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
        if (TELLING.compareAndSet(this, UNTOLD, BEING_TOLD)) {
            Frame of = frame;
            if (of == null) {
                tryTo(deadline::passed);
            } else {
                Carried.within(of.context, of.chain.name, () -> tell(of));
            }
            telling = TOLD;
            SystemEnvironment.SHARED.wake(thread);
        }
    }

    /** While the call is inside of the deadline, what the frame knows of the levels around it stays. */
    private void tell(Frame of) {
        Call call = of.callInside(level);
        long limit = of.limit(level);
        tryTo(() -> deadline.tellPassed(limit, call));
        tryTo(() -> tellGates(of, call, exceeded(deadline, limit)));
    }

    private void tellGates(Frame of, @Nullable Call call, RuntimeException exceeded) {
        int from = of.chain.guardedFrom(level);
        for (int i = level - 1; i >= from; i--) {
            Gate gate = of.chain.gates[i];
            if (gate != null && !gate.holdsUntilWorkEnds()) {
                long stamp = of.stamp(i);
                long start = of.start(i);
                if (stamp != Gate.PASS) {
                    tryTo(() -> gate.leave(of.chain.rules, stamp, null, exceeded, start, Gate.NO_TIME, call));
                }
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
        if (inTime && !deadline.isOver(due)) {
            deadline.tellKept();
            return null;
        }
        if (inTime) {
            keep(failure);
        }
        if (TELLING.compareAndSet(this, UNTOLD, TOLD)) {
            deadline.tellPassed(limit, Frame.callOf(frame));
        } else {
            awaitTold();
            if (frame != null && frame.chain.guardedFrom(level) < level) {
                frame.told(frame.chain.guardedFrom(level), level);
            }
        }
        return exceeded(deadline, limit);
    }

    /** Who has its call back finds it counted, and its listeners told. */
    private void awaitTold() {
        boolean interrupted = false;
        while (telling != TOLD) {
            try {
                SystemEnvironment.SHARED.await(() -> telling == TOLD, Long.MAX_VALUE);
            } catch (InterruptedException byOthers) {
                interrupted = true;
            }
        }
        if (interrupted) {
            thread.interrupt();
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
