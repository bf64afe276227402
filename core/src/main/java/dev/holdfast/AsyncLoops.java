// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import org.jspecify.annotations.Nullable;

/** The loops of asynchronous calls: how an attempt begins and ends there. */
final class AsyncLoops {
    private AsyncLoops() {}

    /** What a loop remembers: when the first attempt began, the context of the call outside, and the attempts if there are several. */
    private static final class State {
        final long start;
        final @Nullable Call outerCall;
        final Attempts attempts = new Attempts();

        State(long start, @Nullable Call outerCall) {
            this.start = start;
            this.outerCall = outerCall;
        }
    }

    static void enter(AsyncEngine<?> engine, int level) {
        boolean limited = ((Loop<?>) engine.chain.policies[level]).maxNanos() != Loop.NO_LIMIT;
        Call outer = engine.call;
        if (limited || outer != null) {
            engine.remember(level, new State(limited ? engine.chain.now() : Gate.NO_TIME, outer));
            engine.call = outer == null ? null : outer.withAttempt(1);
        }
        engine.depth = level + 1;
    }

    static boolean leave(AsyncEngine<?> engine, int level) {
        Loop<Object> loop = loop(engine, level);
        State state = (State) engine.recall(level);
        if (state == null) {
            if (engine.failure == null && !engine.chain.looksAtResults(loop)) {
                loop.succeededAtOnce();
                return true;
            }
            state = new State(Gate.NO_TIME, engine.call);
        }
        try {
            long delay = loop.stands(engine.chain.rules, state.attempts.number, engine.value, engine.failure)
                    ? Attempts.OVER
                    : state.attempts.again(
                            engine.chain, loop, engine.value, engine.failure, state.start, engine, engine.call);
            if (delay > 0 || (delay == 0 && !engine.mayBeginHere())) {
                engine.remember(level, state);
                engine.inward = true;
                return engine.suspend(new DelayWait(engine, level, loop, delay));
            }
            if (delay == 0 && !loop.isOver(state.start, engine)) {
                goAgain(engine, level, state);
                return true;
            }
            if (delay != Attempts.OVER) {
                exhausted(engine, loop, state);
            }
        } catch (Throwable thrown) {
            engine.broken(thrown);
        }
        over(engine, level, state);
        return true;
    }

    private static void exhausted(AsyncEngine<?> engine, Loop<Object> loop, State state) {
        engine.has(state.attempts.exhausted(loop, engine.value, engine.failure, engine.call));
    }

    private static void goAgain(AsyncEngine<?> engine, int level, State state) {
        state.attempts.next(engine.failure);
        engine.abandoned = null;
        engine.ended(null, null);
        engine.remember(level, state);
        engine.call = state.outerCall == null ? null : state.outerCall.withAttempt(state.attempts.number);
        engine.depth = level + 1;
        engine.gates.start = Gate.NO_TIME;
        engine.inward = true;
    }

    /** The loop is over: its earlier failures go along with the last. */
    private static void over(AsyncEngine<?> engine, int level, State state) {
        if (engine.failure != null) {
            state.attempts.hangOn(engine.failure);
        }
        engine.call = state.outerCall;
        if (engine.recall(level) != null) {
            engine.remember(level, null);
        }
    }

    /** The wait before an attempt has ended, or could not be made: then {@code broken} ends the loop. */
    static void delayed(AsyncEngine<?> engine, int level, @Nullable Throwable broken) {
        State state = (State) Require.nonNull(engine.recall(level), "attempts");
        Loop<Object> loop = loop(engine, level);
        try {
            if (broken != null) {
                throw broken;
            }
            long next = state.attempts.waited(loop, state.start, engine, engine.call);
            if (next >= 0) {
                goAgain(engine, level, state);
                return;
            }
            if (next == Loop.STOP) {
                exhausted(engine, loop, state);
            }
        } catch (Throwable thrown) {
            engine.broken(thrown);
        }
        engine.inward = false;
        over(engine, level, state);
    }

    /** The wait before an attempt is undone: the loop is over, and remembers why it was going to try again. */
    static void delayUndone(AsyncEngine<?> engine, int level) {
        State state = (State) engine.recall(level);
        if (state != null && engine.failure != null) {
            state.attempts.next(engine.failure);
        }
    }

    /** A call that unwinds has come to a loop, or to one that was waiting. */
    static void unwind(AsyncEngine<?> engine, int level) {
        if (engine.recall(level) instanceof State state) {
            over(engine, level, state);
        }
    }

    @SuppressWarnings("unchecked") // A policy in the chain accepts the results of the call.
    private static Loop<Object> loop(AsyncEngine<?> engine, int level) {
        return (Loop<Object>) engine.chain.policies[level];
    }
}
