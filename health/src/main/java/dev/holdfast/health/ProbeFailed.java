// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A probe has failed. Whether its node is down depends on those before: {@link Suspected}.
 *
 * @param source the probes
 * @param node what the node says of itself, cut after 256 characters
 * @param inARow how many have failed in a row, with this one
 * @param cause what the check threw; {@code null} where there was no answer in time
 */
public record ProbeFailed(
        Source source, String node, int inARow, @Nullable Throwable cause) implements Event.Change {
    @Override
    public System.Logger.Level level() {
        return System.Logger.Level.DEBUG;
    }

    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("node", node, "in_a_row", inARow, "cause", cause);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
