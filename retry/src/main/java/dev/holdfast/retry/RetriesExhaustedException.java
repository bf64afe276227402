// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import org.jspecify.annotations.Nullable;

/** A retry stopped at a result that never became acceptable, and was asked to throw then. */
public final class RetriesExhaustedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** From 1 up. */
    private final int attempts;

    /** What the last attempt gave; it may be nothing that can be serialised. */
    private final transient @Nullable Object lastResult;

    RetriesExhaustedException(String quotedName, int attempts, @Nullable Object lastResult) {
        super(quotedName + " got no acceptable result in " + attempts + (attempts == 1 ? " attempt" : " attempts"));
        this.attempts = attempts;
        this.lastResult = lastResult;
    }

    /**
     * How many attempts there were.
     *
     * @return from 1 up
     */
    public int attempts() {
        return attempts;
    }

    /**
     * The result of the last attempt.
     *
     * @return the result, which may be {@code null}; always so when the exception has been serialised
     */
    public @Nullable Object lastResult() {
        return lastResult;
    }
}
