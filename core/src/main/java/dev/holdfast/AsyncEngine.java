// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.CompletableFuture;
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
 * <p>One thread at a time runs this, whichever {@link CallFuture} says owns the call, so all fields are plain. The machine
 * is a loop, not a recursion: a million attempts that fail at once need the stack of one. What is particular to gates is in
 * {@link AsyncGates}, and so on for each kind of policy.
 *
 * <p><b>Threads.</b> The first start of the work runs on the caller's thread, and what follows a stage on the thread that has
 * completed it. All else runs on threads that are there for it: the environment's, or, from a gate with an executor of its own
 * until that gate is left, that executor's.
 *
 * <p>Longer than most files: how a call gets in, is driven and gets out is one machine.
 */
final class AsyncEngine<T extends @Nullable Object> extends CallFuture<T> implements Rest {
    private static final long[] NO_STAMPS = {};

    final int shape;

    @Nullable Object work;

    @Nullable Object a;

    @Nullable Object b;

    final AsyncGates gates;
    /** The context of the call where it is now; {@code null} if nobody wants to know it. */
    @Nullable Call call;
    /** How long the call may take, where its caller has said so. */
    private @Nullable Inherited inherited;
    /** Who watches the call where it is now, the innermost. */
    Around.@Nullable Watch watch;
    /** What loops and deadlines remember, by level. */
    private @Nullable Object @Nullable [] memory;

    @Nullable AbandonHooks hooks;

    int depth;
    boolean inward = true;

    @Nullable Object value;

    @Nullable Throwable failure;
    /** A recovery's steps, of which the next is to be tried. */
    @Nullable Substitutes substitutes;
    /** Where the work of the gate that was entered last runs, when the call is not there yet. */
    private @Nullable Executor hop;
    /** A stage of work that was given up and goes on all the same. */
    @Nullable CompletionStage<?> abandoned;

    /** Where this call is one attempt of a race: that race, and which attempt. */
    private @Nullable AsyncRace race;

    private int attempt;
    /** What {@link #abandoned} was when the call was given up as a whole. */
    private @Nullable CompletionStage<?> stillRuns;

    private boolean onOwnThread;
    private boolean onGatesThread;
    /** The gate that was entered last has a thread on which the call cannot go on. */
    private boolean hasNoThread;

    private AsyncEngine(Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b, AsyncGates gates) {
        super(chain);
        this.shape = shape;
        this.work = work;
        this.a = a;
        this.b = b;
        this.gates = gates;
    }

    static <T extends @Nullable Object> CompletableFuture<T> call(
            Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b) {
        return Inherited.isUsed()
                ? Inherited.callAsync(chain, shape, work, a, b)
                : callNow(chain, shape, work, a, b, null);
    }

    /** The same, once it is known how long it may take. */
    static <T extends @Nullable Object> CompletableFuture<T> callNow(
            Chain chain,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Inherited inherited) {
        Call call = null;
        Throwable failure = null;
        try {
            call = chain.newCall(chain.isCallWatched(), shape, work, a, b);
            if (call != null && inherited != null) {
                call = inherited.limits(call);
            }
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (chain.isQuick && call == null && failure == null && inherited == null && !chain.isObserved()) {
            return CompletedCall.call(chain, shape, work, a, b);
        }
        int levels = chain.policies.length;
        AsyncEngine<T> engine =
                at(chain, shape, work, a, b, levels == 0 ? NO_STAMPS : new long[levels], Gate.NO_TIME, 0);
        engine.call = call;
        engine.inherited = inherited;
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
        AsyncEngine<T> engine = new AsyncEngine<>(chain, shape, work, a, b, new AsyncGates(stamps, start));
        engine.depth = depth;
        return engine;
    }

    /** One attempt of a race, which this call waits for, with work of its own. */
    AsyncEngine<T> lane(Object own, Chain whole, AsyncRace of, int number, @Nullable Lease<?> lease) {
        Object first = Lease.argument(lease, a, whole, 0);
        int levels = whole.policies.length;
        AsyncEngine<T> lane =
                at(whole, shape, own, first, b, levels == 0 ? NO_STAMPS : new long[levels], Gate.NO_TIME, 0);
        lane.call = call == null ? whole.newCall(false, shape, own, first, b) : call.withLane(number, lease);
        lane.carries(context());
        lane.watch = watch;
        lane.race = of;
        lane.inherited = inherited;
        lane.attempt = number;
        return lane;
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
        goOn(() -> gates.answered(this, depth, chain.gates[depth], answer));
        return this;
    }

    /** Goes on with what the work gave, which was not a success at once. */
    CompletableFuture<T> goOnWith(@Nullable CompletionStage<?> stage) {
        awaits(stage);
        return this;
    }

    /** The same. */
    void awaits(@Nullable CompletionStage<?> stage) {
        goOn(() -> AsyncStages.await(this, stage, null));
    }

    private void goOn(Step first) {
        boolean owned = true;
        try {
            owned = first.take();
        } catch (Throwable thrown) {
            ended(null, thrown);
        }
        if (owned) {
            drive();
        }
    }

    /** A step of the machine; gives whether the call is still the current thread's. */
    private interface Step {
        boolean take() throws Throwable;
    }

    // ---- The machine ----------------------------------------------------------------------------------------------

    @Override
    void drive() {
        boolean owned = true;
        while (owned) {
            try {
                if ((signal != null || hasNoThread) && onGatesThread) {
                    goElsewhere();
                    return;
                }
                if (hasNoThread) {
                    hasNoThread = false;
                    gates.noThread(this, Require.nonNull(failure, "failure"));
                }
                if (signal != null) {
                    signal = null;
                    AsyncUnwinding.unwind(this);
                }
                if (hop != null) {
                    owned = hop();
                } else if (substitutes != null) {
                    owned = AsyncStages.substitute(this);
                } else if (inward) {
                    owned = enter(depth);
                } else if (depth > 0) {
                    owned = leave(--depth);
                } else {
                    end();
                    return;
                }
            } catch (Throwable thrown) {
                ended(null, replacing(thrown));
                // Should it have come from unwinding, that is not over yet.
                signal = CANCELLED;
            }
        }
    }

    @SuppressWarnings("unchecked") // The result is the work's own, or a policy's that is typed to it.
    private void end() {
        Object result = value;
        Throwable thrown = failure;
        AsyncRace of = race;
        if (call != null && of == null && chain.isWholeWatched()) {
            chain.owner.tellCompleted(call, result, thrown);
        }
        CompletionStage<?> goesOn = stillRuns == null ? gates.attemptsEnd() : stillRuns;
        forget();
        if (of != null) {
            super.finish(null, null);
            of.ended(attempt, result, thrown, goesOn);
        } else if (!finish((T) Work.shown(result), thrown) && thrown == null) {
            drop(Work.shown(result));
        }
    }

    private boolean hop() {
        Executor elsewhere = Require.nonNull(hop, "hop");
        hop = null;
        return suspend(gates.threadFor(this, elsewhere));
    }

    void hopTo(Executor elsewhere) {
        hop = elsewhere;
    }

    /** The rest of the call is no work of the gate's: its thread goes back first, and then its permit. */
    private boolean goElsewhere() {
        onGatesThread = false;
        HandOver.away(chain.environment, () -> {
            isOnOwnThread(true);
            resume(null);
        });
        return false;
    }

    @Override
    void ended(@Nullable Object result, @Nullable Throwable thrown) {
        // Also of work that throws instead of giving a stage.
        endHooks();
        failure = thrown;
        has(thrown == null ? result : null);
        inward = false;
        hop = null;
        substitutes = null;
        gates.stop = Gate.NO_TIME;
    }

    void endHooks() {
        if (hooks != null) {
            hooks.end();
            hooks = null;
        }
    }

    /** A result takes the place of the one that the call had so far. */
    void has(@Nullable Object result) {
        Object before = value;
        value = result;
        if (before != result) {
            drop(before);
        }
    }

    /** Nobody gets this result, unless others wait for the stage that gave it. */
    void drop(@Nullable Object result) {
        if (chain.ownsStages()) {
            chain.drop(result);
        }
    }

    Throwable replacing(Throwable thrown) {
        return Failures.replacing(failure, thrown);
    }

    /** What somebody's policy threw takes the place of the outcome. */
    void broken(Throwable thrown) {
        failure = replacing(thrown);
        has(null);
    }

    private boolean enter(int level) throws Throwable {
        switch (chain.kinds[level]) {
            case Chain.GATE:
            case Chain.GATES:
            case Chain.HAND_OFF:
                return gates.enter(this, level, chain.gates[level]);
            case Chain.LOOP:
                gates.newGroup(level);
                AsyncLoops.enter(this, level);
                return true;
            case Chain.DEADLINE:
                gates.newGroup(level);
                AsyncDeadlines.enter(this, level, (Deadline) chain.policies[level]);
                return true;
            case Chain.RECOVERY:
                gates.newGroup(level);
                depth = level + 1;
                return true;
            case Chain.AROUND:
                gates.newGroup(level);
                depth = level + 1;
                Around.Watch begun = ((Around) chain.policies[level]).beginsInside(watch, call);
                if (begun != null) {
                    watch = begun;
                    remember(level, begun);
                }
                return true;
            case Chain.RACE:
                gates.newGroup(level);
                return suspend(new AsyncRace(this, level));
            default:
                return AsyncStages.start(this, null);
        }
    }

    private boolean leave(int level) throws Throwable {
        switch (chain.kinds[level]) {
            case Chain.HAND_OFF:
                if (onGatesThread) {
                    depth = level + 1;
                    return goElsewhere();
                }
                gates.leave(this, level, chain.gates[level]);
                return true;
            case Chain.GATE:
            case Chain.GATES:
                gates.leave(this, level, chain.gates[level]);
                return true;
            case Chain.LOOP:
                gates.stop = Gate.NO_TIME;
                return AsyncLoops.leave(this, level);
            case Chain.DEADLINE:
                gates.stop = Gate.NO_TIME;
                AsyncDeadlines.leave(this, level, (Deadline) chain.policies[level]);
                return true;
            case Chain.AROUND:
                gates.stop = Gate.NO_TIME;
                watchEnds(level);
                return true;
            default:
                gates.stop = Gate.NO_TIME;
                return AsyncStages.leaveRecovery(this, level);
        }
    }

    /** Whoever watches from this level on hears of the end. */
    void watchEnds(int level) {
        if (recall(level) instanceof Around.Watch ended) {
            remember(level, null);
            watch = ended.outer;
            ended.ended(value, failure);
        }
    }

    /** The gate's listeners hear of it; not on a thread of the gate's, which they may need. */
    void noThread(Throwable thrown) {
        ended(null, thrown);
        hasNoThread = true;
    }

    // ---- Threads --------------------------------------------------------------------------------------------------

    @Override
    void isOnOwnThread(boolean own) {
        onOwnThread = own;
        onGatesThread = false;
    }

    void isOnGatesThread() {
        onOwnThread = false;
        onGatesThread = true;
    }

    /** Whether code that blocks holds up nothing but this call. */
    boolean isOnThreadForCalls() {
        return onOwnThread || onGatesThread;
    }

    /** Whether another attempt may begin here and now. */
    boolean mayBeginHere() {
        return onOwnThread;
    }

    // ---- Time, and what levels remember ---------------------------------------------------------------------------

    @Override
    public boolean isLimited(Environment environment) {
        return inherited != null || AsyncDeadlines.isLimited(this) || (race != null && race.isLimited());
    }

    @Override
    public long nanosLeft(Environment environment, long now) {
        long own = Math.min(AsyncDeadlines.nanosLeft(this, now), inheritedNanos(now));
        return race == null ? own : Math.min(own, race.nanosLeft(now));
    }

    /** How long the call may still take by what its caller has said. */
    long inheritedNanos(long now) {
        return inherited == null ? Loop.NO_LIMIT : inherited.nanosLeft(now);
    }

    boolean inherits() {
        return inherited != null;
    }

    @Nullable Object recall(int level) {
        return memory == null ? null : memory[level];
    }

    void remember(int level, @Nullable Object state) {
        Object[] states = memory;
        if (states == null) {
            memory = states = new Object[chain.policies.length];
        }
        states[level] = state;
    }

    /** The call has ended: its future may be kept for long, and must not keep what the call was made of. */
    private void forget() {
        endHooks();
        work = null;
        a = null;
        b = null;
        call = null;
        inherited = null;
        memory = null;
        value = null;
        failure = null;
        abandoned = null;
        race = null;
        watch = null;
    }

    /** What was inside of this level has been given up. */
    void unwound(int level) {
        gates.leaveThreadsBehind();
        stillRuns = level == 0 ? abandoned : null;
        abandoned = null;
    }
}
