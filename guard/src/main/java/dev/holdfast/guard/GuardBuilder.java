// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.guard;

import dev.holdfast.Backoff;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreakerBuilder;
import dev.holdfast.internal.Require;
import dev.holdfast.retry.Retry;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Sets parts of a {@link Guard}, or leaves them out. Each part starts from the guard's own defaults, which are not always those of its
 * pattern. The parts are called as the guard is. Not thread-safe.
 */
public final class GuardBuilder {
    private static final int MOST_IN_FLIGHT = 1_000;
    /** Enough for most from the first call on; in an outage the limit falls from what is in use, wherever it stands. */
    private static final int FIRST_LIMIT = 50;

    private static final int LONGEST_LINE = 500;
    private static final Duration LONGEST_WAIT = Duration.ofMillis(300);
    private static final String OF_ATTEMPTS = "/attempt";
    private static final Duration AT_ONCE = Duration.ofMillis(250);
    private static final Duration FIRST_DELAY = Duration.ofMillis(10);

    private final String name;
    private Environment environment = Environment.standard();
    private @Nullable Duration deadline;
    private @Nullable Duration attemptTimeout;
    private @Nullable UnaryOperator<RetryBuilder<@Nullable Object>> retry = so -> so;
    private @Nullable UnaryOperator<CircuitBreakerBuilder> breaker;
    private @Nullable UnaryOperator<BulkheadBuilder> limit = so -> so;
    private @Nullable Classifier<? super @Nullable Object> rules;

    GuardBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * Where time, waiting and threads come from.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public GuardBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * How long a call may take with all attempts and waits; then it is interrupted. Costs a timer for each call, which is 64 bytes.
     *
     * @param value longer than zero; default: no limit but the client's
     * @return this builder
     */
    public GuardBuilder deadline(Duration value) {
        Require.positiveNanos(value, "deadline");
        deadline = value;
        return this;
    }

    /**
     * How long each attempt may take, its wait for a turn included: for clients that have no time limit of their own. Costs a timer for
     * each attempt. Its policy is called as the guard, and {@code /attempt}.
     *
     * @param value longer than zero; default: no limit but the client's
     * @return this builder
     * @throws IllegalArgumentException if that name is longer than 256 characters
     */
    public GuardBuilder attemptTimeout(Duration value) {
        Require.positiveNanos(value, "attemptTimeout");
        Require.name(name + OF_ATTEMPTS);
        attemptTimeout = value;
        return this;
    }

    /**
     * Changes what is repeated: by default what fails within 250 ms of the call's beginning, once, after up to 10 ms, and from a retry's
     * usual budget: a tenth of the calls that succeed, ten at most at once.
     *
     * @param change gets a builder with these settings
     * @return this builder
     */
    public GuardBuilder retry(UnaryOperator<RetryBuilder<@Nullable Object>> change) {
        retry = Require.nonNull(change, "retry");
        return this;
    }

    /**
     * Repeats nothing: for calls that must not be made twice.
     *
     * @return this builder
     */
    public GuardBuilder withoutRetry() {
        retry = null;
        return this;
    }

    /**
     * Adds a circuit breaker, for a dependency that has to be left alone entirely while it is down: one that charges for each call, say. The limit does
     * without it what can be done for those who call, so there is none by default.
     *
     * @param change gets a builder with the breaker's defaults
     * @return this builder
     */
    public GuardBuilder breaker(UnaryOperator<CircuitBreakerBuilder> change) {
        breaker = Require.nonNull(change, "breaker");
        return this;
    }

    /**
     * Changes how calls in flight are limited: by default by {@link Limits#evidence}, 1,000 at most, with a line of 500 in which none waits longer
     * than 300 ms, and the newest is next.
     *
     * @param change gets a builder with these settings
     * @return this builder
     */
    public GuardBuilder limit(UnaryOperator<BulkheadBuilder> change) {
        limit = Require.nonNull(change, "limit");
        return this;
    }

    /**
     * Limits nothing.
     *
     * @return this builder
     */
    public GuardBuilder withoutLimit() {
        limit = null;
        return this;
    }

    /**
     * What is a failure, said once for all parts: see {@link Pipeline#classifying}.
     *
     * @param value default: whatever is thrown, but refusals, interrupts and cancellations
     * @return this builder
     */
    public GuardBuilder classify(Classifier<? super @Nullable Object> value) {
        rules = Require.nonNull(value, "classify");
        return this;
    }

    /**
     * Builds the guard.
     *
     * @return a new guard
     * @throws IllegalArgumentException if settings of a part contradict each other, or a part is of another environment
     */
    public Guard build() {
        Parts parts = environment.building(this::parts);
        Pipeline<@Nullable Object> pipeline = Pipeline.<@Nullable Object>ofAll(parts.outermostFirst());
        if (rules != null) {
            pipeline = pipeline.classifying(rules);
        }
        return new Guard(pipeline.named(name), parts);
    }

    private Parts parts() {
        return new Parts(
                deadline == null ? null : Timeout.of(name, deadline),
                retry == null ? null : changed(retry, usualRetry(), "retry").build(),
                breaker == null
                        ? null
                        : changed(breaker, CircuitBreaker.builder(name), "breaker")
                                .build(),
                attemptTimeout == null ? null : Timeout.of(name + OF_ATTEMPTS, attemptTimeout),
                limit == null ? null : changed(limit, usualLimit(), "limit").build());
    }

    private static <B> B changed(UnaryOperator<B> change, B usual, String part) {
        return Require.nonNull(change.apply(usual), "what the change of the " + part + " gave");
    }

    private RetryBuilder<@Nullable Object> usualRetry() {
        return Retry.builder(name)
                .maxAttempts(2)
                .maxDuration(AT_ONCE)
                .backoff(Backoff.exponential(FIRST_DELAY, AT_ONCE));
    }

    private BulkheadBuilder usualLimit() {
        return Bulkhead.builder(name)
                .adaptive(Limits.between(1, MOST_IN_FLIGHT).startAt(FIRST_LIMIT).evidence())
                .queue(LONGEST_LINE)
                .waitUpTo(LONGEST_WAIT)
                .lifo();
    }

    /** What a guard is made of; {@code null} for what is left out. */
    record Parts(
            @Nullable Timeout deadline,
            @Nullable Retry<@Nullable Object> retry,
            @Nullable CircuitBreaker breaker,
            @Nullable Timeout attemptTimeout,
            @Nullable Bulkhead limit) {
        Parts with(Bulkhead other) {
            return new Parts(deadline, retry, breaker, attemptTimeout, other);
        }

        List<Policy<?>> outermostFirst() {
            return Stream.<@Nullable Policy<?>>of(deadline, retry, breaker, attemptTimeout, limit)
                    .<Policy<?>>flatMap(Stream::ofNullable)
                    .toList();
        }
    }
}
