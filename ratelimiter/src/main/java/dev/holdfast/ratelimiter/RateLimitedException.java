// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.RejectedException;

/**
 * A limiter did not let the call through, and took nothing for it. {@link #retryAfterNanos()} is when the permits are
 * there, if nobody else takes them; it is {@link #UNKNOWN} for a call that costs more than the limiter ever holds.
 */
public final class RateLimitedException extends RejectedException {
    private static final long serialVersionUID = 1L;

    RateLimitedException(String policy, long retryAfterNanos) {
        super(policy, retryAfterNanos);
    }

    @Override
    protected String reason() {
        return "is over its limit and let no call through";
    }
}
