// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.CallCounts;
import dev.holdfast.CallInterruptedException;
import dev.holdfast.Ending;
import dev.holdfast.Gate;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import dev.holdfast.Turn;
import dev.holdfast.UnavailableException;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a node, for as long as it is in the list: the calls under way, what they take, how they end. It stands around each attempt on
 * the node as a gate that lets all in, so that what was entered is left exactly once, however the attempt ends.
 *
 * <pre>
 *   enter ── under way + 1; the stamp is the number of the node's {@link Stay}
 *   exit ─── under way - 1; what it took ──▶ {@link Cost}
 *              └ of this stay: a success, a failure ──▶ ejected, tried, up again
 * </pre>
 *
 * @param <T> what the node is
 */
final class Node<T> extends Gate {
    /** When it began to warm up, and whether it has been away: a standby then waits before it gives back. */
    record Warming(long since, boolean hasBeenAway) {}

    private final Replicas<T> replicas;
    /** Around the work at this node, for as long as it stays. */
    final @Nullable Policy<?> guard;

    /** How long nobody tries a node again that has refused, where there is another one, and the refusal does not say. */
    private static final long REFUSES = Duration.ofSeconds(1).toNanos();

    private static final long REFUSES_AT_MOST = Duration.ofSeconds(10).toNanos();

    private final Gate work;
    final Cost cost;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicReference<Stay> stay = new AtomicReference<>(Stay.first());
    /** How often its ejections have grown and not shrunk again. */
    private final AtomicInteger grown = new AtomicInteger();
    /** When that has shrunk last: a reading of the clock. */
    private volatile long shrunk;

    private volatile @Nullable Warming warming;
    /** Its own policies have refused the last call, and will refuse others until then, as far as one knows; a reading of the clock. */
    private volatile long refusesUntil = NO_TIME;
    /** When it was called last, as long as it has not answered; a reading of the clock. */
    private volatile long tried = NO_TIME;

    private volatile boolean draining;
    /** Why a detector says that it is down. */
    private volatile @Nullable String suspicion;

    private volatile @Nullable ColdStart coldStart;
    /** Its counts when the time began in which it is compared with others now. */
    private volatile CallCounts compared;

    /** How it stood when that was last told: of whoever makes views. */
    volatile NodeState told = NodeState.LEFT;

    Node(String name, Replicas<T> replicas, @Nullable Policy<?> guard, long now) {
        super(name, replicas.environment());
        this.replicas = replicas;
        this.guard = guard;
        this.work = new Work(name, replicas);
        this.cost = new Cost(Math.max(1, replicas.pick().decay()), now);
        this.compared = counts();
        classifyBy(replicas.classifier().failIf(RejectedException.class, WorkBegan::isOn));
    }

    /** The policies around the work, outermost first. */
    Policy<?>[] guards() {
        return guard == null ? new Policy<?>[] {work} : new Policy<?>[] {guard, work};
    }

    // ---- As a gate --------------------------------------------------------------------------------------------------

    @Override
    protected long enter(long now) {
        ColdStart cold = coldStart;
        boolean waits = cold != null && !cold.isReady();
        Stay at = stay();
        if (now == NO_TIME && (waits || replicas.needsTime() || at.kind == Stay.Kind.TRIAL || grown.get() > 0)) {
            return NEEDS_TIME;
        }
        if (waits && cold != null) {
            return cold.isWorthWaitingFor(now) ? QUEUED : REFUSED;
        }
        if (now != NO_TIME && cost.level() == Cost.UNKNOWN) {
            tried = now;
        }
        return letIn(at);
    }

    /** For who has waited. */
    long letIn() {
        return letIn(stay());
    }

    private long letIn(Stay at) {
        inFlight.incrementAndGet();
        return at.stamp();
    }

    /** Who was let in has gone before. */
    void letOut() {
        inFlight.decrementAndGet();
    }

    @Override
    protected @Nullable Turn queue(long now, long nanosLeft) {
        ColdStart cold = coldStart;
        return cold == null || nanosLeft == 0 ? null : cold.await(this, now);
    }

    @Override
    protected RejectedException rejection(long now) {
        ColdStart cold = coldStart;
        return cold == null
                ? new NoNodeException(replicas.name(), "did not wait for its standby", RejectedException.UNKNOWN)
                : cold.rejection(replicas.name());
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        Stay at = stay();
        boolean isOfNow = at.isDecidedBy(stamp);
        RejectedException refusal = ending == Ending.IGNORED ? refusalOf(failure) : null;
        if (now == NO_TIME && (replicas.needsTime() || refusal != null || (isOfNow && changesAt(at, ending)))) {
            return false;
        }
        letOut();
        if (refusal != null) {
            refuses(refusal, now);
        } else if (ending != Ending.IGNORED && refusesUntil != NO_TIME) {
            refusesUntil = NO_TIME;
        }
        if (now != NO_TIME) {
            learn(ending, failure, now, elapsedNanos);
        }
        if (isOfNow) {
            settle(at, stamp, ending, failure, now, elapsedNanos);
        }
        if (now != NO_TIME) {
            replicas.compareAt(now);
        }
        return true;
    }

    /** Whether something may begin now that lasts for a time, or it matters how long the call was there. */
    private boolean changesAt(Stay at, Ending ending) {
        return ending == Ending.FAILURE || at.kind == Stay.Kind.TRIAL || (ending == Ending.SUCCESS && grown.get() > 0);
    }

    private static @Nullable RejectedException refusalOf(@Nullable Throwable failure) {
        return unwrapped(failure) instanceof RejectedException refusal && !(refusal instanceof UnavailableException)
                ? refusal
                : null;
    }

    private void refuses(RejectedException refusal, long now) {
        if (now != NO_TIME) {
            long known = refusal.retryAfterNanos();
            refusesUntil = now + (known < 0 ? REFUSES : Math.min(known, REFUSES_AT_MOST));
        }
    }

    private void learn(Ending ending, @Nullable Throwable failure, long now, long nanos) {
        if (nanos < 0 || replicas.pick().decay() == 0) {
            return;
        }
        if (ending == Ending.SUCCESS) {
            cost.answered(nanos, now);
        } else if (ending == Ending.FAILURE) {
            cost.failed(nanos, replicas.pick().penalty(), now);
        } else if (!(unwrapped(failure) instanceof RejectedException)) {
            // How old it was when it was called off: a refusal has no age.
            cost.isAtLeast(nanos, now);
        }
    }

    private void settle(Stay at, long stamp, Ending ending, @Nullable Throwable failure, long now, long nanos) {
        if (at.kind == Stay.Kind.TRIAL) {
            if (ending == Ending.IGNORED) {
                // A call that was called off has hung, as far as it is known: the next one would be as late.
                if (at.number == stamp && !(nanos > 0 && isCalledOff(failure))) {
                    replace(at, at.free());
                }
            } else if (ending == Ending.SUCCESS) {
                // Before it gets others: they would stay away for what it has cost while it was ill.
                cost.startsAnew(nanos, now);
                replicas.comesBack(this, at, now);
            } else {
                replicas.eject(this, at, now, Reason.TRIAL, "failed on trial: " + shown(failure));
            }
        } else if (at.kind == Stay.Kind.UP && ending == Ending.SUCCESS) {
            at.succeeded();
            shrink(now);
        } else if (at.kind == Stay.Kind.UP && ending == Ending.FAILURE) {
            int inARow = at.failed();
            int most = replicas.ejection().failures;
            if (most > 0 && inARow >= most) {
                replicas.eject(this, at, now, Reason.FAILURES, inARow + " failures in a row: " + shown(failure));
            }
        }
    }

    /** Why a node was ejected. */
    enum Reason {
        FAILURES,
        WORSE,
        TRIAL
    }

    private static String shown(@Nullable Throwable failure) {
        Throwable own = unwrapped(failure);
        return own == null ? "a result" : own.getClass().getName();
    }

    private static boolean isCalledOff(@Nullable Throwable failure) {
        Throwable own = unwrapped(failure);
        return own instanceof CancellationException
                || own instanceof InterruptedException
                || own instanceof CallInterruptedException;
    }

    private static @Nullable Throwable unwrapped(@Nullable Throwable failure) {
        return failure == null ? null : Outcome.ofFailure(failure).failure();
    }

    /** The innermost gate: a refusal that comes from inside of it is the work's own. */
    private static final class Work extends Gate {
        private final String node;

        Work(String node, Replicas<?> replicas) {
            super(node, replicas.environment());
            this.node = node;
        }

        @Override
        protected long enter(long now) {
            return 0;
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
            if (unwrapped(failure) instanceof RejectedException refusal) {
                WorkBegan.mark(refusal, node);
            }
            return true;
        }

        @Override
        protected RejectedException rejection(long now) {
            throw new AssertionError("a gate that refuses nobody");
        }
    }

    // ---- How it stands ----------------------------------------------------------------------------------------------

    Stay stay() {
        return Require.nonNull(stay.get(), "stay");
    }

    /** A call is to go there that decides; {@code false} if another one does. */
    boolean takesTrial(long now, long patience) {
        Stay at = stay();
        return at.isFree(now, patience) && replace(at, at.taken(now));
    }

    /** Whether a view may have it tried; else, when its time is over, nobody will. */
    boolean isOnTrial() {
        return state() == NodeState.TRIAL;
    }

    boolean replace(Stay from, Stay to) {
        return stay.compareAndSet(from, to);
    }

    /** It is not in the list any more; gives how it stood. */
    Stay leave() {
        return Require.nonNull(stay.getAndUpdate(Stay::left), "stay");
    }

    int inFlight() {
        return inFlight.get();
    }

    /** Whether its own policies have refused the last call of those that say something. */
    boolean hasRefused() {
        return refusesUntil != NO_TIME;
    }

    /** Whether they would refuse another one now, as far as one knows. */
    boolean refuses() {
        long until = refusesUntil;
        return until != NO_TIME && environment().nanoTime() - until < 0;
    }

    /** How long ago a node was called that has not answered; -1 if it never was. */
    long sinceTried() {
        long last = tried;
        return last == NO_TIME ? -1 : Math.max(0, environment().nanoTime() - last);
    }

    int grown() {
        return grown.get();
    }

    void grows(int to) {
        grown.set(to);
    }

    /** It has served a call: its next ejection is shorter, by one step in so much time at most. */
    private void shrink(long now) {
        int before = grown.get();
        if (before > 0 && now - shrunk >= Comparison.EACH && grown.compareAndSet(before, before - 1)) {
            shrunk = now;
        }
    }

    /** It serves calls from now on: its ejections shrink no sooner than after a time. */
    void shrinksFrom(long now) {
        shrunk = now;
    }

    @Nullable Warming warming() {
        return warming;
    }

    void warmsUp(long now, boolean hasBeenAway) {
        warming = new Warming(now, hasBeenAway);
        shrunk = now;
    }

    /** Whether nothing is left of it in the list, not even to tell. */
    boolean isGone() {
        return told == NodeState.LEFT && inFlight() <= 0;
    }

    void isWarm() {
        warming = null;
    }

    boolean isDraining() {
        return draining;
    }

    void drain(boolean value) {
        draining = value;
    }

    @Nullable String suspicion() {
        return suspicion;
    }

    void suspect(@Nullable String why) {
        suspicion = why;
    }

    /** Whether it can be called without being started. */
    boolean isStarted() {
        ColdStart cold = coldStart;
        return cold == null || cold.isReady();
    }

    void startsBy(@Nullable ColdStart value) {
        coldStart = value;
    }

    /** Whether its last call has failed. */
    boolean isFailing() {
        Stay at = stay();
        return at.kind == Stay.Kind.UP && at.get() > 0;
    }

    /** Whether it gets calls by what is known of it. */
    boolean isUp() {
        return suspicion == null && isUpByItself();
    }

    /** The same, without what detectors say. */
    boolean isUpByItself() {
        return !draining && stay().kind == Stay.Kind.UP;
    }

    NodeState state() {
        Stay at = stay();
        if (at.kind == Stay.Kind.LEFT) {
            return NodeState.LEFT;
        } else if (draining) {
            return NodeState.DRAINING;
        } else if (at.kind == Stay.Kind.EJECTED) {
            return NodeState.EJECTED;
        } else if (suspicion != null) {
            return NodeState.SUSPECTED;
        }
        return at.kind == Stay.Kind.TRIAL ? NodeState.TRIAL : NodeState.UP;
    }

    String why() {
        String suspected = suspicion;
        Stay at = stay();
        return at.isOut() ? at.why : suspected == null ? "" : suspected;
    }

    // ---- Compared with others ---------------------------------------------------------------------------------------

    /** Starts to count anew. */
    void forgetCompared() {
        compared = counts();
    }

    /** What has ended since then. */
    CallCounts sinceCompared() {
        CallCounts before = compared;
        CallCounts now = counts();
        return new CallCounts(now.successes() - before.successes(), now.failures() - before.failures(), 0, 0, 0);
    }

    void ruleThrows(Throwable thrown, String instead) {
        ruleThrew(thrown, instead);
    }
}
