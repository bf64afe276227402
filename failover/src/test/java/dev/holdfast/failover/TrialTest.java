// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.Lease;
import dev.holdfast.Subscription;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who decides whether a node is back, and what becomes of those that nobody will ask. */
@Timeout(60)
class TrialTest {
    private static final Duration BASE = Duration.ofSeconds(10);
    private static final Ejection EJECT =
            Ejection.afterFailures(1).lasting(BASE, Duration.ofMinutes(5)).jitter(0);

    private final Fleet fleet = new Fleet("abc");
    private dev.holdfast.Detector.Watcher<? super String> watcher;

    @BeforeEach
    void atOnce() {
        fleet.names().forEach(name -> fleet.works(name, Duration.ZERO));
    }

    private ReplicasBuilder<String> builder() {
        return fleet.inTurn().eject(EJECT).ramp(Duration.ZERO);
    }

    private Subscription detector(dev.holdfast.Detector.Watcher<? super String> follower) {
        watcher = follower;
        return () -> {};
    }

    private void kill(Replicas<String> replicas, String node) {
        fleet.fails(node);
        for (int i = 0; i < 10; i++) {
            fleet.call(replicas);
        }
        assertThat(fleet.state(replicas, node)).isEqualTo(NodeState.EJECTED);
    }

    private CompletableFuture<String> start(Replicas<String> replicas) {
        return replicas.callAsync(node -> {
            fleet.asked.add(node);
            return fleet.at(node).stage();
        });
    }

    // ---- One call ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("of several calls that pick at the same moment one gets the node on trial")
    void reserved() {
        Replicas<String> replicas = builder().build();
        kill(replicas, "a");
        fleet.advance(BASE);

        List<String> picked = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Lease<String> lease = replicas.pick(null, List.of());
            picked.add(lease.name());
        }

        assertThat(picked).filteredOn("a"::equals).hasSize(1);
    }

    @Test
    @DisplayName("a call that was at the node on trial too long gives back no place that another has by now")
    void ticket() {
        Replicas<String> replicas = builder().build();
        kill(replicas, "a");
        fleet.advance(BASE);
        fleet.hangs("a");
        CompletableFuture<String> first = start(replicas);
        fleet.advance(BASE);
        start(replicas);
        assertThat(fleet.status(replicas, "a").inFlight()).isEqualTo(2);

        fleet.cancel(first);

        assertThat(fleet.shares(replicas, 10).get("a")).isZero();
        assertThat(fleet.status(replicas, "a").inFlight()).isEqualTo(1);
    }

    @Test
    @DisplayName("a call decides that ends after another one has got its place")
    void lateDecision() {
        Replicas<String> replicas = builder().build();
        kill(replicas, "a");
        fleet.advance(BASE);
        fleet.works("a", BASE.plusSeconds(2));
        start(replicas);
        fleet.advance(BASE);
        start(replicas);
        fleet.advance(Duration.ofSeconds(2));

        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);
    }

    @Test
    @DisplayName(
            "a node on trial that hangs gets one call in the base time, although others win and its calls are called off")
    void calledOff() {
        Replicas<String> replicas = builder().build();
        kill(replicas, "a");
        fleet.advance(BASE);
        fleet.hangs("a");
        fleet.asked.clear();

        for (int i = 0; i < 90; i++) {
            CompletableFuture<String> call = start(replicas);
            fleet.advance(Duration.ofMillis(100));
            fleet.cancel(call);
        }

        assertThat(fleet.asked).filteredOn("a"::equals).hasSize(1);
        fleet.advance(Duration.ofSeconds(1));
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.TRIAL);
        fleet.works("a", Duration.ZERO);
        fleet.call(replicas);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);
    }

    // ---- None -------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("standbys that were ejected and get no calls leave their places to nodes that do")
    void idleStandbys() {
        Replicas<String> replicas = fleet.builder()
                .pick(Pick.roundRobin())
                .eject(EJECT)
                .ramp(Duration.ZERO)
                .failbackAfter(Duration.ZERO)
                .node("a", "a")
                .node("b", "b")
                .standby()
                .node("c", "c")
                .follow(this::detector)
                .build();
        watcher.changed("a", false, "net");
        watcher.changed("b", false, "net");
        kill(replicas, "c");
        watcher.changed("a", true, "");
        watcher.changed("b", true, "");
        fleet.advance(BASE);

        kill(replicas, "a");

        assertThat(fleet.state(replicas, "c")).isEqualTo(NodeState.UP);
        assertThat(fleet.shares(replicas, 100).get("c")).isBetween(10, 50);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("nor does a node hold its place that was ejected, and then drained or suspected")
    void notToBeTried(boolean drained) {
        Replicas<String> replicas =
                builder().panicBelow(0).follow(this::detector).build();
        kill(replicas, "a");
        if (drained) {
            replicas.drain("a");
        } else {
            watcher.changed("a", false, "phi");
        }
        fleet.advance(BASE);

        kill(replicas, "b");

        assertThat(fleet.shares(replicas, 10)).containsEntry("a", 0).containsEntry("c", 10);
        fleet.works("a", Duration.ZERO);
        replicas.undrain("a");
        watcher.changed("a", true, "");
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);
        assertThat(fleet.status(replicas, "a").ejections()).isEqualTo(1);
    }

    @Test
    @DisplayName("a place is not lost where no random number can be had for how long a node is out")
    void noRandom() {
        AtomicBoolean broken = new AtomicBoolean(true);
        Environment environment = (Environment) Proxy.newProxyInstance(
                Environment.class.getClassLoader(), new Class<?>[] {Environment.class}, (proxy, method, given) -> {
                    if (method.getName().equals("nextLong") && broken.get()) {
                        throw new IllegalStateException("no entropy");
                    }
                    return method.invoke(fleet.time, given);
                });
        Replicas<String> replicas = Replicas.<String>builder("fleet")
                .environment(environment)
                .pick(Pick.roundRobin())
                .nodes(fleet.names())
                .eject(Ejection.afterFailures(1))
                .build();
        fleet.fails("a");
        fleet.shares(replicas, 10);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.UP);

        broken.set(false);
        fleet.shares(replicas, 3);
        assertThat(fleet.state(replicas, "a")).isEqualTo(NodeState.EJECTED);
    }

    // ---- How long ---------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(longs = {0, 1})
    @DisplayName("a node that fails as soon as it is back is out for longer, also where nothing warms up")
    void grows(long failbackNanos) {
        Replicas<String> replicas =
                builder().failbackAfter(Duration.ofNanos(failbackNanos)).build();
        List<Duration> out = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            kill(replicas, "a");
            Duration time = fleet.status(replicas, "a").ejectedFor();
            out.add(time);
            fleet.advance(time);
            fleet.works("a", Duration.ZERO);
            fleet.shares(replicas, 6);
        }

        assertThat(out).extracting(Duration::toSeconds).containsExactly(10L, 20L, 30L, 40L);
    }
}
