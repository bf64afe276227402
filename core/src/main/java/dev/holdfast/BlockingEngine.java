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

    static @Nullable Object call(Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b)
            throws Throwable {
        return run(chain, 0, shape, work, a, b, chain.newCall(shape, a, b));
    }

    /** Runs what is inside of a chain from policy {@code i} on. */
    static @Nullable Object run(
            Chain chain, int i, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Call call)
            throws Throwable {
        switch (chain.kinds[i]) {
            case Chain.GATE:
                return gates(chain, i, shape, work, a, b, call);
            case Chain.HAND_OFF:
                return handOff(chain, i, shape, work, a, b, call);
            case Chain.LOOP:
                return loop(chain, i, shape, work, a, b, call);
            case Chain.DEADLINE:
                return deadline(chain, i, shape, work, a, b, call);
            case Chain.RECOVERY:
                return recovery(chain, i, shape, work, a, b, call);
            default:
                return Work.run(shape, work, a, b, call);
        }
    }

    private static @Nullable Object gates(
            Chain chain, int from, int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Call call)
            throws Throwable {
        Policy<?>[] policies = chain.policies;
        int end = chain.groupEnd[from];
        int entered = from;
        long start = Gate.NO_TIME;
        long startAfterWait = Gate.NO_TIME;
        boolean waited = false;
        long s0 = 0;
        long s1 = 0;
        long s2 = 0;
        long s3 = 0;
        long s4 = 0;
        long s5 = 0;
        long s6 = 0;
        long s7 = 0;
        Object value = null;
        Throwable failure = null;
        try {
            if (call != null) {
                start = chain.now();
            }
            while (entered < end && !waited) {
                Gate gate = (Gate) policies[entered];
                long stamp = gate.enter(start);
                if (stamp < 0) {
                    if (stamp == Gate.NEEDS_TIME) {
                        start = chain.now();
                        stamp = gate.enter(start);
                    }
                    if (stamp < 0) {
                        stamp = admitSlowly(gate, stamp, start, call);
                        // The gates further in start their clocks after the wait, so they form a group of their own.
                        waited = true;
                    }
                }
                switch (entered++ - from) {
                    case 0:
                        s0 = stamp;
                        break;
                    case 1:
                        s1 = stamp;
                        break;
                    case 2:
                        s2 = stamp;
                        break;
                    case 3:
                        s3 = stamp;
                        break;
                    case 4:
                        s4 = stamp;
                        break;
                    case 5:
                        s5 = stamp;
                        break;
                    case 6:
                        s6 = stamp;
                        break;
                    default:
                        s7 = stamp;
                }
            }
            startAfterWait = waited ? chain.now() : start;
            value = run(chain, entered, shape, work, a, b, call);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        long stop = Gate.NO_TIME;
        for (int i = entered - 1; i >= from; i--) {
            Gate gate = (Gate) policies[i];
            long stamp = stampOf(i - from, s0, s1, s2, s3, s4, s5, s6, s7);
            try {
                long began = waited && i == entered - 1 ? startAfterWait : start;
                stop = gate.leave(stamp, value, failure, began, stop, call);
            } catch (Throwable thrown) {
                failure = replacing(failure, thrown);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return value;
    }

    private static long stampOf(
            int index, long s0, long s1, long s2, long s3, long s4, long s5, long s6, long s7) {
        switch (index) {
            case 0:
                return s0;
            case 1:
                return s1;
            case 2:
                return s2;
            case 3:
                return s3;
            case 4:
                return s4;
            case 5:
                return s5;
            case 6:
                return s6;
            default:
                return s7;
        }
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
    private static long afterWait(Gate gate, long stamp, long before) {
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
        if (thrown instanceof Error) {
            throw (Error) thrown;
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
        Gate gate = (Gate) chain.policies[i];
        // All that may fail before the gate is entered comes before it.
        Executor executor = Require.nonNull(gate.executor(), "executor");
        HandOff task = new HandOff(chain, i + 1, shape, work, a, b, call, gate);
        long start = chain.now();
        long stamp = gate.enter(start);
        if (stamp < 0) {
            stamp = admitSlowly(gate, stamp, start, call);
            start = afterWait(gate, stamp, start);
        }
        task.start(executor, stamp, start);
        return task.await(gate);
    }

    @SuppressWarnings("unchecked") // A policy in the chain accepts the results of the call: the public methods see to it.
    private static @Nullable Object loop(
            Chain chain,
            int i,
            int shape,
            Object work,
            @Nullable Object a,
            @Nullable Object b,
            @Nullable Call outerCall)
            throws Throwable {
        Loop<Object> loop = (Loop<Object>) chain.policies[i];
        long start = loop.maxNanos() == Loop.NO_LIMIT ? Gate.NO_TIME : chain.now();
        Call call = outerCall == null ? null : outerCall.withAttempt(1);
        long delay = 0;
        Throwable last = null;
        ArrayDeque<Throwable> earlier = null;
        for (int attempt = 1; ; attempt = Math.max(attempt, attempt + 1)) {
            Object value = null;
            Throwable failure = null;
            try {
                value = run(chain, i + 1, shape, work, a, b, call);
            } catch (Throwable thrown) {
                failure = thrown;
            }
            try {
                Ending ending = loop.classifier().classify(value, failure);
                if (ending == Ending.FAILURE) {
                    long now = chain.now();
                    long left = loop.nanosLeft(now, start, call);
                    delay = loop.next(attempt, delay, value, Classifier.unwrap(failure), now, left);
                    if (delay >= 0) {
                        loop.tellScheduled(call, delay, value, failure);
                        chain.environment.await(() -> false, delay);
                    }
                    if (delay >= 0 && !loop.isOver(start, call)) {
                        earlier = last == null ? earlier : Loop.remember(earlier, last);
                        last = failure;
                        call = call == null ? null : call.withAttempt(attempt + 1);
                        continue;
                    }
                    loop.tellExhausted(call, value, failure);
                    if (failure == null) {
                        value = loop.gaveUp(value, attempt);
                    }
                } else if (ending == Ending.SUCCESS) {
                    loop.succeeded(attempt);
                }
            } catch (InterruptedException interrupt) {
                failure = interrupted(loop, interrupt, failure);
            } catch (Throwable thrown) {
                failure = replacing(failure, thrown);
            }
            if (failure != null) {
                Loop.suppress(failure, last, earlier);
                throw failure;
            }
            return value;
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
            value = run(chain, i + 1, shape, work, a, b, call);
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
            value = run(chain, i + 1, shape, work, a, b, call);
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
