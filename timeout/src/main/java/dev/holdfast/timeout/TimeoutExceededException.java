// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.DeadlineExceededException;
import dev.holdfast.Traces;
import java.time.Duration;

/**
 * A call took longer than it was allowed to. Unlike a refusal, this is a failure of the dependency: breakers count it and
 * retries repeat it - unless it was its caller who had no more time, and the timeout itself would have allowed more
 * ({@link #isInherited}). It has no stack trace, unless {@link Traces} are wanted, because that would not show where the time went; what the
 * work threw when it was interrupted is attached as suppressed, and that does show it.
 */
public final class TimeoutExceededException extends DeadlineExceededException {
    private static final long serialVersionUID = 1L;

    /** From here on it is no limit. */
    private static final Duration NO_LIMIT = Duration.ofNanos(Long.MAX_VALUE);

    /** The timeout's name. */
    private final String policy;

    /** The timeout's name, as it is printed. */
    private final String quotedName;

    /** What the timeout allows. */
    private final Duration limit;

    /** What the call had: no more than that. */
    private final Duration allowed;

    TimeoutExceededException(String policy, String quotedName, Duration limit) {
        this(policy, quotedName, limit, limit);
    }

    TimeoutExceededException(String policy, String quotedName, Duration limit, Duration allowed) {
        super(allowed.compareTo(limit) < 0);
        this.policy = policy;
        this.quotedName = quotedName;
        this.limit = limit;
        this.allowed = allowed;
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
     * How long the timeout itself allows.
     *
     * @return the timeout's duration for this call, zero if that was negative; 292 years if it has no limit
     */
    public Duration limit() {
        return limit;
    }

    /**
     * How long the call was allowed to take here.
     *
     * @return {@link #limit}, or what its caller had left, if that was less; zero if nothing was left
     */
    public Duration allowed() {
        return allowed;
    }

    @Override
    public String getMessage() {
        String ended = quotedName + " ended the call after " + allowed;
        if (!isInherited()) {
            return ended;
        }
        return ended + ", which is what its caller had left; "
                + (limit.compareTo(NO_LIMIT) < 0 ? "its own limit is " + limit : "it has no limit of its own");
    }
}
