// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/**
 * A call could not go on because something that it needs to be run was not there: a thread, a timer, its context, or the
 * environment itself, which was closed; or time. That says nothing about the dependency, so it is a refusal: breakers do not count it,
 * retries do not repeat it. What was thrown, if anything was, is its cause.
 */
public final class UnavailableException extends RejectedException {
    private static final long serialVersionUID = 1L;

    /** What was not there, as the message tells it. */
    private final String reason;

    UnavailableException(String policy, String reason, @Nullable Throwable cause) {
        super(policy, UNKNOWN, cause);
        this.reason = reason;
    }

    static UnavailableException closed(String policy) {
        return new UnavailableException(policy, "does not wait: its environment is closed", null);
    }

    static UnavailableException noThread(String policy, @Nullable Throwable cause) {
        return new UnavailableException(policy, "got no thread", cause);
    }

    static UnavailableException noTimer(String policy, Throwable cause) {
        return new UnavailableException(policy, "got no timer", cause);
    }

    static UnavailableException noContext(String policy, Throwable cause) {
        return new UnavailableException(policy, "could not carry the call's context along", cause);
    }

    static UnavailableException noLimit(String policy, Throwable cause) {
        return new UnavailableException(policy, "could not say how long the call may take", cause);
    }

    static UnavailableException noTarget(String policy, Throwable cause) {
        return new UnavailableException(policy, "could not say what an attempt works on", cause);
    }

    static UnavailableException noTimeLeft(String policy) {
        return new UnavailableException(policy, "does not begin a call: there is no time left for it", null);
    }

    @Override
    protected String reason() {
        return reason;
    }
}
