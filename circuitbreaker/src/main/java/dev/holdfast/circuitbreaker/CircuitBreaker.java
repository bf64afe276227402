// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.Classifier;
import dev.holdfast.Deadline;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Loop;
import dev.holdfast.Policy;
import dev.holdfast.Recovery;
import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops calling a dependency that fails or has become slow, and finds out by itself when it has recovered.
 *
 * <pre>
 *                        a rule is broken
 *            ┌────────┐ ─────────────────▶ ┌────────┐
 *   ────────▶│ CLOSED │                    │  OPEN  │◀─────────────┐
 *            └────────┘                    └────────┘              │
 *                 ▲                            │ the first call    │ too many trials
 *                 │ enough trials              │ after the wait    │ have failed
 *                 │ have succeeded             ▼                   │
 *                 │                       ┌───────────┐            │
 *                 └────────────────────── │ HALF_OPEN │────────────┘
 *                  (and ramp steps taken) └───────────┘
 *                                           │       ▲  trials that do not report in time are
 *                                           └───────┘  given up, others take their place
 *
 *   transitionTo(...) reaches every state from every state. FORCED_OPEN, DISABLED and METRICS_ONLY
 *   are entered and left in no other way.
 * </pre>
 *
 * <p><b>A result belongs to the stay that admitted it.</b> Each stay in a state has a number, its generation, which
 * the stamps of the calls let in carry. A result of another generation is late: it changes neither the state, nor trials, nor the
 * window, and only {@link Report#late()} counts it.
 *
 * <p><b>Concurrency.</b> All that belongs to a stay is one {@link Phase}; a transition replaces it with one
 * compare-and-set, and whoever succeeds tells it once. No lock, no timer, no thread: the breaker turns half-open when
 * the first call asks after the wait, by a monotonic clock. A healthy breaker over calls only reads: a success that would
 * push a success out of a full window is not written.
 *
 * <p>What the library itself waits for further in, in the same pipeline - a limiter, a bulkhead's queue, a retry's delay - is not
 * the dependency's time, and makes no call slow.
 *
 * <p>Which calls are failures is up to the {@link Classifier}; ignored ones count in no rate, and give a trial's place
 * back.
 */
public final class CircuitBreaker extends Gate {
    private static final Logger LOG = LoggerFactory.getLogger(CircuitBreaker.class);
    private static final long FALLBACK_WAIT = Duration.ofSeconds(30).toNanos();
    private static final VarHandle PHASE;

    static {
        try {
            PHASE = MethodHandles.lookup().findVarHandle(CircuitBreaker.class, "phase", Phase.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** What a breaker does with calls. */
    public enum State {
        /** Lets all through and watches how they end. */
        CLOSED,
        /** Lets none through until the wait is over. */
        OPEN,
        /** Lets some through, to see how they end. */
        HALF_OPEN,
        /** Lets none through until told otherwise. */
        FORCED_OPEN,
        /** Lets all through and watches nothing. */
        DISABLED,
        /** Lets all through and watches how they end, but never opens. */
        METRICS_ONLY
    }

    /**
     * A breaker changed its state. Changes are told one after the other, in the order in which they happened, to all listeners: one that
     * is slow, or changes the state itself, holds up those that come after it.
     *
     * @param policy the breaker's name
     * @param from the state before
     * @param to the state now
     * @param before what the breaker reported just before
     */
    public record StateChanged(String policy, State from, State to, Report before) implements Event {
        @Override
        public String toString() {
            return Event.text(this, "from", from, "to", to, "before", before);
        }
    }

    /**
     * What a breaker knows at one moment.
     *
     * @param state the state
     * @param calls results in the window; in {@code HALF_OPEN}, trials that have ended
     * @param failures those of them that are failures
     * @param slowCalls those of them that were slow, and calls still running that have become so
     * @param untilNextTrial in {@code OPEN}, how long until a trial is let through; otherwise zero
     * @param trialsRunning in {@code HALF_OPEN}, trials that have not ended; otherwise 0
     * @param late results, since the breaker was built, of calls that an earlier stay had admitted
     */
    public record Report(
            State state,
            long calls,
            long failures,
            long slowCalls,
            Duration untilNextTrial,
            long trialsRunning,
            long late) {
        /**
         * The part of failures.
         *
         * @return 0 to 1, or NaN when there are no calls
         */
        public double failureRate() {
            return (double) failures / calls;
        }

        /**
         * The part of slow calls.
         *
         * @return 0 to 1, or NaN when there are no calls
         */
        public double slowCallRate() {
            return (double) slowCalls / calls;
        }

        /**
         * Whether the breaker would let the next call through as a trial, although nothing has asked yet.
         *
         * @return whether it is {@code OPEN} and its wait is over
         */
        public boolean nextCallIsATrial() {
            return state == State.OPEN && untilNextTrial.isZero();
        }
    }

    /** A field, and not an object of its own, because every call reads it more than once. */
    private volatile Phase phase;

    private final Changes changes;
    private final LongAdder late = new LongAdder();

    CircuitBreaker(CircuitBreakerBuilder settings) {
        super(settings.name, settings.environment);
        Phase first = Phase.first(settings, settings.environment.nanoTime());
        this.changes = new Changes(first.change);
        this.phase = first;
        classifyBy(settings.classifier);
    }

    /**
     * Starts to build a breaker.
     *
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static CircuitBreakerBuilder builder(String name) {
        return new CircuitBreakerBuilder(name);
    }

    /**
     * Builds a breaker with the defaults: open for 30 seconds, a fifth more or less, when half of the last 100 calls, at least 10,
     * failed.
     *
     * @param name 1 to 256 characters, not blank
     * @return a new breaker
     */
    public static CircuitBreaker ofDefaults(String name) {
        return builder(name).build();
    }

    // ---- Calls ----------------------------------------------------------------------------------------------------

    @Override
    protected long enter(long now) {
        long stamp = phase.openStamp;
        return stamp == Phase.ASK ? ask(now) : stamp;
    }

    private long ask(long now) {
        while (true) {
            Phase current = phase;
            switch (current.state) {
                case CLOSED:
                case METRICS_ONLY:
                    if (current.running != null) {
                        return now == NO_TIME ? NEEDS_TIME : enterCounted(current, current.running, now);
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
                    Phase halfOpen = current.halfOpen(now, 0);
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
                    if (!judge(current, now)) {
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
                        Phase freed = current.withoutOverdueTrials();
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

    private long enterCounted(Phase current, Running running, long now) {
        long overdue = running.overdueSinceLastCheck(now);
        if (overdue > 0 && current.state == State.CLOSED) {
            Results.Counts counts = current.results.counts(now);
            if (current.settings.isBroken(counts.calls() + overdue, counts.failures(), counts.slow() + overdue)) {
                open(current, now);
                return REFUSED;
            }
        }
        return current.stamp + running.started(now);
    }

    @Override
    protected boolean exit(long stamp, Ending ending, long now, long elapsedNanos) {
        Phase current = phase;
        if (current.generation != Phase.generationOf(stamp)) {
            late.increment();
            return true;
        }
        // Most calls end here, and only read.
        CountWindow plain = current.plain;
        return (plain != null && ending == Ending.SUCCESS && plain.isSaturatedWithGood())
                || exit(current, stamp, ending, now, elapsedNanos);
    }

    @Override
    protected boolean measuresWork() {
        return true;
    }

    /** Who waits for a turn or for another attempt does not wait for the dependency. */
    @Override
    protected void pauses(long stamp, long start) {
        Phase current = phase;
        if (current.running != null && current.counts(stamp)) {
            current.running.ended(start, Phase.ringOf(stamp));
        }
    }

    @Override
    protected void resumes(long stamp, long start) {
        Phase current = phase;
        if (current.running != null && current.counts(stamp)) {
            current.running.started(start, Phase.ringOf(stamp));
        }
    }

    private boolean exit(Phase current, long stamp, Ending ending, long now, long elapsedNanos) {
        switch (current.state) {
            case CLOSED:
            case METRICS_ONLY:
                return record(current, stamp, ending, now, elapsedNanos);
            case HALF_OPEN:
                return trialEnded(current, stamp, ending, now, elapsedNanos);
            default:
                return true;
        }
    }

    private boolean record(Phase current, long stamp, Ending ending, long now, long elapsedNanos) {
        Running running = current.running;
        if (running != null) {
            if (now == NO_TIME) {
                return false;
            }
            if (elapsedNanos >= 0 && current.counts(stamp)) {
                running.ended(now - elapsedNanos, Phase.ringOf(stamp));
            }
        }
        if (ending == Ending.IGNORED) {
            return true;
        }
        boolean failed = ending == Ending.FAILURE;
        boolean slow = isSlow(current, elapsedNanos);
        if (!failed && !slow && current.results.isSaturatedWithGood()) {
            endStreak(current);
            return true;
        }
        if (now == NO_TIME) {
            // Any result can open the breaker, also a success: it may be the one that completes the minimum of calls.
            return false;
        }
        int kind = (failed ? Results.FAILURE : Results.GOOD) | (slow ? Results.SLOW : Results.GOOD);
        boolean broken = current.results.record(kind, now, current.settings.rules);
        if (failed) {
            int limit = current.settings.consecutiveFailures;
            broken |= limit > 0 && current.consecutiveFailures.incrementAndGet() >= limit;
        } else {
            endStreak(current);
        }
        if (broken && current.state == State.CLOSED) {
            open(current, now);
        }
        return true;
    }

    private static void endStreak(Phase current) {
        if (current.consecutiveFailures.get() != 0) {
            current.consecutiveFailures.set(0);
        }
    }

    private static boolean isSlow(Phase current, long elapsedNanos) {
        long limit = current.settings.slowNanos;
        return limit > 0 && elapsedNanos > limit;
    }

    private boolean trialEnded(Phase current, long stamp, Ending ending, long now, long elapsedNanos) {
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
        boolean slow = isSlow(current, elapsedNanos);
        boolean failed = slow || ending == Ending.FAILURE;
        if (!hasPlace) {
            trials.endedLate(failed, slow, now);
        } else if (failed) {
            trials.failure(slow, now);
        } else {
            trials.success(now);
        }
        judge(current, now);
        return true;
    }

    /**
     * Leaves HALF_OPEN if the trials say so. Whoever finds them decided does it, not only the caller whose trial came
     * last: should that one fail on its way, the next one to ask takes it over.
     */
    private boolean judge(Phase trying, long now) {
        if (trying.trials.isFailed()) {
            open(trying, now);
            return true;
        }
        if (!trying.trials.isPassed()) {
            return false;
        }
        if (trying.settings.isLastStep(trying.step)) {
            moveOn(trying, stay -> stay.closed(State.CLOSED, now), now);
        } else {
            moveOn(trying, stay -> stay.halfOpen(now, trying.step + 1), now);
        }
        return true;
    }

    private void open(Phase broken, long now) {
        long wait = nextWait(broken);
        moveOn(broken, stay -> stay.opened(now, wait), now);
    }

    /** Runs the user's own backoff, before anything is published: if it throws, the breaker opens all the same. */
    private long nextWait(Phase broken) {
        try {
            return broken.settings.openFor.nanos(broken.openings + 1, broken.wait, environment());
        } catch (Throwable thrown) {
            tryTo(() -> LOG.warn("Circuit breaker {}: its backoff threw; open for 30 s", quotedName(), thrown));
            return FALLBACK_WAIT;
        }
    }

    /** Ends a stay, also if a reconfiguration replaces its settings at the same time, unless another has ended it. */
    private void moveOn(Phase stay, UnaryOperator<Phase> next, long now) {
        Phase current = stay;
        while (current.generation == stay.generation && !move(current, next.apply(current), now)) {
            current = phase;
        }
    }

    /** Publishes a transition; of several threads that try, one succeeds, and tells it. */
    private boolean move(Phase from, Phase to, long now) {
        if (!PHASE.compareAndSet(this, from, to)) {
            return false;
        }
        if (to.state == from.state) {
            follows(from, to, null);
            return true;
        }
        tryTo(() -> {
            if (to.state == State.OPEN) {
                Duration wait = Duration.ofNanos(to.wait);
                LOG.warn("Circuit breaker {} changed from {} to OPEN for {}", quotedName(), from.state, wait);
            } else {
                LOG.info("Circuit breaker {} changed from {} to {}", quotedName(), from.state, to.state);
            }
        });
        StateChanged event = null;
        try {
            if (isWatched(StateChanged.class)) {
                event = new StateChanged(name(), from.state, to.state, report(from, now));
            }
        } finally {
            follows(from, to, event);
        }
        return true;
    }

    private void follows(Phase from, Phase to, @Nullable StateChanged event) {
        changes.follows(from.change, to.change, event, this::tell);
    }

    @Override
    protected CircuitOpenException rejection(long now) {
        Phase current = phase;
        switch (current.state) {
            case FORCED_OPEN:
            case HALF_OPEN:
                return new CircuitOpenException(name(), current.state, CircuitOpenException.UNKNOWN);
            default:
                return new CircuitOpenException(name(), State.OPEN, now == NO_TIME ? 0 : waitLeft(current, now));
        }
    }

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(StateChanged.class, Event.CallEnded.class, Event.CallRejected.class, Event.CallAbandoned.class);
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        if (inside.contains(this)) {
            return "stands in this pipeline twice, so each call needs two of its trials; leave one out";
        }
        Policy<?> hiding = first(inside, Loop.class);
        if (hiding != null) {
            return "sees one ending for all attempts of " + title(hiding) + ", which belongs outside of " + title(this);
        }
        hiding = first(inside, Recovery.class);
        if (hiding != null) {
            return "does not see the failures that " + title(hiding) + " replaces, which belongs outside of "
                    + title(this);
        }
        Policy<?> ending = first(outside, Deadline.class);
        return ending == null || first(inside, Deadline.class) != null
                ? null
                : "does not count the calls that " + title(ending)
                        + " ends as failures: that, or another timeout, belongs inside of " + title(this);
    }

    // ---- Operation ------------------------------------------------------------------------------------------------

    /**
     * The state now. A breaker whose wait is over is {@code OPEN} until a call asks: see {@link Report#nextCallIsATrial}.
     *
     * @return the state
     */
    public State state() {
        return phase.state;
    }

    /**
     * What the breaker knows now. The window ages by being read.
     *
     * @return a consistent report
     */
    public Report report() {
        return report(phase, environment().nanoTime());
    }

    private Report report(Phase of, long now) {
        boolean trying = of.state == State.HALF_OPEN;
        Results.Counts counts = trying ? of.trials.counts() : of.results.counts(now);
        long overdue = of.running == null ? 0 : of.running.overdue(now);
        return new Report(
                of.state,
                counts.calls() + overdue,
                counts.failures(),
                counts.slow() + overdue,
                Duration.ofNanos(waitLeft(of, now)),
                trying ? of.trials.running() : 0,
                late.sum());
    }

    private static long waitLeft(Phase of, long now) {
        return of.state == State.OPEN ? Math.max(0, of.wait - (now - of.since)) : 0;
    }

    /**
     * Puts the breaker into a state, whatever state it is in. Calls that are under way become late. {@code CLOSED} and
     * {@code METRICS_ONLY} start with an empty window, {@code OPEN} waits as if a rule had been broken.
     *
     * @param state the state to enter; the state that it is in changes nothing
     */
    public void transitionTo(State state) {
        Require.nonNull(state, "state");
        while (true) {
            Phase current = phase;
            long now = environment().nanoTime();
            if (current.state == state || move(current, next(current, state, now), now)) {
                return;
            }
        }
    }

    private Phase next(Phase current, State state, long now) {
        switch (state) {
            case CLOSED:
            case METRICS_ONLY:
                return current.closed(state, now);
            case OPEN:
                return current.opened(now, nextWait(current));
            case HALF_OPEN:
                return current.halfOpen(now, 0);
            default:
                return current.overridden(state, now);
        }
    }

    /** Closes the breaker and empties its window, whatever state it is in. Calls that are under way become late. */
    public void reset() {
        while (true) {
            Phase current = phase;
            long now = environment().nanoTime();
            if (move(current, current.closed(State.CLOSED, now), now)) {
                return;
            }
        }
    }

    /**
     * Changes settings while the breaker runs. It keeps its state, and its results as far as they fit into the new
     * window; results that come in during the change itself may miss the new window. Trials that have begun end under the
     * old numbers, and an open breaker ends its wait as it began it.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another
     *     reconfiguration was faster
     * @throws IllegalArgumentException if settings contradict each other; then nothing has changed
     */
    public void reconfigure(UnaryOperator<CircuitBreakerBuilder> change) {
        Require.nonNull(change, "change");
        CircuitBreakerBuilder before = phase.settings;
        CircuitBreakerBuilder after = changed(before, change);
        while (true) {
            Phase current = phase;
            if (current.settings != before) {
                before = current.settings;
                after = changed(before, change);
            }
            long now = environment().nanoTime();
            if (move(current, current.reconfigured(after, now), now)) {
                classifyAsSet();
                return;
            }
        }
    }

    private CircuitBreakerBuilder changed(CircuitBreakerBuilder before, UnaryOperator<CircuitBreakerBuilder> change) {
        CircuitBreakerBuilder after =
                Require.nonNull(change.apply(before.copy()), "what change gave").copy();
        Require.same(after.environment, environment(), "environment of a reconfiguration");
        return after;
    }

    /** Of several that change settings at once, the last to come here sees the last settings. */
    private void classifyAsSet() {
        CircuitBreakerBuilder current;
        do {
            current = phase.settings;
            classifyBy(current.classifier);
        } while (current != phase.settings);
    }

    @Override
    public String toString() {
        return "CircuitBreaker[" + quotedName() + " " + state() + "]";
    }
}
