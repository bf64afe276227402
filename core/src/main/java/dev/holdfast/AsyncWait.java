// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
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

    private final AtomicInteger state = new AtomicInteger(STARTING);
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
        return state.compareAndSet(STARTING, ARMED);
    }

    /** The wait is over. */
    @Override
    public final void run() {
        boolean inside = Thread.currentThread() == starter && state.compareAndSet(STARTING, ENDED);
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

    /** For the stage of the work, or of a recovery's step. */
    static final class ForStage extends AsyncWait {
        private final CompletionStage<?> stage;
        private final @Nullable Substitutes substitutes;
        private boolean handedOver;
        private @Nullable Object value;
        private @Nullable Throwable failure;

        ForStage(AsyncEngine<?> engine, CompletionStage<?> stage, @Nullable Substitutes substitutes) {
            super(engine);
            this.stage = stage;
            this.substitutes = substitutes;
        }

        @Override
        void setUp(AsyncEngine<?> of) {
            // Not whenComplete, whose own future would wrap a failure once more, with a stack trace that nobody sees.
            stage.handle((result, thrown) -> {
                accept(result, thrown);
                return true;
            });
        }

        /** A call that ends completes its future, and so may end the next one, which waits for that, from inside of itself. */
        private void accept(@Nullable Object result, @Nullable Throwable thrown) {
            value = result;
            failure = thrown;
            if (!Nesting.enter()) {
                handedOver = true;
                handOver();
                return;
            }
            try {
                run();
            } finally {
                Nesting.exit();
            }
        }

        @Override
        boolean isOnOwnThread() {
            return handedOver;
        }

        @Override
        void takeOver(AsyncEngine<?> of) {
            of.given(value, failure, substitutes);
            value = null;
            failure = null;
        }

        /** It cannot even call back, so it has failed; or the call cannot go on with what it gave. */
        @Override
        void breakOff(AsyncEngine<?> of, Throwable thrown) {
            if (thrown instanceof UnavailableException) {
                undo(of, true);
                of.ended(null, failure == null ? thrown : Failures.replacing(Failures.ofStage(failure), thrown));
            } else {
                of.drop(value);
                of.given(null, thrown, substitutes);
            }
        }

        @Override
        void undo(AsyncEngine<?> of, boolean interrupts) {
            // This is how the work learns that nobody waits.
            Stages.giveUp(of.chain, of.shape, of.context(), stage, interrupts);
            of.workAbandoned(Stages.isKnownToBeDone(stage) ? null : stage, substitutes);
        }
    }

    /** For the delay before a loop's next attempt, which begins on a thread that is there for it. */
    static final class ForDelay extends AsyncWait {
        private final int level;
        private final Loop<?> loop;
        private final long nanos;

        ForDelay(AsyncEngine<?> engine, int level, Loop<?> loop, long nanos) {
            super(engine);
            this.level = level;
            this.loop = loop;
            this.nanos = nanos;
        }

        @Override
        boolean isOwn() {
            return nanos > 0;
        }

        @Override
        void setUp(AsyncEngine<?> of) {
            if (nanos == 0) {
                // An executor that runs it here would keep the caller from its future for as long as attempts fail.
                HandOver.away(of.chain.environment, this);
            } else {
                setTimer(of, loop, nanos);
            }
        }

        @Override
        void takeOver(AsyncEngine<?> of) {
            of.delayed(level, null);
        }

        /** Not an attempt's failure, which would be repeated. */
        @Override
        void breakOff(AsyncEngine<?> of, Throwable thrown) {
            of.delayUndone(level);
            of.delayed(level, thrown);
        }

        @Override
        void undo(AsyncEngine<?> of, boolean interrupts) {
            of.delayUndone(level);
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
        boolean isOwn() {
            return true;
        }

        @Override
        void setUp(AsyncEngine<?> of) {
            turn.onDecision(this::handOver);
            setTimer(of, gate, turn.nanos());
            if (turn.isDecided()) {
                run();
            }
        }

        @Override
        boolean isOnOwnThread() {
            return true;
        }

        @Override
        void takeOver(AsyncEngine<?> of) {
            of.turned(level, gate, turn.close());
        }

        @Override
        void undo(AsyncEngine<?> of, boolean interrupts) {
            of.giveUpTurn(gate, turn);
        }
    }

    /** For a thread of a gate's own executor. */
    static final class ForThread extends AsyncWait {
        private final Executor executor;
        private final Delivery delivery = new Way();
        private final Environment.Errand errand;
        private boolean arrived;

        ForThread(AsyncEngine<?> engine, Executor executor) {
            super(engine);
            this.executor = executor;
            this.errand = engine.chain.environment.errand();
        }

        @Override
        void setUp(AsyncEngine<?> of) {
            try {
                delivery.send(executor, errand);
            } catch (Throwable thrown) {
                // What it throws after it has run the task is too late to matter.
                if (delivery.isUnderWay()) {
                    throw thrown;
                }
            }
        }

        @Override
        void takeOver(AsyncEngine<?> of) {
            of.isOnGatesThread();
        }

        @Override
        void breakOff(AsyncEngine<?> of, Throwable thrown) {
            undo(of, true);
            if (arrived) {
                of.isOnGatesThread();
            }
            of.noThread(thrown);
        }

        @Override
        void undo(AsyncEngine<?> of, boolean interrupts) {
            // A task that the executor runs later does nothing.
            if (delivery.take()) {
                errand.ended();
            }
        }

        private final class Way extends Delivery {
            private static final long serialVersionUID = 1L;

            @Override
            void arrived() {
                errand.begins();
                arrived = true;
                try {
                    ForThread.this.run();
                } finally {
                    errand.ended();
                }
            }

            @Override
            void lost() {
                errand.ended();
                fail(new RejectedExecutionException("the executor has lost the task"));
            }
        }
    }
}
