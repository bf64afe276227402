// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A policy that may run what is inside of it again. It decides whether and when; the engine waits.
 *
 * <pre>
 *        ┌──────────────── wait next(...) nanoseconds ◀──┐
 *        ▼                                               │
 *     attempt ── FAILURE ──▶ next(...) ──────────────────┤
 *        │                                               └─ STOP ─▶ the last failure, or gaveUp(value)
 *        ├── SUCCESS ──▶ succeeded(attempts) ─▶ the outcome
 *        └── IGNORED ─────────────────────────▶ the outcome
 * </pre>
 *
 * @param <R> the results that the policy looks at
 */
public abstract non-sealed class Loop<R extends @Nullable Object> extends Policy<R> {
    /** {@link #next}: no further attempt. */
    protected static final long STOP = -1;
    /** {@link #next}: ask again with a clock reading; nothing has changed yet. */
    protected static final long NEEDS_TIME = Gate.NEEDS_TIME;
    /** Stands for a clock reading that nobody has taken. */
    protected static final long NO_TIME = Gate.NO_TIME;
    /** {@link Attempt#askedNanos}: no rule says how long to wait. */
    public static final long NOT_ASKED = -1;
    /** {@link #maxNanos}, and the time left of a call without a deadline. */
    protected static final long NO_LIMIT = Long.MAX_VALUE;

    /**
     * Creates a loop.
     *
     * @param name 1 to 256 characters, not blank
     * @param environment where time and randomness come from
     */
    protected Loop(String name, Environment environment) {
        super(name, environment);
    }

    /**
     * Decides how an attempt ended: {@link Ending#FAILURE} is what may be repeated.
     *
     * @return the classifier
     */
    protected abstract Classifier<? super R> classifier();

    /**
     * An attempt succeeded.
     *
     * @param attempts how many it took
     */
    protected abstract void succeeded(int attempts);

    /** An attempt ended in a way that is not to be repeated, and was no success; and somebody waits for it still. */
    protected void unrepeatable() {}

    /**
     * An attempt failed: go again, or stop.
     *
     * @param number which attempt has just ended, counted from 1
     * @param previousDelay the delay before it, in nanoseconds, or 0
     * @param value the result, if nothing was thrown
     * @param failure what was thrown, or {@code null}
     * @param asked nanoseconds that the outcome asks to wait at least, by {@link Classifier#retryAfter}, or {@link #NOT_ASKED}
     * @param call the call's context, where anybody wanted it
     * @param now a clock reading, or {@link #NO_TIME} if no limit has made one necessary
     * @param nanosLeft until {@link #maxNanos} or the call's deadline is over; an attempt must start before that
     * @return nanoseconds to wait, from 0 up, or {@link #STOP} or {@link #NEEDS_TIME}
     */
    protected abstract long next(
            int number,
            long previousDelay,
            @Nullable R value,
            @Nullable Throwable failure,
            long asked,
            @Nullable Call call,
            long now,
            long nanosLeft);

    /**
     * What rules of users are asked about: an object, which a loop makes only if there are some.
     *
     * @param number which attempt, counted from 1
     * @param previousDelay the delay before it, in nanoseconds, or 0
     * @param value the result, if nothing was thrown
     * @param failure what was thrown, or {@code null}
     * @param asked nanoseconds that the outcome asks to wait, or {@link #NOT_ASKED}
     * @param call the call's context, where anybody wanted it
     * @return the attempt
     */
    protected final Attempt<R> attempt(
            int number,
            long previousDelay,
            @Nullable R value,
            @Nullable Throwable failure,
            long asked,
            @Nullable Call call) {
        return new Attempt<>(number, Outcome.of(value, failure), previousDelay, asked, call);
    }

    /**
     * A wait took longer than it should have, and the time was over when it ended: the attempt that {@link #next} gave it
     * for does not come.
     */
    protected void overslept() {}

    /**
     * How long attempts and waits may take together.
     *
     * @return nanoseconds, or {@link #NO_LIMIT}
     */
    protected abstract long maxNanos();

    /**
     * The loop stopped at a result that is a failure.
     *
     * @param value the result
     * @param attempts how many attempts there were
     * @return what the caller gets
     */
    protected abstract @Nullable R gaveUp(@Nullable R value, int attempts);

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(Event.RetryScheduled.class, Event.RetriesExhausted.class);
    }

    /** Whether the outcome of an attempt stands, because it is nothing to repeat, or a rule throws at it. */
    final boolean stands(
            @Nullable Classifier<@Nullable Object> rules, int attempt, @Nullable R value, @Nullable Throwable failure) {
        try {
            Ending ending = Classifier.ending(rules, classifier(), value, failure);
            if (ending == Ending.SUCCESS) {
                succeeded(attempt);
            } else if (ending == Ending.IGNORED && (failure == null || !Failures.isOfAbandoned(failure))) {
                unrepeatable();
            }
            return ending != Ending.FAILURE;
        } catch (Throwable thrown) {
            outcomeStands(thrown, failure);
            return true;
        }
    }

    /** The first attempt has given something, and this loop does not look at results. */
    final void succeededAtOnce() {
        try {
            succeeded(1);
        } catch (Throwable thrown) {
            outcomeStands(thrown, null);
        }
    }

    /**
     * Asks {@link #next}, with a clock reading where a limit or the answer asks for one. What it throws is logged, and the loop
     * stops: the outcome stands.
     *
     * @param rules those of the pipeline
     * @param start when the first attempt began, or {@link #NO_TIME} without a limit of this loop's own
     * @param rest the deadlines of the call
     */
    final long decide(
            @Nullable Classifier<@Nullable Object> rules,
            int number,
            long previousDelay,
            @Nullable R value,
            @Nullable Throwable thrown,
            long start,
            Rest rest,
            @Nullable Call call) {
        try {
            long asked = asked(rules, value, thrown);
            return ask(number, previousDelay, value, Failures.unwrap(thrown), asked, call, start, rest);
        } catch (Throwable broken) {
            outcomeStands(broken, thrown);
            return STOP;
        }
    }

    /** How long the outcome asks to wait. What says so is only asked for advice: if it throws, it has none. */
    private long asked(@Nullable Classifier<@Nullable Object> rules, @Nullable R value, @Nullable Throwable thrown) {
        try {
            Optional<Duration> asked = rules == null ? Optional.empty() : rules.askedWait(value, thrown);
            if (asked.isEmpty()) {
                asked = classifier().askedWait(value, thrown);
            }
            return asked.map(wait -> Math.max(0, Require.saturatedNanos(wait))).orElse(NOT_ASKED);
        } catch (Throwable broken) {
            ruleThrew(broken, "retryAfter has no advice");
            return NOT_ASKED;
        }
    }

    private long ask(
            int number,
            long previousDelay,
            @Nullable R value,
            @Nullable Throwable failure,
            long asked,
            @Nullable Call call,
            long start,
            Rest rest) {
        long now = isLimited(start, rest) ? Gate.reading(environment()) : NO_TIME;
        long delay = next(number, previousDelay, value, failure, asked, call, now, nanosLeft(now, start, rest));
        if (delay == NEEDS_TIME) {
            now = Gate.reading(environment());
            delay = next(number, previousDelay, value, failure, asked, call, now, nanosLeft(now, start, rest));
        }
        if (delay < STOP) {
            throw new IllegalStateException(this + ": next: " + delay + " (expected: nanoseconds from 0 up, or STOP)");
        }
        return delay;
    }

    private boolean isLimited(long start, Rest rest) {
        return start != NO_TIME || rest.isLimited(environment());
    }

    /** Nanoseconds until this loop or the call must be over; the clock matters only where there is a limit. */
    private long nanosLeft(long now, long start, Rest rest) {
        long own = start == NO_TIME ? NO_LIMIT : maxNanos() - Math.max(0, now - start);
        return Math.min(own, rest.nanosLeft(environment(), now));
    }

    /** Whether the time is over, now that a wait has ended. */
    final boolean isOver(long start, Rest rest) {
        boolean over = isLimited(start, rest) && nanosLeft(Gate.reading(environment()), start, rest) <= 0;
        if (over) {
            overslept();
        }
        return over;
    }

    final void tellScheduled(@Nullable Call call, long delay, @Nullable Object value, @Nullable Throwable failure) {
        if (call != null && isWatched(Event.RetryScheduled.class)) {
            tell(new Event.RetryScheduled(this, call, Duration.ofNanos(delay), Outcome.seen(value, failure)));
        }
    }

    final void tellExhausted(@Nullable Call call, @Nullable Object value, @Nullable Throwable failure) {
        if (call != null && isWatched(Event.RetriesExhausted.class)) {
            tell(new Event.RetriesExhausted(this, call, Outcome.seen(value, failure)));
        }
    }
}
