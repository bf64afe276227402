// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Detector;
import dev.holdfast.Subscription;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A standby is never worse than none. */
@Timeout(60)
class StandbyLoadTest {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Fleet fleet = new Fleet("abxyz");
    private Detector.Watcher<? super String> watcher;
    private int starts;

    private Subscription detector(Detector.Watcher<? super String> follower) {
        watcher = follower;
        return () -> {};
    }

    private ReplicasBuilder<String> builder() {
        fleet.names().forEach(name -> fleet.works(name, Duration.ZERO));
        return fleet.builder()
                .eject(Ejection.afterFailures(1).jitter(0))
                .ramp(Duration.ZERO)
                .follow(this::detector);
    }

    private Replicas<String> cold(dev.holdfast.Checked.Runnable<?> start) {
        return builder()
                .nodes(List.of("a", "b"))
                .coldStandby(start, PATIENCE, Backoff.fixed(Duration.ofMinutes(1)))
                .nodes(List.of("x", "y", "z"))
                .build();
    }

    private void suspect(String... nodes) {
        for (String node : nodes) {
            watcher.changed(node, false, "down");
        }
    }

    private static int of(Map<String, Integer> shares, String... nodes) {
        int sum = 0;
        for (String node : nodes) {
            sum += shares.get(node);
        }
        return sum;
    }

    @Test
    @DisplayName("what a standby cannot carry goes to primaries that are held back")
    void heldBack() {
        Replicas<String> replicas = builder()
                .pick(Pick.roundRobin())
                .panicBelow(0)
                .nodes(List.of("a", "b"))
                .standby()
                .nodes(List.of("x", "y", "z"))
                .build();
        suspect("a", "b");
        watcher.changed("a", true, "");
        watcher.changed("b", true, "");
        assertThat(of(fleet.shares(replicas, 100), "a", "b")).isZero();

        suspect("y", "z");

        // One of three: 46 %.
        assertThat(of(fleet.shares(replicas, 1_000), "a", "b")).isBetween(450, 630);
        fleet.advance(Duration.ofSeconds(10));
        assertThat(of(fleet.shares(replicas, 100), "a", "b")).isEqualTo(100);
    }

    @Test
    @DisplayName(
            "a cold standby that could not be started gets no calls before another start is due: they go to the primaries, in a panic")
    void startFails() {
        Replicas<String> replicas = cold(() -> {
            starts++;
            throw new IOException("no quota");
        });
        suspect("a", "b");

        Map<String, Integer> shares = fleet.shares(replicas, 100);

        assertThat(of(shares, "a", "b")).isEqualTo(100);
        assertThat(starts).isEqualTo(1);
        fleet.advance(Duration.ofMinutes(1));
        assertThat(of(fleet.shares(replicas, 100), "a", "b")).isEqualTo(100);
        assertThat(starts).isEqualTo(2);
    }

    @Test
    @DisplayName("it does not hide primaries that are up and held back")
    void startFailsAndHeldBack() {
        Replicas<String> replicas = cold(() -> {
            throw new IOException("no quota");
        });
        suspect("a", "b");
        fleet.call(replicas);
        watcher.changed("a", true, "");

        assertThat(fleet.shares(replicas, 100)).containsEntry("a", 100);
    }

    @Test
    @DisplayName(
            "a call waits for a start once, however many nodes the standby has; the next ones do not wait for one that takes longer")
    void waitsOnce() {
        Replicas<String> replicas = cold(() -> {
            starts++;
            fleet.time.sleep(Duration.ofSeconds(30));
        });
        suspect("a", "b");
        long before = fleet.time.nanoTime();

        assertThat(fleet.call(replicas).result())
                .hasValueSatisfying(node -> assertThat(node).isIn("a", "b"));
        assertThat(Duration.ofNanos(fleet.time.nanoTime() - before)).isEqualTo(PATIENCE);
        assertThat(of(fleet.shares(replicas, 10), "a", "b")).isEqualTo(10);
        assertThat(Duration.ofNanos(fleet.time.nanoTime() - before)).isEqualTo(PATIENCE);

        fleet.advance(Duration.ofSeconds(30));
        assertThat(of(fleet.shares(replicas, 10), "a", "b")).isZero();
        assertThat(starts).isEqualTo(1);
    }
}
