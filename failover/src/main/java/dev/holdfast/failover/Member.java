// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Lease;

/**
 * A node's place in one list of nodes.
 *
 * @param <T> what the node is
 * @param node what is known of it, in whatever list
 * @param lease of the node, which is its owner
 * @param tier from 0 on
 * @param weight from 1 on
 * @param place in the list, from 0 on
 */
record Member<T>(Node<T> node, Lease<T> lease, int tier, int weight, int place) {
    static final int MOST_WEIGHT = 1_000;

    /** What a race calls the node. */
    static Node<?> of(Lease<?> lease) {
        return (Node<?>) java.util.Objects.requireNonNull(lease.owner());
    }

    T target() {
        return lease.target();
    }

    String name() {
        return lease.name();
    }
}
