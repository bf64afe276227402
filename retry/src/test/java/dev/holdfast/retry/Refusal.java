// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.RejectedException;
import java.time.Duration;

/** A refusal by another policy, as a limiter would make it. */
final class Refusal extends RejectedException {
    private static final long serialVersionUID = 1L;

    /** Does not say when to come again. */
    Refusal() {
        super("limiter", UNKNOWN);
    }

    Refusal(Duration retryAfter) {
        super("limiter", retryAfter.toNanos());
    }
}
