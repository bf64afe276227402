// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Call;
import dev.holdfast.Event;
import dev.holdfast.Outcome;
import dev.holdfast.Source;
import java.util.Map;

/**
 * A node has come to something after its call was decided, because it was let go on.
 *
 * @param source the quorum or the vote
 * @param call the call's context
 * @param node what the node is called
 * @param outcome its answer, or its failure
 */
public record AnsweredLate(Source source, Call call, String node, Outcome<?> outcome) implements Event.OfCall {
    @Override
    public Map<String, Object> details() {
        return Event.detailsOf("call", call, "node", node, "outcome", outcome);
    }

    /** Says of the result only its class. */
    @Override
    public String toString() {
        return Event.text(this);
    }
}
