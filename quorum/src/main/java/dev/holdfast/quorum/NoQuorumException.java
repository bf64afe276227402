// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Not enough nodes have given what a {@link Quorum} or a {@link Vote} needs. Some may have done what they were asked to do: of a write,
 * nobody knows whether it counts. Its cause is what the first node failed with, in the order in which they were given; what others failed
 * with is suppressed.
 */
public final class NoQuorumException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Who has not got enough. */
    private final String policy;

    private final transient @Nullable Tally<?, ?> tally;

    NoQuorumException(String policy, Tally<?, ?> tally) {
        super(tally.text());
        this.policy = policy;
        this.tally = tally;
        for (Tally.Part<?, ?> part : tally.parts()) {
            Throwable failure = part.outcome().map(Outcome::failure).orElse(null);
            if (failure != null && getCause() == null) {
                initCause(failure);
            } else if (failure != null) {
                addSuppressed(failure);
            }
        }
    }

    /**
     * Who has not got enough.
     *
     * @return the policy's name
     */
    public String policy() {
        return policy;
    }

    /**
     * What has become of each node.
     *
     * @return the nodes; {@code null} once the exception was serialized
     */
    public @Nullable Tally<?, ?> tally() {
        return tally;
    }
}
