// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * A node is down after as many tries as there may be, and is left to people.
 *
 * @param source the healing
 * @param node what the node says of itself, cut after 256 characters
 * @param attempts how many tries there were
 * @param isStopped whether all healing has stopped by that, because it has helped none of the last nodes
 */
public record HealingGivenUp(Source source, String node, int attempts, boolean isStopped) implements Event.Change {
    @Override
    public System.Logger.Level level() {
        return System.Logger.Level.ERROR;
    }

    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("node", node, "attempts", attempts, "stopped", isStopped);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
