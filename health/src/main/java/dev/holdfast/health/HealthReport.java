// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Readiness.State;
import dev.holdfast.internal.Require;
import java.util.List;

/**
 * What {@link Health} found, as a whole and of each part.
 *
 * @param state of all parts that decide: down if one is, or else unknown if one is
 * @param parts in the order in which they were given
 */
public record HealthReport(State state, List<Part> parts) {
    /**
     * Checks that both are there, and copies the parts.
     *
     * @param state of all parts that decide
     * @param parts in the order in which they were given
     */
    public HealthReport {
        Require.nonNull(state, "state");
        parts = List.copyOf(parts);
    }

    /**
     * One part.
     *
     * @param name as it was given
     * @param state up, down or unknown
     * @param reason for people, on one line; empty if there is nothing to say
     * @param decides whether the whole is down because this is
     */
    public record Part(String name, State state, String reason, boolean decides) {
        /**
         * Checks that all are there.
         *
         * @param name as it was given
         * @param state up, down or unknown
         * @param reason for people
         * @param decides whether the whole is down because this is
         */
        public Part {
            Require.nonNull(name, "name");
            Require.nonNull(state, "state");
            Require.nonNull(reason, "reason");
        }
    }

    static HealthReport of(List<Part> parts) {
        State state = State.UP;
        for (Part part : parts) {
            if (part.decides() && part.state() != State.UP && state != State.DOWN) {
                state = part.state();
            }
        }
        return new HealthReport(state, parts);
    }

    /** The parts that are not up and decide, for people. */
    String why() {
        StringBuilder out = new StringBuilder();
        for (Part part : parts) {
            if (part.decides() && part.state() != State.UP) {
                out.append(out.isEmpty() ? "" : "; ").append(part.name());
                out.append(part.reason().isEmpty() ? "" : ": " + part.reason());
            }
        }
        return out.toString();
    }
}
