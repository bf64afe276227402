// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.RejectedException;

/** A bulkhead did not let the call through. */
public final class BulkheadFullException extends RejectedException {
    private static final long serialVersionUID = 1L;

    /** Who refused, and why. */
    enum Reason {
        FULL,
        CLOSED,
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

    BulkheadFullException(String policy, Reason reason, Bulkhead.Report report) {
        super(policy, UNKNOWN);
        this.reason = reason;
        this.limit = report.limit();
        this.inFlight = report.inFlight();
        this.waiting = report.waiting();
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
