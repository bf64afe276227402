// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Readiness.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A timer and an executor that take nothing, for a while. */
@Timeout(60)
class BrokenEnvironmentTest {
    private static final long S = 1_000_000_000L;

    private final ByHand time = new ByHand(0);
    private final List<String> heard = new ArrayList<>();

    private void hear(String node, boolean isUp, String why) {
        heard.add((isUp ? "+" : "-") + node);
    }

    @Test
    @DisplayName(
            "Without a timer beats count all the same, who asks learns that a node is suspected, and the next beat tries again")
    void heartbeats() {
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(time)
                .deadline(Duration.ofSeconds(1))
                .build();
        beats.follow(this::hear);
        time.refuses = true;
        assertThat(beats.beat("a")).isTrue();
        time.advance(S);
        assertThat(heard).isEmpty();
        assertThat(beats.isSuspected("a")).isTrue();
        assertThat(heard).as("told on the thread that asks").containsExactly("-a");
        time.refuses = false;
        beats.beat("a");
        time.advance(S - 1);
        time.refuses = true; // No executor, when the timer fires.
        time.advance(1);
        assertThat(heard).containsExactly("-a", "+a", "-a");
        beats.close();
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("Probes without a timer throw at nobody, and take no node for down")
    void probes() {
        List<CompletableFuture<Void>> stages = new ArrayList<>();
        Probes<String> probes = Probes.<String>builder("nodes")
                .environment(time)
                .jitter(0)
                .checkAsync(node -> {
                    CompletableFuture<Void> stage = new CompletableFuture<>();
                    stages.add(stage);
                    return stage;
                })
                .build();
        time.refuses = true;
        probes.add("a");
        time.refuses = false;
        probes.add("b");
        time.advance(0);
        assertThat(stages).hasSize(1);
        stages.get(0).complete(null);
        time.advance(0);
        assertThat(probes.state("b")).isEqualTo(State.UP);
        time.refuses = true;
        time.advance(60 * S);
        assertThat(probes.state("a")).isEqualTo(State.UNKNOWN);
        assertThat(probes.state("b")).isEqualTo(State.UP);
        probes.close();
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("A node that cannot say who it is, is told of by its class")
    void namelessNode() {
        Object nameless = new Object() {
            @Override
            public String toString() {
                throw new IllegalStateException("no");
            }
        };
        Heartbeats<Object> beats = Heartbeats.builder("nodes")
                .environment(time)
                .deadline(Duration.ofSeconds(1))
                .build();
        List<String> nodes = new ArrayList<>();
        beats.on(Suspected.class, event -> nodes.add(event.node()));
        beats.beat(nameless);
        time.advance(S);
        assertThat(nodes).containsExactly(nameless.getClass().getName());
    }
}
