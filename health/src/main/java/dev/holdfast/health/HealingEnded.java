// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A try to heal a node has ended. Whether it has helped is seen when the node is up.
 *
 * @param source the healing
 * @param node what the node says of itself, cut after 256 characters
 * @param attempt how many tries there were for it, with this one
 * @param cause what the callback threw; {@code null} for nothing
 */
public record HealingEnded(
        Source source, String node, int attempt, @Nullable Throwable cause) implements Event.Change {
    @Override
    public System.Logger.Level level() {
        return cause == null ? System.Logger.Level.INFO : System.Logger.Level.WARNING;
    }

    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("node", node, "attempt", attempt, "cause", cause);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
