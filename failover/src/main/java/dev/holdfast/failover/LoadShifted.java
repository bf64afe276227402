// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.List;
import java.util.Map;

/**
 * Calls are divided otherwise between the tiers of {@link Replicas}: a standby takes over, or gives back.
 *
 * @param source the replicas
 * @param percent what each tier gets, in whole percent; unmodifiable
 */
public record LoadShifted(Source source, List<Integer> percent) implements Event.Change {
    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("percent", percent);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
