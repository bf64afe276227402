// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.Outcome;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that may be repeated, for rules that look at more than its outcome. Either {@link #result} or {@link #failure} says
 * something, and each has to be asked whether it does: a rule that takes the one for granted breaks at the other.
 *
 * @param <R> the results that are looked at
 * @param number counted from 1
 * @param outcome what came of it
 */
public record Attempt<R extends @Nullable Object>(int number, Outcome<R> outcome) {
    /**
     * The result.
     *
     * @return empty if something was thrown, and if the result is {@code null}
     */
    public Optional<R> result() {
        return outcome.result();
    }

    /**
     * What was thrown, without the wrappers that a {@link dev.holdfast.Classifier} looks through.
     *
     * @return {@code null} if there is a result
     */
    public @Nullable Throwable failure() {
        return outcome.failure();
    }
}
