// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Pipeline;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.failover.Ejection;
import dev.holdfast.failover.Failover;
import dev.holdfast.failover.NodeState;
import dev.holdfast.failover.NodeStatus;
import dev.holdfast.failover.Pick;
import dev.holdfast.failover.Replicas;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Replicas with policies of other modules: patterns do not know each other. */
class ReplicasWithOthersTest {
    private final VirtualTime time = VirtualTime.create();
    private final Map<String, Script<String>> scripts =
            Map.of("a", Script.of(time), "b", Script.of(time), "c", Script.of(time));
    private final Replicas<String> replicas = Replicas.<String>builder("r")
            .environment(time)
            .nodes(List.of("a", "b", "c"))
            .pick(Pick.roundRobin())
            .eject(Ejection.afterFailures(2).jitter(0))
            .guard(node -> CircuitBreaker.builder("breaker of " + node)
                    .environment(time)
                    .over(Window.calls(10))
                    .failureRate(0.5)
                    .openFor(Backoff.fixed(Duration.ofHours(1)))
                    .build())
            .build();

    private NodeStatus<String> status(String name) {
        return replicas.nodes().stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    @DisplayName(
            "HG-11, LB-6 a hedge over replicas goes to another node, which both learn from, and a refusal to the next one")
    void hedge() throws Exception {
        Hedge<Object> hedge = Hedge.builder("h")
                .environment(time)
                .repeatable()
                .after(Duration.ofMillis(30))
                .over(replicas)
                .build();
        scripts.get("a").hangs();
        scripts.get("b").gives("b").after(Duration.ofMillis(10));

        String got = time.join(
                replicas.through(hedge).callAsync(node -> scripts.get(node).stage()));
        time.advance(Duration.ZERO);

        assertThat(got).isEqualTo("b");
        assertThat(status("a").ignored()).isEqualTo(1);
        assertThat(status("b").succeeded()).isEqualTo(1);
        assertThat(replicas.nodes()).allMatch(node -> node.inFlight() == 0);
    }

    @Test
    @DisplayName("FO-6 in the usual order of policies a node that hangs costs one timeout, and is ejected")
    void usualOrder() throws Exception {
        Failover<Object> failover = Failover.builder("f")
                .environment(time)
                .over(replicas)
                .repeatable()
                .build();
        Pipeline<Object> pipeline = Pipeline.of(
                Timeout.builder("all", Duration.ofSeconds(2)).environment(time).build(),
                Retry.builder("retry").environment(time).withoutBudget().build(),
                failover,
                Timeout.builder("each", Duration.ofMillis(100))
                        .environment(time)
                        .build());
        scripts.get("a").hangs();
        scripts.get("b").gives("b");
        scripts.get("c").fails(new IOException("c")).times(2).gives("c");

        for (int i = 0; i < 9; i++) {
            String got =
                    replicas.through(pipeline).call(node -> scripts.get(node).call());
            assertThat(got).isIn("b", "c");
        }

        assertThat(time.nanoTime()).isEqualTo(Duration.ofMillis(200).toNanos());
        assertThat(status("a").state()).isEqualTo(NodeState.EJECTED);
        assertThat(status("a").failed()).isEqualTo(2);
    }
}
