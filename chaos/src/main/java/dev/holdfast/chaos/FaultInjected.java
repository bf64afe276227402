// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A fault was injected into a call. Told once for each, before the fault has its effect; it costs calls without faults nothing.
 *
 * @param source the injection
 * @param experiment the name of the experiment that has it armed
 * @param fault what kind of fault
 * @param failure the exception that the call gets, for faults that are one
 */
public record FaultInjected(
        Source source,
        String experiment,
        Fault fault,
        @Nullable Throwable failure) implements Event {
    @Override
    public System.Logger.Level level() {
        return System.Logger.Level.DEBUG;
    }

    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("experiment", experiment, "fault", fault, "failure", failure);
    }

    @Override
    public String toString() {
        return Event.text(this);
    }
}
