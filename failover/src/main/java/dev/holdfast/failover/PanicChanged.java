// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * So few nodes of a tier are up that all of them get calls, whatever is known of them; or that is over.
 *
 * @param source the replicas
 * @param tier the tier, from 0 on
 * @param panics whether all get calls now
 * @param up how many are up
 * @param nodes how many there are
 */
public record PanicChanged(Source source, int tier, boolean panics, int up, int nodes) implements Event.Change {
    @Override
    public System.Logger.Level level() {
        return panics ? System.Logger.Level.WARNING : System.Logger.Level.INFO;
    }

    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("tier", tier, "panics", panics, "up", up, "nodes", nodes);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
