// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.RejectedException;
import org.jspecify.annotations.Nullable;

/**
 * A bulkhead did not let the call through; {@link #why} tells one that is full from one that is closed. What an executor threw that did
 * not take the work is the cause.
 */
public final class BulkheadFullException extends RejectedException {
    private static final long serialVersionUID = 1L;

    /** Why a bulkhead refuses a call. */
    public enum Reason {
        /** No permit was free, or none became free in time: the call may be let in later. */
        FULL,
        /** The bulkhead is closed, and lets no call in any more. */
        CLOSED,
        /** There was a permit, and the executor that the bulkhead was given did not take the work. */
        EXECUTOR
    }

    /** Why. */
    private final Reason reason;

    /** The bulkhead's limit. */
    private final int limit;

    /** Calls under way. */
    private final int inFlight;

    /** Calls that wait. */
    private final int waiting;

    BulkheadFullException(String policy, Reason reason, Bulkhead.Report report, @Nullable Throwable cause) {
        super(policy, UNKNOWN, cause);
        this.reason = reason;
        this.limit = report.limit();
        this.inFlight = report.inFlight();
        this.waiting = report.waiting();
    }

    /**
     * Why the call was refused.
     *
     * @return full, closed, or refused by the executor
     */
    public Reason why() {
        return reason;
    }

    /**
     * How many calls the bulkhead lets in at once.
     *
     * @return its limit when it refused the call
     */
    public int limit() {
        return limit;
    }

    /**
     * How many calls waited for a permit.
     *
     * @return about as many as when the call was refused
     */
    public int waiting() {
        return waiting;
    }

    @Override
    protected String reason() {
        switch (reason) {
            case CLOSED:
                return "is closed";
            case EXECUTOR:
                return "has an executor that refused the call";
            default:
                return "is full: " + inFlight + " in flight (limit: " + limit + "), " + waiting + " waiting";
        }
    }
}
