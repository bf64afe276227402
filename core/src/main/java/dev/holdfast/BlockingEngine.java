// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs a call on its caller's thread: each kind of policy calls {@link #run} for what is inside of it.
 *
 * <p>A success allocates nothing here. That is why gates that follow each other are entered and left in one method,
 * with their stamps in local variables, and why the work and its arguments are handed down one by one. The clock is read
 * at most once before and once after the work for all gates of a group, and only when one of them asks. What others have to know
 * of the call stands in its {@link Frame}, which most calls do without.
 *
 * <p>Longer than most files because the compiler looks at each of these methods as a whole: what is split costs time.
 */
final class BlockingEngine {
    private BlockingEngine() {}

    /** Makes a call through a policy's chain. */
    static @Nullable Object call(
            Policy<?> policy, Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b)
            throws Throwable {
        return Inherited.isUsed()
                ? Inherited.call(policy, chain, shape, work, a, b)
                : callNow(policy, chain, shape, work, a, b);
    }

    /** The same, once it is known how long it may take. */
    static @Nullable Object callNow(
            Policy<?> policy, Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b)
            throws Throwable {
        boolean isWatched = chain.isAlone ? policy.isCallWatched() : chain.isCallWatched();
        if (isWatched && chain.isWholeWatched()) {
            return whole(chain, shape, work, a, b);
        }
        Frame frame = chain.newFrame(isWatched, shape, work, a, b);
        if (chain.isAlone) {
            // Through the policy at hand: each step from object to object, by way of the chain, takes a nanosecond.
            if (chain.kinds[0] == Chain.GATE) {
                return gate(chain, 0, (Gate) policy, shape, work, a, b, frame);
            } else if (chain.kinds[0] == Chain.LOOP) {
                return BlockingLoops.loop(chain, 0, (Loop<?>) policy, shape, work, a, b, frame);
            }
        }
        return run(chain, 0, shape, work, a, b, frame);
    }

    /** Somebody wants to know how the call as a whole ends. */
    private static @Nullable Object whole(Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b)
            throws Throwable {
        Call call =
                Require.nonNull(chain.newCall(true, shape, work, a, b), "call").onThread();
        Object value = null;
        Throwable failure = null;
        try {
            // Inside: a call whose context cannot be carried along is refused here, and has ended as others do.
            value = run(chain, 0, shape, work, a, b, new Frame(chain, call));
        } catch (Throwable thrown) {
            failure = thrown;
        }
        chain.owner.tellCompleted(call, value, failure);
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    /** Runs what is inside of a chain from policy {@code i} on. */
    static @Nullable Object run(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Frame frame)
            throws Throwable {
        switch (chain.kinds[i]) {
            case Chain.GATE:
                return gate(chain, i, chain.gates[i], shape, work, a, b, frame);
            case Chain.GATES:
                return gates(chain, i, shape, work, a, b, frame);
            case Chain.HAND_OFF:
                return handOff(chain, i, shape, work, a, b, frame);
            case Chain.LOOP:
                return BlockingLoops.loop(chain, i, (Loop<?>) chain.policies[i], shape, work, a, b, frame);
            case Chain.DEADLINE:
                return BlockingDeadlines.deadline(chain, i, shape, work, a, b, frame);
            case Chain.RECOVERY:
                return BlockingRecoveries.recovery(chain, i, shape, work, a, b, frame);
            case Chain.RACE:
                return BlockingRaces.race(chain, i, shape, work, a, b, frame);
            case Chain.AROUND:
                return around(chain, i, shape, work, a, b, frame);
            case Chain.LANE_WORK:
                return LaneScope.run(shape, work, a, b, frame);
            default:
                return Work.run(shape, work, a, b, frame);
        }
    }

    /** {@link #run}, with a short cut to the work: the compiler inlines a method into itself only once. */
    static @Nullable Object inner(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Frame frame)
            throws Throwable {
        return chain.kinds[i] == Chain.WORK
                ? Work.run(shape, work, a, b, frame)
                : run(chain, i, shape, work, a, b, frame);
    }

    // ---- Gates ----------------------------------------------------------------------------------------------------

    private static @Nullable Object gate(
            Chain chain,
            int i,
            Gate gate,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        long start = startOf(chain, frame);
        long stamp;
        // Entered in one place: the compiler copies what it calls to each.
        while ((stamp = gate.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
            start = chain.now();
        }
        if (stamp < 0) {
            return stamp == Gate.PASS
                    ? passed(chain, i, start, shape, work, a, b, frame)
                    : afterWait(chain, i, stamp, start, OwnWait.at(chain, i, stamp, frame), shape, work, a, b, frame);
        }
        return inside(chain, i, gate, stamp, start, shape, work, a, b, frame);
    }

    /** Runs what is inside of a gate that has been entered, and leaves the gate. */
    private static @Nullable Object inside(
            Chain chain,
            int i,
            Gate gate,
            long stamp,
            long start,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        Object value = null;
        Throwable failure = null;
        try {
            if (frame != null) {
                frame.entered(i, stamp, start);
            }
            value = inner(chain, i + 1, shape, work, a, b, frame);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        long from = frame == null ? start : frame.startOf(i, start);
        if (frame == null || !frame.isLeftElsewhere(i, gate, stamp, value, failure, from)) {
            try {
                gate.leave(chain.rules, stamp, value, failure, from, Gate.NO_TIME, Frame.callOf(frame));
            } catch (Throwable thrown) {
                failure = Failures.replacing(failure, thrown);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    /**
     * Gates that follow each other, and share their readings of the clock. Written out one by one, because the compiler
     * looks at each place of a call by itself: in most applications, a place sees one kind of gate.
     */
    private static @Nullable Object gates(
            Chain chain,
            int from,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        int size = chain.groupEnd[from] - from;
        Gate g0 = chain.gates[from];
        Gate g1 = chain.gates[from + 1];
        Gate g2 = size > 2 ? chain.gates[from + 2] : null;
        Gate g3 = size > 3 ? chain.gates[from + 3] : null;
        long start = startOf(chain, frame);
        long s0;
        long s1 = Gate.REFUSED;
        long s2 = Gate.REFUSED;
        long s3 = Gate.REFUSED;
        while ((s0 = g0.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
            start = chain.now();
        }
        if (s0 < 0 && s0 != Gate.PASS) {
            return afterWait(chain, from, s0, start, OwnWait.at(chain, from, s0, frame), shape, work, a, b, frame);
        }
        Object value = null;
        Throwable failure = null;
        OwnWait wait = null;
        boolean isKept = false;
        try {
            int next = 1;
            long stamp;
            while ((stamp = s1 = g1.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
                start = chain.now();
            }
            if ((stamp >= 0 || stamp == Gate.PASS) && g2 != null) {
                next = 2;
                while ((stamp = s2 = g2.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
                    start = chain.now();
                }
                if ((stamp >= 0 || stamp == Gate.PASS) && g3 != null) {
                    next = 3;
                    while ((stamp = s3 = g3.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
                        start = chain.now();
                    }
                }
            }
            if (frame != null) {
                frame.entered(from, start, s0, s1, s2, s3);
                isKept = true;
            }
            if (stamp >= 0 || stamp == Gate.PASS) {
                value = inner(chain, from + size, shape, work, a, b, frame);
            } else {
                wait = OwnWait.inGroup(chain, from, next, stamp, s0, s1, s2, start, frame);
                value = afterWait(chain, from + next, stamp, start, wait, shape, work, a, b, frame);
            }
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (wait != null) {
            start = wait.start();
        }
        if (frame != null && isKept) {
            start = frame.startOf(from, start);
        }
        Call call = Frame.callOf(frame);
        Classifier<@Nullable Object> rules = chain.rules;
        long stop = Gate.NO_TIME;
        if (g3 != null
                && s3 >= 0
                && (frame == null || !frame.isLeftElsewhere(from + 3, g3, s3, value, failure, start))) {
            try {
                stop = g3.leave(rules, s3, value, failure, start, stop, call);
            } catch (Throwable thrown) {
                failure = Failures.replacing(failure, thrown);
            }
        }
        if (g2 != null
                && s2 >= 0
                && (frame == null || !frame.isLeftElsewhere(from + 2, g2, s2, value, failure, start))) {
            try {
                stop = g2.leave(rules, s2, value, failure, start, stop, call);
            } catch (Throwable thrown) {
                failure = Failures.replacing(failure, thrown);
            }
        }
        if (s1 >= 0 && (frame == null || !frame.isLeftElsewhere(from + 1, g1, s1, value, failure, start))) {
            try {
                stop = g1.leave(rules, s1, value, failure, start, stop, call);
            } catch (Throwable thrown) {
                failure = Failures.replacing(failure, thrown);
            }
        }
        if (s0 >= 0 && (frame == null || !frame.isLeftElsewhere(from, g0, s0, value, failure, start))) {
            try {
                g0.leave(rules, s0, value, failure, start, stop, call);
            } catch (Throwable thrown) {
                failure = Failures.replacing(failure, thrown);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    /** Whose call is watched wants to know when it began; others read the clock when a gate asks. */
    private static long startOf(Chain chain, @Nullable Frame frame) {
        return frame == null || frame.call == null ? Gate.NO_TIME : chain.now();
    }

    /**
     * A gate did not give a stamp: waits for a turn, or throws the refusal. The gates further in start their clocks after the
     * wait, so they form a group of their own.
     */
    private static @Nullable Object afterWait(
            Chain chain,
            int i,
            long answer,
            long now,
            @Nullable OwnWait wait,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        Gate gate = chain.gates[i];
        if (answer == Gate.ASK) {
            return asked(chain, i, gate, now, wait, shape, work, a, b, frame);
        } else if (answer == Gate.INSTEAD) {
            return given(gate.answer(chain, shape, gate.instead(now), Frame.callOf(frame)));
        }
        boolean mayWaitAgain = answer == Gate.QUEUED && chain.mayWaitAgain(i);
        // Made before the gate lets the call in: it may throw.
        Frame known = frame == null && mayWaitAgain ? new Frame(chain, null) : frame;
        long stamp = admitSlowly(gate, answer, now, wait, Frame.callOf(frame));
        long start = startAfterWait(gate, stamp, now, Frame.callOf(frame));
        if (known == null || !mayWaitAgain) {
            return inside(chain, i, gate, stamp, start, shape, work, a, b, frame);
        }
        OwnWait before = wait == null ? null : known.enters(wait);
        OwnWait around = known.enters(OwnWait.behind(chain, i, stamp, start, known));
        try {
            return inside(chain, i, gate, stamp, start, shape, work, a, b, known);
        } finally {
            known.leaves(wait == null ? around : before);
        }
    }

    /** A gate has nothing to do with the call: what is inside of it runs as if it were not there. */
    private static @Nullable Object passed(
            Chain chain,
            int i,
            long now,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        if (frame != null) {
            frame.entered(i, Gate.PASS, now);
        }
        return inner(chain, i + 1, shape, work, a, b, frame);
    }

    /** A gate decides on the call itself; {@code wait} is there where a gate further in may let the call wait. */
    private static @Nullable Object asked(
            Chain chain,
            int i,
            Gate gate,
            long now,
            @Nullable OwnWait wait,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        if (wait == null) {
            return asked(chain, i, gate, now, shape, work, a, b, frame);
        }
        Frame known = frame == null ? new Frame(chain, null) : frame;
        OwnWait before = known.enters(wait);
        try {
            return asked(chain, i, gate, now, shape, work, a, b, known);
        } finally {
            known.leaves(before);
        }
    }

    private static @Nullable Object asked(
            Chain chain,
            int i,
            Gate gate,
            long now,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Frame frame)
            throws Throwable {
        Call call = Frame.callOf(frame);
        Turn turn = gate.ask(call);
        long stamp = Gate.PASS;
        long start = now;
        if (turn != null) {
            boolean waits = turn.nanos() > 0;
            stamp = waits ? BlockingWait.turn(gate, turn, now, null, call) : turn.close();
            if (stamp >= 0) {
                start = waits ? startAfterWait(gate, stamp, now, call) : now;
                return inside(chain, i, gate, stamp, start, shape, work, a, b, frame);
            } else if (stamp == Gate.INSTEAD) {
                return given(gate.answer(chain, shape, turn.instead(), call));
            } else if (stamp != Gate.PASS) {
                throw gate.refuse(now, call);
            }
        }
        return passed(chain, i, now, shape, work, a, b, frame);
    }

    private static @Nullable Object given(Outcome<?> outcome) throws Throwable {
        Throwable failure = outcome.thrown();
        if (failure != null) {
            throw failure;
        }
        return outcome.value();
    }

    /** A gate did not give a stamp: wait for a turn where there is one, throw the refusal where there is none. */
    static long admitSlowly(Gate gate, long answer, long reading, @Nullable OwnWait wait, @Nullable Call call)
            throws Throwable {
        long now = reading;
        if (gate.isQueueing(answer)) {
            now = now == Gate.NO_TIME ? Gate.reading(gate.environment()) : now;
            Turn turn = gate.queue(now, Interruptions.nanosLeft(gate.environment(), now));
            if (turn != null) {
                long stamp = BlockingWait.turn(gate, turn, now, wait, call);
                if (stamp >= 0) {
                    return stamp;
                }
            }
        }
        throw gate.refuse(now, call);
    }

    /** A reading for a gate that has just let its caller in. */
    static long startAfterWait(Gate gate, long stamp, long before, @Nullable Call call) {
        try {
            return Gate.reading(gate.environment());
        } catch (Throwable broken) {
            gate.leave(stamp, Ending.IGNORED, null, broken, before, before, call);
            throw broken;
        }
    }

    private static @Nullable Object handOff(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Frame frame)
            throws Throwable {
        Gate gate = chain.gates[i];
        // All that may fail before the gate is entered comes before it.
        Executor executor = Require.nonNull(gate.executor(), "executor");
        HandOff task = new HandOff(chain, i + 1, shape, work, a, b, frame, gate);
        long start = chain.now();
        long stamp = gate.enter(start);
        if (stamp == Gate.INSTEAD) {
            return given(gate.answer(chain, shape, gate.instead(start), Frame.callOf(frame)));
        }
        if (stamp < 0) {
            stamp = admitSlowly(gate, stamp, start, OwnWait.at(chain, i, stamp, frame), Frame.callOf(frame));
            start = startAfterWait(gate, stamp, start, Frame.callOf(frame));
        }
        task.start(executor, stamp, start, Loop.NO_LIMIT);
        return task.await(gate);
    }

    // ---- Arounds --------------------------------------------------------------------------------------------------

    private static @Nullable Object around(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Frame frame)
            throws Throwable {
        Around.Watch outer = Frame.watchOf(frame);
        Around.Watch watch = ((Around) chain.policies[i]).begins(Frame.callOf(frame), outer);
        if (watch == null) {
            return inner(chain, i + 1, shape, work, a, b, frame);
        }
        if (frame != null) {
            frame.watchedBy(watch);
        }
        Object value = null;
        Throwable failure = null;
        try {
            value = Around.within(watch, () -> run(chain, i + 1, shape, work, a, b, frame));
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (frame != null) {
            frame.watchedBy(outer);
        }
        watch.ended(value, failure);
        if (failure != null) {
            throw failure;
        }
        return value;
    }
}
