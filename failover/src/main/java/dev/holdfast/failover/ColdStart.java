// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Backoff;
import dev.holdfast.Checked;
import dev.holdfast.Environment;
import dev.holdfast.Turn;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A standby tier that has to be started before it can be called. The first call that is sent there has it started, on one of the environment's
 * threads; it and those that come meanwhile wait for that, each for so long at most.
 *
 * <pre>
 *   COLD ── a call comes ──▶ STARTING ── started ──▶ READY: calls that wait go in, others do not wait
 *    ▲ └ not yet again: refused   │
 *    └───────── it has failed ────┘  calls that wait are refused
 * </pre>
 */
final class ColdStart {
    /** Refuses calls until another start may be tried. */
    private record Cold(int failed, long until, @Nullable Throwable cause) {}

    /** Since a reading of the clock. */
    private record Starting(long since) {}

    private static final Object READY = new Object();
    private static final Cold FIRST = new Cold(0, 0, null);

    private final Checked.Runnable<? extends Exception> start;
    private final long patience;
    private final Backoff backoff;
    private final Environment environment;
    private final Runnable changes;
    private final Runnable news;
    private final AtomicReference<Object> state = new AtomicReference<>(FIRST);
    private final Queue<Waiter> waiting = new ConcurrentLinkedQueue<>();
    final LongAdder started = new LongAdder();
    final LongAdder failed = new LongAdder();

    /**
     * @param changes is told when the tier is worth more or less than before
     * @param news is told after that, when calls that have waited go on
     */
    ColdStart(
            Checked.Runnable<? extends Exception> start,
            Duration patience,
            Backoff backoff,
            Environment environment,
            Runnable changes,
            Runnable news) {
        this.changes = changes;
        this.news = news;
        this.start = start;
        this.patience = Require.saturatedNanos(patience);
        this.backoff = backoff;
        this.environment = environment;
    }

    boolean isReady() {
        return state.get() == READY;
    }

    /** Whether a call may wait for it. */
    boolean isWorthWaitingFor(long now) {
        return !(state.get() instanceof Cold cold) || cold.failed == 0 || now - cold.until >= 0;
    }

    /** Whether calls that are sent there can be expected to go in. */
    boolean isPromising(long now) {
        Object seen = state.get();
        return seen instanceof Starting starting
                ? now - starting.since < patience
                : isReady() || isWorthWaitingFor(now);
    }

    /** In how many nanoseconds time changes that; {@link Long#MAX_VALUE}: never. */
    long changesIn(long now) {
        Object seen = state.get();
        long left = seen instanceof Starting starting
                ? patience - (now - starting.since)
                : seen instanceof Cold cold && cold.failed > 0 ? cold.until - now : 0;
        return left > 0 ? left : Long.MAX_VALUE;
    }

    /** Has a call wait, and the tier started if nobody does. */
    Turn await(Node<?> node, long now) {
        Waiter waiter = new Waiter(node);
        waiting.add(waiter);
        Object seen = state.get();
        if (seen instanceof Cold cold && isWorthWaitingFor(now) && state.compareAndSet(seen, new Starting(now))) {
            changes.run();
            begin(cold.failed);
        } else {
            // A start that has ended meanwhile may not have seen this one.
            settle();
        }
        return waiter;
    }

    private void begin(int failedBefore) {
        try {
            environment.executor().execute(() -> start(failedBefore));
        } catch (Throwable refused) {
            end(failedBefore, refused);
        }
    }

    private void start(int failedBefore) {
        Throwable thrown = null;
        try {
            start.run();
        } catch (Throwable failure) {
            thrown = failure;
        }
        end(failedBefore, thrown);
    }

    private void end(int failedBefore, @Nullable Throwable thrown) {
        if (thrown == null) {
            started.increment();
            state.set(READY);
        } else {
            failed.increment();
            int times = failedBefore + 1;
            state.set(new Cold(times, notBefore(times), thrown));
        }
        // First: calls that have waited go elsewhere.
        changes.run();
        settle();
        news.run();
    }

    /** When another start may be tried: at once if the clock cannot say. */
    private long notBefore(int times) {
        try {
            return environment.nanoTime() + backoff.nanos(times, 0, environment);
        } catch (RuntimeException broken) {
            return Long.MIN_VALUE / 2;
        }
    }

    /** Nobody waits for what is not going on. */
    private void settle() {
        for (Waiter each = waiting.peek(); each != null && !(state.get() instanceof Starting); each = waiting.peek()) {
            if (!waiting.remove(each)) {
                continue;
            }
            if (isReady()) {
                each.letIn();
            } else {
                each.turnAway();
            }
        }
    }

    /** Why a call is refused that was sent there. */
    NoNodeException rejection(String policy) {
        if (state.get() instanceof Cold cold && cold.cause != null) {
            NoNodeException refusal = new NoNodeException(
                    policy, "could not start its standby", Math.max(0, cold.until - environment.nanoTime()));
            refusal.addSuppressed(cold.cause);
            return refusal;
        }
        return new NoNodeException(policy, "waited too long for its standby to start", 0);
    }

    private final class Waiter extends Turn {
        private final Node<?> node;

        Waiter(Node<?> node) {
            this.node = node;
        }

        void letIn() {
            long stamp = node.letIn();
            if (!grant(stamp)) {
                node.letOut();
            }
        }

        @Override
        protected long nanos() {
            return patience;
        }

        @Override
        protected long due() {
            waiting.remove(this);
            return isReady() ? node.letIn() : REFUSED;
        }

        @Override
        protected void abandoned() {
            waiting.remove(this);
        }
    }
}
