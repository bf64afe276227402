// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Event;
import dev.holdfast.Lease;
import dev.holdfast.internal.Lateness;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that are asked: distinct ones, each of which is heard once for a call. Immutable but for their counters.
 *
 * @param <T> what the nodes are
 */
final class Roster<T> {
    /** As many as a race has attempts. */
    static final int MOST = 15;

    static final int HEAVIEST = 1_000_000;

    /** In the order in which they were given, those that stand in last. */
    final List<Node<T>> nodes;
    /** How many of them do not stand in for others. */
    final int size;
    /** Of those. */
    final int weight;
    /** What else is set of whoever asks them: set before anybody is asked. */
    private @Nullable PollBuilder<T, ?, ?> settings;

    private Roster(List<Node<T>> nodes, int size) {
        this.nodes = nodes;
        this.size = size;
        this.weight =
                nodes.subList(0, size).stream().mapToInt(node -> node.weight).sum();
    }

    /**
     * Those nodes.
     *
     * @param leases of nodes
     * @param standIns of nodes that are asked in place of those that fail
     * @param weights how much the answer of a node counts; {@code null}: all the same
     * @param late when an answer is late
     * @param before whose nodes keep what they have learned and counted, if they are still there
     * @param clock in nanoseconds
     */
    static <T> Roster<T> of(
            List<Lease<T>> leases,
            List<Lease<T>> standIns,
            @Nullable ToIntFunction<? super T> weights,
            Lateness late,
            @Nullable Roster<T> before,
            LongSupplier clock) {
        Require.range(leases.size(), 1, MOST, "number of nodes");
        Require.range(leases.size() + standIns.size(), 1, MOST, "number of nodes, with those that stand in,");
        if (weights != null && !standIns.isEmpty()) {
            throw new IllegalArgumentException(
                    "weight: given, with nodes that stand in (expected: one of the two, because a node that stands in counts as one)");
        }
        List<Node<T>> nodes = new ArrayList<>();
        for (Lease<T> lease : Stream.concat(leases.stream(), standIns.stream()).toList()) {
            Node<T> old = before == null ? null : before.nodeAt(lease.target());
            int weight = weights == null ? 1 : weights.applyAsInt(lease.target());
            nodes.add(new Node<>(
                    lease,
                    nodes.size(),
                    Require.range(weight, 1, HEAVIEST, "weight of node " + Event.quoted(lease.name())),
                    nodes.size() >= leases.size(),
                    late.ready(old == null ? null : old.late, clock),
                    old));
        }
        checkDistinct(nodes);
        Roster<T> roster = new Roster<>(List.copyOf(nodes), leases.size());
        nodes.forEach(node -> node.isIn(roster));
        return roster;
    }

    void belongsTo(PollBuilder<T, ?, ?> given) {
        settings = given;
    }

    PollBuilder<T, ?, ?> settings() {
        return Require.nonNull(settings, "settings");
    }

    private static void checkDistinct(List<? extends Node<?>> nodes) {
        Set<Object> targets = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (Node<?> node : nodes) {
            Object target = node.target();
            if (target instanceof Lease
                    || target instanceof Collection
                    || target.getClass().isArray()) {
                throw new IllegalArgumentException("node: " + Event.quoted(node.name())
                        + " (expected: a node, or leases of nodes in a list, and not a list or an array as a node)");
            }
            if (!targets.add(target) || !names.add(node.name())) {
                throw new IllegalArgumentException(
                        "node: " + Event.quoted(node.name()) + " twice (expected: each node and each name once)");
            }
        }
    }

    /** The node that has this target itself; {@code null} if that is not among them any more. */
    @SuppressWarnings("ReferenceEquality") // What an attempt is given is the lease's own object.
    @Nullable Node<T> nodeOf(T target) {
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i).target() == target) {
                return nodes.get(i);
            }
        }
        return null;
    }

    private @Nullable Node<T> nodeAt(T target) {
        for (Node<T> node : nodes) {
            if (node.target().equals(target)) {
                return node;
            }
        }
        return null;
    }

    /** How many have to be asked at least until they count so much: the heaviest of them. */
    int atLeast(int need) {
        int[] weights = nodes.stream()
                .filter(node -> !node.isStandIn)
                .mapToInt(node -> node.weight)
                .sorted()
                .toArray();
        int asked = 0;
        for (int sum = 0; sum < need && asked < size; asked++) {
            sum += weights[size - 1 - asked];
        }
        return asked;
    }

    /**
     * When an answer is late: what that of the median node is, of two the faster one, of those of which it is known. So a node that is slow, or
     * hangs, makes nobody patient.
     */
    long lateNanos() {
        int known = 0;
        for (int i = 0; i < size; i++) {
            known += nodes.get(i).late.isKnown() ? 1 : 0;
        }
        int median = (known - 1) / 2;
        for (int i = 0; i < size && known > 0; i++) {
            Lateness each = nodes.get(i).late;
            int shorter = 0;
            int equal = 0;
            for (int k = 0; k < size; k++) {
                Lateness other = nodes.get(k).late;
                shorter += other.isKnown() && other.nanos() < each.nanos() ? 1 : 0;
                equal += other.isKnown() && other.nanos() == each.nanos() ? 1 : 0;
            }
            if (each.isKnown() && shorter <= median && median < shorter + equal) {
                return each.nanos();
            }
        }
        // None is known, or they have changed meanwhile.
        return nodes.get(0).late.nanos();
    }

    /** More than half. */
    int majority() {
        return weight / 2 + 1;
    }

    @Override
    public String toString() {
        return nodes.stream().map(node -> Event.quoted(node.name())).toList().toString();
    }
}
