// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.circuitbreaker.CircuitBreaker.Report;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One stay in one state: everything that a call has to see together, swapped as one reference. Nobody can see OPEN
 * without the time at which it opened, or count a result into the window of another stay.
 */
final class Stay {
    static final long ASK = -1;

    static final int MOST_RINGS = 8;

    private static final int RING_BITS = 3;
    private static final int COUNTING_BITS = 16;
    private static final long COUNTING_MASK = (1L << (COUNTING_BITS + RING_BITS)) - 1;
    private static final int GENERATION_SHIFT = COUNTING_BITS + RING_BITS;

    final CircuitBreakerBuilder settings;
    final State state;
    /** Counts the stays. A result of another generation is late. */
    final long generation;
    /**
     * What a call that is let in is recognised by: the generation, and which {@link #underWay} or which {@link #trials} it is counted
     * in; in the lowest bits, in which ring there.
     */
    final long stamp;
    /** When the stay began. */
    final long since;
    /** For OPEN: how long, in nanoseconds. */
    final long wait;
    /** How many times it has opened since it was last closed. */
    final int openings;
    /** For HALF_OPEN: 0 for the trials, then the steps of the ramp. */
    final int step;
    /** In the states that record, what is recorded; in the others, what was. */
    final Results results;
    /** What breaks them, where that makes a breaker open. */
    final Results.Rules rules;

    final Trials trials;
    final AtomicInteger consecutiveFailures;
    /** What broke the rule at which it has opened, until it is closed again; {@code null} where nothing was thrown. */
    final @Nullable Throwable cause;
    /** The calls under way, if there is a slow-call rule. */
    final @Nullable UnderWay underWay;
    /** {@link #stamp} where every call is let in without a look at anything else, otherwise {@link #ASK}. */
    final long passStamp;
    /** Where only this window says whether a success must be recorded, this window. */
    final @Nullable CountWindow onlyWindow;
    /** What is told of this stay, and of those after it. */
    final Changes.Change change = new Changes.Change();

    private Stay(
            CircuitBreakerBuilder settings,
            State state,
            long stamp,
            long since,
            long wait,
            int openings,
            int step,
            Results results,
            Trials trials,
            AtomicInteger consecutiveFailures,
            @Nullable Throwable cause,
            @Nullable UnderWay underWay) {
        this.cause = cause;
        this.settings = settings;
        this.state = state;
        this.generation = generationOf(stamp);
        this.stamp = stamp;
        this.since = since;
        this.wait = wait;
        this.openings = openings;
        this.step = step;
        this.results = results;
        this.rules = state == State.CLOSED ? settings.rules : Results.Rules.NONE;
        this.trials = trials;
        this.consecutiveFailures = consecutiveFailures;
        this.underWay = underWay;
        boolean onlyRecords = records(state) && underWay == null;
        this.passStamp = onlyRecords || state == State.DISABLED ? stamp : ASK;
        boolean simple = onlyRecords && settings.consecutiveFailures == 0;
        this.onlyWindow = simple && results instanceof CountWindow window ? window : null;
    }

    private static boolean records(State state) {
        return state == State.CLOSED || state == State.METRICS_ONLY;
    }

    static long generationOf(long stamp) {
        return stamp >>> GENERATION_SHIFT;
    }

    static int ringOf(long stamp) {
        return (int) stamp & MOST_RINGS - 1;
    }

    /** Whether {@link #underWay}, or {@link #trials}, counts a call, which may have begun before it did. */
    boolean counts(long callsStamp) {
        return callsStamp - ringOf(callsStamp) == stamp;
    }

    boolean isSlow(long elapsedNanos) {
        long limit = settings.slowNanos;
        return limit > 0 && elapsedNanos > limit;
    }

    /** Records a result, as {@link Results#record}, and holds it against all rules. */
    int record(boolean failed, boolean slow, long now) {
        int limit = settings.consecutiveFailures;
        if (now == StateMachine.NO_READING && (results.needsTime() || (failed && limit > 0))) {
            return Results.NEEDS_TIME;
        }
        int kind = (failed ? Results.FAILURE : Results.GOOD) | (slow ? Results.SLOW : Results.GOOD);
        int verdict = results.record(kind, now, rules);
        if (limit == 0 || verdict == Results.NEEDS_TIME) {
            return verdict;
        }
        if (!failed) {
            endStreak();
            return verdict;
        }
        return consecutiveFailures.incrementAndGet() >= limit ? Results.BROKEN : verdict;
    }

    void endStreak() {
        if (consecutiveFailures.get() != 0) {
            consecutiveFailures.set(0);
        }
    }

    /** In OPEN, how long until a trial; otherwise 0. */
    long waitLeft(long now) {
        return state == State.OPEN ? Math.max(0, wait - (now - since)) : 0;
    }

    /** What is known of this stay, with the late results of the whole breaker. */
    Report report(long now, LongAdder late) {
        boolean trying = state == State.HALF_OPEN;
        Results.Counts counts = trying ? trials.counts() : results.counts(now);
        long overdue = underWay == null ? 0 : underWay.overdue(now);
        return new Report(
                state,
                counts.calls(),
                counts.failures(),
                counts.slow() + overdue,
                overdue,
                Duration.ofNanos(waitLeft(now)),
                trying ? trials.running() : 0,
                late.sum());
    }

    /** The first stay: closed, with an empty window. */
    static Stay first(CircuitBreakerBuilder settings, long now) {
        return recording(settings, State.CLOSED, 0, now);
    }

    private static Stay recording(CircuitBreakerBuilder settings, State state, long generation, long now) {
        UnderWay underWay = settings.slowNanos > 0 ? new UnderWay(settings.slowNanos, now) : null;
        return new Stay(
                settings,
                state,
                generation << GENERATION_SHIFT,
                now,
                0,
                0,
                0,
                settings.newResults(now),
                settings.newTrials(0),
                new AtomicInteger(),
                null,
                underWay);
    }

    /** The next stay, with an empty window and calls that all count from now on. */
    Stay closed(State next, long now) {
        return recording(settings, next, generation + 1, now);
    }

    /** The next stay, for {@code nanos}. */
    Stay opened(long now, long nanos, @Nullable Throwable why) {
        return next(State.OPEN, now, nanos, openings + 1, 0, settings.newTrials(0), why);
    }

    /** The next stay, with fresh trials. */
    Stay halfOpen(long now, int nextStep) {
        return next(State.HALF_OPEN, now, wait, openings, nextStep, settings.newTrials(nextStep), cause);
    }

    /** The same stay, in which the trials that have taken too long have no place any more, but still their say. */
    Stay withoutOverdueTrials() {
        return new Stay(
                settings,
                state,
                countedApart(),
                since,
                wait,
                openings,
                step,
                results,
                trials.withoutRunning(),
                consecutiveFailures,
                cause,
                null);
    }

    /**
     * The stamp of calls that are counted anew. 65,536 of them within one call would be needed to mistake one count for another.
     */
    private long countedApart() {
        return (generation << GENERATION_SHIFT) | ((stamp + MOST_RINGS) & COUNTING_MASK);
    }

    /** The next stay in a state in which nothing is recorded. */
    Stay overridden(State forced, long now) {
        return next(forced, now, 0, 0, 0, trials, null);
    }

    private Stay next(
            State to, long now, long nanos, int times, int nextStep, Trials nextTrials, @Nullable Throwable why) {
        return new Stay(
                settings,
                to,
                (generation + 1) << GENERATION_SHIFT,
                now,
                nanos,
                times,
                nextStep,
                results,
                nextTrials,
                consecutiveFailures,
                why,
                null);
    }

    /** The same stay under other rules: its results move into the new window. */
    Stay reconfigured(CircuitBreakerBuilder changed, long now) {
        Results moved = results;
        if (!changed.window.isSameAs(settings.window)) {
            moved = changed.newResults(now);
            results.copyTo(moved, now);
        }
        UnderWay counting = underWay;
        long changedStamp = stamp;
        if (!records(state) || changed.slowNanos <= 0) {
            counting = null;
        } else if (counting == null || !counting.hasLimit(changed.slowNanos)) {
            counting = new UnderWay(changed.slowNanos, now);
            changedStamp = countedApart();
        }
        // While the rule is off nobody counts, so a success that comes then would end no streak.
        boolean counts = changed.consecutiveFailures > 0;
        return new Stay(
                changed,
                state,
                changedStamp,
                since,
                wait,
                openings,
                step,
                moved,
                trials,
                counts ? consecutiveFailures : new AtomicInteger(),
                cause,
                counting);
    }
}
