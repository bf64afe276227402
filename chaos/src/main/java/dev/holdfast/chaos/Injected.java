// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Event;
import dev.holdfast.internal.Require;
import java.util.function.Supplier;

/**
 * Marks an injected exception as such, as one of its suppressed ones: stack traces show it, and whoever has the exception can ask
 * {@link Chaos#isInjected}. What the exception is to rules and policies does not change.
 */
final class Injected extends Exception {
    private static final long serialVersionUID = 1L;

    private Injected(String message) {
        super(message, null, false, false);
    }

    /** Makes an exception, which nobody else gets. */
    static Throwable make(Supplier<? extends Throwable> failures, Armed by) {
        Throwable made = Require.nonNull(failures.get(), "failure");
        if (!isIn(made)) {
            made.addSuppressed(
                    new Injected("injected by " + by.terms.title() + ", owner " + Event.quoted(by.terms.owner())));
        }
        return made;
    }

    static boolean isIn(Throwable failure) {
        for (Throwable each : failure.getSuppressed()) {
            if (each instanceof Injected) {
                return true;
            }
        }
        return false;
    }
}
