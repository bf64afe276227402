// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * An experiment has armed an injection: from now on calls may get faults.
 *
 * @param source the injection
 * @param experiment the name of the experiment
 * @param owner who answers for it
 * @param reason why
 */
public record FaultsArmed(Source source, String experiment, String owner, String reason) implements Event.Change {
    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("experiment", experiment, "owner", owner, "reason", reason);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
