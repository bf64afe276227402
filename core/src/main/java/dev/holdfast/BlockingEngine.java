// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs a call on its caller's thread: each kind of policy calls {@link #run} for what is inside of it.
 *
 * <p>A success allocates nothing here. That is why gates that follow each other are entered and left in one method,
 * with their stamps in local variables, and why the work and its arguments are handed down one by one. The clock is read
 * at most once before and once after the work for all gates of a group, and only when one of them asks.
 */
final class BlockingEngine {
    private BlockingEngine() {}

    /** Makes a call through a policy's chain. */
    static @Nullable Object call(
            Policy<?> policy, Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b)
            throws Throwable {
        Call call = chain.newCall(chain.isAlone ? policy.isCallWatched() : chain.isCallWatched(), shape, a, b);
        if (chain.isAlone) {
            // Through the policy at hand: each step from object to object, by way of the chain, takes a nanosecond.
            if (chain.kinds[0] == Chain.GATE) {
                return gate(chain, 0, (Gate) policy, shape, work, a, b, call);
            } else if (chain.kinds[0] == Chain.LOOP) {
                return loop(chain, 0, (Loop<?>) policy, shape, work, a, b, call);
            }
        }
        return run(chain, 0, shape, work, a, b, call);
    }

    /** Runs what is inside of a chain from policy {@code i} on. */
    static @Nullable Object run(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Call call)
            throws Throwable {
        switch (chain.kinds[i]) {
            case Chain.GATE:
                return gate(chain, i, chain.gates[i], shape, work, a, b, call);
            case Chain.GATES:
                return gates(chain, i, shape, work, a, b, call);
            case Chain.HAND_OFF:
                return handOff(chain, i, shape, work, a, b, call);
            case Chain.LOOP:
                return loop(chain, i, (Loop<?>) chain.policies[i], shape, work, a, b, call);
            case Chain.DEADLINE:
                return deadline(chain, i, shape, work, a, b, call);
            case Chain.RECOVERY:
                return recovery(chain, i, shape, work, a, b, call);
            default:
                return Work.run(shape, work, a, b, call);
        }
    }

    /** {@link #run}, with a short cut to the work: the compiler inlines a method into itself only once. */
    private static @Nullable Object inner(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Call call)
            throws Throwable {
        return chain.kinds[i] == Chain.WORK
                ? Work.run(shape, work, a, b, call)
                : run(chain, i, shape, work, a, b, call);
    }

    private static @Nullable Object gate(
            Chain chain,
            int i,
            Gate gate,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Call call)
            throws Throwable {
        long start = call == null ? Gate.NO_TIME : chain.now();
        long stamp;
        // One place where it is entered: the compiler copies what it calls to each.
        while ((stamp = gate.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
            start = chain.now();
        }
        if (stamp < 0) {
            return afterWait(chain, i, stamp, start, shape, work, a, b, call);
        }
        return inside(chain, i, gate, stamp, start, shape, work, a, b, call);
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
            @Nullable Call call)
            throws Throwable {
        Object value = null;
        Throwable failure = null;
        try {
            value = inner(chain, i + 1, shape, work, a, b, call);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        try {
            gate.leave(stamp, value, failure, start, Gate.NO_TIME, call);
        } catch (Throwable thrown) {
            failure = replacing(failure, thrown);
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
            Chain chain, int from, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Call call)
            throws Throwable {
        int size = chain.groupEnd[from] - from;
        Gate g0 = chain.gates[from];
        Gate g1 = chain.gates[from + 1];
        Gate g2 = size > 2 ? chain.gates[from + 2] : null;
        Gate g3 = size > 3 ? chain.gates[from + 3] : null;
        long start = call == null ? Gate.NO_TIME : chain.now();
        long s0;
        long s1 = Gate.REFUSED;
        long s2 = Gate.REFUSED;
        long s3 = Gate.REFUSED;
        while ((s0 = g0.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
            start = chain.now();
        }
        if (s0 < 0) {
            return afterWait(chain, from, s0, start, shape, work, a, b, call);
        }
        Object value = null;
        Throwable failure = null;
        try {
            int next = 1;
            long stamp;
            while ((stamp = s1 = g1.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
                start = chain.now();
            }
            if (stamp >= 0 && g2 != null) {
                next = 2;
                while ((stamp = s2 = g2.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
                    start = chain.now();
                }
                if (stamp >= 0 && g3 != null) {
                    next = 3;
                    while ((stamp = s3 = g3.enter(start)) == Gate.NEEDS_TIME && start == Gate.NO_TIME) {
                        start = chain.now();
                    }
                }
            }
            value = stamp < 0
                    ? afterWait(chain, from + next, stamp, start, shape, work, a, b, call)
                    : inner(chain, from + size, shape, work, a, b, call);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        long stop = Gate.NO_TIME;
        if (g3 != null && s3 >= 0) {
            try {
                stop = g3.leave(s3, value, failure, start, stop, call);
            } catch (Throwable thrown) {
                failure = replacing(failure, thrown);
            }
        }
        if (g2 != null && s2 >= 0) {
            try {
                stop = g2.leave(s2, value, failure, start, stop, call);
            } catch (Throwable thrown) {
                failure = replacing(failure, thrown);
            }
        }
        if (s1 >= 0) {
            try {
                stop = g1.leave(s1, value, failure, start, stop, call);
            } catch (Throwable thrown) {
                failure = replacing(failure, thrown);
            }
        }
        try {
            g0.leave(s0, value, failure, start, stop, call);
        } catch (Throwable thrown) {
            failure = replacing(failure, thrown);
        }
        if (failure != null) {
            throw failure;
        }
        return value;
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
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Call call)
            throws Throwable {
        Gate gate = chain.gates[i];
        long stamp = admitSlowly(gate, answer, now, call);
        return inside(chain, i, gate, stamp, startAfterWait(gate, stamp, now), shape, work, a, b, call);
    }

    /** A gate did not give a stamp: wait for a turn where there is one, throw the refusal where there is none. */
    static long admitSlowly(Gate gate, long answer, long reading, @Nullable Call call) {
        long now = reading;
        if (answer == Gate.QUEUED) {
            now = now == Gate.NO_TIME ? Gate.reading(gate.environment()) : now;
            Turn turn = gate.queue(now);
            if (turn != null) {
                long stamp = await(gate, turn, now);
                if (stamp >= 0) {
                    return stamp;
                }
            }
        } else if (answer != Gate.REFUSED) {
            throw new IllegalStateException(gate + ": enter: " + answer + " (expected: a stamp, REFUSED or QUEUED)");
        }
        throw gate.refuse(now, call);
    }

    /** A reading for a gate that has just let its caller in. */
    static long startAfterWait(Gate gate, long stamp, long before) {
        try {
            return Gate.reading(gate.environment());
        } catch (Throwable broken) {
            gate.leave(stamp, Ending.IGNORED, before, before);
            throw broken;
        }
    }

    private static long await(Gate gate, Turn turn, long now) {
        Thread caller = Thread.currentThread();
        turn.onGrant(() -> LockSupport.unpark(caller));
        try {
            gate.environment().await(turn::isGranted, turn.nanos());
            return turn.close();
        } catch (Throwable thrown) {
            long granted = turn.giveUp();
            if (granted >= 0) {
                gate.leave(granted, Ending.IGNORED, now, Gate.NO_TIME);
            }
            throw interrupted(gate, thrown, null);
        }
    }

    /** What a caller gets whose wait was cut short, with the interrupt flag set again if that was the reason. */
    private static RuntimeException interrupted(Policy<?> policy, Throwable thrown, @Nullable Throwable last) {
        if (thrown instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            return new CallInterruptedException(policy.name(), last);
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        return (RuntimeException) thrown;
    }

    /** What was thrown while an outcome was looked at takes its place, and carries it. */
    static Throwable replacing(@Nullable Throwable failure, Throwable thrown) {
        if (failure != null) {
            Loop.suppress(thrown, failure);
        }
        return thrown;
    }

    private static @Nullable Object handOff(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Call call)
            throws Throwable {
        Gate gate = chain.gates[i];
        // All that may fail before the gate is entered comes before it.
        Executor executor = Require.nonNull(gate.executor(), "executor");
        HandOff task = new HandOff(chain, i + 1, shape, work, a, b, call, gate);
        long start = chain.now();
        long stamp = gate.enter(start);
        if (stamp < 0) {
            stamp = admitSlowly(gate, stamp, start, call);
            start = startAfterWait(gate, stamp, start);
        }
        task.start(executor, stamp, start);
        return task.await(gate);
    }

    /** The first attempt, which is the only one of most calls. */
    private static @Nullable Object loop(
            Chain chain,
            int i,
            Loop<?> loop,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Call outerCall)
            throws Throwable {
        long start = loop.maxNanos() == Loop.NO_LIMIT ? Gate.NO_TIME : chain.now();
        Call call = outerCall == null ? null : outerCall.withAttempt(1);
        Object value = null;
        Throwable failure = null;
        try {
            value = inner(chain, i + 1, shape, work, a, b, call);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (failure != null || loop.classifier().looksAtResults()) {
            return attempts(chain, i, shape, work, a, b, call, start, value, failure);
        }
        loop.succeeded(1);
        return value;
    }

    /** What follows an attempt that is perhaps not the last. */
    @SuppressWarnings("unchecked") // A policy in the chain accepts the results of the call: the public methods see to it.
    private static @Nullable Object attempts(
            Chain chain,
            int i,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Call firstCall,
            long start,
            @Nullable Object firstValue,
            @Nullable Throwable firstFailure)
            throws Throwable {
        Loop<Object> loop = (Loop<Object>) chain.policies[i];
        Call call = firstCall;
        Object value = firstValue;
        Throwable failure = firstFailure;
        long delay = 0;
        Throwable last = null;
        ArrayDeque<Throwable> earlier = null;
        for (int attempt = 1; ; attempt = Math.max(attempt, attempt + 1)) {
            try {
                Ending ending = loop.classifier().classify(value, failure);
                if (ending == Ending.FAILURE) {
                    delay = loop.decide(attempt, delay, value, failure, start, call);
                    if (delay >= 0) {
                        loop.tellScheduled(call, delay, value, failure);
                        chain.environment.await(() -> false, delay);
                    }
                    if (delay < 0 || loop.isOver(start, call)) {
                        loop.tellExhausted(call, value, failure);
                        value = failure == null ? loop.gaveUp(value, attempt) : null;
                        delay = Loop.STOP;
                    }
                } else {
                    delay = Loop.STOP;
                    if (ending == Ending.SUCCESS) {
                        loop.succeeded(attempt);
                    }
                }
            } catch (InterruptedException interrupt) {
                delay = Loop.STOP;
                failure = interrupted(loop, interrupt, failure);
            } catch (Throwable thrown) {
                delay = Loop.STOP;
                failure = replacing(failure, thrown);
            }
            if (delay < 0) {
                if (failure != null) {
                    Loop.suppress(failure, last, earlier);
                    throw failure;
                }
                return value;
            }
            earlier = last == null ? earlier : Loop.remember(earlier, last);
            last = failure;
            call = call == null ? null : call.withAttempt(attempt + 1);
            value = null;
            failure = null;
            try {
                value = inner(chain, i + 1, shape, work, a, b, call);
            } catch (Throwable thrown) {
                failure = thrown;
            }
        }
    }

    private static @Nullable Object deadline(
            Chain chain,
            int i,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Call outerCall)
            throws Throwable {
        Deadline deadline = (Deadline) chain.policies[i];
        long limit = deadline.nanos(outerCall);
        if (limit == Loop.NO_LIMIT) {
            return run(chain, i + 1, shape, work, a, b, outerCall);
        }
        if (limit <= 0) {
            throw deadline.passed(limit, outerCall);
        }
        Call call = outerCall == null ? null : outerCall.withDeadline(chain.now(), limit);
        Executor executor = deadline.executor();
        if (executor != null) {
            HandOff task = new HandOff(chain, i + 1, shape, work, a, b, call, null);
            task.start(executor, 0, 0);
            return task.await(deadline, limit, call);
        }
        Interruption outer = call == null ? null : call.interruption();
        Interruption interruption = new Interruption(Thread.currentThread(), outer);
        call = call == null ? null : call.withInterruption(interruption);
        Environment.Timer timer = chain.environment.schedule(interruption, limit);
        Object value = null;
        Throwable failure = null;
        try {
            value = inner(chain, i + 1, shape, work, a, b, call);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        boolean inTime = interruption.end();
        timer.cancel();
        if (!inTime) {
            throw replacing(failure, deadline.passed(limit, call));
        }
        deadline.kept();
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    @SuppressWarnings("unchecked") // As in loop.
    private static @Nullable Object recovery(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Call call)
            throws Throwable {
        Recovery<Object> recovery = (Recovery<Object>) chain.policies[i];
        Object value = null;
        Throwable failure = null;
        try {
            value = inner(chain, i + 1, shape, work, a, b, call);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        try {
            if (recovery.classifier().classify(value, failure) == Ending.FAILURE) {
                Object replaced = recovery.recover(value, failure, call);
                recovery.tellRecovered(call, value, failure, replaced);
                return replaced;
            }
            if (failure == null) {
                recovery.passed(value, call);
                return value;
            }
        } catch (InterruptedException interrupt) {
            throw interrupted(recovery, interrupt, failure);
        } catch (Throwable thrown) {
            throw replacing(failure, thrown);
        }
        throw failure;
    }
}
