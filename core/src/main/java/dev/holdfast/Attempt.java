// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that has failed and may be repeated, for loops and for rules of users that look at more than its outcome. Either
 * {@link #result} or {@link #failure} says something, and each has to be asked whether it does: a rule that takes the one for granted breaks
 * at the other. Immutable.
 *
 * @param <R> the results that are looked at
 */
public final class Attempt<R extends @Nullable Object> {
    private final int number;
    private final Outcome<R> outcome;
    private final long previousDelay;
    private final long asked;
    private final @Nullable Call call;

    Attempt(int number, Outcome<R> outcome, long previousDelay, long asked, @Nullable Call call) {
        this.number = number;
        this.outcome = outcome;
        this.previousDelay = previousDelay;
        this.asked = asked;
        this.call = call;
    }

    /**
     * Which attempt of its call it is.
     *
     * @return counted from 1
     */
    public int number() {
        return number;
    }

    /**
     * What came of it.
     *
     * @return what the work gave or threw
     */
    public Outcome<R> outcome() {
        return outcome;
    }

    /**
     * The result.
     *
     * @return empty if something was thrown, and if the result is {@code null}
     */
    public Optional<R> result() {
        return outcome.result();
    }

    /**
     * What was thrown, without the wrappers that a {@link Classifier} looks through.
     *
     * @return {@code null} if there is a result
     */
    public @Nullable Throwable failure() {
        return outcome.failure();
    }

    /**
     * The call that it is an attempt of, with its argument: a request, say, whose method tells whether it may be repeated.
     *
     * @return there where a call has an argument ({@code function}, {@code consumer} and their like) or its work wants to know its
     *     context, and where anybody listens; empty otherwise
     */
    public Optional<Call> call() {
        return Optional.ofNullable(call);
    }

    /**
     * How long the loop has waited before this attempt.
     *
     * @return nanoseconds; 0 for the first
     */
    public long previousDelayNanos() {
        return previousDelay;
    }

    /**
     * How long the outcome asks to wait at least, by {@link Classifier#retryAfter}.
     *
     * @return nanoseconds, or {@link Loop#NOT_ASKED}
     */
    public long askedNanos() {
        return asked;
    }

    @Override
    public String toString() {
        return "Attempt[" + number + " " + outcome + "]";
    }
}
