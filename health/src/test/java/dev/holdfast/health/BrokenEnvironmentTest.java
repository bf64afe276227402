// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Readiness.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
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

    @Test
    @DisplayName("A node that throws an error when it is to say who it is, takes no place twice, and is healed")
    void brokenNode() throws Exception {
        Object broken = new Object() {
            @Override
            public String toString() {
                throw new StackOverflowError();
            }
        };
        AtomicInteger asked = new AtomicInteger();
        Probes<Object> probes = Probes.builder("nodes")
                .environment(time)
                .jitter(0)
                .fall(1)
                .maximumNodes(1)
                .runOn(Runnable::run)
                .check(node -> {
                    asked.incrementAndGet();
                    throw new IllegalStateException("down");
                })
                .build();
        CountDownLatch healed = new CountDownLatch(1);
        Healing<Object> healing = Healing.builder("nodes")
                .environment(time)
                .downFor(Duration.ofSeconds(1))
                .heal(node -> healed.countDown())
                .follow(probes);
        probes.add(broken);
        time.advance(0);
        assertThat(asked).hasValue(1);
        assertThat(probes.state(broken)).isEqualTo(State.DOWN);
        time.advance(S);
        healed.await();
        healing.close();
        probes.remove(broken);
        probes.add("another");
        assertThat(probes).hasToString("Probes['nodes' 1 nodes, 0 down]");
        probes.close();
    }
}
