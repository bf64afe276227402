// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.RejectedException;
import org.jspecify.annotations.Nullable;

/** A breaker did not let the call through. Its cause is what made the breaker open, where that was an exception. */
public final class CircuitOpenException extends RejectedException {
    private static final long serialVersionUID = 1L;

    /** The state that the breaker refused in. */
    private final CircuitBreaker.State state;

    CircuitOpenException(String policy, CircuitBreaker.State state, long retryAfterNanos, @Nullable Throwable cause) {
        super(policy, retryAfterNanos, cause);
        this.state = state;
    }

    /**
     * The state that the breaker refused in.
     *
     * @return {@code OPEN}, {@code FORCED_OPEN}, or {@code HALF_OPEN} when all trials were taken
     */
    public CircuitBreaker.State state() {
        return state;
    }

    @Override
    protected String reason() {
        return "is " + state + " and let no call through";
    }
}
