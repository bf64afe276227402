// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Event;
import dev.holdfast.Readiness.State;
import dev.holdfast.Source;
import java.util.Map;

/**
 * Liveness, readiness or start-up has become another one. It is seen when somebody asks.
 *
 * @param source the health
 * @param of {@code live}, {@code ready} or {@code started}
 * @param from what it was
 * @param to what it is
 * @param why the parts that are not up, for people; empty if all are
 */
public record HealthChanged(Source source, String of, State from, State to, String why) implements Event.Change {
    @Override
    public System.Logger.Level level() {
        return to == State.DOWN ? System.Logger.Level.WARNING : System.Logger.Level.INFO;
    }

    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("of", of, "from", from, "to", to, "why", why.isEmpty() ? null : why);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
