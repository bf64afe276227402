// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.RejectedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class SharesTest {
    private final Fleet fleet = new Fleet("abc");
    private final Map<String, Door> doors = new HashMap<>();

    static List<Pick> picks() {
        return List.of(Pick.leastLoaded(), Pick.roundRobin(), Pick.random(), Pick.inOrder(), Pick.byKey());
    }

    private Replicas<String> refusing(Pick pick, int nodes, int refusing) {
        Replicas<String> replicas = fleet.builder()
                .pick(pick)
                .guard(node -> doors.computeIfAbsent(node, name -> new Door(name, fleet.time)))
                .nodes(IntStream.range(0, nodes).mapToObj(i -> "n" + i).toList())
                .build();
        IntStream.range(0, refusing).forEach(i -> doors.get("n" + i).shut = true);
        return replicas;
    }

    @ParameterizedTest
    @MethodSource("picks")
    @DisplayName("LB-5 nodes that refuse all do not fail calls that others would take, however seldom one calls")
    void manyRefuse(Pick pick) {
        Replicas<String> replicas = refusing(pick, 100, 14);
        for (int i = 0; i < 100; i++) {
            replicas.run(node -> {});
        }
        doors.get("n14").shut = true;
        doors.get("n15").shut = true;
        int failed = 0;
        for (int i = 0; i < 1_000; i++) {
            fleet.advance(i % 2 == 0 ? Duration.ofMillis(1) : Duration.ofSeconds(20));
            try {
                replicas.run(node -> {});
            } catch (NoNodeException all) {
                failed++;
            }
        }

        // Those in the list's order find out about each once.
        assertThat(failed).isLessThanOrEqualTo(1);
    }

    @Test
    @DisplayName("a node that has refused is left alone as long as it says, a second otherwise, and ten at most")
    void leftAlone() {
        for (long says : new long[] {
            RejectedException.UNKNOWN, 50_000_000, Duration.ofHours(1).toNanos()
        }) {
            Duration left = says < 0 ? Duration.ofSeconds(1) : Duration.ofNanos(Math.min(says, 10_000_000_000L));
            doors.clear();
            Replicas<String> replicas = refusing(Pick.leastLoaded(), 2, 1);
            doors.get("n0").retryAfter = says;
            while (fleet.status(replicas, "n0").ignored() == 0) {
                replicas.run(node -> {});
            }
            fleet.advance(left.minusNanos(1));
            for (int i = 0; i < 20; i++) {
                replicas.run(node -> {});
            }
            assertThat(fleet.status(replicas, "n0").ignored())
                    .as("until %s", left)
                    .isEqualTo(1);

            fleet.advance(Duration.ofNanos(1));
            for (int i = 0; i < 20; i++) {
                replicas.run(node -> {});
            }
            assertThat(fleet.status(replicas, "n0").ignored())
                    .as("after %s", left)
                    .isEqualTo(2);
        }
    }

    @Test
    @DisplayName("a node that lets a call in again is taken for well at once")
    void letsInAgain() {
        Replicas<String> replicas = refusing(Pick.roundRobin(), 2, 1);
        replicas.run(node -> {});
        doors.get("n0").shut = false;
        replicas.run(node -> {});
        replicas.run(node -> {});
        doors.get("n1").shut = true;

        List<String> asked = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            replicas.run(asked::add);
        }
        assertThat(asked).containsOnly("n0").hasSize(4);
    }

    @Test
    @DisplayName("a call asks 15 nodes at most, and says so where all of them refuse")
    void fifteen() {
        Replicas<String> replicas = refusing(Pick.leastLoaded(), 20, 20);

        assertThatThrownBy(() -> replicas.run(node -> {}))
                .isInstanceOf(NoNodeException.class)
                .hasMessageContaining("got a refusal of 15 nodes, as many as a call may ask: 'n");
    }

    @Test
    @DisplayName("LB-7 a node whose first call never ends is tried again, and gets its share when it answers")
    void firstCallHangs() {
        Replicas<String> replicas = fleet.builder().nodes(fleet.names()).build();
        List<String> done = new ArrayList<>();
        boolean[] hung = new boolean[1];
        for (int i = 0; i < 1_000; i++) {
            replicas.callAsync(node -> {
                if (node.equals("a") && !hung[0]) {
                    hung[0] = true;
                    return new CompletableFuture<String>();
                }
                done.add(node);
                return CompletableFuture.completedFuture(node);
            });
            fleet.advance(Duration.ofMillis(100));
        }

        assertThat(hung[0]).isTrue();
        assertThat(done.stream().filter("a"::equals)).hasSizeGreaterThan(10);
    }

    @Test
    @DisplayName("LB-9 of two nodes the one that warms up gets as much as it is warm, also where it is the faster one")
    void warmingOfTwo() {
        Fleet two = new Fleet("ab");
        two.works("a", Duration.ofNanos(100_000));
        two.works("b", Duration.ofNanos(90_000));
        Replicas<String> replicas =
                two.builder().nodes(List.of("a")).ramp(Duration.ofHours(10)).build();
        two.shares(replicas, 100);
        replicas.replace(List.of("a", "b"));

        assertThat(two.shares(replicas, 5_000).get("b")).isBetween(350, 650);
    }

    @Test
    @DisplayName("nodes that all warm up alike share calls as ever: the less loaded gets them")
    void allWarmUp() {
        Replicas<String> replicas =
                fleet.builder().ramp(Duration.ofHours(10)).nodes(List.of("c")).build();
        fleet.works("b", Duration.ofMillis(100));
        replicas.replace(List.of("a", "b"));
        fleet.shares(replicas, 20);

        assertThat(fleet.shares(replicas, 500).get("b")).isLessThan(50);
    }

    @Test
    @DisplayName("LB-6 calls that hang at nodes that have left do not loosen the bound of a key")
    void boundOfTheTier() {
        Replicas<String> replicas = fleet.builder()
                .pick(Pick.byKey())
                .ramp(Duration.ZERO)
                .nodes(List.of("x", "y"))
                .build();
        Function<String, CompletableFuture<String>> hang =
                replicas.through(replicas.balancer()).asyncFunction((node, key) -> new CompletableFuture<String>());
        for (int i = 0; i < 200; i++) {
            hang.apply("k" + i);
        }
        replicas.replace(List.of("a", "b", "c", "d"));
        for (int i = 0; i < 40; i++) {
            hang.apply("hot");
        }

        assertThat(replicas.nodes())
                .filteredOn(node -> node.state() == NodeState.UP)
                .allMatch(node -> node.inFlight() <= 13);
    }
}
