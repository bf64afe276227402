// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * An injection is off again, whatever has ended it.
 *
 * @param source the injection
 * @param experiment the name of the experiment
 * @param matched how many calls it was for
 * @param injected how many faults there were
 * @param overflow how many there were not, because the experiment had no room for them
 */
public record FaultsDisarmed(Source source, String experiment, long matched, long injected, long overflow)
        implements Event.Change {
    @Override
    public Map<String, Object> details() {
        return Event.detailsOf(
                "experiment", experiment, "matched", matched, "injected", injected, "overflow", overflow);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
