// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.Attempt;
import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.RejectedException;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

// More than 300 lines, because each setting has its Javadoc.
/**
 * The settings of a retry: see {@link Retry#builder}. Not thread-safe; a retry keeps a copy. Methods that change the
 * type must be used by what they return.
 *
 * @param <R> the results that the rules look at
 */
public final class RetryBuilder<R extends @Nullable Object> {
    private static final long BY_BACKOFF = -1;
    private static final Duration WITHOUT_CAP = Duration.ofSeconds(10);

    final String name;
    Environment environment = Environment.standard();
    int maxAttempts = 3;
    long maxNanos = Long.MAX_VALUE;
    Backoff backoff =
            Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(10)).jitter(Backoff.Jitter.FULL);
    Classifier<? super R> classifier;

    @Nullable Budget budget = usualBudget();

    @Nullable Predicate<? super Attempt<R>> condition;

    @Nullable Function<? super Attempt<R>, ? extends @Nullable Duration> delays;

    long maxAskedNanos;
    boolean throwsOnResult;
    /** The longest that a refusal may ask for, or {@link #BY_BACKOFF}. */
    private long maxRefusedNanos = BY_BACKOFF;
    /** Whether each retry that is built gets a budget of its own. */
    private boolean hasUsualBudget = true;
    /** Whether the next rule takes the place of those that are there. */
    private boolean replacesRules;

    RetryBuilder(String name, Classifier<? super R> classifier) {
        this.name = Require.name(name);
        this.classifier = classifier;
    }

    /**
     * Where time and randomness come from.
     *
     * @param value default: {@link Environment#standard()}; cannot be changed by a reconfiguration
     * @return this builder
     */
    public RetryBuilder<R> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * How many attempts there are at most, the first one included.
     *
     * @param value from 1 up; default: 3, also where a {@link #maxDuration} is set; {@link Integer#MAX_VALUE} leaves it to that
     * @return this builder
     */
    public RetryBuilder<R> maxAttempts(int value) {
        maxAttempts = Require.range(value, 1, Integer.MAX_VALUE, "maxAttempts");
        return this;
    }

    /**
     * How long attempts and waits may take together. No attempt starts at that time or later, and a wait that would end
     * then is not begun. An attempt that runs is not cut short: that is a timeout's business. It makes no more attempts than
     * {@link #maxAttempts} says, which are three unless that is set, too.
     *
     * @param value longer than zero; default: no limit
     * @return this builder
     */
    public RetryBuilder<R> maxDuration(Duration value) {
        maxNanos = Require.positiveNanos(value, "maxDuration");
        return this;
    }

    /**
     * Takes {@link #maxDuration} back.
     *
     * @return this builder
     */
    public RetryBuilder<R> withoutMaxDuration() {
        maxNanos = Long.MAX_VALUE;
        return this;
    }

    /**
     * How long to wait before the next attempt. Where a rule says that an outcome asks for a longer wait
     * ({@link Classifier#retryAfter}), that one is made, unless it is longer than the backoff's cap - where it has none, 10 s - and than
     * the longest delay of {@link #delayFrom}: then the retry stops.
     *
     * @param value default: exponential from 100 ms to 10 s with full jitter
     * @return this builder
     */
    public RetryBuilder<R> backoff(Backoff value) {
        backoff = Require.nonNull(value, "backoff");
        return this;
    }

    /**
     * Takes the delay from the attempt's outcome where it says one, such as the {@code Retry-After} of a server, which
     * {@link dev.holdfast.RetryAfter} reads.
     *
     * <pre>{@code
     * .delayFrom(
     *         attempt -> attempt.result()
     *                 .map(reply -> RetryAfter.parse(reply.header("Retry-After"), reply.header("Date")))
     *                 .orElse(null),
     *         Duration.ofSeconds(30))
     * }</pre>
     *
     * @param asked gives the delay, negative for none, or {@code null} where the outcome says nothing and the backoff
     *     decides; also where it throws, which is logged once a minute at most
     * @param max the longest delay that is honoured, zero or longer; asked for a longer one, the retry stops, because to
     *     come earlier than asked would be no use
     * @return this builder
     */
    public RetryBuilder<R> delayFrom(Function<? super Attempt<R>, ? extends @Nullable Duration> asked, Duration max) {
        delays = Require.nonNull(asked, "asked");
        maxAskedNanos = Require.nanosAtLeast(max, Duration.ZERO, "max of delayFrom");
        return this;
    }

    /**
     * Takes {@link #delayFrom} back.
     *
     * @return this builder
     */
    public RetryBuilder<R> withoutDelayFrom() {
        delays = null;
        maxAskedNanos = 0;
        return this;
    }

    /**
     * Changes what is repeated: what the classifier takes for a failure. In a reconfiguration, {@code classify(so -> so)} goes back to
     * the defaults.
     *
     * @param <S> the results that the rules look at from now on
     * @param change gets the classifier so far, which starts as {@link Classifier#standard()} with every {@link Error}
     *     ignored; in a reconfiguration it starts so again
     * @return this builder, under its new type
     */
    @SuppressWarnings("unchecked") // The builder of the narrower type is the same object; its rules are wider.
    public <S extends R> RetryBuilder<S> classify(
            Function<? super Classifier<R>, ? extends Classifier<? super S>> change) {
        Classifier<? super R> before = replacesRules ? Retry.REPEATED : classifier;
        Classifier<? super S> changed = Require.nonNull(change, "change").apply((Classifier<R>) before);
        maxRefusedNanos = replacesRules ? BY_BACKOFF : maxRefusedNanos;
        replacesRules = false;
        RetryBuilder<S> narrowed = (RetryBuilder<S>) this;
        narrowed.classifier = Retry.REPEATED.<S>with(Require.nonNull(changed, "classifier"));
        return narrowed;
    }

    /**
     * Changes what is repeated by rules that others use as well, which are asked before those that are there.
     *
     * @param <S> the results that the rules look at from now on
     * @param rules what there is to know of outcomes; what it has from {@link Classifier#standard()} is no rule of its own
     * @return this builder, under its new type
     */
    public <S extends R> RetryBuilder<S> classify(Classifier<? super S> rules) {
        Require.nonNull(rules, "rules");
        return this.<S>classify(so -> so.<S>with(rules));
    }

    /**
     * Repeats calls whose result a predicate accepts.
     *
     * <pre>{@code
     * Retry<Reply> retry = Retry.builder("inventory", Reply.class).retryOnResult(reply -> reply.status() == 503).build();
     * Retry<Reply> same = Retry.builder("inventory").retryOnResult((Reply reply) -> reply.status() == 503).build();
     * }</pre>
     *
     * @param <S> the results that the rules look at from now on
     * @param predicate gets a result, which may be {@code null}
     * @return this builder, under its new type
     */
    public <S extends R> RetryBuilder<S> retryOnResult(Predicate<? super S> predicate) {
        return this.<S>classify(so -> so.<S>failOnResult(predicate));
    }

    /**
     * Repeats calls that give results of a class which a predicate accepts; says nothing of other results.
     *
     * @param <T> the results
     * @param type their class
     * @param predicate gets a result
     * @return this builder
     */
    public <T> RetryBuilder<R> retryOnResult(Class<T> type, Predicate<? super T> predicate) {
        return this.<R>classify(so -> so.failOnResult(type, predicate));
    }

    /**
     * Repeats calls that another policy has refused, too, and no earlier than the refusal's retry-after. One that asks for longer than
     * the backoff's cap (where it has none, 10 s), or than the longest delay of {@link #delayFrom} if that is more, ends the call.
     *
     * @return this builder; default: a refusal is passed on at once, as by {@code classify(so -> so.ignore(RejectedException.class))}
     */
    public RetryBuilder<R> retryRejections() {
        maxRefusedNanos = BY_BACKOFF;
        return this.<R>classify(so -> so.failOn(RejectedException.class));
    }

    /**
     * {@link #retryRejections()} with a limit of its own.
     *
     * @param max zero or longer; a refusal that asks for longer ends the call
     * @return this builder
     */
    public RetryBuilder<R> retryRejections(Duration max) {
        long nanos = Require.nanosAtLeast(max, Duration.ZERO, "max of retryRejections");
        RetryBuilder<R> same = this.<R>classify(so -> so.failOn(RejectedException.class));
        maxRefusedNanos = nanos;
        return same;
    }

    /**
     * A further condition for each retry, which sees the attempt's number, its outcome, and, where the call has an argument, that: such as
     * the request, whose method says whether it may be sent twice.
     *
     * <pre>{@code
     * .retryIf(attempt -> attempt.call()
     *         .flatMap(Call::argument)
     *         .map(request -> ((HttpRequest) request).method().equals("GET"))
     *         .orElse(false))
     * }</pre>
     *
     * @param value gets an attempt that failed and may be repeated; what it throws is logged, once a minute at most, and ends the call
     *     with the outcome of that attempt
     * @return this builder; default: no condition
     */
    public RetryBuilder<R> retryIf(Predicate<? super Attempt<R>> value) {
        condition = Require.nonNull(value, "retryIf");
        return this;
    }

    /**
     * Takes {@link #retryIf} back.
     *
     * @return this builder
     */
    public RetryBuilder<R> withoutRetryIf() {
        condition = null;
        return this;
    }

    /**
     * The budget that retries are taken from, before the wait. When it is empty, the call ends as if there were no
     * retry.
     *
     * @param value shared by all policies that make further attempts at the same dependency, in one environment; default: one for each
     *     retry, of ten tokens, of which a success fills up a tenth, so that repeats are at most a tenth of what succeeds, and ten at once
     * @return this builder
     */
    public RetryBuilder<R> budget(Budget value) {
        hasUsualBudget = false;
        budget = Require.nonNull(value, "budget");
        return this;
    }

    /**
     * Repeats however much fails: where nothing but the caller suffers from that, or something else limits it.
     *
     * @return this builder
     */
    public RetryBuilder<R> withoutBudget() {
        hasUsualBudget = false;
        budget = null;
        return this;
    }

    /**
     * Throws {@link RetriesExhaustedException} when the last result is still not acceptable.
     *
     * @return this builder; default: the caller gets that result
     */
    public RetryBuilder<R> throwOnExhaustedResult() {
        throwsOnResult = true;
        return this;
    }

    /**
     * Gives the caller the last result, acceptable or not: the opposite of {@link #throwOnExhaustedResult}.
     *
     * @return this builder
     */
    public RetryBuilder<R> returnExhaustedResult() {
        throwsOnResult = false;
        return this;
    }

    /**
     * Builds the retry.
     *
     * @return a new retry
     * @throws IllegalArgumentException if the budget belongs to policies of another environment
     */
    public Retry<R> build() {
        RetryBuilder<R> settings = copy();
        if (hasUsualBudget) {
            settings.budget = usualBudget();
        }
        settings.bindBudget();
        return new Retry<>(settings);
    }

    /** Small: each of many clients has one, and what all of them repeat at first comes together. */
    private static Budget usualBudget() {
        return Budget.of(10, 0.1, 0);
    }

    /** These rules, and nothing that was said before. */
    void replaceRules(Classifier<? super R> rules) {
        classifier = Retry.REPEATED.<R>with(rules);
        maxRefusedNanos = BY_BACKOFF;
        replacesRules = false;
    }

    void bindBudget() {
        if (budget != null) {
            budget.bind(environment);
        }
    }

    /** For a reconfiguration: the first rule that it gives takes the place of all that are there. */
    RetryBuilder<R> replacingRules() {
        replacesRules = true;
        return this;
    }

    /** The longest that a refusal may ask for. */
    long maxRefusedNanos() {
        return maxRefusedNanos == BY_BACKOFF ? maxAskedByRules() : maxRefusedNanos;
    }

    /** The longest that an outcome may ask for where nothing else is said. */
    long maxAskedByRules() {
        return Math.max(Require.saturatedNanos(backoff.cap().orElse(WITHOUT_CAP)), maxAskedNanos);
    }

    RetryBuilder<R> copy() {
        RetryBuilder<R> copy = new RetryBuilder<>(name, classifier);
        copy.environment = environment;
        copy.maxAttempts = maxAttempts;
        copy.maxNanos = maxNanos;
        copy.backoff = backoff;
        copy.budget = budget;
        copy.hasUsualBudget = hasUsualBudget;
        copy.condition = condition;
        copy.delays = delays;
        copy.maxAskedNanos = maxAskedNanos;
        copy.throwsOnResult = throwsOnResult;
        copy.maxRefusedNanos = maxRefusedNanos;
        return copy;
    }
}
