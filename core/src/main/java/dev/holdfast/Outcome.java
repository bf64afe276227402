// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt or a call came out: a result, which may be {@code null}, or what was thrown. Built only for those who ask for it.
 * Immutable.
 *
 * @param <R> the results
 */
public final class Outcome<R extends @Nullable Object> {
    private final @Nullable R value;
    private final @Nullable Throwable failure;

    private Outcome(@Nullable R value, @Nullable Throwable failure) {
        this.value = value;
        this.failure = failure;
    }

    /**
     * The outcome of work that gave a result.
     *
     * @param <R> the results
     * @param result the result; may be {@code null}
     * @return an outcome
     */
    public static <R extends @Nullable Object> Outcome<R> ofResult(R result) {
        return new Outcome<>(result, null);
    }

    /**
     * The outcome of work that threw.
     *
     * @param <R> the results that there might have been
     * @param failure what was thrown
     * @return an outcome
     */
    public static <R extends @Nullable Object> Outcome<R> ofFailure(Throwable failure) {
        return new Outcome<>(null, Require.nonNull(failure, "failure"));
    }

    static <R extends @Nullable Object> Outcome<R> of(@Nullable R value, @Nullable Throwable failure) {
        return new Outcome<>(failure == null ? value : null, failure);
    }

    /** As others than the engines may see it. */
    static Outcome<@Nullable Object> seen(@Nullable Object value, @Nullable Throwable failure) {
        return of(Work.shown(value), failure);
    }

    /**
     * Whether something was thrown.
     *
     * @return {@code false} if there is a result, also if that is {@code null}
     */
    public boolean isFailure() {
        return failure != null;
    }

    /**
     * The result.
     *
     * @return empty if something was thrown, and if the result is {@code null}
     */
    public Optional<R> result() {
        return Optional.ofNullable(value);
    }

    /**
     * What was thrown, without the wrappers that a {@link Classifier} looks through.
     *
     * @return {@code null} if there is a result
     */
    public @Nullable Throwable failure() {
        return Failures.unwrap(failure);
    }

    /** What was thrown, as it was thrown. */
    @Nullable Throwable thrown() {
        return failure;
    }

    @Nullable R value() {
        return value;
    }

    /** Says what it is; of a result the class only, because results may be long, and secret. */
    @Override
    public String toString() {
        return failure != null ? "threw " + Names.shown(failure) : "gave " + Names.shownClass(value);
    }
}
