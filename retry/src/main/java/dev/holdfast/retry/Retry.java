// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.Attempt;
import dev.holdfast.Budget;
import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Deadline;
import dev.holdfast.Loop;
import dev.holdfast.Meter;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NonNull;
import org.jspecify.annotations.Nullable;

/**
 * Repeats calls that failed, as often, as long and as fast as it is allowed to.
 *
 * <pre>
 *   attempt ── success, or what is not repeated ─────────────────────────────▶ the outcome
 *      ▲  │
 *      │  └ failure ─▶ attempts left? condition? time left? budget? ── no ───▶ the last failure, with the earlier
 *      │                      │ yes                                           ones suppressed; or the last result
 *      └───── wait ◀──────────┘
 * </pre>
 *
 * <p>Not repeated, unless asked for: an {@link Error}, an interrupt, a cancellation, and the refusal of another policy -
 * a retry around an open breaker does not use up its attempts at it.
 *
 * <p>On giving up, the caller gets the last failure as it was thrown, with up to ten of the earlier ones as suppressed.
 * A thread that is interrupted while it waits gets {@link dev.holdfast.CallInterruptedException} at once and keeps its
 * interrupt flag. An asynchronous call waits on a timer; cancelling its future removes the timer and cancels the attempt
 * that is under way.
 *
 * <p>Safe to share between threads. It has no state but its settings and counters.
 *
 * <p>Longer than most files: the whole pattern is read here.
 *
 * @param <R> the results that its rules look at; {@code Object} if they look at exceptions only
 */
public final class Retry<R extends @Nullable Object> extends Loop<R> {
    /** What is repeated by default. */
    static final Classifier<@Nullable Object> REPEATED = Classifier.standard().ignore(Error.class);

    private static final VarHandle SETTINGS;

    static {
        try {
            SETTINGS = MethodHandles.lookup().findVarHandle(Retry.class, "settings", RetryBuilder.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** A field, and not an object of its own, because every call reads it more than once. */
    private volatile RetryBuilder<R> settings;

    private final LongAdder firstSuccesses = new LongAdder();
    private final LongAdder laterSuccesses = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder exhausted = new LongAdder();
    private final LongAdder overBudget = new LongAdder();
    private final LongAdder unrepeatable = new LongAdder();

    Retry(RetryBuilder<R> settings) {
        super(settings.name, settings.environment);
        this.settings = settings;
    }

    /**
     * Starts to build a retry that looks at exceptions, and, by rules that name their class, at results.
     *
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static RetryBuilder<@Nullable Object> builder(String name) {
        return new RetryBuilder<>(name, REPEATED);
    }

    /**
     * Starts to build a retry that looks at results: {@code Retry.builder("inventory", Stock.class).retryOnResult(s -> !s.complete())}.
     *
     * @param <R> the results of the calls
     * @param name 1 to 256 characters, not blank
     * @param type their class, for the compiler only. For results of a generic type its plain class will do:
     *     {@code Retry.<HttpResponse<String>>builder("inventory", HttpResponse.class)}
     * @return a builder
     */
    public static <R extends @Nullable Object> RetryBuilder<R> builder(String name, Class<? super @NonNull R> type) {
        Require.nonNull(type, "type");
        return new RetryBuilder<>(name, REPEATED);
    }

    /**
     * Builds a retry with the defaults: three attempts, with exponential waits from 100 ms on, fully jittered.
     *
     * @param name 1 to 256 characters, not blank
     * @return a new retry
     */
    public static Retry<@Nullable Object> ofDefaults(String name) {
        return builder(name).build();
    }

    @Override
    protected Classifier<? super R> classifier() {
        return settings.classifier;
    }

    @Override
    protected long maxNanos() {
        return settings.maxNanos;
    }

    @Override
    protected void succeeded(int attempts) {
        Budget budget = settings.budget;
        if (budget != null) {
            budget.succeeded();
        }
        (attempts == 1 ? firstSuccesses : laterSuccesses).increment();
    }

    @Override
    protected void unrepeatable() {
        unrepeatable.increment();
    }

    @Override
    protected boolean wantsArgument() {
        RetryBuilder<R> rules = settings;
        return rules.condition != null || rules.delays != null;
    }

    @Override
    protected long next(
            int number,
            long previousDelay,
            @Nullable R value,
            @Nullable Throwable failure,
            long asked,
            @Nullable Call call,
            long now,
            long nanosLeft) {
        RetryBuilder<R> rules = settings;
        if (rules.budget != null && now == NO_TIME) {
            return NEEDS_TIME;
        }
        long delay = STOP;
        if (number < rules.maxAttempts) {
            delay = delayOrStop(rules, number, previousDelay, value, failure, asked, call);
        }
        if (delay >= nanosLeft) {
            delay = STOP;
        }
        if (delay < 0) {
            exhausted.increment();
            return STOP;
        }
        if (rules.budget != null && !rules.budget.tryWithdraw(now)) {
            exhausted.increment();
            overBudget.increment();
            return STOP;
        }
        retries.increment();
        return delay;
    }

    @Override
    protected void overslept() {
        exhausted.increment();
    }

    /** What a rule throws ends the call: it is counted as one that could have been repeated. */
    private long delayOrStop(
            RetryBuilder<R> rules,
            int number,
            long previousDelay,
            @Nullable R value,
            @Nullable Throwable failure,
            long asked,
            @Nullable Call call) {
        try {
            if (failure instanceof RejectedException early && early.retryAfterNanos() > rules.maxRefusedNanos()) {
                askedForTooMuch(rules, rules.maxRefusedNanos());
                return STOP;
            }
            long given = NOT_ASKED;
            if (rules.condition != null || rules.delays != null) {
                Attempt<R> attempt = attempt(number, previousDelay, value, failure, asked, call);
                if (rules.condition != null && !rules.condition.test(attempt)) {
                    return STOP;
                }
                given = rules.delays == null ? NOT_ASKED : askedDelay(rules, attempt);
            }
            long delay = given == NOT_ASKED
                    ? delay(rules, number, previousDelay, asked)
                    : given <= rules.maxAskedNanos ? given : STOP;
            return delay != STOP && failure instanceof RejectedException refusal
                    ? Math.max(delay, refusal.retryAfterNanos())
                    : delay;
        } catch (Throwable thrown) {
            exhausted.increment();
            throw thrown;
        }
    }

    private long delay(RetryBuilder<R> rules, int number, long previousDelay, long asked) {
        if (asked > rules.maxAskedByRules()) {
            askedForTooMuch(rules, rules.maxAskedByRules());
            return STOP;
        }
        return Math.max(rules.backoff.nanos(number, previousDelay, environment()), asked);
    }

    /** Once for each name and limit: whoever wonders why nothing is repeated finds it in the log. */
    private void askedForTooMuch(RetryBuilder<R> rules, long most) {
        hint("gives up where it is asked to wait for longer than " + Durations.write(Duration.ofNanos(most))
                + ", as by a Retry-After: that is the most that its backoff, " + rules.backoff
                + ", and delayFrom allow. Give the backoff a larger cap");
    }

    /** The delay that the outcome asks for. What says so is only asked for advice: if it throws, it has none. */
    private long askedDelay(RetryBuilder<R> rules, Attempt<R> attempt) {
        try {
            Duration asked = rules.delays == null ? null : rules.delays.apply(attempt);
            return asked == null ? NOT_ASKED : Math.max(0, Require.saturatedNanos(asked));
        } catch (Throwable thrown) {
            ruleThrew(thrown, "delayFrom has no advice, and the backoff decides");
            return NOT_ASKED;
        }
    }

    @Override
    protected @Nullable R gaveUp(@Nullable R value, int attempts) {
        if (settings.throwsOnResult) {
            throw new RetriesExhaustedException(quotedName(), attempts, value);
        }
        return value;
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        String hidden = failuresHidden(inside);
        if (hidden != null) {
            return hidden;
        }
        Policy<?> other = first(inside, Loop.class);
        if (other != null) {
            return "multiplies its attempts by those of " + title(other) + ": one of the two is enough";
        }
        other = first(inside, Deadline.class);
        RetryBuilder<R> rules = settings;
        boolean bounded = rules.maxAttempts < Integer.MAX_VALUE || rules.maxNanos != NO_LIMIT;
        return other == null || bounded || first(outside, Deadline.class) != null
                ? null
                : "repeats for ever what " + title(other)
                        + " ends: set its maxAttempts or maxDuration, or put a timeout around it";
    }

    @Override
    protected List<Meter> ownMeters() {
        return List.of(
                calls("first", firstSuccesses::sum),
                calls("later", laterSuccesses::sum),
                calls("exhausted", exhausted::sum),
                calls("unrepeatable", unrepeatable::sum),
                Meter.counter(
                        "holdfast.retry.over.budget",
                        "{call}",
                        "Calls that were not repeated because the budget was empty; they are among the exhausted ones.",
                        overBudget::sum),
                Meter.counter(
                        "holdfast.retry.retries", "{retry}", "Attempts beyond the first of a call.", retries::sum),
                Meter.gauge(
                        "holdfast.retry.budget.available",
                        "{token}",
                        "Further attempts that the budget holds; nothing without a budget.",
                        this::budgetLeft));
    }

    private static Meter calls(String outcome, LongSupplier count) {
        return Meter.counter(
                        "holdfast.retry.calls",
                        "{call}",
                        "Calls that succeeded at their first or at a later attempt, that failed although they could have been"
                                + " repeated, and that failed with what is not to be repeated.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    private double budgetLeft() {
        Budget budget = settings.budget;
        return budget == null ? Double.NaN : budget.available();
    }

    /**
     * What has happened here since the retry was built.
     *
     * @return counts that only grow; never more of {@code overBudget} than of {@code exhausted}, nor of
     *     {@code laterSuccesses} than of {@code retries}
     */
    public Counts counts() {
        // Read before what they are part of, which is counted first.
        long partly = overBudget.sum();
        long repeated = laterSuccesses.sum();
        return new Counts(firstSuccesses.sum(), repeated, retries.sum(), exhausted.sum(), partly, unrepeatable.sum());
    }

    /**
     * What has happened at a retry since it was built.
     *
     * @param firstSuccesses calls that succeeded at their first attempt
     * @param laterSuccesses calls that succeeded at a later one
     * @param retries attempts beyond the first of a call, from the moment they are decided on: one that is interrupted,
     *     cancelled or too late while it waits is among them
     * @param exhausted calls that failed although they could have been repeated
     * @param overBudget those of them that failed because the budget was empty
     * @param unrepeatable calls that failed with what is not to be repeated, by the {@link Classifier}; not those that nobody waited for any
     *     more
     */
    public record Counts(
            long firstSuccesses,
            long laterSuccesses,
            long retries,
            long exhausted,
            long overBudget,
            long unrepeatable) {}

    /**
     * Changes settings while the retry is used. Calls that are under way go on under the new ones,
     * except that they get no {@code maxDuration} if they began without one. Rules on what is repeated
     * ({@link RetryBuilder#classify}, {@code retryOnResult}, {@code retryRejections}) that are given here take the place of all that
     * were given before; where none is given, those stay. So the same change made again changes nothing.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another
     *     reconfiguration was faster
     * @throws IllegalArgumentException if the environment is another; then nothing has changed
     */
    public void reconfigure(UnaryOperator<RetryBuilder<R>> change) {
        Require.nonNull(change, "change");
        while (true) {
            RetryBuilder<R> before = settings;
            RetryBuilder<R> after = Require.nonNull(change.apply(before.copy().replacingRules()), "what change gave")
                    .copy();
            Require.same(after.environment, environment(), "environment of a reconfiguration");
            after.bindBudget();
            if (SETTINGS.compareAndSet(this, before, after)) {
                return;
            }
        }
    }

    RetryBuilder<R> settings() {
        return settings.copy();
    }

    @Override
    public String toString() {
        RetryBuilder<R> rules = settings;
        return "Retry[" + quotedName() + " up to " + rules.maxAttempts + " attempts, " + rules.backoff + "]";
    }
}
