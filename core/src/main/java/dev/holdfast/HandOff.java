// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The inner part of a blocking call that runs on an executor while its caller waits.
 *
 * <pre>
 *   on its way ── arrives ──▶ runs under an Interruption ──▶ done
 *       │                        └ the caller goes: interrupted, its outcome is not seen
 *       ├──────── the caller goes: never starts
 *       └──────── the executor refuses or loses it: the caller is refused
 * </pre>
 *
 * <p>The gate that owns the executor is left when the work has ended, not when the caller goes: it limits work.
 */
final class HandOff extends Delivery {
    private static final long serialVersionUID = 1L;

    private final transient Chain chain;
    private final int from;
    private final int shape;
    private transient @Nullable Object work;
    private transient @Nullable Object a;
    private transient @Nullable Object b;
    private transient @Nullable Frame frame;
    private final transient @Nullable Gate gate;
    private final transient Thread caller = Thread.currentThread();
    private final transient ThreadContext.@Nullable Snapshot context;

    private long stamp;
    private long start;
    /** By the environment's clock, where {@link #limited}. */
    private long until;

    private boolean limited;
    private transient Environment.Errand errand = Environment.Errand.UNNOTICED;
    private transient volatile @Nullable Interruption running;
    private volatile boolean abandoned;
    private transient @Nullable Object value;
    private transient @Nullable Throwable failure;
    private volatile boolean done;

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
        this.frame = Frame.forOtherThread(frame);
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
        if (limit != Loop.NO_LIMIT || Interruptions.isLimited(chain.environment)) {
            long now = chain.now();
            limited = true;
            until = now + Math.min(TimerThread.FAR, Math.min(limit, Interruptions.nanosLeft(chain.environment, now)));
        }
        errand = chain.environment.errand();
        try {
            send(executor, errand);
        } catch (Throwable thrown) {
            // What it throws after it has run the work is too late to matter.
            if (take()) {
                RejectedException refusal = refused(thrown);
                forget();
                throw refusal;
            }
        }
    }

    private RejectedException refused(Throwable thrown) {
        return gate == null
                ? UnavailableException.noThread(chain.policies[from - 1].name(), thrown)
                : gate.turnAway(stamp, start, thrown, Frame.callOf(frame));
    }

    @Override
    void arrived() {
        Interruption interruption = new Bounded();
        interruption.begin();
        running = interruption;
        if (abandoned) {
            interruption.interrupt();
        }
        errand.begins();
        ThreadContext.Restored restored = null;
        try {
            restored = Carried.restore(context, chain.name);
            value = BlockingEngine.run(chain, from, shape, Require.nonNull(work, "work"), a, b, frame);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        interruption.end(failure);
        leave(failure);
        Carried.close(restored);
        ended();
    }

    @Override
    void lost() {
        failure = refused(new RejectedExecutionException("the executor has lost the task"));
        ended();
    }

    private void ended() {
        done = true;
        chain.environment.wake(caller);
        forget();
    }

    /** The executor may keep the task for long, and the caller its interruption. */
    private void forget() {
        work = null;
        a = null;
        b = null;
        frame = null;
        running = null;
        errand.ended();
        errand = Environment.Errand.UNNOTICED;
    }

    // ---- The caller -----------------------------------------------------------------------------------------------

    /** Waits for the outcome. */
    @Nullable Object await(Policy<?> policy) throws Throwable {
        await(policy, Loop.NO_LIMIT);
        return outcome();
    }

    /** Waits for the outcome until a deadline. */
    @Nullable Object await(Deadline deadline, long limit, @Nullable Call call) throws Throwable {
        boolean inTime;
        try {
            inTime = await(deadline, limit);
        } catch (Throwable thrown) {
            deadline.kept();
            throw thrown;
        }
        if (!inTime) {
            abandon(deadline.interrupts());
            deadline.tellPassed(limit, call);
            throw deadline.exceeded(limit);
        }
        deadline.kept();
        return outcome();
    }

    private boolean await(Policy<?> policy, long limit) throws Throwable {
        try {
            chain.environment.await(this::isDone, limit);
        } catch (Throwable thrown) {
            if (!isDone()) {
                abandon(true);
                throw Failures.cutShort(policy, thrown, null);
            }
            if (thrown instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
        }
        return isDone();
    }

    private boolean isDone() {
        return done;
    }

    private @Nullable Object outcome() throws Throwable {
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    /** The caller goes: work that has not started never will, work that runs is interrupted. */
    private void abandon(boolean interrupts) {
        abandoned = interrupts;
        if (take()) {
            leave(new CancellationException("the caller left before the work was started"));
            forget();
            return;
        }
        Interruption interruption = running;
        if (interruption != null) {
            if (interrupts) {
                interruption.interrupt();
            } else {
                interruption.pass();
            }
            interruption.abandonHooks();
        }
    }

    private void leave(@Nullable Throwable thrown) {
        if (gate != null) {
            try {
                gate.leave(stamp, value, thrown, start, Gate.NO_TIME, Frame.callOf(frame));
            } catch (Throwable broken) {
                failure = Failures.replacing(thrown, broken);
            }
        }
    }

    /** Ends the work on its thread; knows the deadlines of its caller's. */
    private final class Bounded extends Interruption {
        private static final long serialVersionUID = 1L;

        @Override
        long nanosLeft(Environment environment, long now) {
            return isLimit(environment) ? Math.max(0, until - now) : Loop.NO_LIMIT;
        }

        @Override
        boolean isLimit(Environment environment) {
            return limited && environment == chain.environment;
        }
    }
}
