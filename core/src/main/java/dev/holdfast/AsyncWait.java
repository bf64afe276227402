// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 */
abstract class AsyncWait implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Policy.class);

    private static final int STARTING = 0;
    private static final int ARMED = 1;
    private static final int ENDED = 2;

    final AsyncEngine<?> engine;
    private final AtomicInteger state = new AtomicInteger(STARTING);
    private final Thread starter = Thread.currentThread();
    private volatile @Nullable Throwable failed;
    private volatile Environment.@Nullable Timer timer;

    AsyncWait(AsyncEngine<?> engine) {
        this.engine = engine;
    }

    /** Hangs the wait on what will end it. */
    abstract void setUp();

    /** Takes the wait's outcome over into the engine; the caller owns it. */
    abstract void takeOver();

    /** Takes back what was set up; the caller owns the engine. */
    abstract void undo();

    /** Starts to wait; {@code false} if it is over already. */
    final boolean start() {
        try {
            setUp();
        } catch (Throwable thrown) {
            fail(thrown);
        }
        if (!engine.waitsFor(this)) {
            // Over before the timer was there to be cancelled.
            cancelTimer();
        }
        return state.compareAndSet(STARTING, ARMED);
    }

    /** Sets a timer that is cancelled when the wait is over. */
    final void setTimer(Runnable task, long nanos) {
        timer = engine.chain.environment.schedule(task, nanos);
    }

    final void cancelTimer() {
        Environment.Timer started = timer;
        if (started != null) {
            started.cancel();
        }
    }

    /** The wait is over. */
    @Override
    public final void run() {
        boolean inside = Thread.currentThread() == starter && state.compareAndSet(STARTING, ENDED);
        if (!inside && engine.claim(this)) {
            engine.resume(this);
        }
    }

    /** The wait cannot go on. */
    final void fail(Throwable thrown) {
        failed = thrown;
        run();
    }

    /** Goes over into the engine; {@code broken} is what keeps it from going on, if anything does. */
    final void end(@Nullable Throwable broken) {
        Throwable thrown = broken == null ? failed : broken;
        if (thrown == null) {
            takeOver();
        } else {
            undo();
            breakOff(thrown);
        }
    }

    /** Ends the wait with a failure that it did not wait for. */
    void breakOff(Throwable thrown) {
        engine.ended(null, thrown);
    }

    /**
     * For the stage of the work or of a recovery. A call that ends completes its future, and so may end the next call, which
     * waits for that, from inside of itself: from a certain depth on, calls go on elsewhere, or a queue of calls that wait for
     * each other would overflow the stack.
     */
    static final class ForStage extends AsyncWait {
        private static final int DEEPEST = 32;
        private static final int SLOTS = 1024;
        /** How deep threads are nested. Those that share a slot go on elsewhere a little earlier. */
        private static final AtomicIntegerArray NESTED = new AtomicIntegerArray(SLOTS);

        private final CompletionStage<?> stage;
        private final AsyncEngine.@Nullable Replaced replaced;
        private @Nullable Object value;
        private @Nullable Throwable failure;

        ForStage(AsyncEngine<?> engine, CompletionStage<?> stage, AsyncEngine.@Nullable Replaced replaced) {
            super(engine);
            this.stage = stage;
            this.replaced = replaced;
        }

        @Override
        void setUp() {
            stage.handle((result, thrown) -> {
                accept(result, thrown);
                return true;
            });
        }

        private void accept(@Nullable Object result, @Nullable Throwable thrown) {
            value = result;
            failure = thrown;
            int slot = (int) Thread.currentThread().getId() & SLOTS - 1;
            if (NESTED.get(slot) >= DEEPEST) {
                engine.dispatch(this);
                return;
            }
            NESTED.getAndIncrement(slot);
            try {
                run();
            } finally {
                NESTED.getAndDecrement(slot);
            }
        }

        @Override
        void takeOver() {
            engine.given(value, failure, replaced);
        }

        @Override
        void undo() {
            try {
                // Cancelling it is how the work learns that nobody waits.
                stage.toCompletableFuture().cancel(true);
            } catch (RuntimeException cannot) {
                LOG.debug("A stage of {} cannot be cancelled", Names.quoted(engine.chain.name), cannot);
            }
            if (!AsyncEngine.isOwnFuture(stage) || !((CompletableFuture<?>) stage).isDone()) {
                engine.abandon(stage);
            }
        }
    }

    /** For the delay before a loop's next attempt. */
    static final class ForDelay extends AsyncWait {
        private final int level;
        private final long nanos;

        ForDelay(AsyncEngine<?> engine, int level, long nanos) {
            super(engine);
            this.level = level;
            this.nanos = nanos;
        }

        @Override
        void setUp() {
            setTimer(() -> engine.dispatch(this), nanos);
        }

        @Override
        void takeOver() {
            engine.delayed(level, null);
        }

        /** Not an attempt's failure, which would be repeated. */
        @Override
        void breakOff(Throwable thrown) {
            engine.delayed(level, thrown);
        }

        @Override
        void undo() {
            cancelTimer();
            engine.delayUndone(level);
        }
    }

    /** For a turn in a gate's queue. */
    static final class ForTurn extends AsyncWait {
        private final int level;
        private final Gate gate;
        private final Turn turn;

        ForTurn(AsyncEngine<?> engine, int level, Gate gate, Turn turn) {
            super(engine);
            this.level = level;
            this.gate = gate;
            this.turn = turn;
        }

        @Override
        void setUp() {
            Runnable goOn = () -> engine.dispatch(this);
            turn.onGrant(goOn);
            setTimer(goOn, turn.nanos());
            if (turn.isGranted()) {
                run();
            }
        }

        @Override
        void takeOver() {
            cancelTimer();
            engine.turned(level, gate, turn.close());
        }

        @Override
        void undo() {
            cancelTimer();
            long granted = turn.giveUp();
            if (granted >= 0) {
                engine.withdraw(gate, granted);
            }
        }
    }

    /** For a thread of an executor. */
    static final class ForThread extends AsyncWait {
        private final Executor executor;

        ForThread(AsyncEngine<?> engine, Executor executor) {
            super(engine);
            this.executor = executor;
        }

        @Override
        void setUp() {
            executor.execute(this);
        }

        @Override
        void takeOver() {
            // Nothing was asked for but a thread.
        }

        @Override
        void breakOff(Throwable thrown) {
            engine.noThread(thrown);
        }

        @Override
        void undo() {
            // A task that the executor runs later finds the engine elsewhere and does nothing.
        }
    }
}
