// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The future of an asynchronous call, and who may move the call on. What moving on means is up to {@link AsyncEngine}.
 *
 * <pre>
 *   RUNNING ── wait for a stage, a delay, a turn, a thread ──▶ AsyncWait
 *      ▲                                                          │
 *      ├── the wait is over: whoever ends it drives on ◀──────────┤
 *      └── a deadline or a cancellation: the wait is undone ◀─────┘
 * </pre>
 *
 * <p>Concurrency: {@link #at} says who owns the call. While it is {@link #RUNNING}, one thread does, and all plain
 * fields are its own. To wait, it publishes an {@link AsyncWait}; whoever replaces that by {@code RUNNING} with a
 * compare-and-set owns the call next, and everybody else's attempt does nothing. A deadline or a cancellation that finds
 * it running leaves a note in {@link #signal}, which the owner reads before each step and after each publication, so that
 * one of the two sees the other.
 */
abstract class CallFuture<T extends @Nullable Object> extends CompletableFuture<T> {
    /** A reason to unwind: the future has been completed from outside. */
    static final Object CANCELLED = new Object();

    private static final Object RUNNING = new Object();
    private static final VarHandle AT;
    private static final VarHandle SIGNAL;

    static {
        try {
            AT = MethodHandles.lookup().findVarHandle(CallFuture.class, "at", Object.class);
            SIGNAL = MethodHandles.lookup().findVarHandle(CallFuture.class, "signal", Object.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    final Chain chain;
    /** Why to unwind, if there may be a reason that the owner has not seen: it looks at all of them. */
    volatile @Nullable Object signal;

    private volatile Object at = RUNNING;
    /** Whether whoever cancelled it wants the work left alone. */
    private volatile boolean gently;

    private ThreadContext.@Nullable Snapshot context;
    private final @Nullable Throwable madeAt = Traces.here();

    CallFuture(Chain chain) {
        this.chain = chain;
    }

    /** Moves the call on until it waits or has ended; the current thread owns it. */
    abstract void drive();

    /** Whether the current thread, which has taken the call over, is one that is there for calls to go on on. */
    abstract void isOnOwnThread(boolean own);

    /** The work, or whatever was waited for, has ended. */
    abstract void ended(@Nullable Object result, @Nullable Throwable thrown);

    /** Takes what is bound to the current thread along. */
    final void captureContext() {
        context = Carried.capture(chain.environment, chain.name);
    }

    /** Takes along what another call has taken along. */
    final void carries(ThreadContext.@Nullable Snapshot snapshot) {
        context = snapshot;
    }

    final ThreadContext.@Nullable Snapshot context() {
        return context;
    }

    // ---- What the caller may do with the future -------------------------------------------------------------------

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (!mayInterruptIfRunning && !isDone()) {
            gently = true;
        }
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        signal(CANCELLED);
        return cancelled;
    }

    /** Completed from outside, as by {@code orTimeout}: what is under way has become pointless. */
    @Override
    public boolean complete(T result) {
        boolean completed = super.complete(result);
        signal(CANCELLED);
        return completed;
    }

    @Override
    public boolean completeExceptionally(Throwable thrown) {
        boolean completed = super.completeExceptionally(thrown);
        signal(CANCELLED);
        return completed;
    }

    @Override
    public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) {
        Require.nonNull(supplier, "supplier");
        Require.nonNull(executor, "executor").execute(() -> {
            if (!isDone()) {
                try {
                    complete(supplier.get());
                } catch (Throwable thrown) {
                    completeExceptionally(thrown);
                }
            }
        });
        return this;
    }

    @Override
    public void obtrudeValue(T result) {
        super.obtrudeValue(result);
        signal(CANCELLED);
    }

    @Override
    public void obtrudeException(Throwable thrown) {
        super.obtrudeException(thrown);
        signal(CANCELLED);
    }

    @Override
    public String toString() {
        String state = "running";
        if (isDone()) {
            state = isCancelled() ? "cancelled" : isCompletedExceptionally() ? "failed" : "succeeded";
        } else if (at instanceof AsyncWait) {
            state = "waiting";
        }
        return "Call[" + Names.quoted(chain.name) + " " + state + "]";
    }

    // ---- Ownership ------------------------------------------------------------------------------------------------

    /** Takes the call from where it waits and unwinds it; if it runs, its owner will find the note. */
    final void signal(Object reason) {
        Object noted = signal;
        // One note is enough to make the owner look at all reasons, but it must be one that stands.
        while ((noted == null || !isStanding(noted)) && !SIGNAL.compareAndSet(this, noted, reason)) {
            noted = signal;
        }
        if (take(reason)) {
            isOnOwnThread(reason != CANCELLED);
            resume(null);
        }
    }

    private boolean take(Object reason) {
        Object there = at;
        // In this order: if the deadline still stands after the wait was read, it stands as long as that wait does.
        if (!(there instanceof AsyncWait wait) || !isStanding(reason) || !AT.compareAndSet(this, there, RUNNING)) {
            return false;
        }
        Throwable given = new GivenUp();
        boolean interrupts = interrupts(reason);
        try {
            if (context == null) {
                wait.giveUp(interrupts);
            } else {
                // It may tell listeners, and ends the user's stage.
                Carried.within(context, chain.name, () -> wait.giveUp(interrupts));
            }
        } catch (Throwable thrown) {
            given = thrown;
        }
        ended(null, given);
        return true;
    }

    private boolean isStanding(Object reason) {
        return reason instanceof AsyncDeadline deadline ? deadline.hasFired() : isDone();
    }

    private boolean interrupts(Object reason) {
        return reason instanceof AsyncDeadline deadline ? deadline.interrupts() : !gently;
    }

    final boolean waitsFor(AsyncWait wait) {
        return at == wait;
    }

    final boolean claim(AsyncWait wait) {
        return AT.compareAndSet(this, wait, RUNNING);
    }

    /** Publishes a wait; {@code true} if there is a reason to unwind instead, and the call is still this thread's. */
    final boolean publish(AsyncWait wait) {
        at = wait;
        return isCalledOff();
    }

    private boolean isCalledOff() {
        Object reason = signal;
        return reason != null && take(reason);
    }

    /** Publishes a wait and starts it; {@code true} if the call is still, or again, this thread's. */
    final boolean suspend(AsyncWait wait) {
        wait.begins();
        at = wait;
        if (wait.start()) {
            return isCalledOff();
        }
        if (!claim(wait)) {
            return false;
        }
        proceed(wait, null);
        return true;
    }

    private void proceed(AsyncWait wait, @Nullable Throwable broken) {
        try {
            wait.end(broken);
        } catch (Throwable thrown) {
            ended(null, thrown);
        }
    }

    /** Drives on, on whatever thread has claimed the call: from the end of a wait, or to unwind it. */
    final void resume(@Nullable AsyncWait wait) {
        // Whoever completes a stage, or gives a turn, may have a limit that is none of this call's.
        Inherited apart = Inherited.isUsed() ? Inherited.bindApart(chain.environment) : null;
        try {
            resumeHere(wait);
        } finally {
            if (apart != null) {
                apart.unbind();
            }
        }
    }

    private void resumeHere(@Nullable AsyncWait wait) {
        Throwable broken = null;
        if (context == null) {
            goOn(wait, null);
        } else {
            broken = Carried.tryWithin(context, chain.name, () -> goOn(wait, null));
        }
        if (broken != null) {
            goOn(wait, broken);
        }
    }

    private void goOn(@Nullable AsyncWait wait, @Nullable Throwable broken) {
        if (wait != null) {
            isOnOwnThread(wait.isOnOwnThread());
            proceed(wait, broken);
        } else if (broken != null) {
            ended(null, broken);
        }
        drive();
    }

    /** Completes the future, unless somebody has; the call has ended. */
    final boolean finish(@Nullable T result, @Nullable Throwable thrown) {
        context = null;
        if (thrown == null) {
            return super.complete(result);
        }
        if (madeAt != null) {
            Failures.suppress(thrown, madeAt);
        }
        return super.completeExceptionally(thrown);
    }
}
