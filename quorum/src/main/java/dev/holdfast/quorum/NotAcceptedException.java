// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Event;

/** An alternative of a {@link RecoveryBlock} has given a result that its acceptance test does not accept. */
public final class NotAcceptedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Whose result it was. */
    private final String alternative;

    NotAcceptedException(String policy, String alternative) {
        super(Event.quoted(policy) + ": the result of " + Event.quoted(alternative) + " is not accepted");
        this.alternative = alternative;
    }

    /**
     * Whose result it was.
     *
     * @return the alternative's name
     */
    public String alternative() {
        return alternative;
    }
}
