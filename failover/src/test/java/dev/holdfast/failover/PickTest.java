// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lease;
import dev.holdfast.testkit.Script;
import java.io.IOException;
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
class PickTest {
    private final Fleet fleet = new Fleet("abc");

    static List<Pick> picks() {
        return List.of(Pick.leastLoaded(), Pick.roundRobin(), Pick.random(), Pick.inOrder(), Pick.byKey());
    }

    private Replicas<String> replicas(Pick pick) {
        return fleet.builder()
                .pick(pick)
                .nodes(fleet.names())
                .eject(Ejection.never())
                .build();
    }

    private List<String> picked(Replicas<String> replicas, int times) {
        return IntStream.range(0, times)
                .mapToObj(i -> replicas.pick(null, List.of()).target())
                .toList();
    }

    // ---- All of them ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("picks")
    @DisplayName("LB-1 a pick gives a node of the list of now; a further one none that was tried, and at last none")
    void members(Pick pick) {
        Replicas<String> replicas = replicas(pick);
        replicas.replace(List.of("b", "c", "d"));
        for (int i = 0; i < 100; i++) {
            List<Lease<?>> tried = new ArrayList<>();
            for (int n = 0; n < 3; n++) {
                Lease<String> next = replicas.pick(null, tried);
                assertThat(next.target()).isIn("b", "c", "d");
                assertThat(tried).doesNotContain(next);
                tried.add(next);
            }
            assertThat(replicas.pick(null, tried)).isNull();
        }
    }

    @ParameterizedTest
    @MethodSource("picks")
    @DisplayName("a single node gets all")
    void single(Pick pick) {
        Replicas<String> one = fleet.builder().pick(pick).node("only", "a").build();

        assertThat(picked(one, 20)).containsOnly("a");
    }

    @Test
    @DisplayName("nodes of weight 1, 2 and 5 get as much of the calls, also of those that are picked by load")
    void weights() {
        for (Pick pick : List.of(Pick.random(), Pick.roundRobin(), Pick.leastLoaded())) {
            Replicas<String> replicas = fleet.builder()
                    .pick(pick)
                    .node("a", "a", 1)
                    .node("b", "b", 2)
                    .node("c", "c", 5)
                    .build();
            Map<String, Integer> shares = new HashMap<>();
            picked(replicas, 8_000).forEach(name -> shares.merge(name, 1, Integer::sum));

            assertThat(shares.get("a") / 8_000.0).as(pick + " a").isBetween(.09, .22);
            assertThat(shares.get("b") / 8_000.0).as(pick + " b").isBetween(.20, .33);
            assertThat(shares.get("c") / 8_000.0).as(pick + " c").isBetween(.45, .66);
        }
    }

    @ParameterizedTest
    @MethodSource("picks")
    @DisplayName("LB-9 with each pick a node that warms up gets less than the others, and is not left out")
    void warming(Pick pick) {
        fleet.names().forEach(name -> fleet.works(name, Duration.ZERO));
        Replicas<String> replicas = fleet.builder()
                .pick(pick)
                .nodes(List.of("b", "c"))
                .ramp(Duration.ofSeconds(100))
                .build();
        replicas.replace(List.of("a", "b", "c"));
        Function<Integer, String> byKey = replicas.through(replicas.balancer()).function((node, key) -> node);
        int ofA = 0;
        for (int i = 0; i < 3_000; i++) {
            ofA += byKey.apply(i).equals("a") ? 1 : 0;
        }

        // Of the first in order a tenth is more than of a third.
        assertThat(ofA).isBetween(40, 360);
        fleet.advance(Duration.ofSeconds(101));
        ofA = 0;
        for (int i = 0; i < 3_000; i++) {
            ofA += byKey.apply(i).equals("a") ? 1 : 0;
        }
        assertThat(ofA).isGreaterThan(600);
    }

    // ---- One by one -------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "round robin goes round; with weights it comes to each node as often as that says, and seldom twice in a row")
    void roundRobin() {
        assertThat(picked(replicas(Pick.roundRobin()), 7)).containsExactly("a", "b", "c", "a", "b", "c", "a");

        Replicas<String> weighted = fleet.builder()
                .pick(Pick.roundRobin())
                .node("a", "a", 3)
                .node("b", "b", 2)
                .build();
        List<String> ten = picked(weighted, 10);
        assertThat(ten).filteredOn("a"::equals).hasSize(6);
        assertThat(String.join("", ten)).doesNotContain("aaa").doesNotContain("bb");
    }

    @Test
    @DisplayName("in order the first node gets all, a later one only when it is out")
    void inOrder() {
        Replicas<String> replicas = fleet.builder()
                .pick(Pick.inOrder())
                .nodes(fleet.names())
                .eject(Ejection.afterFailures(1))
                .build();
        assertThat(picked(replicas, 10)).containsOnly("a");

        fleet.fails("a");
        fleet.call(replicas);
        assertThat(picked(replicas, 10)).containsOnly("b");
    }

    @Test
    @DisplayName("the one with less under way gets the next call")
    void underWay() {
        Replicas<String> replicas = fleet.builder().nodes(List.of("a", "b")).build();
        ReferenceTest.rank(replicas, List.of("a"));
        Node<?> b = Member.of(ReferenceTest.leaseOf(replicas, "b"));
        b.cost.answered(15_000_000, 0);

        assertThat(picked(replicas, 10)).containsOnly("a");
        fleet.hangs("a");
        CompletableFuture<String> hanging =
                replicas.callAsync(node -> fleet.at(node).stage());
        assertThat(picked(replicas, 10)).containsOnly("b");
        fleet.cancel(hanging);
        assertThat(b.inFlight()).isZero();
    }

    @Test
    @DisplayName("a node that nobody has called yet gets one call, and no others until that has ended")
    void unknown() {
        Replicas<String> replicas =
                fleet.builder().nodes(List.of("a", "b")).ramp(Duration.ZERO).build();
        fleet.call(replicas);
        fleet.call(replicas);
        replicas.replace(List.of("a", "c"));
        fleet.hangs("c");

        CompletableFuture<String> first =
                replicas.callAsync(node -> fleet.at(node).stage());
        assertThat(fleet.status(replicas, "c").inFlight()).isEqualTo(1);
        assertThat(picked(replicas, 20)).containsOnly("a");
        fleet.cancel(first);
    }

    @Test
    @DisplayName("LB-5 a node that fails in 1 ms gets no more calls than one that answers in 100 ms")
    void fastFailures() {
        fleet.is("a", Script.<String>of(fleet.time).fails(new IOException()).after(Duration.ofMillis(1)));
        fleet.works("b", Duration.ofMillis(100));
        fleet.works("c", Duration.ofMillis(100));
        Map<String, Integer> shares = fleet.shares(replicas(Pick.leastLoaded()), 3_000);

        assertThat(shares.get("a")).isLessThan(Math.min(shares.get("b"), shares.get("c")) / 10);
    }

    @Test
    @DisplayName("a single failure of a node that is called often keeps hardly any calls from it")
    void singleFailure() {
        fleet.names().forEach(name -> fleet.works(name, Duration.ofMillis(10)));
        Replicas<String> replicas =
                fleet.builder().nodes(List.of("a", "b", "c")).build();
        fleet.shares(replicas, 300);
        fleet.fails("a");
        fleet.asked.clear();
        while (!fleet.asked.contains("a")) {
            fleet.call(replicas);
        }
        fleet.works("a", Duration.ofMillis(1));

        assertThat(fleet.shares(replicas, 3_000).get("a")).isGreaterThan(500);
    }

    @Test
    @DisplayName("LB-9 a node that warms up gets all that falls to it as long as the other one fails")
    void warmingBesideOneThatFails() {
        Replicas<String> replicas = fleet.builder()
                .nodes(List.of("b"))
                .eject(Ejection.never())
                .ramp(Duration.ofHours(1))
                .build();
        fleet.fails("b");
        fleet.call(replicas);
        replicas.replace(List.of("a", "b"));
        fleet.works("a", Duration.ofMillis(10));

        assertThat(fleet.shares(replicas, 100).get("a")).isEqualTo(100);
        fleet.works("b", Duration.ofMillis(1));
        fleet.advance(Duration.ofMinutes(2));
        assertThat(fleet.shares(replicas, 100).get("a")).isLessThan(40);
    }

    @Test
    @DisplayName("LB-5 fast refusals of a node's own policies attract nobody")
    void fastRefusals() {
        Door door = new Door("door", fleet.time);
        Replicas<String> replicas = fleet.builder()
                .nodes(List.of("a", "b"))
                .guard(node -> node.equals("a") ? door : new Door("other", fleet.time))
                .build();
        fleet.call(replicas);
        fleet.call(replicas);
        double before = fleet.status(replicas, "a").cost().toNanos();
        door.shut = true;
        for (int i = 0; i < 100; i++) {
            fleet.call(replicas);
        }

        assertThat(fleet.status(replicas, "a").cost().toNanos()).isLessThanOrEqualTo((long) before);
        assertThat(fleet.status(replicas, "a").ignored()).isPositive();
        assertThat(fleet.status(replicas, "a").failed()).isZero();
    }

    @Test
    @DisplayName("LB-7 the slower of two is tried again after decay * ln(its cost / the other's)")
    void triedAgain() {
        Replicas<String> replicas =
                fleet.builder().nodes(List.of("a", "b")).eject(Ejection.never()).build();
        fleet.works("b", Duration.ofMillis(30));
        fleet.fails("a");
        fleet.call(replicas);
        fleet.call(replicas);
        fleet.works("a", Duration.ofMillis(1));
        fleet.asked.clear();
        long start = fleet.time.nanoTime();
        while (!fleet.asked.contains("a")) {
            fleet.call(replicas);
        }

        // ln(5000 / 30) * 10 s.
        assertThat(Duration.ofNanos(fleet.time.nanoTime() - start))
                .isBetween(Duration.ofSeconds(50), Duration.ofSeconds(52));
    }

    @Test
    @DisplayName(
            "LB-7 a node that is back from a trial costs what that has taken, and not what it cost while it failed")
    void backFromTrial() {
        Replicas<String> replicas = fleet.builder()
                .nodes(fleet.names())
                .eject(Ejection.afterFailures(1).jitter(0))
                .ramp(Duration.ZERO)
                .build();
        fleet.fails("a");
        while (fleet.state(replicas, "a") == NodeState.UP) {
            fleet.call(replicas);
        }
        fleet.works("a", Duration.ofMillis(2));
        fleet.advance(Duration.ofSeconds(10));
        fleet.call(replicas);

        assertThat(fleet.status(replicas, "a").cost()).isEqualTo(Duration.ofMillis(2));
        assertThat(fleet.shares(replicas, 300).get("a")).isGreaterThan(100);
    }

    @Test
    @DisplayName("a call that was called off tells its age only: it makes a node dearer, and never cheaper")
    void calledOff() {
        Replicas<String> replicas = fleet.builder().nodes(List.of("a")).build();
        fleet.works("a", Duration.ofMillis(100));
        fleet.call(replicas);
        fleet.hangs("a");

        CompletableFuture<String> young =
                replicas.callAsync(node -> fleet.at(node).stage());
        fleet.advance(Duration.ofMillis(1));
        fleet.cancel(young);
        assertThat(fleet.status(replicas, "a").cost().toMillis()).isEqualTo(99);
        CompletableFuture<String> old =
                replicas.callAsync(node -> fleet.at(node).stage());
        fleet.advance(Duration.ofMillis(700));
        fleet.cancel(old);
        assertThat(fleet.status(replicas, "a").cost().toMillis()).isEqualTo(700);
        assertThat(fleet.status(replicas, "a").ignored()).isEqualTo(2);
    }

    @Test
    @DisplayName("reading what a node costs changes nothing")
    void readingWritesNothing() {
        Replicas<String> replicas = fleet.builder().nodes(List.of("a", "b")).build();
        ReferenceTest.rank(replicas, List.of("a", "b"));
        Cost cost = Member.of(ReferenceTest.leaseOf(replicas, "a")).cost;
        double before = cost.level();
        fleet.advance(Duration.ofSeconds(3));
        picked(replicas, 100);
        replicas.nodes();

        assertThat(cost.level()).isEqualTo(before);
    }

    @Test
    @DisplayName("a pick reads no clock as long as all nodes are up")
    void noClock() {
        Replicas<String> replicas = replicas(Pick.leastLoaded());
        long before = fleet.time.reads();
        picked(replicas, 100);

        assertThat(fleet.time.reads()).isEqualTo(before);
    }

    // ---- By key -----------------------------------------------------------------------------------------------------

    private static Map<Integer, String> owners(Replicas<String> replicas) {
        Function<Integer, String> node = replicas.through(replicas.balancer()).function((name, key) -> name);
        Map<Integer, String> owners = new HashMap<>();
        IntStream.range(0, 3_000).forEach(key -> owners.put(key, node.apply(key)));
        return owners;
    }

    @Test
    @DisplayName(
            "a key goes to the same node; one that goes moves only its own keys, and one that comes takes only some of each")
    void byKey() {
        Replicas<String> replicas = fleet.builder()
                .pick(Pick.byKey())
                .nodes(List.of("a", "b", "c", "d"))
                .ramp(Duration.ZERO)
                .build();
        Map<Integer, String> before = owners(replicas);
        assertThat(owners(replicas)).isEqualTo(before);
        for (String name : List.of("a", "b", "c", "d")) {
            assertThat(before.values()).filteredOn(name::equals).hasSizeBetween(450, 1_100);
        }

        replicas.replace(List.of("a", "b", "c"));
        Map<Integer, String> without = owners(replicas);
        before.forEach((key, node) -> {
            if (!node.equals("d")) {
                assertThat(without.get(key)).isEqualTo(node);
            }
        });
        replicas.replace(List.of("a", "b", "c", "d"));
        assertThat(owners(replicas)).isEqualTo(before);
    }

    @Test
    @DisplayName("a node that has more than 1.25 times its share under way leaves further keys to the next")
    void boundedLoad() {
        Replicas<String> replicas = replicas(Pick.byKey());
        fleet.names().forEach(fleet::hangs);
        Function<String, CompletableFuture<String>> same = replicas.through(replicas.balancer())
                .asyncFunction((node, key) -> fleet.at(node).stage());
        List<CompletableFuture<String>> calls =
                IntStream.range(0, 30).mapToObj(i -> same.apply("one key")).toList();

        assertThat(replicas.nodes()).allMatch(node -> node.inFlight() <= 13);
        assertThat(replicas.nodes().stream().mapToInt(NodeStatus::inFlight).sum())
                .isEqualTo(30);
        calls.forEach(fleet::cancel);
        assertThat(replicas.nodes()).allMatch(node -> node.inFlight() == 0);
    }

    @Test
    @DisplayName("keys can be made of the argument; without one, and where that throws, any node will do")
    void keys() {
        Replicas<String> replicas = replicas(Pick.byKey((String argument) -> argument.charAt(0)));
        Function<String, String> node = replicas.through(replicas.balancer()).function((name, key) -> name);

        assertThat(node.apply("x1")).isEqualTo(node.apply("x2")).isEqualTo(node.apply("x3"));
        assertThat(IntStream.range(0, 50).mapToObj(i -> node.apply("")).distinct())
                .hasSize(3);
        assertThat(fleet.shares(replicas, 50).values()).doesNotContain(0);
    }

    @Test
    @DisplayName("what cannot be meant is refused: a decay of nothing, a weight of nothing")
    void refused() {
        assertThatThrownBy(() -> Pick.leastLoaded(Duration.ZERO, Duration.ofSeconds(1)))
                .hasMessage("decay: PT0S (expected: longer than zero)");
        assertThatThrownBy(() -> fleet.builder().node("a", "a", 0))
                .hasMessage("weight of node 'a': 0 (expected: 1 to 1000)");
        assertThat(picks())
                .extracting(Pick::toString)
                .containsExactly("least loaded", "round robin", "random", "in order", "by key");
    }
}
