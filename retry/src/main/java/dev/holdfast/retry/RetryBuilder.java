// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.Backoff;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.RejectedException;
import dev.holdfast.Require;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a retry: see {@link Retry#builder}. Not thread-safe; a retry keeps a copy. Methods that change the
 * type must be used by what they return.
 *
 * @param <R> the results that the rules look at
 */
public final class RetryBuilder<R extends @Nullable Object> {
    final String name;
    Environment environment = Environment.system();
    int maxAttempts = 3;
    long maxNanos = Long.MAX_VALUE;
    Backoff backoff = Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(10)).jitter(Backoff.Jitter.FULL);
    Classifier<? super R> classifier;
    @Nullable RetryBudget budget;
    @Nullable Predicate<? super Attempt<R>> condition;
    @Nullable Function<? super Attempt<R>, ? extends @Nullable Duration> delays;
    long maxAskedNanos;
    boolean throwsOnResult;

    RetryBuilder(String name, Classifier<? super R> classifier) {
        this.name = Require.name(name);
        this.classifier = classifier;
    }

    /**
     * Where time and randomness come from.
     *
     * @param value default: {@link Environment#system()}; cannot be changed by a reconfiguration
     * @return this builder
     */
    public RetryBuilder<R> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * How many attempts there are at most, the first one included.
     *
     * @param value from 1 up; default: 3
     * @return this builder
     */
    public RetryBuilder<R> maxAttempts(int value) {
        maxAttempts = Require.range(value, 1, Integer.MAX_VALUE, "maxAttempts");
        return this;
    }

    /**
     * How long attempts and waits may take together. No attempt starts at that time or later, and a wait that would end
     * then is not begun. An attempt that runs is not cut short: that is a timeout's business.
     *
     * @param value longer than zero; default: no limit
     * @return this builder
     */
    public RetryBuilder<R> maxDuration(Duration value) {
        maxNanos = Require.positiveNanos(value, "maxDuration");
        return this;
    }

    /**
     * How long to wait before the next attempt.
     *
     * @param value default: exponential from 100 ms to 10 s with full jitter
     * @return this builder
     */
    public RetryBuilder<R> backoff(Backoff value) {
        backoff = Require.nonNull(value, "backoff");
        return this;
    }

    /**
     * Takes the delay from the attempt's outcome where it says one, such as the {@code Retry-After} of a server.
     *
     * @param asked gives the delay, negative for none, or {@code null} where the outcome says nothing and the backoff
     *     decides; what it throws ends the call
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
     * Changes what is repeated: what the classifier takes for a failure.
     *
     * @param <S> the results that the rules look at from now on
     * @param change gets the classifier so far, which starts as {@link Classifier#standard()} with every {@link Error}
     *     ignored
     * @return this builder, under its new type
     */
    @SuppressWarnings("unchecked") // The builder of the narrower type is the same object; its rules are wider.
    public <S extends R> RetryBuilder<S> classify(Function<? super Classifier<R>, ? extends Classifier<S>> change) {
        Classifier<S> changed = Require.nonNull(change, "change").apply((Classifier<R>) classifier);
        RetryBuilder<S> narrowed = (RetryBuilder<S>) this;
        narrowed.classifier = Require.nonNull(changed, "classifier");
        return narrowed;
    }

    /**
     * Repeats calls whose result a predicate accepts.
     *
     * <pre>{@code
     * Retry<Reply> retry = Retry.builder("inventory").retryOnResult((Reply reply) -> reply.status() == 503).build();
     * }</pre>
     *
     * @param <S> the results that the rules look at from now on
     * @param predicate gets a result, which may be {@code null}
     * @return this builder, under its new type
     */
    public <S extends R> RetryBuilder<S> retryOnResult(Predicate<? super S> predicate) {
        return classify(so -> so.failOnResult(predicate));
    }

    /**
     * Repeats calls that another policy has refused, too, and no earlier than the refusal's retry-after.
     *
     * @return this builder; default: a refusal is passed on at once
     */
    public RetryBuilder<R> retryRejections() {
        return classify(so -> so.failOn(RejectedException.class));
    }

    /**
     * A further condition for each retry, which sees the attempt's number.
     *
     * @param value gets an attempt that failed and may be repeated; what it throws ends the call
     * @return this builder; default: no condition
     */
    public RetryBuilder<R> retryIf(Predicate<? super Attempt<R>> value) {
        condition = Require.nonNull(value, "retryIf");
        return this;
    }

    /**
     * The budget that retries are taken from, before the wait. When it is empty, the call ends as if there were no
     * retry.
     *
     * @param value shared by all retries that call the same dependency; default: none
     * @return this builder
     */
    public RetryBuilder<R> budget(RetryBudget value) {
        budget = Require.nonNull(value, "budget");
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
     * Builds the retry.
     *
     * @return a new retry
     */
    public Retry<R> build() {
        return new Retry<>(copy());
    }

    RetryBuilder<R> copy() {
        RetryBuilder<R> copy = new RetryBuilder<>(name, classifier);
        copy.environment = environment;
        copy.maxAttempts = maxAttempts;
        copy.maxNanos = maxNanos;
        copy.backoff = backoff;
        copy.budget = budget;
        copy.condition = condition;
        copy.delays = delays;
        copy.maxAskedNanos = maxAskedNanos;
        copy.throwsOnResult = throwsOnResult;
        return copy;
    }
}
