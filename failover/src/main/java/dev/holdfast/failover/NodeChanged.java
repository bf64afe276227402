// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * A node of {@link Replicas} gets calls or gets none any more, or has come or gone.
 *
 * @param source the replicas
 * @param node its name
 * @param from how it stood; {@link NodeState#LEFT} if it has come
 * @param to how it stands
 * @param why for people; may be empty
 */
public record NodeChanged(Source source, String node, NodeState from, NodeState to, String why)
        implements Event.Change {
    /** A node that gets no calls matters. */
    @Override
    public System.Logger.Level level() {
        return to == NodeState.EJECTED || to == NodeState.SUSPECTED
                ? System.Logger.Level.WARNING
                : System.Logger.Level.INFO;
    }

    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("node", node, "from", from, "to", to, "why", why.isEmpty() ? null : why);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
