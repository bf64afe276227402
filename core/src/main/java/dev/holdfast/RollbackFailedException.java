// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt on a target has left behind could not be put right: its rollback threw, which is the cause, or its work still runs, half a second
 * after a policy inside has given it up. No further attempt is made, because it would start from a state that nobody knows; by {@link Classifier#standard()} no policy repeats, counts
 * or replaces this either. What the attempt failed with is suppressed.
 */
public final class RollbackFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RollbackFailedException(String policy, String target, @Nullable Throwable cause) {
        super(
                Names.quoted(policy) + ": " + target + " is not rolled back: "
                        + (cause == null
                                ? "its work still runs, and is rolled back when that ends"
                                : "its rollback failed with " + cause.getClass().getName()),
                cause);
    }
}
