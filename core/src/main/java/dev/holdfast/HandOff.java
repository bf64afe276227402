// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The inner part of a blocking call that runs on an executor while its caller waits.
 *
 * <pre>
 *   NEW ── run() ──▶ Interruption (running) ──▶ DONE
 *    │                     │ abandon(): interrupted, its outcome is not seen
 *    └── abandon() ──▶ ABANDONED: never starts
 * </pre>
 *
 * <p>The gate that owns the executor is left when the work has ended, not when the caller goes: it limits work.
 */
final class HandOff implements Runnable {
    private static final Object NEW = new Object();
    private static final Object ABANDONED = new Object();
    private static final Object DONE = new Object();

    private final Chain chain;
    private final int from;
    private final int shape;
    private final Object work;
    private final @Nullable Object a;
    private final @Nullable Object b;
    private final @Nullable Call call;
    private final @Nullable Gate gate;
    private final Thread caller = Thread.currentThread();
    private final ThreadContext.Snapshot context;

    /** {@link #NEW}, an {@link Interruption} while it runs, {@link #DONE} or {@link #ABANDONED}. */
    private final AtomicReference<Object> state = new AtomicReference<>(NEW);

    private long stamp;
    private long start;
    private @Nullable Object value;
    private @Nullable Throwable failure;

    HandOff(
            Chain chain,
            int from,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Call call,
            @Nullable Gate gate) {
        this.chain = chain;
        this.from = from;
        this.shape = shape;
        this.work = work;
        this.a = a;
        this.b = b;
        this.call = call;
        this.gate = gate;
        this.context = chain.environment.context().capture();
    }

    /** Hands the work to an executor, which may refuse it; the gate has been entered. */
    void start(Executor executor, long enteredAs, long enteredAt) {
        stamp = enteredAs;
        start = enteredAt;
        try {
            executor.execute(this);
        } catch (Throwable refused) {
            if (state.compareAndSet(NEW, ABANDONED)) {
                if (gate != null && Gate.isRefusal(refused)) {
                    throw gate.turnAway(stamp, start, refused, call);
                }
                leave(refused);
            }
            throw refused;
        }
    }

    @Override
    public void run() {
        Interruption interruption = new Interruption(Thread.currentThread(), null);
        if (!state.compareAndSet(NEW, interruption)) {
            return;
        }
        try {
            ThreadContext.Restored restored = context.restore();
            try {
                value = BlockingEngine.run(
                        chain, from, shape, work, a, b, call == null ? null : call.withInterruption(interruption));
            } finally {
                restored.close();
            }
        } catch (Throwable thrown) {
            failure = thrown;
        }
        interruption.end();
        leave(failure);
        state.set(DONE);
        LockSupport.unpark(caller);
    }

    /** Waits for the outcome. */
    @Nullable Object await(Policy<?> policy) throws Throwable {
        try {
            chain.environment.await(this::isDone, Loop.NO_LIMIT);
        } catch (InterruptedException interrupt) {
            abandon();
            Thread.currentThread().interrupt();
            throw new CallInterruptedException(policy.name(), null);
        }
        return outcome();
    }

    /** Waits for the outcome until a deadline. */
    @Nullable Object await(Deadline deadline, long limit, @Nullable Call context) throws Throwable {
        boolean inTime;
        try {
            inTime = chain.environment.await(this::isDone, limit);
        } catch (InterruptedException interrupt) {
            abandon();
            deadline.kept();
            Thread.currentThread().interrupt();
            throw new CallInterruptedException(deadline.name(), null);
        }
        if (!inTime) {
            abandon();
            throw deadline.passed(limit, context);
        }
        deadline.kept();
        return outcome();
    }

    private boolean isDone() {
        return state.get() == DONE;
    }

    private @Nullable Object outcome() throws Throwable {
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    /** The caller goes: work that has not started never will, work that runs is interrupted. */
    private void abandon() {
        if (state.compareAndSet(NEW, ABANDONED)) {
            leave(new CancellationException("the caller left before the work was started"));
            return;
        }
        Object running = state.get();
        if (running instanceof Interruption interruption) {
            interruption.interrupt();
        }
    }

    private void leave(@Nullable Throwable thrown) {
        if (gate != null) {
            try {
                gate.leave(stamp, value, thrown, start, Gate.NO_TIME, call);
            } catch (Throwable broken) {
                failure = BlockingEngine.replacing(thrown, broken);
            }
        }
    }
}
