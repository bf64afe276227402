// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;

/** Says of itself whether it can serve calls now: a breaker, or a set of nodes. Must answer at once, from any thread. */
@FunctionalInterface
public interface Readiness {
    /**
     * Whether it can serve calls now.
     *
     * @return yes or no or unknown, and why
     */
    Condition readiness();

    /** Whether something can serve calls. */
    enum State {
        /** It can. */
        UP,
        /** It cannot. */
        DOWN,
        /** Nobody knows: nothing has looked yet. Counts as not ready, but is nothing that has gone wrong. */
        UNKNOWN
    }

    /**
     * Whether something can serve calls, and why.
     *
     * @param state whether
     * @param reason for people, on one line; empty if there is nothing to say
     */
    record Condition(State state, String reason) {
        /** It can. */
        public static final Condition UP = new Condition(State.UP, "");

        /**
         * Checks that both are there.
         *
         * @param state whether
         * @param reason for people, on one line; empty if there is nothing to say
         */
        public Condition {
            Require.nonNull(state, "state");
            Require.nonNull(reason, "reason");
        }
    }
}
