// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.Ending;
import dev.holdfast.Gate;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The half of a breaker that calls go through: how they come in, how they end, and what that makes of the state.
 *
 * <pre>
 *   ──▶ CLOSED ── exit: a rule is broken, or enter: too many under way are slow ──▶ OPEN ◀───────────────┐
 *         ▲                                                                          │ enter, after the   │
 *         │                                                                          │ wait: its trial    │ judge: failed
 *         │                                                                          ▼ has begun          │
 *         └────────────────── judge: passed the last step ─────────────────────── HALF_OPEN ──────────────┘
 *                                                                                  │     ▲  judge: passed a step of the ramp;
 *                                                                                  └─────┘  enter: trials are overdue (same stay)
 * </pre>
 *
 * <p>Every arrow is a {@link #move}: one compare-and-set from one {@link Stay} to the next, which whoever succeeds tells once.
 * {@link CircuitBreaker} has the half for operation, which moves in the same way, from every state to every state, and
 * from a stay to the same stay under other settings.
 *
 * <p>It is the breaker's superclass and not a part of it, so that a call reads {@link #stay} without a step in between.
 *
 * <p>Longer than most files: all that moves a breaker by itself is read together.
 */
abstract class StateMachine extends Gate {
    /** {@link #NO_TIME}, for the rest of the breaker. */
    static final long NO_READING = NO_TIME;

    private static final long FALLBACK_WAIT = Duration.ofSeconds(30).toNanos();
    /** How deep causes are looked at. */
    private static final int MAX_DEPTH = 16;

    private static final VarHandle STAY;

    static {
        try {
            STAY = MethodHandles.lookup().findVarHandle(StateMachine.class, "stay", Stay.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** A field, and not an object of its own, because every call reads it more than once. */
    private volatile Stay stay;

    /** Results of calls that an earlier stay had admitted. */
    final LongAdder late = new LongAdder();

    StateMachine(CircuitBreakerBuilder settings, Stay first) {
        super(settings.name, settings.environment);
        this.stay = first;
        classifyBy(settings.classifier);
    }

    final Stay stay() {
        return stay;
    }

    // ---- Calls go in ----------------------------------------------------------------------------------------------

    @Override
    protected final long enter(long now) {
        long stamp = stay.passStamp;
        return stamp == Stay.ASK ? ask(now) : stamp;
    }

    private long ask(long now) {
        while (true) {
            Stay current = stay;
            switch (current.state) {
                case CLOSED:
                case METRICS_ONLY:
                    if (current.underWay != null) {
                        return now == NO_TIME ? NEEDS_TIME : enterCounted(current, current.underWay, now);
                    }
                    return current.stamp;
                case DISABLED:
                    return current.stamp;
                case FORCED_OPEN:
                    return REFUSED;
                case OPEN:
                    if (now == NO_TIME) {
                        return NEEDS_TIME;
                    }
                    if (now - current.since < current.wait) {
                        return REFUSED;
                    }
                    // Published with this call as its first trial, so that opening and letting in are one step for all
                    // others.
                    Stay halfOpen = current.halfOpen(now, 0);
                    if (halfOpen.trials.tryStart(now) && move(current, halfOpen, now)) {
                        return halfOpen.stamp;
                    }
                    break;
                case HALF_OPEN:
                    if (now == NO_TIME) {
                        return NEEDS_TIME;
                    }
                    boolean drawn = current.trials.draws();
                    if (drawn && current.trials.tryStart(now)) {
                        return current.stamp;
                    }
                    if (!judge(current, null, now)) {
                        long patience = current.settings.trialTimeoutNanos;
                        if (!drawn) {
                            return REFUSED;
                        }
                        if (current.trials.forgives(now, patience) && current.trials.tryStart(now)) {
                            return current.stamp;
                        }
                        if (!current.trials.isOverdue(now, patience)) {
                            return REFUSED;
                        }
                        Stay freed = current.withoutOverdueTrials();
                        if (freed.trials.tryStart(now) && move(current, freed, now)) {
                            return freed.stamp;
                        }
                    }
                    break;
                default:
                    throw new AssertionError(current.state);
            }
        }
    }

    private long enterCounted(Stay current, UnderWay underWay, long now) {
        long overdue = underWay.overdueSinceLastCheck(now);
        if (overdue > 0 && current.state == State.CLOSED) {
            Results.Counts counts = current.results.counts(now);
            // They have no result: whether they are failures, nobody knows.
            if (current.settings.isBrokenBySlow(counts.calls() + overdue, counts.slow() + overdue)) {
                open(current, null, now);
                return REFUSED;
            }
        }
        return current.stamp + underWay.started(now);
    }

    // ---- Calls end ------------------------------------------------------------------------------------------------

    @Override
    protected final boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        Stay current = stay;
        if (current.generation != Stay.generationOf(stamp)) {
            late.increment();
            return true;
        }
        // Most calls end here.
        CountWindow only = current.onlyWindow;
        if (only != null && ending == Ending.SUCCESS) {
            return follow(current, only.record(Results.GOOD, now, current.rules), null, now);
        }
        return exit(current, stamp, ending, failure, now, elapsedNanos);
    }

    @Override
    protected final boolean measuresWork() {
        return true;
    }

    /** Who waits for a turn or for another attempt does not wait for the dependency. */
    @Override
    protected final void pauses(long stamp, long start) {
        Stay current = stay;
        if (current.underWay != null && current.counts(stamp)) {
            current.underWay.ended(start, Stay.ringOf(stamp));
        }
    }

    @Override
    protected final void resumes(long stamp, long start) {
        Stay current = stay;
        if (current.underWay != null && current.counts(stamp)) {
            current.underWay.started(start, Stay.ringOf(stamp));
        }
    }

    private boolean exit(
            Stay current, long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        return switch (current.state) {
            case CLOSED, METRICS_ONLY -> record(current, stamp, ending, failure, now, elapsedNanos);
            case HALF_OPEN -> trialEnded(current, stamp, ending, failure, now, elapsedNanos);
            default -> true;
        };
    }

    private boolean record(
            Stay current, long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        UnderWay underWay = current.underWay;
        if (underWay != null) {
            if (now == NO_TIME) {
                return false;
            }
            if (elapsedNanos >= 0 && current.counts(stamp)) {
                underWay.ended(now - elapsedNanos, Stay.ringOf(stamp));
            }
        }
        if (ending == Ending.IGNORED) {
            return true;
        }
        boolean failed = ending == Ending.FAILURE;
        boolean slow = current.isSlow(elapsedNanos);
        return follow(current, current.record(failed, slow, now), failure, now);
    }

    private boolean follow(Stay current, int verdict, @Nullable Throwable failure, long now) {
        if (verdict == Results.BROKEN && current.state == State.CLOSED) {
            open(current, failure, now);
        }
        return verdict != Results.NEEDS_TIME;
    }

    private boolean trialEnded(
            Stay current, long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        Trials trials = current.trials;
        boolean hasPlace = current.counts(stamp);
        if (ending == Ending.IGNORED) {
            if (hasPlace) {
                trials.ignored();
            }
            return true;
        }
        if (now == NO_TIME) {
            return false;
        }
        boolean slow = current.isSlow(elapsedNanos);
        boolean failed = slow || ending == Ending.FAILURE;
        if (!hasPlace) {
            trials.endedLate(failed, slow, now);
        } else if (failed) {
            trials.failure(slow, now);
        } else {
            trials.success(now);
        }
        judge(current, failed ? failure : null, now);
        return true;
    }

    // ---- What follows ---------------------------------------------------------------------------------------------

    /**
     * Leaves HALF_OPEN if the trials say so. Whoever finds them decided does it, not only the caller whose trial came
     * last: should that one fail on its way, the next one to ask takes it over.
     */
    private boolean judge(Stay trying, @Nullable Throwable failure, long now) {
        if (trying.trials.isFailed()) {
            open(trying, failure == null ? trying.cause : failure, now);
            return true;
        }
        if (!trying.trials.isPassed()) {
            return false;
        }
        if (trying.settings.isLastStep(trying.step)) {
            moveOn(trying, from -> from.closed(State.CLOSED, now), now);
        } else {
            moveOn(trying, from -> from.halfOpen(now, trying.step + 1), now);
        }
        return true;
    }

    private void open(Stay broken, @Nullable Throwable cause, long now) {
        long wait = nextWait(broken);
        Throwable first = isOwnRefusal(cause) ? broken.cause : cause;
        moveOn(broken, from -> from.opened(now, wait, first), now);
    }

    /** Whether it comes from a refusal of this breaker, as where work calls through it: each would hang on the one before. */
    private boolean isOwnRefusal(@Nullable Throwable cause) {
        Throwable each = cause;
        for (int depth = 0; each != null && depth < MAX_DEPTH; depth++) {
            if (each instanceof CircuitOpenException refusal && refusal.policy().equals(name())) {
                return true;
            }
            each = each.getCause();
        }
        return false;
    }

    /** Runs the user's own backoff, before anything is published: if it throws, the breaker opens all the same. */
    final long nextWait(Stay broken) {
        try {
            return broken.settings.openFor.nanos(broken.openings + 1, broken.wait, environment());
        } catch (Throwable thrown) {
            tryTo(() -> CircuitBreaker.LOG.warn(
                    "Circuit breaker {}: its backoff threw; open for 30 s", quotedName(), thrown));
            return FALLBACK_WAIT;
        }
    }

    /** Ends a stay, also if a reconfiguration replaces its settings at the same time, unless another has ended it. */
    private void moveOn(Stay ended, UnaryOperator<Stay> next, long now) {
        Stay current = ended;
        while (current.generation == ended.generation && !move(current, next.apply(current), now)) {
            current = stay;
        }
    }

    /** Publishes a transition; of several threads that try, one succeeds, and tells it. */
    final boolean move(Stay from, Stay to, long now) {
        return move(from, to, now, false);
    }

    /** The same, because somebody wants it, whatever the calls say. */
    final boolean moveByHand(Stay from, Stay to, long now) {
        return move(from, to, now, true);
    }

    private boolean move(Stay from, Stay to, long now, boolean byHand) {
        if (!STAY.compareAndSet(this, from, to)) {
            return false;
        }
        moved(from, to, now, byHand);
        return true;
    }

    /** A stay has been replaced by another, which may be in the same state; called once for each. */
    abstract void moved(Stay from, Stay to, long now, boolean byHand);
}
