// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lease;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever comes, in any order: failures, successes, time, lists, nodes that drain. */
class ReplicasPropertyTest {
    private static final List<Pick> PICKS =
            List.of(Pick.leastLoaded(), Pick.roundRobin(), Pick.random(), Pick.inOrder(), Pick.byKey());

    private final Set<String> failing = new HashSet<>();

    @Property(seed = "4711")
    @Label(
            "LB-1, LB-2, LB-6 picks are members and none twice, no more are out than may be, nothing stays under way, events follow each other")
    void laws(
            @ForAll @Size(max = 16) List<@IntRange(min = 0, max = 199) Integer> steps,
            @ForAll @IntRange(min = 0, max = 4) int pick,
            @ForAll @IntRange(min = 1, max = 10) int share,
            @ForAll @IntRange(min = 0, max = 2) int panic) {
        VirtualTime time = VirtualTime.create();
        List<NodeChanged> told = new ArrayList<>();
        Replicas<String> replicas = Replicas.<String>builder("r")
                .environment(time)
                .tierOf(node -> node.charAt(0) % 2)
                .weightOf(node -> node.charAt(0) % 3 + 1)
                .nodes(List.of("a", "b", "c", "d"))
                .pick(PICKS.get(pick))
                .eject(Ejection.afterFailures(2).atMost(share / 10.0).jitter(0))
                .panicBelow(panic / 2.0)
                .ramp(Duration.ofSeconds(7))
                .build();
        replicas.on(NodeChanged.class, told::add);
        for (int step : steps) {
            take(step, replicas, time);
            check(replicas, share / 10.0);
        }
        // Each change begins where the last one of that node has ended.
        for (String name : List.of("a", "b", "c", "d", "e", "f")) {
            List<NodeChanged> own =
                    told.stream().filter(event -> event.node().equals(name)).toList();
            for (int i = 1; i < own.size(); i++) {
                assertThat(own.get(i).from()).isEqualTo(own.get(i - 1).to());
            }
        }
    }

    private void take(int step, Replicas<String> replicas, VirtualTime time) {
        String node = String.valueOf((char) ('a' + step % 6));
        if (step < 20) {
            time.advance(Duration.ofSeconds(step));
        } else if (step < 30) {
            List<String> list = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                if (i == step % 6 || (step * 7 + i) % 3 != 0) {
                    list.add(String.valueOf((char) ('a' + i)));
                }
            }
            replicas.replace(list);
        } else if (step < 36) {
            replicas.drain(node);
        } else if (step < 44) {
            replicas.undrain(node);
        } else if (step < 60) {
            failing.add(node);
        } else if (step < 80) {
            failing.remove(node);
        } else {
            try {
                replicas.run(asked -> {
                    if (failing.contains(asked)) {
                        throw new IllegalStateException(asked);
                    }
                });
            } catch (IllegalStateException | NoNodeException expected) {
                // That is what is looked at.
            }
        }
    }

    private static void check(Replicas<String> replicas, double share) {
        List<NodeStatus<String>> nodes = replicas.nodes();
        long out = nodes.stream()
                .filter(node -> node.state() == NodeState.EJECTED
                        || node.state() == NodeState.TRIAL
                        || node.ejectedFor().compareTo(Duration.ZERO) > 0)
                .count();
        assertThat(out).isLessThanOrEqualTo(Quota.limit(nodes.size(), share));
        assertThat(nodes).allMatch(node -> node.inFlight() == 0 && node.warmth() >= .1 && node.warmth() <= 1);
        Set<String> names = new HashSet<>();
        nodes.forEach(node -> names.add(node.name()));
        List<Lease<?>> tried = new ArrayList<>();
        try {
            for (Lease<String> next = replicas.pick(null, tried); next != null; next = replicas.pick(null, tried)) {
                assertThat(names).contains(next.name());
                assertThat(tried).doesNotContain(next);
                tried.add(next);
            }
        } catch (NoNodeException none) {
            assertThat(nodes).noneMatch(node -> node.state() == NodeState.UP);
        }
    }
}
