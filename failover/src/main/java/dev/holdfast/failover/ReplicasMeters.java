// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Meter;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The numbers of {@link Replicas}. */
final class ReplicasMeters {
    private final Replicas<?> replicas;
    private final Map<Node.Reason, LongAdder> ejected = new EnumMap<>(Node.Reason.class);
    /** Nodes that were to be ejected, and were not. */
    final LongAdder spared = new LongAdder();

    private final List<Meter> all;

    ReplicasMeters(Replicas<?> replicas) {
        this.replicas = replicas;
        for (Node.Reason reason : Node.Reason.values()) {
            ejected.put(reason, new LongAdder());
        }
        this.all = make();
    }

    LongAdder ejected(Node.Reason reason) {
        return Require.nonNull(ejected.get(reason), "adder");
    }

    /** Always the same. */
    List<Meter> all() {
        return all;
    }

    private List<Meter> make() {
        List<Meter> all = new ArrayList<>();
        for (NodeState state : NodeState.values()) {
            if (state != NodeState.LEFT) {
                all.add(Meter.gauge(
                                "holdfast.replicas.nodes",
                                "{node}",
                                "Nodes of the list, by how they stand.",
                                () -> in(state))
                        .with("holdfast.state", lower(state)));
            }
        }
        for (Node.Reason reason : Node.Reason.values()) {
            all.add(Meter.counter(
                            "holdfast.replicas.ejections",
                            "{node}",
                            "Nodes that were ejected: for failures in a row, because they succeeded less often than others, or because they failed on trial.",
                            ejected(reason)::sum)
                    .with("holdfast.reason", lower(reason)));
        }
        all.add(Meter.counter(
                "holdfast.replicas.spared",
                "{node}",
                "How often a node was to be ejected and was not, because too many others were.",
                spared::sum));
        all.add(Meter.gauge(
                "holdfast.replicas.panic",
                "1",
                "1 while so few nodes of a tier are up that all of it get calls, or else 0.",
                () -> replicas.viewOfNow().panics.stream().anyMatch(View.Panic::panics) ? 1 : 0));
        all.add(Meter.gauge(
                "holdfast.replicas.standby",
                "1",
                "The share of calls that go to other tiers than the first.",
                () -> 1 - replicas.viewOfNow().percent.get(0) / 100.0));
        return all.stream()
                .map(meter -> meter.with("holdfast.policy", replicas.name()))
                .toList();
    }

    private double in(NodeState state) {
        replicas.viewOfNow();
        return replicas.members().all().stream()
                .filter(member -> member.node().state() == state)
                .count();
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
