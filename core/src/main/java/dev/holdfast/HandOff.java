// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The inner part of a blocking call that runs on an executor while its caller waits.
 *
 * <pre>
 *   UNDER WAY ── arrives ──▶ TAKEN: runs under an Interruption ──▶ DONE: the caller goes on, and leaves the gate
 *       │                      └ the caller goes ──▶ LEFT: interrupted, its outcome is not seen; the gate is left when it ends
 *       ├──────── the caller goes ──▶ TAKEN: never starts
 *       └──────── the executor refuses or loses it ──▶ DONE: the caller is refused
 * </pre>
 *
 * <p>The gate that owns the executor is left when the work has ended, not when the caller goes: it limits work. Where the caller is
 * still there, it is he who leaves. Either way the thread is free before the permit is, and no listener holds it.
 *
 * <p>Longer than most files: the two sides of one state machine are read together.
 */
final class HandOff extends Delivery {
    private static final long serialVersionUID = 1L;
    private static final int DONE = TAKEN + 1;
    private static final int LEFT_QUIETLY = TAKEN + 2;
    private static final int LEFT = TAKEN + 3;

    private final transient Chain chain;
    private final int from;
    private final int shape;
    private transient @Nullable Object work;
    private transient @Nullable Object a;
    private transient @Nullable Object b;
    private transient @Nullable Frame frame;
    /** Of the caller's thread. */
    private transient @Nullable Frame outerFrame;
    /** {@code null} for a deadline's executor, and when the gate has been left. */
    private transient @Nullable Gate gate;

    private final transient Thread caller = Thread.currentThread();
    private final transient ThreadContext.@Nullable Snapshot context;

    private long stamp;
    private long start;
    private long stop = Gate.NO_TIME;
    /** By the environment's clock, where {@link #limited}. */
    private long until;
    /** When the deadline's own time is over, where it has an end. */
    private long due;

    private boolean isDue;

    private boolean limited;
    private transient Environment.Errand errand = Environment.Errand.UNNOTICED;
    private transient volatile @Nullable Interruption running;
    private transient @Nullable Object value;
    private transient @Nullable Throwable failure;

    HandOff(
            Chain chain,
            int from,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame,
            @Nullable Gate gate) {
        this.chain = chain;
        this.from = from;
        this.shape = shape;
        this.work = work;
        this.a = a;
        this.b = b;
        this.outerFrame = frame;
        this.frame = Frame.forOtherThread(frame, from);
        this.gate = gate;
        this.context = Carried.capture(chain.environment, chain.name);
    }

    /**
     * Hands the work to an executor; the gate, if there is one, has been entered.
     *
     * @param limit how long the work may take, beside the deadlines of the caller's thread; or {@link Loop#NO_LIMIT}
     * @throws RejectedException if the executor does not take it
     */
    void start(Executor executor, long enteredAs, long enteredAt, long limit) {
        stamp = enteredAs;
        start = enteredAt;
        try {
            if (limit != Loop.NO_LIMIT || Interruptions.isEnforced(chain.environment)) {
                limit(chain.now(), limit);
            }
            errand = chain.environment.errand();
            send(executor, errand);
        } catch (Throwable thrown) {
            // What it throws after it has run the work is too late to matter.
            if (take()) {
                RejectedException refusal = refused(thrown);
                forget();
                errand.ended();
                throw refusal;
            }
        }
    }

    private void limit(long now, long limit) {
        due = now + Math.min(TimerThread.FAR, limit);
        isDue = limit != Loop.NO_LIMIT;
        until = now
                + Math.min(
                        TimerThread.FAR,
                        Math.min(
                                limit,
                                Interruptions.enforcedNanosLeft(Interruptions.innermost(), chain.environment, now)));
        limited = true;
    }

    private RejectedException refused(Throwable thrown) {
        Gate refusing = gate;
        gate = null;
        return refusing == null
                ? UnavailableException.noThread(chain.policies[from - 1].name(), thrown)
                : refusing.turnAway(stamp, start, thrown, Frame.callOf(frame));
    }

    // ---- The executor's thread ------------------------------------------------------------------------------------

    /** Whether the deadline has passed by the clock, however late its caller, or the executor, is. */
    private boolean isLate() {
        return isDue && ((Deadline) chain.policies[from - 1]).isOver(due);
    }

    @Override
    void arrived() {
        if (isLate()) {
            failure = new CancellationException("the deadline has passed before the work was started");
            if (!isLeftToCaller()) {
                errand.ended();
            }
            return;
        }
        Interruption interruption = new BoundedInterruption(limited ? chain.environment : null, until);
        interruption.begin();
        running = interruption;
        if (get() != TAKEN) {
            giveUp(interruption);
        }
        errand.begins();
        Throwable broken = Carried.tryWithin(context, chain.name, () -> work(interruption));
        if (broken != null) {
            failure = broken;
            ended(interruption);
        }
        if (isLeftToCaller()) {
            return;
        }
        if (gate != null || chain.terms.discards() != Discards.NONE) {
            HandOver.aside(chain.environment, () -> Carried.within(context, chain.name, this::leaveUnseen));
        }
        errand.ended();
    }

    private void work(Interruption interruption) {
        try {
            Object code = Require.nonNull(work, "work");
            Around.Watch watch = Frame.watchOf(frame);
            value = watch == null
                    ? BlockingEngine.run(chain, from, shape, code, a, b, frame)
                    : Around.withinAll(watch, () -> BlockingEngine.run(chain, from, shape, code, a, b, frame));
        } catch (Throwable thrown) {
            failure = thrown;
        }
        ended(interruption);
    }

    private void ended(Interruption interruption) {
        interruption.end(failure);
        running = null;
        stop = gate == null ? Gate.NO_TIME : Gate.readingOrNone(chain.environment);
    }

    @Override
    void lost() {
        Carried.within(
                context,
                chain.name,
                () -> failure = refused(new RejectedExecutionException("the executor has lost the task")));
        isLeftToCaller();
    }

    /** It is done. From here on, all is the caller's if he is still there. */
    private boolean isLeftToCaller() {
        Environment.Errand ended = errand;
        if (!compareAndSet(TAKEN, DONE)) {
            return false;
        }
        chain.environment.wake(caller);
        ended.ended();
        return true;
    }

    private void leaveUnseen() {
        leave();
        chain.drop(value);
    }

    private void leave() {
        Gate left = gate;
        gate = null;
        if (left != null && (frame == null || !frame.isLeftElsewhere(from - 1, left, stamp, value, failure, start))) {
            try {
                left.leave(chain.rules, stamp, value, failure, start, stop, Frame.callOf(frame));
            } catch (Throwable broken) {
                failure = Failures.replacing(failure, broken);
            }
        }
    }

    /** The executor may keep the task for long. */
    private void forget() {
        work = null;
        a = null;
        b = null;
        frame = null;
        outerFrame = null;
    }

    // ---- The caller -----------------------------------------------------------------------------------------------

    /** Waits for the outcome. */
    @Nullable Object await(Policy<?> policy) throws Throwable {
        await(policy, Loop.NO_LIMIT);
        return outcome();
    }

    /** Waits for the outcome until a deadline, which itself would have allowed {@code own}. */
    @Nullable Object await(Deadline deadline, long own, long limit, @Nullable Call call) throws Throwable {
        boolean inTime;
        try {
            // The executor may have kept its caller for a while.
            long now = Gate.readingOrNone(chain.environment);
            inTime = await(deadline, isDue && now != Gate.NO_TIME ? Math.max(0, due - now) : limit)
                    || !leaves(deadline.interrupts());
        } catch (Throwable thrown) {
            deadline.tellKept();
            throw thrown;
        }
        if (!inTime) {
            deadline.tellPassed(limit, call);
            throw deadline.exceeded(own, limit);
        }
        if (isLate()) {
            return tooLate(deadline, own, limit, call);
        }
        deadline.tellKept();
        return outcome();
    }

    /** It has ended, but not in time. */
    private @Nullable Object tooLate(Deadline deadline, long own, long limit, @Nullable Call call) throws Throwable {
        Throwable thrownLate = null;
        try {
            chain.drop(outcome());
        } catch (Throwable thrown) {
            thrownLate = thrown;
        }
        deadline.tellPassed(limit, call);
        throw Failures.replacing(thrownLate, deadline.exceeded(own, limit));
    }

    private boolean await(Policy<?> policy, long limit) throws Throwable {
        try {
            chain.environment.await(this::isDone, limit);
        } catch (Throwable thrown) {
            if (leaves(true)) {
                throw Failures.cutShort(policy, thrown, null);
            }
            if (thrown instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
        }
        return isDone();
    }

    private boolean isDone() {
        return get() == DONE;
    }

    private @Nullable Object outcome() throws Throwable {
        if (outerFrame != null && frame != null) {
            start = OwnWait.later(start, frame.waited());
            outerFrame.waitedElsewhere(from - 1, frame.waited());
            outerFrame.attemptsEndAs(frame);
        }
        leave();
        forget();
        if (failure != null) {
            Traces.show(failure);
            throw failure;
        }
        return value;
    }

    /** The caller goes, unless it is done: work that has not started never will, work that runs is ended. */
    private boolean leaves(boolean interrupts) {
        if (take()) {
            failure = new CancellationException("the caller left before the work was started");
            leave();
            forget();
            errand.ended();
            return true;
        }
        if (!compareAndSet(TAKEN, interrupts ? LEFT : LEFT_QUIETLY)) {
            return false;
        }
        Interruption interruption = running;
        if (interruption != null) {
            giveUp(interruption);
        }
        return true;
    }

    /** By the caller, by the work's thread if that saw it first, or by both, which is the same as by one. */
    private void giveUp(Interruption interruption) {
        if (get() == LEFT) {
            interruption.interrupt();
        } else {
            interruption.pass();
        }
        interruption.abandonHooks();
    }
}
