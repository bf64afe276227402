// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What an asynchronous call waits for. It ends once: by itself, or undone by a deadline or a cancellation.
 *
 * <pre>
 *   STARTING ── start() has set it up ──▶ ARMED
 *       │  run() on another thread, from here on: claims the call and drives it on
 *       └────── run() on the thread that sets it up ──▶ ENDED: that thread goes on when it has returned
 * </pre>
 *
 * <p>Without the second edge, stages that complete while a callback is being hung on them would drive the call from
 * inside of itself, one stack frame deeper for each attempt. It must not be taken for another thread: a wait for a thread
 * of an executor is over because that thread is there.
 *
 * <p>Whatever it was hung on may keep it for ever, so it lets go of the call when it is over.
 */
abstract class AsyncWait implements Runnable {
    private static final int STARTING = 0;
    private static final int ARMED = 1;
    private static final int ENDED = 2;

    private static final AtomicIntegerFieldUpdater<AsyncWait> STATE =
            AtomicIntegerFieldUpdater.newUpdater(AsyncWait.class, "state");

    private volatile int state = STARTING;
    private final Thread starter = Thread.currentThread();
    private volatile @Nullable AsyncEngine<?> engine;
    private volatile @Nullable Throwable failed;
    private volatile Environment.@Nullable Timer timer;
    private volatile @Nullable Subscription closing;

    AsyncWait(AsyncEngine<?> engine) {
        this.engine = engine;
    }

    /** Hangs the wait on what will end it. */
    abstract void setUp(AsyncEngine<?> of) throws Exception;

    /** Takes the wait's outcome over into the engine; the caller owns it. */
    abstract void takeOver(AsyncEngine<?> of);

    /** Takes back what was set up; the caller owns the engine. */
    abstract void undo(AsyncEngine<?> of, boolean interrupts);

    /** Whether the call waits for Holdfast, and not for its work. */
    boolean isOwn() {
        return false;
    }

    /** Whether it ends on a thread that is there for calls to go on on. */
    boolean isOnOwnThread() {
        return true;
    }

    /** Ends the wait with a failure that it did not wait for. */
    void breakOff(AsyncEngine<?> of, Throwable thrown) {
        undo(of, true);
        of.ended(null, thrown);
    }

    // ---- From beginning to end ------------------------------------------------------------------------------------

    /** Before anybody else can end it. */
    final void begins() {
        if (isOwn()) {
            AsyncEngine<?> of = Require.nonNull(engine, "engine");
            of.gates.pauses(of);
        }
    }

    /** Starts to wait; {@code false} if it is over already. */
    final boolean start() {
        AsyncEngine<?> of = Require.nonNull(engine, "engine");
        try {
            setUp(of);
        } catch (Throwable thrown) {
            fail(thrown);
        }
        if (!of.waitsFor(this)) {
            // Over before the timer was there to be cancelled.
            cancelTimer();
        }
        return STATE.compareAndSet(this, STARTING, ARMED);
    }

    /** Whether the current thread is about to set it up: then {@link #run} takes no further stack. */
    final boolean isStartingHere() {
        return Thread.currentThread() == starter && state == STARTING;
    }

    /** The wait is over. */
    @Override
    public final void run() {
        boolean inside = Thread.currentThread() == starter && STATE.compareAndSet(this, STARTING, ENDED);
        AsyncEngine<?> of = engine;
        if (!inside && of != null && of.claim(this)) {
            of.resume(this);
        }
    }

    /** The wait cannot go on. */
    final void fail(Throwable thrown) {
        failed = thrown;
        run();
    }

    /** Goes over into the engine; {@code broken} is what keeps it from going on, if anything does. */
    final void end(@Nullable Throwable broken) {
        AsyncEngine<?> of = letGo();
        Throwable thrown = broken == null ? failed : broken;
        if (thrown == null) {
            takeOver(of);
        } else {
            breakOff(of, thrown);
        }
    }

    /** Nobody waits any more. */
    final void giveUp(boolean interrupts) {
        undo(letGo(), interrupts);
    }

    private AsyncEngine<?> letGo() {
        AsyncEngine<?> of = Require.nonNull(engine, "engine");
        engine = null;
        cancelTimer();
        if (isOwn()) {
            of.gates.resumes(of);
        }
        return of;
    }

    // ---- What several of them need --------------------------------------------------------------------------------

    /** Goes on on one of the environment's threads, if it still waits. */
    final void handOver() {
        AsyncEngine<?> of = engine;
        if (of != null) {
            HandOver.to(of.chain.environment, this);
        }
    }

    /** Ends after a time, or at the end of the environment. */
    final void setTimer(AsyncEngine<?> of, Policy<?> policy, long nanos) {
        Environment environment = of.chain.environment;
        if (environment.isClosed()) {
            throw UnavailableException.closed(policy.name());
        }
        closing = environment.onClose(
                () -> HandOver.to(environment, () -> fail(UnavailableException.closed(policy.name()))));
        timer = Timers.set(environment, this::handOver, nanos, policy.name());
    }

    private void cancelTimer() {
        Timers.cancel(timer);
        Subscription subscribed = closing;
        if (subscribed != null) {
            subscribed.cancel();
        }
    }
}
