// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Detector;
import dev.holdfast.Event;
import dev.holdfast.Lease;
import dev.holdfast.Meter;
import dev.holdfast.Readiness;
import dev.holdfast.Subscription;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReplicasTest {
    private final Fleet fleet = new Fleet("abc");
    private final List<String> told = new ArrayList<>();

    /** A detector that says what the test wants. */
    private static final class Told implements Detector<String> {
        private final List<Watcher<? super String>> watchers = new ArrayList<>();

        @Override
        public Subscription follow(Watcher<? super String> watcher) {
            watchers.add(watcher);
            return () -> watchers.remove(watcher);
        }

        void say(String node, boolean isUp) {
            watchers.forEach(watcher -> watcher.changed(node, isUp, "phi 9"));
        }
    }

    private Replicas<String> replicas(Ejection ejection) {
        Replicas<String> replicas = fleet.inTurn().eject(ejection).build();
        replicas.on(NodeChanged.class, event -> told.add(event.node() + " " + event.from() + " " + event.to()));
        return replicas;
    }

    private static List<String> names(Replicas<?> replicas) {
        return replicas.nodes().stream().map(NodeStatus::name).toList();
    }

    // ---- The smallest use -------------------------------------------------------------------------------------------

    @Test
    @DisplayName("calls go to nodes, in each form, and what they throw is the caller's")
    void calls() throws Exception {
        Replicas<String> replicas = Replicas.of("plain", List.of("x", "y"));
        List<String> ran = new ArrayList<>();

        String got = replicas.call(node -> node);
        replicas.run(ran::add);
        String later =
                replicas.<String>callAsync(CompletableFuture::completedFuture).get();
        Integer length = replicas.through(replicas.balancer())
                .<Integer, Integer>function((node, more) -> node.length() + more)
                .apply(2);
        Integer async = replicas.through(replicas.balancer())
                .<Integer, Integer>asyncFunction(
                        (node, more) -> CompletableFuture.completedFuture(node.length() + more))
                .apply(2)
                .get();

        assertThat(List.of(got, later, ran.get(0))).allMatch(List.of("x", "y")::contains);
        assertThat(length).isEqualTo(3).isEqualTo(async);
        assertThatThrownBy(() -> replicas.call(node -> {
                    throw new IOException(node);
                }))
                .isInstanceOf(IOException.class);
        assertThat(replicas).hasToString("Replicas['plain' 2/2 up, least loaded]");
        assertThat(replicas.through(replicas.balancer()).toString())
                .startsWith("Replicas['plain'")
                .contains(" through Failover");
    }

    // ---- The list ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("LB-6 a node that stays in the list keeps its statistics, its state and its policies")
    void replace() {
        Map<String, Door> doors = new java.util.HashMap<>();
        AtomicInteger made = new AtomicInteger();
        Replicas<String> replicas = fleet.inTurn()
                .eject(Ejection.afterFailures(1))
                .guard(node -> {
                    made.incrementAndGet();
                    return doors.computeIfAbsent(node, name -> new Door(name, fleet.time));
                })
                .build();
        fleet.fails("a");
        for (int i = 0; i < 3; i++) {
            fleet.call(replicas);
        }

        assertThat(replicas.replace(List.of("d", "a", "b"))).isTrue();

        assertThat(names(replicas)).containsExactly("d", "a", "b");
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.EJECTED);
        assertThat(fleet.status(replicas, "b").succeeded()).isEqualTo(1);
        assertThat(fleet.status(replicas, "d").warmth()).isEqualTo(.1);
        assertThat(fleet.status(replicas, "b").warmth()).isEqualTo(1);
        assertThat(made).hasValue(4);
    }

    @Test
    @DisplayName("LB-6 a node is who it is by its name, where clients are made anew with each list")
    void identity() {
        record Client(String address) {}
        Replicas<Object> replicas = Replicas.builder("clients")
                .environment(fleet.time)
                .nameOf(client -> client instanceof Client it ? it.address() : String.valueOf(client))
                .nodes(List.of(new Client("one"), new Client("two")))
                .build();
        for (int i = 0; i < 10; i++) {
            replicas.call(client -> client);
        }
        List<Object> again = List.of(new Object() {
            @Override
            public String toString() {
                return "one";
            }
        });
        long before = replicas.nodes().get(0).succeeded();

        replicas.replace(again);

        assertThat(replicas.nodes()).singleElement().satisfies(node -> {
            assertThat(node.succeeded()).isEqualTo(before);
            assertThat(node.node()).isSameAs(again.get(0));
        });
        Object called = replicas.call(client -> client);
        assertThat(called).isSameAs(again.get(0));
    }

    @Test
    @DisplayName("a node that was named keeps its name, its tier and its weight where the list has only the node")
    void named() {
        Replicas<String> replicas = fleet.builder()
                .node("berlin", "a", 3)
                .standby()
                .node("paris", "b", 2)
                .build();

        replicas.replace(List.of("b", "a", "c"));

        assertThat(replicas.nodes())
                .extracting(node -> node.name() + node.tier() + node.weight())
                .containsExactly("paris12", "berlin03", "c01");
    }

    @Test
    @DisplayName("tiers and weights may come from the nodes")
    void functions() {
        Replicas<String> replicas = fleet.builder()
                .tierOf(node -> node.equals("a") ? 1 : 0)
                .weightOf(node -> node.equals("b") ? 7 : 1)
                .nameOf(node -> "node " + node)
                .nodes(fleet.names())
                .build();

        assertThat(replicas.nodes())
                .extracting(node -> node.name() + " " + node.tier() + node.weight())
                .containsExactly("node a 11", "node b 07", "node c 01");
        assertThatThrownBy(() -> fleet.builder().tierOf(node -> 16).nodes(fleet.names()))
                .hasMessage("tier of node 'a': 16 (expected: 0 to 15)");
    }

    @Test
    @DisplayName("LB-6 a node that has gone finishes its calls, and what they come to changes nothing")
    void gone() {
        Replicas<String> replicas = replicas(Ejection.afterFailures(1));
        fleet.hangs("a");
        CompletableFuture<String> hanging =
                replicas.callAsync(node -> fleet.at(node).stage());
        fleet.fails("b");
        replicas.replace(List.of("b", "c"));

        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.LEFT);
        assertThat(fleet.status(replicas, "a").inFlight()).isEqualTo(1);
        assertThat(fleet.shares(replicas, 20).get("a")).isZero();
        fleet.cancel(hanging);

        assertThat(names(replicas)).containsExactly("b", "c");
        assertThat(told).containsExactly("a UP LEFT", "b UP EJECTED");
    }

    @Test
    @DisplayName("LB-6 a node that was ejected and has gone leaves its place among the ejected to others")
    void ejectedAndGone() {
        Replicas<String> replicas = replicas(Ejection.afterFailures(1).atMost(.1));
        fleet.fails("a");
        fleet.fails("b");
        fleet.call(replicas);
        fleet.call(replicas);
        assertThat(told).containsExactly("a UP EJECTED");

        replicas.replace(List.of("b", "c"));
        for (int i = 0; i < 4; i++) {
            fleet.call(replicas);
        }
        assertThat(told).contains("b UP EJECTED");
    }

    @Test
    @DisplayName("LB-8 an empty list keeps the old one, unless that is allowed; before the first nobody knows")
    void empty() {
        Replicas<String> replicas = fleet.builder().build();
        assertThat(replicas.readiness().state()).isEqualTo(Readiness.State.UNKNOWN);
        assertThat(replicas.replace(List.of())).isFalse();
        assertThat(replicas.replace(List.of("a"))).isTrue();
        assertThat(replicas.readiness()).isEqualTo(new Readiness.Condition(Readiness.State.UP, "1 of 1 nodes up"));
        assertThat(fleet.status(replicas, "a").warmth()).isEqualTo(1);
        assertThat(replicas.replace(List.of())).isFalse();
        assertThat(fleet.call(replicas).result()).contains("a");

        Replicas<String> mayBeEmpty = fleet.inTurn().allowEmpty().build();
        assertThat(mayBeEmpty.replace(List.of())).isTrue();
        assertThatThrownBy(() -> mayBeEmpty.call(fleet::ask))
                .isInstanceOf(NoNodeException.class)
                .hasMessage("'fleet' has no nodes");
        assertThat(mayBeEmpty.readiness().state()).isEqualTo(Readiness.State.DOWN);
    }

    @Test
    @DisplayName("a list that cannot be meant changes nothing")
    void refused() {
        Replicas<String> replicas = fleet.inTurn().build();

        assertThatThrownBy(() -> replicas.replace(List.of("a", "a")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("node: 'a' twice (expected: each name once, by node(name, ...) or nameOf)");
        assertThat(names(replicas)).containsExactly("a", "b", "c");
        assertThatThrownBy(() -> Replicas.of("x", List.of(List.of("a"))))
                .hasMessage("node: '[a]' (expected: a node, and not a lease, a list or an array)");
        assertThatThrownBy(() -> Replicas.of("x", List.of(Lease.of("a")))).hasMessageContaining("not a lease");
    }

    @Test
    @DisplayName("a node that drains gets no new calls and finishes those that it has; it warms up when it is back")
    void drain() {
        Replicas<String> replicas = replicas(Ejection.never());
        fleet.hangs("a");
        CompletableFuture<String> hanging =
                replicas.callAsync(node -> fleet.at(node).stage());

        assertThat(replicas.drain("a")).isTrue();
        assertThat(replicas.drain("z")).isFalse();
        assertThat(hanging).isNotDone();
        replicas.replace(List.of("a", "b", "d"));
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.DRAINING);
        fleet.works("d", Duration.ZERO);
        assertThat(fleet.shares(replicas, 20).get("a")).isZero();
        fleet.cancel(hanging);

        replicas.undrain("a");
        assertThat(fleet.status(replicas, "a").warmth()).isEqualTo(.1);
        assertThat(told).contains("a UP DRAINING", "a DRAINING UP");
        fleet.works("a", Duration.ZERO);
        fleet.advance(Duration.ofMinutes(1));
        assertThat(fleet.shares(replicas, 30).get("a")).isEqualTo(10);
    }

    @Test
    @DisplayName("where all nodes drain, none is picked, in no panic")
    void allDrain() {
        Replicas<String> replicas = fleet.inTurn().build();
        fleet.names().forEach(replicas::drain);

        assertThatThrownBy(() -> replicas.call(fleet::ask)).isInstanceOf(NoNodeException.class);
    }

    // ---- Detectors --------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "a node that a detector suspects is left out, and warms up when it is back; also one that is listed later")
    void follow() {
        Told detector = new Told();
        Replicas<String> replicas = replicas(Ejection.never());
        Subscription following = replicas.follow(detector);
        detector.say("a", false);
        detector.say("d", false);

        assertThat(fleet.status(replicas, "a").why()).isEqualTo("phi 9");
        assertThat(fleet.shares(replicas, 20)).isEqualTo(Map.of("a", 0, "b", 10, "c", 10));
        replicas.replace(List.of("a", "b", "c", "d"));
        assertThat(fleet.state(replicas, "d")).isEqualTo(NodeState.SUSPECTED);

        detector.say("a", true);
        assertThat(fleet.status(replicas, "a").warmth()).isEqualTo(.1);
        following.cancel();
        assertThat(fleet.state(replicas, "d")).isEqualTo(NodeState.UP);
        assertThat(told).containsExactly("a UP SUSPECTED", "d LEFT SUSPECTED", "a SUSPECTED UP", "d SUSPECTED UP");
    }

    @Test
    @DisplayName("what is followed when they are built counts from the first call on, and suspects are on no trial")
    void followed() {
        Told detector = new Told();
        Replicas<String> replicas = fleet.inTurn()
                .follow(detector)
                .eject(Ejection.afterFailures(1).jitter(0))
                .ramp(Duration.ofSeconds(1))
                .build();
        fleet.fails("a");
        fleet.call(replicas);
        detector.say("a", false);
        fleet.advance(Duration.ofSeconds(11));

        assertThat(fleet.shares(replicas, 10).get("a")).isZero();
        detector.say("a", true);
        assertThat(fleet.status(replicas, "a").warmth()).isEqualTo(.1);
        fleet.works("a", Duration.ZERO);
        fleet.advance(Duration.ofSeconds(1));
        assertThat(fleet.shares(replicas, 9).get("a")).isEqualTo(3);
    }

    @Test
    @DisplayName(
            "others can follow: a node that gets no calls is down, down and up come by turns, and one that goes is up")
    void isFollowed() {
        Replicas<String> replicas = replicas(Ejection.afterFailures(1).jitter(0));
        replicas.drain("c");
        List<String> heard = new ArrayList<>();
        Subscription watching = replicas.follow(
                (Detector.Watcher<String>) (node, isUp, why) -> heard.add(node + " " + isUp + " " + why));
        replicas.follow((Detector.Watcher<String>) (node, isUp, why) -> {
            throw new IllegalStateException("broken watcher");
        });
        fleet.fails("a");
        fleet.call(replicas);
        fleet.works("a", Duration.ZERO);
        fleet.advance(Duration.ofSeconds(10));
        fleet.call(replicas);
        replicas.replace(List.of("a", "b"));
        watching.cancel();
        replicas.drain("a");

        assertThat(heard)
                .containsExactly(
                        "c false DRAINING",
                        "a false EJECTED 1 failures in a row: java.io.IOException",
                        "a true UP",
                        "c true not in the list any more");
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("the meters say how many nodes there are in each state, and what has happened")
    void meters() {
        Replicas<String> replicas = replicas(Ejection.afterFailures(1));
        fleet.fails("a");
        fleet.call(replicas);
        replicas.drain("b");

        Map<String, Double> values = replicas.meters().stream()
                .collect(Collectors.toMap(
                        meter -> meter.name().substring("holdfast.replicas.".length())
                                + meter.labels().values().stream()
                                        .filter(label -> !label.equals("fleet"))
                                        .toList(),
                        Meter::value));
        assertThat(values)
                .containsEntry("nodes[up]", 1.0)
                .containsEntry("nodes[ejected]", 1.0)
                .containsEntry("nodes[draining]", 1.0)
                .containsEntry("nodes[trial]", 0.0)
                .containsEntry("ejections[failures]", 1.0)
                .containsEntry("spared[]", 0.0)
                .containsEntry("panic[]", 0.0)
                .containsEntry("standby[]", 0.0);
        assertThat(replicas.meters()).isSameAs(replicas.meters());
        assertThat(replicas.kind()).isEqualTo("replicas");
        assertThat(replicas.tells(NodeChanged.class)).isTrue();
        assertThat(replicas.tells(Event.CallEnded.class)).isFalse();
    }

    @Test
    @DisplayName(
            "a listener that throws, blocks nobody and changes nothing; what it does to the nodes itself comes after")
    void listeners() {
        Replicas<String> replicas =
                fleet.inTurn().eject(Ejection.afterFailures(1)).build();
        List<String> heard = new ArrayList<>();
        replicas.on(NodeChanged.class, event -> {
            heard.add(event.node() + event.to());
            if (event.node().equals("a")) {
                replicas.drain("b");
            }
            throw new IllegalStateException("broken listener");
        });
        fleet.fails("a");

        assertThat(fleet.call(replicas).failure()).hasMessage("a");
        assertThat(heard).containsExactly("aEJECTED", "bDRAINING");
        assertThat(fleet.shares(replicas, 10).get("c")).isEqualTo(10);
    }

    @Test
    @DisplayName("the nodes are called in the environment that they were built for, and in no other")
    void environments() {
        Replicas<String> replicas = fleet.inTurn().build();

        assertThatThrownBy(() -> Failover.builder("f")
                        .environment(VirtualTime.create())
                        .over(replicas)
                        .build())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("the clock may wrap around")
    void wraps() {
        Fleet late = new Fleet("abc", VirtualTime.create(Long.MAX_VALUE - 5_000_000_000L, 1));
        Replicas<String> replicas = late.inTurn()
                .eject(Ejection.afterFailures(1).jitter(0))
                .ramp(Duration.ofSeconds(20))
                .build();
        late.fails("a");
        late.call(replicas);
        assertThat(late.status(replicas, "a").ejectedFor()).isEqualTo(Duration.ofSeconds(10));
        assertThat(late.shares(replicas, 10).get("a")).isZero();
        late.advance(Duration.ofSeconds(10));
        late.works("a", Duration.ZERO);
        late.call(replicas);
        assertThat(late.state(replicas, "a")).isEqualTo(NodeState.UP);
        late.advance(Duration.ofSeconds(10));
        assertThat(late.status(replicas, "a").warmth()).isBetween(.49, .52);
    }
}
