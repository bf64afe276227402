// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Event;
import dev.holdfast.RejectedException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * No node has taken a call: there is none, all are out, or each has refused it, or 15 have, which is how many a call asks at
 * most. No work was begun.
 *
 * <p>Says why of each node, and when another try may be worth while: the least of what they say.
 */
public final class NoNodeException extends RejectedException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    private final String reason;

    /** What each node that was asked has thrown, by its name. */
    @SuppressWarnings("serial") // A linked map, made here.
    private final Map<String, RejectedException> refusals;

    NoNodeException(String policy, String reason, long retryAfterNanos) {
        super(policy, retryAfterNanos);
        this.reason = reason;
        this.refusals = Map.of();
    }

    private NoNodeException(String policy, Map<String, RejectedException> refusals, long retryAfterNanos) {
        super(policy, retryAfterNanos, refusals.values().iterator().next());
        this.reason = reasonOf(refusals);
        this.refusals = Collections.unmodifiableMap(new LinkedHashMap<>(refusals));
        refusals.values().stream().skip(1).forEach(this::addSuppressed);
    }

    /** Each node has refused the call. */
    static NoNodeException refusedBy(String policy, Map<String, RejectedException> refusals) {
        long least = refusals.values().stream()
                .mapToLong(RejectedException::retryAfterNanos)
                .filter(nanos -> nanos >= 0)
                .min()
                .orElse(UNKNOWN);
        return new NoNodeException(policy, refusals, least);
    }

    private static String reasonOf(Map<String, RejectedException> refusals) {
        StringBuilder text = new StringBuilder(
                refusals.size() < Failover.MOST
                        ? "got a refusal of each node:"
                        : "got a refusal of " + refusals.size() + " nodes, as many as a call may ask:");
        refusals.forEach((node, refusal) -> text.append(' ')
                .append(Event.quoted(node))
                .append(" (")
                .append(refusal.getMessage())
                .append(')'));
        return text.toString();
    }

    /**
     * Why each node that was asked has refused the call.
     *
     * @return by the nodes' names, in the order in which they were asked; empty if none was asked
     */
    public Map<String, RejectedException> refusals() {
        return refusals;
    }

    @Override
    protected String reason() {
        return reason;
    }
}
