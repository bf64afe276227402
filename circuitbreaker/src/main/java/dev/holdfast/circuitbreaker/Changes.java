// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.internal.Teller;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is told of the stays, in the order in which they followed each other, whoever made them.
 *
 * <pre>
 *   told ──▶ change ──▶ change ──▶ (linked by whoever replaced the stay before, after he had done so)
 *    └ one thread at a time walks on as far as there are links; who links one while it walks leaves it to that thread
 * </pre>
 *
 * <p>So a listener that is slow, or that changes the state itself, holds up what is told later, and no call.
 */
final class Changes extends Teller {
    private static final long serialVersionUID = 1L;

    /** One stay's place in the order. */
    static final class Change {
        private CircuitBreaker.@Nullable StateChanged event;
        private volatile @Nullable Change next;
    }

    private final transient Consumer<CircuitBreaker.StateChanged> listeners;
    /** Of the thread that tells. */
    private transient Change told;

    /** @param listeners get one change after the other; what they throw goes no further */
    Changes(Change first, Consumer<CircuitBreaker.StateChanged> listeners) {
        this.told = first;
        this.listeners = listeners;
    }

    /** A stay has been replaced by another; what is told of that is {@code null} if it is the same state or nobody listens. */
    void follows(Change before, Change after, CircuitBreaker.@Nullable StateChanged event) {
        after.event = event;
        before.next = after;
        tell();
    }

    @Override
    protected void round() {
        for (Change next = told.next; next != null; next = told.next) {
            told = next;
            CircuitBreaker.StateChanged change = next.event;
            next.event = null;
            if (change != null) {
                listeners.accept(change);
            }
        }
    }
}
