// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Event;

/**
 * An alternative of a {@link RecoveryBlock} has failed, and what it did could not be undone: so no other one was tried. Its cause is what the
 * rollback threw; what the alternative failed with is suppressed.
 */
public final class RollbackException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RollbackException(String policy, String alternative, Throwable cause, Throwable failure) {
        super(Event.quoted(policy) + ": " + Event.quoted(alternative) + " could not be rolled back", cause);
        if (failure != this) {
            addSuppressed(failure);
        }
    }
}
