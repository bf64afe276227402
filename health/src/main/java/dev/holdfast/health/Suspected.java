// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * A node seems to be down. Of one node, this and {@link Trusted} come by turns.
 *
 * @param source the detector
 * @param node what the node says of itself, cut after 256 characters
 * @param why for people
 */
public record Suspected(Source source, String node, String why) implements Event.Change {
    @Override
    public System.Logger.Level level() {
        return System.Logger.Level.WARNING;
    }

    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("node", node, "why", why);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
