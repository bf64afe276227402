// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * A node that has been down for long is being healed.
 *
 * @param source the healing
 * @param node what the node says of itself, cut after 256 characters
 * @param attempt how many tries there were for it, with this one, and with those for a node in whose place it has come
 */
public record HealingStarted(Source source, String node, int attempt) implements Event.Change {
    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("node", node, "attempt", attempt);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
