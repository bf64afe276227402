// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.Classifier;
import dev.holdfast.Deadline;
import dev.holdfast.Event;
import dev.holdfast.Loop;
import dev.holdfast.Meter;
import dev.holdfast.Policy;
import dev.holdfast.Readiness;
import dev.holdfast.Source;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

// More than 300 lines by the Javadoc of what users see; calls go through StateMachine.
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
 * window, and only {@link Report#late} counts it.
 *
 * <p><b>Concurrency.</b> All that belongs to a stay is one object; a transition replaces it with one
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
public final class CircuitBreaker extends StateMachine implements Readiness {
    static final Logger LOG = LoggerFactory.getLogger(CircuitBreaker.class);

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
     * @param source the breaker
     * @param from the state before
     * @param to the state now
     * @param before what the breaker reported just before
     * @param cause the exception that made it open, until it is closed again; {@code null} where there was none: it was a result, a slow
     *     call, or somebody's own decision
     * @param level {@code WARNING} where it opens, or is opened by hand; {@code DEBUG} for trials, and where they have failed after it was
     *     open; otherwise {@code INFO}
     */
    public record StateChanged(
            Source source,
            State from,
            State to,
            Report before,
            @Nullable Throwable cause,
            System.Logger.Level level) implements Event.Change {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf(
                    "from",
                    from,
                    "to",
                    to,
                    "calls",
                    before.calls(),
                    "failures",
                    before.failures(),
                    "slow_calls",
                    before.slowCalls(),
                    "overdue",
                    before.overdue(),
                    "cause",
                    cause);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * What a breaker knows at one moment.
     *
     * @param state the state
     * @param calls results in the window; in {@code HALF_OPEN}, trials that have ended
     * @param failures those of them that are failures
     * @param slowCalls those of them that were slow, and {@code overdue} ones
     * @param overdue calls still running that have become slow: they have no result, so the slow-call rule alone counts them
     * @param untilNextTrial in {@code OPEN}, how long until a trial is let through; otherwise zero
     * @param trialsRunning in {@code HALF_OPEN}, trials that have not ended; otherwise 0
     * @param late results, since the breaker was built, of calls that an earlier stay had admitted
     */
    public record Report(
            State state,
            long calls,
            long failures,
            long slowCalls,
            long overdue,
            Duration untilNextTrial,
            long trialsRunning,
            long late) {
        /**
         * The part of failures among the results.
         *
         * @return 0 to 1, or NaN when there are no results
         */
        public double failureRate() {
            return (double) failures / calls;
        }

        /**
         * The part of slow calls among the results and the overdue calls.
         *
         * @return 0 to 1, or NaN when there are neither
         */
        public double slowCallRate() {
            return (double) slowCalls / (calls + overdue);
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

    private final Changes changes;
    /** How often each state has been entered; most breakers never change theirs, and do without. */
    private final AtomicReference<@Nullable AtomicIntegerArray> entries = new AtomicReference<>();

    CircuitBreaker(CircuitBreakerBuilder settings) {
        super(settings, Stay.first(settings, settings.environment.nanoTime()));
        this.changes = new Changes(stay().change, this::tell);
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
     * Builds a breaker with the defaults: it opens when there are 10 results or more, and half of the last 20 are failures; for 100 ms at first
     * and up to a second where it goes on, about a third more or less.
     *
     * @param name 1 to 256 characters, not blank
     * @return a new breaker
     */
    public static CircuitBreaker ofDefaults(String name) {
        return builder(name).build();
    }

    // ---- What is told ---------------------------------------------------------------------------------------------

    @Override
    void moved(Stay from, Stay to, long now, boolean byHand) {
        if (to.state == from.state) {
            changes.follows(from.change, to.change, null);
            return;
        }
        entered(to.state);
        StateChanged event = null;
        try {
            event = new StateChanged(this, from.state, to.state, from.report(now, late), to.cause, levelOf(to, byHand));
            // Here and not where listeners are told in order: one that blocks would hold up the log.
            log(
                    event,
                    "Circuit breaker " + quotedName() + " changed from " + from.state + " to " + to.state
                            + (to.state == State.OPEN ? " for " + Duration.ofNanos(to.wait) : ""));
        } finally {
            changes.follows(from.change, to.change, event);
        }
    }

    /** That trials have failed again goes on to be what an opening was told of before; what somebody does is always news. */
    private static System.Logger.Level levelOf(Stay to, boolean byHand) {
        return switch (to.state) {
            case OPEN -> byHand || to.openings == 1 ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG;
            case FORCED_OPEN -> System.Logger.Level.WARNING;
            case HALF_OPEN -> System.Logger.Level.DEBUG;
            default -> System.Logger.Level.INFO;
        };
    }

    @Override
    protected CircuitOpenException rejection(long now) {
        Stay current = stay();
        return switch (current.state) {
            case FORCED_OPEN, HALF_OPEN ->
                new CircuitOpenException(name(), current.state, CircuitOpenException.UNKNOWN, current.cause);
            default ->
                new CircuitOpenException(name(), State.OPEN, now == NO_TIME ? 0 : current.waitLeft(now), current.cause);
        };
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
        String hidden = failuresHidden(inside);
        if (hidden != null) {
            return hidden;
        }
        Policy<?> ending = first(outside, Deadline.class);
        return ending == null || first(inside, Deadline.class) != null
                ? null
                : "does not count the calls that " + title(ending)
                        + " ends as failures: that, or another timeout, belongs inside of " + title(this);
    }

    @Override
    protected @Nullable String contradicts(List<Policy<?>> outside, List<Policy<?>> inside) {
        long window = stay().settings.window.nanos;
        for (Policy<?> other : inside) {
            long limit = limitNanos(other);
            if (window > 0 && limit != Long.MAX_VALUE && window / 2 < limit) {
                return "looks at the last " + Duration.ofNanos(window) + " only, while a call may take "
                        + Duration.ofNanos(limit) + " until " + title(other)
                        + " ends it: too few of those that time out are in view at once. Have a window of at least twice as long, "
                        + Duration.ofNanos(limit).multipliedBy(2);
            }
        }
        return null;
    }

    @Override
    protected List<Meter> ownMeters() {
        List<Meter> meters = new ArrayList<>();
        for (State each : State.values()) {
            String label = each.name().toLowerCase(Locale.ROOT);
            meters.add(Meter.gauge(
                            "holdfast.circuitbreaker.state",
                            "1",
                            "1 for the state that the breaker is in, 0 for the others.",
                            () -> state() == each ? 1 : 0)
                    .with("holdfast.state", label));
            meters.add(Meter.counter(
                            "holdfast.circuitbreaker.transitions",
                            "{transition}",
                            "How often the breaker has entered a state.",
                            () -> entries(each))
                    .with("holdfast.state", label));
        }
        meters.add(Meter.gauge(
                "holdfast.circuitbreaker.failure.ratio",
                "1",
                "The part of failures among the results in the window, or among the trials while it is half-open; nothing while there are none.",
                () -> report().failureRate()));
        meters.add(Meter.gauge(
                "holdfast.circuitbreaker.slow.ratio",
                "1",
                "The part of slow calls among the same, and among calls that still run and have become slow; nothing while there are none.",
                () -> report().slowCallRate()));
        meters.add(Meter.gauge(
                "holdfast.circuitbreaker.window.calls",
                "{call}",
                "Results in the window, or trials that have ended while it is half-open.",
                () -> report().calls()));
        meters.add(Meter.counter(
                "holdfast.circuitbreaker.late.results",
                "{result}",
                "Results of calls that an earlier stay in a state had admitted.",
                late::sum));
        return List.copyOf(meters);
    }

    @SuppressWarnings("EnumOrdinal") // A place in an array, and nothing that is kept anywhere else.
    private static int place(State state) {
        return state.ordinal();
    }

    private void entered(State state) {
        if (entries.get() == null) {
            entries.compareAndSet(null, new AtomicIntegerArray(State.values().length));
        }
        Require.nonNull(entries.get(), "entries").incrementAndGet(place(state));
    }

    private long entries(State state) {
        AtomicIntegerArray counts = entries.get();
        return counts == null ? 0 : counts.get(place(state));
    }

    // ---- Operation ------------------------------------------------------------------------------------------------

    /**
     * The state now. A breaker whose wait is over is {@code OPEN} until a call asks: see {@link Report#nextCallIsATrial}.
     *
     * @return the state
     */
    public State state() {
        return stay().state;
    }

    /**
     * What the breaker knows now. The window ages by being read.
     *
     * @return a consistent report
     */
    public Report report() {
        return stay().report(environment().nanoTime(), late);
    }

    /**
     * Whether it lets calls through. When its wait is over it does, although it is still {@code OPEN}: if nobody called because it says no, there
     * would never be a trial. Half open it does as well, also while all trials are taken: then the reason says so.
     *
     * @return down in {@code OPEN}, until its wait is over, and in {@code FORCED_OPEN}; otherwise up
     */
    @Override
    public Condition readiness() {
        Stay stay = stay();
        Report now = stay.report(environment().nanoTime(), late);
        return switch (now.state()) {
            case OPEN ->
                now.nextCallIsATrial()
                        ? new Condition(Readiness.State.UP, "open; the next call is a trial")
                        : new Condition(Readiness.State.DOWN, "open; the next trial is in " + now.untilNextTrial());
            case FORCED_OPEN -> new Condition(Readiness.State.DOWN, "forced open");
            case HALF_OPEN ->
                new Condition(
                        Readiness.State.UP,
                        stay.trials.hasRoom() ? "half open; trials go through" : "half open; all trials are taken");
            default -> Condition.UP;
        };
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
            Stay current = stay();
            long now = environment().nanoTime();
            if (current.state == state || moveByHand(current, next(current, state, now), now)) {
                return;
            }
        }
    }

    private Stay next(Stay current, State state, long now) {
        return switch (state) {
            case CLOSED, METRICS_ONLY -> current.closed(state, now);
            case OPEN -> current.opened(now, nextWait(current), null);
            case HALF_OPEN -> current.halfOpen(now, 0);
            default -> current.overridden(state, now);
        };
    }

    /** Closes the breaker and empties its window, whatever state it is in. Calls that are under way become late. */
    public void reset() {
        while (true) {
            Stay current = stay();
            long now = environment().nanoTime();
            if (move(current, current.closed(State.CLOSED, now), now)) {
                return;
            }
        }
    }

    /**
     * Changes settings while the breaker runs. It keeps its state, and its results as far as they fit into the new
     * window; results that come in during the change itself may miss the new window. Failures in a row that were counted before
     * go on to count under another number, but not once that rule was off. Trials that have begun end under the old numbers, and an
     * open breaker ends its wait as it began it.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another
     *     reconfiguration was faster
     * @throws IllegalArgumentException if settings contradict each other; then nothing has changed
     */
    public void reconfigure(UnaryOperator<CircuitBreakerBuilder> change) {
        Require.nonNull(change, "change");
        CircuitBreakerBuilder before = stay().settings;
        CircuitBreakerBuilder after = changed(before, change);
        while (true) {
            Stay current = stay();
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
            current = stay().settings;
            classifyBy(current.classifier);
        } while (current != stay().settings);
    }

    @Override
    public String toString() {
        return "CircuitBreaker[" + quotedName() + " " + state() + "]";
    }
}
