// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.Traces;
import java.time.Duration;

/**
 * A call took longer than it was allowed to. Unlike a refusal, this is a failure of the dependency: breakers count it and
 * retries repeat it. It has no stack trace, unless {@link Traces} are wanted, because that would not show where the time went; what the
 * work threw when it was interrupted is attached as suppressed, and that does show it.
 */
public final class TimeoutExceededException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The timeout's name. */
    private final String policy;

    /** The timeout's name, as it is printed. */
    private final String quotedName;

    /** What was allowed. */
    private final Duration limit;

    TimeoutExceededException(String policy, String quotedName, Duration limit) {
        super(null, null, true, Traces.areWanted());
        this.policy = policy;
        this.quotedName = quotedName;
        this.limit = limit;
    }

    /**
     * The timeout that ended the call.
     *
     * @return its name
     */
    public String policy() {
        return policy;
    }

    /**
     * How long the call was allowed to take.
     *
     * @return the timeout's duration for this call, zero if that was negative
     */
    public Duration limit() {
        return limit;
    }

    @Override
    public String getMessage() {
        return quotedName + " ended the call after " + limit;
    }
}
