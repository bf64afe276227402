// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Call;
import dev.holdfast.Event;
import dev.holdfast.Source;
import java.util.Map;

/**
 * A call of a {@link Quorum} or a {@link Vote} is decided, and this is what has become of each node by then.
 *
 * @param source the quorum or the vote
 * @param call the call's context
 * @param tally what has become of each node
 */
public record Tallied(Source source, Call call, Tally<?, ?> tally) implements Event.OfCall {
    @Override
    public Map<String, Object> details() {
        return Event.detailsOf(
                "call",
                call,
                "reached",
                tally.reached(),
                "need",
                tally.need(),
                "dissenting",
                names(Tally.State.DISSENTING),
                "failed",
                names(Tally.State.FAILED),
                "absent",
                names(Tally.State.ABSENT));
    }

    private String names(Tally.State state) {
        return String.join(", ", tally.in(state).stream().map(Tally.Part::name).toList());
    }

    /** Says of results only their class. */
    @Override
    public String toString() {
        return Event.text(this);
    }
}
