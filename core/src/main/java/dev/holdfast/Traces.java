// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/**
 * A switch for stack traces, for the whole JVM: off, until somebody looks for who makes a call.
 *
 * <p>While it is off, refusals and timeouts have no stack trace, because that costs more than all the rest of them, and what work has
 * thrown on another thread shows that thread only. While it is on, refusals and timeouts show where they were made, and failures of
 * calls whose work may have run elsewhere - on threads of a policy, or asynchronously - carry a suppressed exception that shows
 * where the call was made.
 *
 * <p>On from the start with {@code -Dholdfast.traces=true}. Safe to use from any thread; calls that are under way may not notice.
 */
public final class Traces {
    private static volatile boolean wanted = Boolean.getBoolean("holdfast.traces");

    private Traces() {}

    /**
     * Turns stack traces on or off.
     *
     * @param on default: off
     */
    public static void want(boolean on) {
        wanted = on;
    }

    /**
     * Whether stack traces are on.
     *
     * @return what an exception of a policy of one's own may go by
     */
    public static boolean areWanted() {
        return wanted;
    }

    /** Where a call is made; {@code null} unless that is wanted. */
    static @Nullable Throwable here() {
        return wanted ? new MadeHere() : null;
    }

    /** A failure on another thread, shown to the caller on his own. */
    static void show(Throwable failure) {
        if (wanted) {
            Failures.suppress(failure, new MadeHere());
        }
    }

    private static final class MadeHere extends Throwable {
        private static final long serialVersionUID = 1L;

        MadeHere() {
            super("the call was made here");
        }
    }
}
