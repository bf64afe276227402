// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import org.jspecify.annotations.Nullable;

/**
 * The calling thread was interrupted while a policy made it wait. The call ended at once and the thread's interrupt
 * flag is set. The last failure of the work, where there was one, is attached as suppressed.
 */
public final class CallInterruptedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CallInterruptedException(String policy, @Nullable Throwable lastFailure) {
        super("interrupted while " + Names.quoted(policy) + " made the caller wait");
        if (lastFailure != null) {
            addSuppressed(lastFailure);
        }
    }
}
