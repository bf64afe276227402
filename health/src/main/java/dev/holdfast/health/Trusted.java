// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * A node that seemed to be down is up again, or is not watched any more.
 *
 * @param source the detector
 * @param node what the node says of itself, cut after 256 characters
 * @param why for people
 */
public record Trusted(Source source, String node, String why) implements Event.Change {
    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("node", node, "why", why);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
