// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

/** How a node of {@link Replicas} stands. */
public enum NodeState {
    /** It gets calls. */
    UP,
    /** It has failed too often, by itself or beside the others, and gets no calls for a time. */
    EJECTED,
    /** That time is over, and a single call decides whether it is up again; a node that gets no call is up at once. */
    TRIAL,
    /** A detector that is followed says that it is down. */
    SUSPECTED,
    /** It gets no new calls by request, and finishes those that it has. */
    DRAINING,
    /** It is not in the list any more, and finishes the calls that it has. */
    LEFT
}
