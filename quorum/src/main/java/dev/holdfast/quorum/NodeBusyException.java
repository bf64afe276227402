// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Event;
import dev.holdfast.RejectedException;

/** A node is not asked, because as many threads are asking it already as {@link PollBuilder#atMost} allows. */
public final class NodeBusyException extends RejectedException {
    private static final long serialVersionUID = 1L;

    /** Which node. */
    private final String node;

    /** How many threads were asking it. */
    private final int most;

    NodeBusyException(String policy, String node, int most) {
        super(policy, UNKNOWN);
        this.node = node;
        this.most = most;
    }

    /**
     * Which node.
     *
     * @return its name
     */
    public String node() {
        return node;
    }

    @Override
    protected String reason() {
        return "does not ask node " + Event.quoted(node) + ": " + most + " calls are under way there";
    }
}
