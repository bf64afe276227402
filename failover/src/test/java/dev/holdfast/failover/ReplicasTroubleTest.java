// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Detector;
import dev.holdfast.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Listeners, detectors, nodes and keys that block, throw or come at the same moment. */
@Timeout(60)
class ReplicasTroubleTest {
    private final Fleet fleet = new Fleet("abc");

    /** A detector that says what the test wants. */
    private static final class Told<T> implements Detector<T> {
        private Watcher<? super T> watcher;

        @Override
        public Subscription follow(Watcher<? super T> follower) {
            watcher = follower;
            return () -> {};
        }
    }

    private Replicas<String> replicas() {
        fleet.names().forEach(name -> fleet.works(name, Duration.ZERO));
        return fleet.inTurn()
                .ramp(Duration.ZERO)
                .eject(Ejection.afterFailures(1).jitter(0).atMost(1))
                .build();
    }

    // ---- Who listens ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a listener or a watcher that blocks holds up no view: nodes go, come and are picked")
    void blockedListener(boolean watches) throws Exception {
        Replicas<String> replicas = replicas();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        Runnable blocks = () -> {
            entered.countDown();
            try {
                released.await();
            } catch (InterruptedException impossible) {
                throw new AssertionError(impossible);
            }
        };
        if (watches) {
            replicas.follow((Detector.Watcher<String>) (node, isUp, why) -> blocks.run());
        } else {
            replicas.on(NodeChanged.class, event -> blocks.run());
        }
        Thread blocked = new Thread(() -> replicas.drain("a"));
        blocked.start();
        entered.await();

        replicas.drain("b");
        assertThat(fleet.shares(replicas, 10)).containsEntry("a", 0).containsEntry("b", 0);
        replicas.replace(List.of("b", "c", "d"));
        replicas.undrain("b");
        assertThat(replicas.nodes()).extracting(NodeStatus::name).containsExactly("b", "c", "d");
        fleet.works("d", Duration.ZERO);
        assertThat(fleet.shares(replicas, 9)).containsEntry("b", 3).containsEntry("d", 3);

        released.countDown();
        blocked.join();
    }

    @Test
    @DisplayName("calls in a listener see the list that it has given")
    void replacesInListener() {
        Replicas<String> replicas = replicas();
        fleet.works("x", Duration.ZERO);
        List<String> called = new ArrayList<>();
        replicas.on(NodeChanged.class, event -> {
            if (event.to() == NodeState.DRAINING) {
                replicas.replace(List.of("x"));
                fleet.call(replicas).result().ifPresent(called::add);
            }
        });
        replicas.drain("a");

        assertThat(called).containsExactly("x");
    }

    @Test
    @DisplayName("a node's LEFT is told also where somebody looks at the nodes between its going and that")
    void leftIsTold() {
        List<String> told = new ArrayList<>();
        List<Replicas<String>> self = new ArrayList<>();
        Replicas<String> replicas = fleet.builder()
                .node("a", "a")
                .node("b", "b")
                .weightOf(node -> 1)
                .build();
        self.add(replicas);
        replicas.on(NodeChanged.class, event -> {
            told.add(event.node() + " " + event.to());
            // What is told is told in order: the second change waits for the first.
            if (event.to() == NodeState.DRAINING) {
                replicas.replace(List.of("b"));
                replicas.nodes();
            }
        });
        replicas.drain("a");
        assertThat(told).containsExactly("a DRAINING", "a LEFT");

        Node<String> gone = replicas.members().all().get(0).node();
        gone.leave();
        assertThat(gone.isGone()).isFalse();
    }

    // ---- Who is followed --------------------------------------------------------------------------------------------

    @Test
    @DisplayName("to follow one detector no more leaves another one that has said the same")
    void cancelsOnlyItself() {
        Replicas<String> replicas = replicas();
        Told<String> one = new Told<>();
        Told<String> two = new Told<>();
        replicas.follow(one);
        Subscription following = replicas.follow(two);
        following.cancel();

        one.watcher.changed("a", false, "dead");

        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.SUSPECTED);
    }

    @Test
    @DisplayName("a detector that does not say why is heard")
    void noReason() {
        Replicas<String> replicas = replicas();
        Told<String> detector = new Told<>();
        replicas.follow(detector);

        detector.watcher.changed("a", false, null);

        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.SUSPECTED);
        assertThat(fleet.status(replicas, "a").why()).isEmpty();
    }

    @Test
    @DisplayName("two that follow each other take a node back when it is well again")
    void followEachOther() {
        Replicas<String> reads = replicas();
        Replicas<String> writes = replicas();
        reads.follow(writes);
        writes.follow(reads);
        fleet.fails("a");
        for (int i = 0; i < 3; i++) {
            fleet.call(reads);
        }
        assertThat(fleet.state(writes, "a")).isEqualTo(NodeState.SUSPECTED);
        assertThat(fleet.state(reads, "a")).isEqualTo(NodeState.EJECTED);

        fleet.works("a", Duration.ZERO);
        fleet.advance(Duration.ofSeconds(10));
        fleet.call(reads);

        assertThat(fleet.state(reads, "a")).isEqualTo(NodeState.UP);
        assertThat(fleet.state(writes, "a")).isEqualTo(NodeState.UP);
    }

    private static final class Hashless {
        private volatile boolean broken;

        @Override
        public int hashCode() {
            if (broken) {
                throw new IllegalStateException("no hash");
            }
            return 1;
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }
    }

    @Test
    @DisplayName("one node without a hash code keeps nothing from being known of the others")
    void hashless() {
        Hashless bad = new Hashless();
        Hashless good = new Hashless();
        Told<Object> detector = new Told<>();
        Replicas<Object> replicas = Replicas.<Object>builder("r")
                .environment(fleet.time)
                .node("bad", bad)
                .node("good", good)
                .follow(detector)
                .build();
        bad.broken = true;

        detector.watcher.changed(good, false, "dead");

        assertThat(replicas.nodes()).extracting(NodeStatus::state).containsExactly(NodeState.UP, NodeState.SUSPECTED);
        assertThat(replicas.pick(null, List.of()).name()).isEqualTo("bad");
    }

    // ---- Keys -------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("a key without a hash code, or a rule for keys that throws an error, leads to any node")
    void brokenKeys() {
        Hashless broken = new Hashless();
        broken.broken = true;
        for (Pick pick : List.of(Pick.byKey(key -> broken), Pick.byKey(key -> {
            throw new StackOverflowError();
        }))) {
            Replicas<String> replicas =
                    fleet.builder().pick(pick).nodes(fleet.names()).build();
            Function<String, String> function =
                    replicas.through(replicas.balancer()).function((node, key) -> node);
            assertThat(function.apply("k")).isIn("a", "b", "c");
        }
    }

    // ---- Lists ------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("a list that was not accepted has not moved a node to a tier that has to be started")
    void notAccepted() {
        AtomicInteger tier = new AtomicInteger();
        Replicas<String> replicas = fleet.builder()
                .node("a", "a")
                .coldStandby(() -> {}, Duration.ofSeconds(1), Backoff.none())
                .node("x", "x")
                .tierOf(node -> node.equals("a") ? tier.get() : 1)
                .guard(node -> {
                    if (node.equals("bad")) {
                        throw new IllegalStateException("no guard");
                    }
                    return new Door(node, fleet.time);
                })
                .build();
        tier.set(1);

        assertThatThrownBy(() -> replicas.replace(List.of("a", "bad"))).hasMessage("no guard");

        assertThat(replicas.members().named("a").node().isStarted()).isTrue();
    }

    @Test
    @DisplayName("of two lists that come at the same moment the one that stays says how many may be out")
    void twoLists() throws Exception {
        List<String> many = IntStream.range(0, 1_000).mapToObj(i -> "n" + i).toList();
        for (int round = 0; round < 30; round++) {
            Replicas<String> replicas = Replicas.<String>builder("lists")
                    .environment(fleet.time)
                    .panicBelow(0)
                    .pick(Pick.roundRobin())
                    .eject(Ejection.afterFailures(1))
                    .nodes(many)
                    .build();
            CompletableFuture<Boolean> one = CompletableFuture.supplyAsync(() -> replicas.replace(many.subList(0, 40)));
            while (replicas.members().size() != 40) {
                Thread.onSpinWait();
            }
            replicas.replace(many.subList(0, 2));
            one.join();
            for (int i = 0; i < 4; i++) {
                assertThatThrownBy(() -> replicas.run(node -> {
                            throw new java.io.IOException(node);
                        }))
                        .isInstanceOf(java.io.IOException.class);
            }
            assertThat(replicas.nodes())
                    .filteredOn(node -> node.state() == NodeState.UP)
                    .hasSize(1);
        }
    }
}
