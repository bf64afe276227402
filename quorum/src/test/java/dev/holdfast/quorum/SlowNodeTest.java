// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is learned where one node is worse than the others, and what comes after the decision. */
@Timeout(60)
class SlowNodeTest {
    private final VirtualTime time = VirtualTime.create();
    /** In milliseconds; none at all if it is not there. */
    private final Map<String, Integer> takes = new HashMap<>();

    private final Map<String, Object> gives = new HashMap<>();

    private CompletableFuture<Object> answer(String node) {
        CompletableFuture<Object> answer = new CompletableFuture<>();
        Integer millis = takes.get(node);
        if (millis != null) {
            time.schedule(
                    () -> {
                        if (gives.get(node) instanceof Exception failure) {
                            answer.completeExceptionally(failure);
                        } else {
                            answer.complete(gives.get(node));
                        }
                    },
                    Duration.ofMillis(millis).toNanos());
        }
        return answer;
    }

    private static double meter(Poll<?, ?, ?> poll, String name, String label, String value) {
        return poll.meters().stream()
                .filter(meter -> meter.name().endsWith(name)
                        && (label.isEmpty() || value.equals(meter.labels().get(label))))
                .mapToDouble(Meter::value)
                .sum();
    }

    private Quorum<String, Object> quorum() {
        return Quorum.reads("q", Object.class)
                .environment(time)
                .over("a", "b", "c")
                .newest(Comparator.comparing(Object::toString))
                .build();
    }

    @Test
    @DisplayName("QU-5 one node that hangs makes nobody patient: what is late is learned from the others")
    void hangs() {
        takes.put("a", 10);
        takes.put("b", 10);
        for (String node : takes.keySet()) {
            gives.put(node, 1);
        }
        Quorum<String, Object> quorum = quorum();

        for (int i = 0; i < 2_000; i++) {
            assertThat(time.<Object>join(quorum.callAsync(this::answer))).isEqualTo(1);
            assertThat(meter(quorum, "quorum.delay", "", "")).isLessThanOrEqualTo(0.1);
        }

        assertThat(meter(quorum, "quorum.delay", "", "")).isBetween(0.0098, 0.0105);
    }

    @Test
    @DisplayName("QU-5 where most nodes are slow, that is what is usual")
    void mostAreSlow() {
        takes.putAll(Map.of("a", 10, "b", 80, "c", 80));
        for (String node : takes.keySet()) {
            gives.put(node, 1);
        }
        Quorum<String, Object> quorum = quorum();

        for (int i = 0; i < 2_000; i++) {
            time.<Object>join(quorum.callAsync(this::answer));
        }

        assertThat(meter(quorum, "quorum.delay", "", "")).isBetween(0.078, 0.084);
    }

    @Test
    @DisplayName(
            "nodes of different weights that are all asked at first are none that were asked because others were missing")
    void weightsAreNotMissing() {
        for (String node : List.of("a", "b", "c", "d")) {
            takes.put(node, 1);
            gives.put(node, 1);
        }
        Quorum<String, Object> quorum = Quorum.reads("q", Object.class)
                .environment(time)
                .over("a", "b", "c", "d")
                .weight(node -> node.equals("a") ? 3 : 1)
                .need(4)
                .newest(Comparator.comparing(Object::toString))
                .build();

        for (int i = 0; i < 40; i++) {
            time.<Object>join(quorum.callAsync(this::answer));
        }

        assertThat(quorum.counts().reached()).isEqualTo(40);
        assertThat(quorum.counts().missing()).isZero();
        assertThat(quorum.counts().late()).isZero();
    }

    private Vote<String, Object> vote(String... nodes) {
        return Vote.builder("v", Object.class)
                .environment(time)
                .over(nodes)
                .tolerateLiars(1)
                .askAll(true)
                .letOthersFinish(true)
                .inOrder(true)
                .build();
    }

    @Test
    @DisplayName("QU-8 an answer that comes after a vote has failed is told of, and blames nobody")
    void lateAfterFailure() {
        takes.putAll(Map.of("a", 1, "b", 1, "c", 5));
        gives.put("a", new IllegalStateException("down"));
        gives.put("b", new IllegalStateException("down"));
        gives.put("c", 1);
        Vote<String, Object> vote = vote("a", "b", "c");
        List<String> late = new ArrayList<>();
        vote.on(AnsweredLate.class, event -> late.add(event.node()));

        CompletableFuture<Object> call = vote.callAsync(this::answer);
        time.advance(Duration.ofMillis(10));

        assertThat(call).isCompletedExceptionally();
        assertThat(late).containsExactly("c");
        assertThat(vote.nodes().get("c")).isEqualTo(new NodeCounts(0, 0, 0, 1, 1));
    }

    @Test
    @DisplayName("QU-7 a contradiction is counted and told once for a call, however many answers come after it")
    void contradictedOnce() {
        takes.putAll(Map.of("a", 1, "b", 1, "c", 2, "d", 3, "e", 4));
        gives.putAll(Map.of("a", 1, "b", 1, "c", 2, "d", 2, "e", 2));
        Vote<String, Object> vote = vote("a", "b", "c", "d", "e");
        List<Event> told = new ArrayList<>();
        vote.on(Vote.Contradiction.class, told::add);

        CompletableFuture<Object> call = vote.callAsync(this::answer);
        time.advance(Duration.ofMillis(10));

        assertThat(call.join()).isEqualTo(1);
        assertThat(vote.counts().contradictions()).isEqualTo(1);
        assertThat(told).hasSize(1);
        assertThat(vote.nodes().get("e")).isEqualTo(new NodeCounts(0, 1, 0, 1, 1));
    }

    @Test
    @DisplayName("QU-7 a late answer that is the same as the one that counts is no dissent")
    void lateAndAlike() {
        takes.putAll(Map.of("a", 1, "b", 1, "c", 2));
        gives.putAll(Map.of("a", 1, "b", 1, "c", 1));
        Vote<String, Object> vote = vote("a", "b", "c");

        CompletableFuture<Object> call = vote.callAsync(this::answer);
        time.advance(Duration.ofMillis(10));

        assertThat(call.join()).isEqualTo(1);
        assertThat(vote.nodes().get("c")).isEqualTo(new NodeCounts(0, 0, 0, 1, 1));
        assertThat(vote.counts().contradictions()).isZero();
    }
}
