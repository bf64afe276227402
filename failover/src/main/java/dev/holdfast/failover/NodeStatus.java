// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.time.Duration;

/**
 * How one node of {@link Replicas} stands, for those who operate it.
 *
 * @param <T> what the node is
 * @param name its name
 * @param node the node
 * @param state whether it gets calls
 * @param why why it does not; empty if it does
 * @param tier the tier that it is in, from 0 on
 * @param weight how much it may get beside the others of its tier
 * @param warmth the part of its weight that counts now: 1, or less while it warms up
 * @param inFlight calls that are under way there
 * @param cost what an answer takes, as {@link Pick#leastLoaded} has it; zero if nothing is known, or nobody wants to know it
 * @param ejectedFor how long it is ejected still; zero if it is not
 * @param ejections how many times its ejections have grown, and not shrunk again: the factor of the next one is one more
 * @param succeeded calls that have succeeded there since it is in the list
 * @param failed calls that have failed
 * @param ignored calls that say nothing, such as those that were called off or refused
 */
public record NodeStatus<T>(
        String name,
        T node,
        NodeState state,
        String why,
        int tier,
        int weight,
        double warmth,
        int inFlight,
        Duration cost,
        Duration ejectedFor,
        int ejections,
        long succeeded,
        long failed,
        long ignored) {}
