// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The gates of one asynchronous call: what each gave when it let the call in, and when that was. Gates that follow each other
 * share one reading of the clock on the way in, {@link #start}, and one on the way out, {@link #stop}.
 */
final class AsyncGates {
    private final long[] stamps;
    /** When gates were entered, for those that do not share {@link #start}. */
    private long @Nullable [] starts;

    private int startsKept;
    private long waitsSince;
    private @Nullable AttemptEnds ends;
    /** That of the innermost gate with threads of its own. */
    private @Nullable ThreadWait thread;

    long start;
    long stop = Gate.NO_TIME;

    AsyncGates(long[] stamps, long start) {
        this.stamps = stamps;
        this.start = start;
    }

    boolean enter(AsyncEngine<?> engine, int level, Gate gate) {
        if (engine.call != null && start == Gate.NO_TIME) {
            start = engine.chain.now();
        }
        long stamp = gate.enter(start);
        if (stamp == Gate.NEEDS_TIME) {
            start = engine.chain.now();
            stamp = gate.enter(start);
        }
        return answered(engine, level, gate, stamp);
    }

    boolean answered(AsyncEngine<?> engine, int level, Gate gate, long stamp) {
        if (stamp >= 0) {
            entered(engine, level, gate, stamp);
            return true;
        }
        if (stamp == Gate.PASS) {
            passed(engine, level);
            return true;
        }
        if (stamp == Gate.ASK) {
            Turn turn = gate.ask(engine.call);
            if (turn == null) {
                passed(engine, level);
                return true;
            } else if (turn.nanos() > 0) {
                return engine.suspend(new TurnWait(engine, level, gate, turn));
            }
            decided(engine, level, gate, turn, turn.close());
            return true;
        }
        if (stamp == Gate.INSTEAD) {
            given(engine, gate, gate.instead(start));
            return true;
        }
        if (gate.isQueueing(stamp)) {
            start = start == Gate.NO_TIME ? engine.chain.now() : start;
            Turn turn = gate.queue(start, engine.nanosLeft(engine.chain.environment, start));
            if (turn != null) {
                return engine.suspend(new TurnWait(engine, level, gate, turn));
            }
        }
        throw gate.refuse(start, engine.call);
    }

    private static void given(AsyncEngine<?> engine, Gate gate, @Nullable Outcome<?> instead) {
        Outcome<?> given = gate.answer(engine.chain, engine.shape, instead, engine.call);
        engine.ended(given.value(), given.thrown());
    }

    /** A gate has nothing to do with the call. */
    private void passed(AsyncEngine<?> engine, int level) {
        stamps[level] = Gate.PASS;
        engine.depth = level + 1;
    }

    private void decided(AsyncEngine<?> engine, int level, Gate gate, Turn turn, long stamp) {
        if (stamp >= 0) {
            entered(engine, level, gate, stamp);
        } else if (stamp == Gate.PASS) {
            passed(engine, level);
        } else if (stamp == Gate.INSTEAD) {
            given(engine, gate, turn.instead());
        } else {
            throw gate.refuse(start, engine.call);
        }
    }

    private void entered(AsyncEngine<?> engine, int level, Gate gate, long stamp) {
        stamps[level] = stamp;
        engine.depth = level + 1;
        if (ends != null) {
            ends.entered(level);
        }
        if (engine.chain.kinds[level] == Chain.HAND_OFF) {
            Executor executor = gate.executor();
            engine.hopTo(Require.nonNull(executor, "executor"));
        }
    }

    /** A turn is over: its gate, and those further in, start their clocks after the wait. */
    void turned(AsyncEngine<?> engine, int level, Gate gate, Turn turn) {
        long stamp = turn.close();
        if (stamp < 0) {
            if (stamp == Gate.PASS) {
                newGroup(level);
            }
            decided(engine, level, gate, turn, stamp);
            return;
        }
        long after = BlockingEngine.startAfterWait(gate, stamp, start, engine.call);
        newGroup(level);
        entered(engine, level, gate, stamp);
        start = after;
    }

    /** The executor of the gate that was entered last did not take the rest of the call. */
    void noThread(AsyncEngine<?> engine, Throwable thrown) {
        int level = --engine.depth;
        long entered = leaves(level);
        leavesThread(level);
        engine.ended(null, engine.chain.gates[level].turnAway(stamps[level], entered, thrown, engine.call));
    }

    void leave(AsyncEngine<?> engine, int level, Gate gate) {
        long entered = leaves(level);
        if (stamps[level] == Gate.PASS) {
            return;
        }
        CompletionStage<@Nullable Void> last = lastInside(level, gate);
        CompletionStage<?> stillRunning = engine.abandoned;
        if (stillRunning != null && gate.holdsUntilWorkEnds()) {
            leaveLater(engine, stillRunning, last, gate, stamps[level], entered);
            return;
        }
        if (last != null) {
            long stamp = stamps[level];
            Object value = engine.value;
            Throwable failure = engine.failure;
            Call call = engine.call;
            Classifier<@Nullable Object> rules = engine.chain.rules;
            last.thenRun(() -> gate.leave(rules, stamp, value, failure, entered, Gate.NO_TIME, call));
            return;
        }
        try {
            stop = gate.leave(
                    engine.chain.rules, stamps[level], engine.value, engine.failure, entered, stop, engine.call);
        } catch (Throwable thrown) {
            engine.broken(thrown);
        }
    }

    /** What else must have ended before a gate is left: attempts that were called off, code that holds its thread. */
    private @Nullable CompletionStage<@Nullable Void> lastInside(int level, Gate gate) {
        ThreadWait own = leavesThread(level);
        CompletableFuture<@Nullable Void> back = own == null ? null : own.whenBack();
        CompletableFuture<@Nullable Void> attempts =
                ends == null || !gate.holdsUntilWorkEnds() ? null : ends.inside(level);
        return back == null ? attempts : attempts == null ? back : CompletableFuture.allOf(attempts, back);
    }

    /** The work goes on although nobody waits for it: so does its stay in the gate. */
    private static void leaveLater(
            AsyncEngine<?> engine,
            CompletionStage<?> running,
            @Nullable CompletionStage<@Nullable Void> last,
            Gate gate,
            long stamp,
            long entered) {
        Call call = engine.call;
        int shape = engine.shape;
        Classifier<@Nullable Object> rules = engine.chain.rules;
        ThreadContext.Snapshot context = engine.context();
        String name = engine.chain.name;
        try {
            running.whenComplete((result, thrown) -> {
                Runnable leaving = () -> Carried.within(
                        context,
                        name,
                        () -> gate.leave(
                                rules,
                                stamp,
                                Work.resultOf(shape, result),
                                thrown == null ? null : Failures.ofStage(thrown),
                                entered,
                                Gate.NO_TIME,
                                call));
                if (last == null) {
                    leaving.run();
                } else {
                    last.thenRun(leaving);
                }
            });
        } catch (Throwable cannotKnow) {
            gate.leave(rules, stamp, null, cannotKnow, entered, Gate.NO_TIME, call);
        }
    }

    /** A race is over, but not all of its attempts. */
    void attemptsEndAt(CompletableFuture<?> end) {
        if (ends == null) {
            ends = new AttemptEnds(stamps.length);
        }
        ends.add(end);
    }

    /** When all attempts have ended; {@code null} if none was ever left behind. */
    @Nullable CompletionStage<Void> attemptsEnd() {
        return ends == null ? null : ends.all();
    }

    // ---- Threads of gates -----------------------------------------------------------------------------------------

    /** A wait for a thread of the gate that was entered last. */
    ThreadWait threadFor(AsyncEngine<?> engine, Executor executor) {
        ThreadWait wait = new ThreadWait(engine, executor, engine.depth - 1, thread);
        thread = wait;
        return wait;
    }

    /** What the call was at has been given up: code of the user's may go on to hold threads of gates around it. */
    void leaveThreadsBehind() {
        for (ThreadWait each = thread; each != null; each = each.outer) {
            each.leaveBehind();
        }
    }

    /** The thread of the gate that is left, if it has one. */
    private @Nullable ThreadWait leavesThread(int level) {
        ThreadWait own = thread;
        if (own == null || own.level != level) {
            return null;
        }
        thread = own.outer;
        return own;
    }

    // ---- Waits that are not the work's time ------------------------------------------------------------------------

    /** The call begins to wait for a turn, or for another attempt. */
    void pauses(AsyncEngine<?> engine) {
        if (engine.chain.isMeasured(engine.depth)) {
            waitsSince = Gate.readingOrNone(engine.chain.environment);
            for (int level = 0; level < engine.depth; level++) {
                Gate gate = engine.chain.gates[level];
                if (gate != null && stamps[level] >= 0) {
                    gate.pauses(stamps[level], startOf(level));
                }
            }
        }
    }

    void resumes(AsyncEngine<?> engine) {
        if (engine.chain.isMeasured(engine.depth)) {
            long waited = OwnWait.between(waitsSince, Gate.readingOrNone(engine.chain.environment));
            start = OwnWait.later(start, waited);
            for (int level = 0; starts != null && level < startsKept; level++) {
                // Others get the time of their call as it was.
                if (engine.chain.measures(level)) {
                    starts[level] = OwnWait.later(starts[level], waited);
                }
            }
            for (int level = 0; level < engine.depth; level++) {
                Gate gate = engine.chain.gates[level];
                if (gate != null && stamps[level] >= 0) {
                    gate.resumes(stamps[level], startOf(level));
                }
            }
        }
    }

    /** The gates entered so far keep their start; those from here on read the clock for themselves. */
    void newGroup(int level) {
        long[] kept = starts;
        if (start != Gate.NO_TIME && kept == null) {
            starts = kept = new long[stamps.length];
            Arrays.fill(kept, Gate.NO_TIME);
        }
        if (kept != null && startsKept < level) {
            Arrays.fill(kept, startsKept, level, start);
        }
        startsKept = level;
        start = Gate.NO_TIME;
    }

    /** When the gate at this level, which is left now, was entered. */
    private long leaves(int level) {
        long entered = startOf(level);
        startsKept = Math.min(startsKept, level);
        return entered;
    }

    private long startOf(int level) {
        return level >= startsKept ? start : starts == null ? Gate.NO_TIME : starts[level];
    }
}
