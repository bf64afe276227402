// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs a call that nobody's thread waits for.
 *
 * <pre>
 *              enter policy by policy              the work's stage is complete
 *   inward ────────────────────────────▶ work ──────────────────────────────────▶ outward ──▶ completed
 *     ▲                                                                              │
 *     └──────────────────────── a loop goes again ◀──────────────────────────────────┘
 * </pre>
 *
 * <p>One thread at a time runs this, whichever {@link AsyncCall} says owns the call, so all fields are plain. The machine
 * is a loop, not a recursion: a million attempts that fail at once need the stack of one.
 */
final class AsyncEngine<T extends @Nullable Object> extends AsyncCall<T> {
    private static final long[] NO_STAMPS = {};

    private final int shape;
    private final Object work;
    private final @Nullable Object a;
    private final @Nullable Object b;
    private final long[] stamps;

    private @Nullable Call call;
    /** What loops and deadlines remember, by level. */
    private @Nullable Object @Nullable [] memory;
    /** When gates were entered, for those that do not share {@link #start}. */
    private long @Nullable [] starts;
    private int startsKept;

    private int depth;
    private boolean inward = true;
    private long start = Gate.NO_TIME;
    private long stop = Gate.NO_TIME;
    private @Nullable Object value;
    private @Nullable Throwable failure;
    /** Where the rest of the call runs, when it is not there yet. */
    private @Nullable Executor hop;
    /** A stage that was given up and goes on all the same. */
    private @Nullable CompletionStage<?> abandoned;

    private AsyncEngine(
            Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b, long[] stamps) {
        super(chain);
        this.shape = shape;
        this.work = work;
        this.a = a;
        this.b = b;
        this.stamps = stamps;
    }

    static <T extends @Nullable Object> CompletableFuture<T> call(
            Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b) {
        Call call = null;
        Throwable failure = null;
        try {
            call = chain.newCall(shape, a, b);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (chain.isQuick && call == null && failure == null) {
            return QuickCall.call(chain, shape, work, a, b);
        }
        int levels = chain.policies.length;
        AsyncEngine<T> engine =
                new AsyncEngine<>(chain, shape, work, a, b, levels == 0 ? NO_STAMPS : new long[levels]);
        engine.call = call;
        try {
            engine.captureContext();
        } catch (Throwable thrown) {
            failure = failure == null ? thrown : failure;
        }
        return failure == null ? engine.goInward() : engine.goOutward(null, failure);
    }

    // ---- Where to go on from --------------------------------------------------------------------------------------

    /** A call that has come so far without an engine: the loops and gates up to {@code depth} have been entered. */
    static <T extends @Nullable Object> AsyncEngine<T> at(
            Chain chain,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            long[] stamps,
            long start,
            int depth) {
        AsyncEngine<T> engine = new AsyncEngine<>(chain, shape, work, a, b, stamps);
        engine.start = start;
        engine.depth = depth;
        return engine;
    }

    CompletableFuture<T> goInward() {
        drive();
        return this;
    }

    CompletableFuture<T> goOutward(@Nullable Object result, @Nullable Throwable thrown) {
        ended(result, thrown);
        drive();
        return this;
    }

    /** Goes on with what the next gate has answered, which was not a stamp. */
    CompletableFuture<T> goOnWith(long answer) {
        boolean owned = true;
        try {
            owned = answered(depth, chain.gates[depth], answer);
        } catch (Throwable thrown) {
            ended(null, thrown);
        }
        if (owned) {
            drive();
        }
        return this;
    }

    /** Goes on with what the work gave, which was not a success at once. */
    CompletableFuture<T> goOnWith(@Nullable CompletionStage<?> stage) {
        boolean owned = true;
        try {
            owned = await(stage, null);
        } catch (Throwable thrown) {
            ended(null, thrown);
        }
        if (owned) {
            drive();
        }
        return this;
    }

    // ---- The machine ----------------------------------------------------------------------------------------------

    @Override
    @SuppressWarnings("unchecked") // The result is the work's own, or a policy's that is typed to it.
    void drive() {
        boolean owned = true;
        while (owned) {
            try {
                if (signal != null) {
                    signal = null;
                    unwind();
                }
                Executor elsewhere = hop;
                if (elsewhere != null) {
                    hop = null;
                    owned = suspend(new AsyncWait.ForThread(this, elsewhere));
                } else if (inward) {
                    owned = enter(depth);
                } else if (depth > 0) {
                    owned = leave(--depth);
                } else {
                    finish((T) value, failure);
                    return;
                }
            } catch (Throwable thrown) {
                ended(null, replacing(thrown));
                // Should it have come from unwinding, that is not over yet.
                signal = CANCELLED;
            }
        }
    }

    @Override
    void ended(@Nullable Object result, @Nullable Throwable thrown) {
        failure = thrown;
        value = thrown == null ? result : null;
        inward = false;
        hop = null;
        stop = Gate.NO_TIME;
    }

    private Throwable replacing(Throwable thrown) {
        return BlockingEngine.replacing(failure, thrown);
    }

    private boolean enter(int level) throws Throwable {
        switch (chain.kinds[level]) {
            case Chain.GATE:
            case Chain.GATES:
            case Chain.HAND_OFF:
                return enterGate(level, chain.gates[level]);
            case Chain.LOOP:
                newGroup(level);
                enterLoop(level, (Loop<?>) chain.policies[level]);
                break;
            case Chain.DEADLINE:
                newGroup(level);
                enterDeadline(level, (Deadline) chain.policies[level]);
                break;
            case Chain.RECOVERY:
                newGroup(level);
                depth = level + 1;
                break;
            default:
                return await((CompletionStage<?>) Work.run(shape, work, a, b, call), null);
        }
        return true;
    }

    private boolean leave(int level) throws Throwable {
        switch (chain.kinds[level]) {
            case Chain.GATE:
            case Chain.GATES:
            case Chain.HAND_OFF:
                leaveGate(level, chain.gates[level]);
                return true;
            case Chain.LOOP:
                stop = Gate.NO_TIME;
                return leaveLoop(level);
            case Chain.DEADLINE:
                stop = Gate.NO_TIME;
                leaveDeadline(level, (Deadline) chain.policies[level]);
                return true;
            default:
                stop = Gate.NO_TIME;
                return leaveRecovery(level);
        }
    }

    /** Leaves what is inside of the outermost deadline that has passed, or everything if the caller has gone. */
    private void unwind() {
        int to = isDone() ? 0 : outermostFired();
        if (to < 0 || depth < to) {
            return;
        }
        if (inward) {
            ended(null, new GivenUp());
        }
        if (depth < stamps.length && recall(depth) instanceof AsyncAttempts attempts) {
            // A loop that was waiting stands at its own depth.
            forget(depth, attempts);
        }
        while (depth > to) {
            int level = --depth;
            Policy<?> policy = chain.policies[level];
            if (policy instanceof Gate gate) {
                leaveGate(level, gate);
            } else if (policy instanceof Deadline deadline) {
                leaveDeadline(level, deadline);
            } else if (recall(level) instanceof AsyncAttempts attempts) {
                forget(level, attempts);
            }
        }
        abandoned = null;
    }

    /** The wait before a loop's next attempt is undone: the loop is over, and remembers why it was going to try again. */
    void delayUndone(int level) {
        AsyncAttempts attempts = (AsyncAttempts) recall(level);
        if (attempts != null && failure != null) {
            attempts.next(failure);
        }
    }

    /** The depth just inside of that deadline, or -1. */
    private int outermostFired() {
        Object[] states = memory;
        for (int level = 0; states != null && level < depth; level++) {
            if (states[level] instanceof AsyncDeadline && ((AsyncDeadline) states[level]).hasFired()) {
                return level + 1;
            }
        }
        return -1;
    }

    /** What a recovery stands in for. */
    record Replaced(Recovery<?> recovery, @Nullable Object value, @Nullable Throwable failure) {}

    /** Waits for a stage of the work, or of a recovery. */
    private boolean await(@Nullable CompletionStage<?> stage, @Nullable Replaced replaced) {
        if (stage == null) {
            throw new NullPointerException("stage: null (expected: the work to give a CompletionStage)");
        }
        if (isPlain(stage) && ((CompletableFuture<?>) stage).isDone()) {
            // Not whenComplete, whose own future would wrap a failure once more, with a stack trace that nobody sees.
            stage.handle((result, thrown) -> {
                given(result, thrown, replaced);
                return true;
            });
            return true;
        }
        return suspend(new AsyncWait.ForStage(this, stage, replaced));
    }

    /** Whether a stage that is complete calls back at once: subclasses may do so later, or on another thread. */
    static boolean isPlain(CompletionStage<?> stage) {
        return stage.getClass() == CompletableFuture.class || stage instanceof AsyncCall;
    }

    /** Whether a stage can be asked and cancelled: a minimal stage is a future that refuses both. */
    static boolean isOwnFuture(CompletionStage<?> stage) {
        try {
            return stage instanceof CompletableFuture && stage.toCompletableFuture() == stage;
        } catch (RuntimeException refuses) {
            return false;
        }
    }

    /** A stage has completed. Stages that depend on others wrap what was thrown, so the wrapper says nothing. */
    void given(@Nullable Object result, @Nullable Throwable thrown, @Nullable Replaced replaced) {
        if (thrown == null) {
            ended(result, null);
            if (replaced != null) {
                replaced.recovery.tellRecovered(call, replaced.value, replaced.failure, result);
            }
            return;
        }
        Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : null;
        Throwable own = cause == null ? thrown : cause;
        ended(null, replaced == null ? own : BlockingEngine.replacing(replaced.failure, own));
    }

    void abandon(CompletionStage<?> stage) {
        abandoned = stage;
    }

    // ---- Gates ----------------------------------------------------------------------------------------------------

    private boolean enterGate(int level, Gate gate) {
        if (call != null && start == Gate.NO_TIME) {
            start = chain.now();
        }
        long stamp = gate.enter(start);
        if (stamp == Gate.NEEDS_TIME) {
            start = chain.now();
            stamp = gate.enter(start);
        }
        return answered(level, gate, stamp);
    }

    private boolean answered(int level, Gate gate, long stamp) {
        if (stamp >= 0) {
            entered(level, gate, stamp);
            return true;
        }
        if (stamp == Gate.QUEUED) {
            start = start == Gate.NO_TIME ? chain.now() : start;
            Turn turn = gate.queue(start);
            if (turn != null) {
                return suspend(new AsyncWait.ForTurn(this, level, gate, turn));
            }
        } else if (stamp != Gate.REFUSED) {
            throw new IllegalStateException(gate + ": enter: " + stamp + " (expected: a stamp, REFUSED or QUEUED)");
        }
        throw gate.refuse(start, call);
    }

    private void entered(int level, Gate gate, long stamp) {
        stamps[level] = stamp;
        depth = level + 1;
        if (chain.kinds[level] == Chain.HAND_OFF) {
            hop = gate.executor();
        }
    }

    /** A turn is over: its gate, and those further in, start their clocks after the wait. */
    void turned(int level, Gate gate, long stamp) {
        if (stamp < 0) {
            throw gate.refuse(start, call);
        }
        long after;
        try {
            after = chain.now();
        } catch (Throwable broken) {
            withdraw(gate, stamp);
            throw broken;
        }
        newGroup(level);
        entered(level, gate, stamp);
        start = after;
    }

    /** The executor of the gate that was entered last did not take the rest of the call. */
    void noThread(Throwable thrown) {
        if (!Gate.isRefusal(thrown)) {
            ended(null, thrown);
            return;
        }
        int level = --depth;
        startsKept = Math.min(startsKept, level);
        ended(null, chain.gates[level].turnAway(stamps[level], startOf(level), thrown, call));
    }

    /** A turn was granted to a call that has given up. */
    void withdraw(Gate gate, long stamp) {
        gate.leave(stamp, Ending.IGNORED, start, Gate.NO_TIME);
    }

    /** The gates entered so far keep their start; those from here on read the clock for themselves. */
    private void newGroup(int level) {
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

    private long startOf(int level) {
        if (level >= startsKept) {
            return start;
        }
        return starts == null ? Gate.NO_TIME : starts[level];
    }

    private void leaveGate(int level, Gate gate) {
        long entered = startOf(level);
        long stamp = stamps[level];
        startsKept = Math.min(startsKept, level);
        CompletionStage<?> stillRunning = abandoned;
        if (stillRunning != null && gate.holdsUntilWorkEnds()) {
            leaveLater(stillRunning, gate, stamp, entered, call);
            return;
        }
        try {
            stop = gate.leave(stamp, value, failure, entered, stop, call);
        } catch (Throwable thrown) {
            failure = replacing(thrown);
            value = null;
        }
    }

    /** The work goes on although nobody waits for it: so does its stay in the gate. */
    private static void leaveLater(
            CompletionStage<?> running, Gate gate, long stamp, long entered, @Nullable Call call) {
        try {
            running.whenComplete(
                    (result, thrown) -> gate.leave(stamp, result, thrown, entered, Gate.NO_TIME, call));
        } catch (Throwable cannotKnow) {
            gate.leave(stamp, null, cannotKnow, entered, Gate.NO_TIME, call);
        }
    }

    // ---- Loops ----------------------------------------------------------------------------------------------------

    private void enterLoop(int level, Loop<?> loop) {
        boolean limited = loop.maxNanos() != Loop.NO_LIMIT;
        Call outer = call;
        if (limited || outer != null) {
            remember(level, new AsyncAttempts(limited ? chain.now() : Gate.NO_TIME, outer));
            call = outer == null ? null : outer.withAttempt(1);
        }
        depth = level + 1;
    }

    @SuppressWarnings("unchecked") // A policy in the chain accepts the results of the call.
    private boolean leaveLoop(int level) {
        Loop<Object> loop = (Loop<Object>) chain.policies[level];
        AsyncAttempts attempts = (AsyncAttempts) recall(level);
        try {
            Ending ending = loop.classifier().classify(value, failure);
            if (ending == Ending.FAILURE) {
                attempts = attempts == null ? new AsyncAttempts(Gate.NO_TIME, null) : attempts;
                long delay = loop.decide(attempts.attempt, attempts.delay, value, failure, attempts.start, call);
                if (delay >= 0) {
                    loop.tellScheduled(call, delay, value, failure);
                    attempts.delay = delay;
                    if (delay > 0) {
                        remember(level, attempts);
                        inward = true;
                        return suspend(new AsyncWait.ForDelay(this, level, delay));
                    }
                    if (!loop.isOver(attempts.start, call)) {
                        goAgain(level, attempts);
                        return true;
                    }
                }
                exhaust(loop, attempts);
            } else if (ending == Ending.SUCCESS) {
                loop.succeeded(attempts == null ? 1 : attempts.attempt);
            }
        } catch (Throwable thrown) {
            failure = replacing(thrown);
            value = null;
        }
        if (attempts != null) {
            forget(level, attempts);
        }
        return true;
    }

    private void exhaust(Loop<Object> loop, AsyncAttempts attempts) {
        loop.tellExhausted(call, value, failure);
        if (failure == null) {
            value = loop.gaveUp(value, attempts.attempt);
        }
    }

    /** The loop is over: its earlier failures go along with the last. */
    private void forget(int level, AsyncAttempts attempts) {
        if (failure != null) {
            attempts.hangOn(failure);
        }
        call = attempts.outerCall;
        remember(level, null);
    }

    private void goAgain(int level, AsyncAttempts attempts) {
        attempts.next(failure);
        remember(level, attempts);
        call = call == null ? null : call.withAttempt(attempts.attempt);
        depth = level + 1;
        start = Gate.NO_TIME;
        value = null;
        failure = null;
        inward = true;
    }

    /** The wait before an attempt has ended, or could not be made: then {@code broken} ends the loop. */
    @SuppressWarnings("unchecked") // As in leaveLoop.
    void delayed(int level, @Nullable Throwable broken) {
        AsyncAttempts attempts = (AsyncAttempts) Require.nonNull(recall(level), "attempts");
        Loop<Object> loop = (Loop<Object>) chain.policies[level];
        try {
            if (broken != null) {
                throw broken;
            }
            if (!loop.isOver(attempts.start, call)) {
                goAgain(level, attempts);
                return;
            }
            exhaust(loop, attempts);
        } catch (Throwable thrown) {
            failure = replacing(thrown);
            value = null;
        }
        inward = false;
        forget(level, attempts);
    }

    // ---- Deadlines ------------------------------------------------------------------------------------------------

    private void enterDeadline(int level, Deadline deadline) {
        Call outer = call;
        long limit = deadline.nanos(outer);
        if (limit <= 0) {
            throw deadline.passed(limit, outer);
        }
        if (limit != Loop.NO_LIMIT) {
            Call inner = outer == null ? null : outer.withDeadline(chain.now(), limit);
            AsyncDeadline timer = new AsyncDeadline(this::passed, chain.environment, limit, outer, inner);
            timer.start();
            remember(level, timer);
            call = inner;
        }
        depth = level + 1;
    }

    /** A deadline has passed: its timer's thread must not do the rest of the call. */
    private void passed(AsyncDeadline deadline) {
        Runnable goOn = () -> signal(deadline);
        try {
            chain.environment.executor().execute(goOn);
        } catch (Throwable refused) {
            goOn.run();
        }
    }

    private void leaveDeadline(int level, Deadline deadline) {
        AsyncDeadline timer = (AsyncDeadline) recall(level);
        if (timer == null) {
            return;
        }
        remember(level, null);
        call = timer.outerCall;
        if (timer.end()) {
            deadline.kept();
        } else {
            failure = replacing(deadline.passed(timer.limit, timer.innerCall));
            value = null;
        }
    }

    // ---- Recoveries -----------------------------------------------------------------------------------------------

    @SuppressWarnings("unchecked") // As in leaveLoop.
    private boolean leaveRecovery(int level) throws Exception {
        Recovery<Object> recovery = (Recovery<Object>) chain.policies[level];
        if (recovery.classifier().classify(value, failure) == Ending.FAILURE) {
            Replaced replaced = new Replaced(recovery, value, failure);
            return await(recovery.recoverAsync(value, failure, call), replaced);
        }
        if (failure == null) {
            recovery.passed(value, call);
        }
        return true;
    }

    private @Nullable Object recall(int level) {
        return memory == null ? null : memory[level];
    }

    private void remember(int level, @Nullable Object state) {
        Object[] states = memory;
        if (states == null) {
            memory = states = new Object[stamps.length];
        }
        states[level] = state;
    }
}
