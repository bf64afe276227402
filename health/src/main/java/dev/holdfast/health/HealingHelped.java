// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * A node that was healed has come up, and has stayed up for long enough.
 *
 * @param source the healing
 * @param node what the node says of itself, cut after 256 characters
 * @param attempts how many tries it took
 */
public record HealingHelped(Source source, String node, int attempts) implements Event.Change {
    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("node", node, "attempts", attempts);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
