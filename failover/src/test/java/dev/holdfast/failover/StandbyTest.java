// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class StandbyTest {
    private static final Duration BASE = Duration.ofSeconds(10);
    private final Fleet fleet = new Fleet("abxy");
    private final List<String> told = new ArrayList<>();
    private final AtomicInteger starts = new AtomicInteger();
    private volatile Throwable broken;

    private ReplicasBuilder<String> builder() {
        fleet.names().forEach(name -> fleet.works(name, Duration.ZERO));
        return fleet.builder()
                .eject(Ejection.afterFailures(1).lasting(BASE, BASE).jitter(0).atMost(1))
                .ramp(Duration.ofSeconds(60))
                .failbackAfter(Duration.ofSeconds(20));
    }

    private Replicas<String> listening(Replicas<String> replicas) {
        replicas.on(LoadShifted.class, event -> told.add(event.percent().toString()));
        return replicas;
    }

    private void start() throws Exception {
        starts.incrementAndGet();
        fleet.time.sleep(Duration.ofSeconds(3));
        if (broken instanceof Exception failure) {
            throw failure;
        }
    }

    private Replicas<String> cold() {
        return listening(builder()
                .node("a", "a")
                .coldStandby(this::start, Duration.ofSeconds(5), Backoff.fixed(Duration.ofSeconds(30)))
                .node("x", "x")
                .build());
    }

    private void kill(Replicas<String> replicas, String node) {
        fleet.fails(node);
        for (int i = 0; i < 50 && fleet.state(replicas, node) == NodeState.UP; i++) {
            fleet.call(replicas);
        }
        assertThat(fleet.state(replicas, node)).isEqualTo(NodeState.EJECTED);
    }

    // ---- Hot --------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("FO-8 a standby gets nothing as long as the tier before can carry all, and then as the rule says")
    void hot() {
        Replicas<String> replicas = listening(builder()
                .nodes(List.of("a", "b"))
                .standby()
                .nodes(List.of("x", "y"))
                .build());
        assertThat(fleet.shares(replicas, 100)).containsEntry("x", 0).containsEntry("y", 0);

        kill(replicas, "a");
        assertThat(told).containsExactly("[70, 30]");
        var shares = fleet.shares(replicas, 1_000);
        assertThat(shares.get("b")).isBetween(640, 760);
        assertThat(shares.get("x") + shares.get("y")).isBetween(240, 360);

        kill(replicas, "b");
        assertThat(told).containsExactly("[70, 30]", "[0, 100]");
        assertThat(fleet.shares(replicas, 100).get("b")).isZero();
    }

    @Test
    @DisplayName("FO-8 calls come back after the hold time, and as the node warms up; never by one success")
    void failback() {
        Replicas<String> replicas =
                listening(builder().node("a", "a").standby().node("x", "x").build());
        kill(replicas, "a");
        assertThat(told).containsExactly("[0, 100]");
        fleet.works("a", Duration.ZERO);
        fleet.advance(BASE);
        fleet.call(replicas);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);

        assertThat(fleet.shares(replicas, 100).get("a")).isZero();
        fleet.advance(Duration.ofSeconds(19));
        assertThat(fleet.shares(replicas, 100).get("a")).isZero();
        fleet.advance(Duration.ofSeconds(1));
        assertThat(fleet.shares(replicas, 1_000).get("a")).isBetween(90, 190);
        fleet.advance(Duration.ofSeconds(20));
        assertThat(fleet.shares(replicas, 1_000).get("a")).isBetween(400, 530);
        fleet.advance(Duration.ofSeconds(40));
        assertThat(fleet.shares(replicas, 100).get("x")).isZero();
        assertThat(told.get(told.size() - 1)).isEqualTo("[100, 0]");
    }

    @Test
    @DisplayName("FO-5 a node that flaps takes no calls back: each time the hold time begins anew")
    void flapping() {
        Replicas<String> replicas =
                listening(builder().node("a", "a").standby().node("x", "x").build());
        kill(replicas, "a");
        int ofA = 0;
        for (int round = 0; round < 10; round++) {
            fleet.works("a", Duration.ZERO);
            fleet.advance(BASE);
            ofA += fleet.shares(replicas, 50).get("a");
            fleet.advance(Duration.ofSeconds(5));
            ofA += fleet.shares(replicas, 50).get("a");
            replicas.drain("a");
            replicas.undrain("a");
        }

        assertThat(ofA).isEqualTo(1);
        assertThat(told).containsExactly("[0, 100]");
    }

    @Test
    @DisplayName("a further attempt goes to a standby where no node before it is left, whatever the load rule says")
    void furtherAttempt() {
        Replicas<String> replicas = builder()
                .eject(Ejection.never())
                .node("a", "a")
                .standby()
                .node("x", "x")
                .build();
        Failover<Object> failover = Failover.builder("f")
                .environment(fleet.time)
                .over(replicas)
                .repeatable()
                .build();
        fleet.fails("a");

        assertThat(fleet.call(replicas, failover).result()).contains("x");
        assertThat(fleet.asked).containsExactly("a", "x");
    }

    @Test
    @DisplayName("where all is out the first tier gets all calls, in a panic")
    void allOut() {
        Replicas<String> replicas =
                listening(builder().node("a", "a").standby().node("x", "x").build());
        replicas.follow((dev.holdfast.Detector<String>) watcher -> {
            watcher.changed("a", false, "gone");
            watcher.changed("x", false, "gone");
            return () -> {};
        });

        assertThat(fleet.shares(replicas, 10)).containsEntry("a", 10);
    }

    @Test
    @DisplayName("where the first tier drains and the second is out, the second gets all calls, in a panic")
    void firstDrains() {
        Replicas<String> replicas =
                builder().node("a", "a").standby().node("x", "x").build();
        replicas.drain("a");
        replicas.follow((dev.holdfast.Detector<String>) watcher -> {
            watcher.changed("x", false, "gone");
            return () -> {};
        });

        assertThat(fleet.shares(replicas, 10)).containsEntry("x", 10);
    }

    // ---- Cold -------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a cold standby is started by the first call that is sent there, which waits for it")
    void cold(boolean async) {
        Replicas<String> replicas = cold();
        assertThat(fleet.shares(replicas, 20).get("x")).isZero();
        assertThat(starts).hasValue(0);
        kill(replicas, "a");
        long before = fleet.time.nanoTime();

        assertThat(fleet.call(async, replicas, replicas.balancer()).result()).contains("x");

        assertThat(Duration.ofNanos(fleet.time.nanoTime() - before)).isEqualTo(Duration.ofSeconds(3));
        assertThat(fleet.call(async, replicas, replicas.balancer()).result()).contains("x");
        assertThat(starts).hasValue(1);
        assertThat(fleet.time.pendingTimers()).isZero();
        assertThat(fleet.status(replicas, "x").inFlight()).isZero();
    }

    @Test
    @DisplayName("it is started once, however many wait for it; who has gone before gets no node")
    void startedOnce() {
        Replicas<String> replicas = cold();
        kill(replicas, "a");
        List<CompletableFuture<String>> calls = IntStream.range(0, 20)
                .mapToObj(i -> replicas.<String>callAsync(node -> fleet.at(node).stage()))
                .toList();
        calls.get(3).cancel(true);
        fleet.advance(Duration.ofSeconds(4));

        assertThat(starts).hasValue(1);
        assertThat(calls)
                .filteredOn(call -> !call.isCancelled())
                .hasSize(19)
                .allMatch(call -> call.join().equals("x"));
        assertThat(fleet.status(replicas, "x").inFlight()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("where its start takes longer than a call waits the call is refused there, and goes to the primaries")
    void tooLong(boolean async) {
        Replicas<String> replicas = listening(builder()
                .node("a", "a")
                .coldStandby(this::start, Duration.ofSeconds(1), Backoff.none())
                .node("x", "x")
                .build());
        kill(replicas, "a");

        Outcome<String> refused = fleet.call(async, replicas, replicas.balancer());

        assertThat(refused.failure()).isInstanceOf(IOException.class);
        assertThat(refused.failure().getSuppressed())
                .singleElement()
                .isInstanceOf(NoNodeException.class)
                .asString()
                .contains("waited too long");
        fleet.advance(Duration.ofSeconds(3));
        assertThat(fleet.call(async, replicas, replicas.balancer()).result()).contains("x");
        assertThat(starts).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("where its start fails calls go to the primaries, at once until it may be tried again")
    void startFails(boolean async) {
        Replicas<String> replicas = cold();
        kill(replicas, "a");
        broken = new IOException("no machine");

        Outcome<String> refused = fleet.call(async, replicas, replicas.balancer());
        assertThat(refused.failure()).isInstanceOf(IOException.class);
        assertThat(refused.failure().getSuppressed())
                .singleElement()
                .satisfies(failure ->
                        assertThat(((NoNodeException) failure).retryAfter()).contains(Duration.ofSeconds(30)));
        long before = fleet.time.nanoTime();
        fleet.works("a", Duration.ZERO);
        assertThat(fleet.call(async, replicas, replicas.balancer()).result()).contains("a");
        assertThat(fleet.time.nanoTime()).isEqualTo(before);
        assertThat(starts).hasValue(1);

        broken = null;
        fleet.fails("a");
        fleet.advance(Duration.ofSeconds(30));
        fleet.call(async, replicas, replicas.balancer());
        assertThat(fleet.call(async, replicas, replicas.balancer()).result()).contains("x");
        assertThat(starts).hasValue(2);
    }
}
