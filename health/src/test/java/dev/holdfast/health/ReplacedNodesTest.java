// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Detector;
import dev.holdfast.Event;
import dev.holdfast.Subscription;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes that leave, because healing has replaced them. */
@Timeout(60)
class ReplacedNodesTest {
    private static final long S = 1_000_000_000L;

    private final VirtualTime time = VirtualTime.create();
    private final List<Detector.Watcher<? super String>> watchers = new CopyOnWriteArrayList<>();
    private final List<String> healed = Collections.synchronizedList(new ArrayList<>());
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private volatile Duration takes = Duration.ZERO;
    private Healing<String> healing;

    private Subscription detector(Detector.Watcher<? super String> watcher) {
        watchers.add(watcher);
        return () -> watchers.remove(watcher);
    }

    private void down(String node) {
        watchers.forEach(watcher -> watcher.changed(node, false, "said"));
    }

    private void up(String node) {
        watchers.forEach(watcher -> watcher.changed(node, true, "said"));
    }

    private void gone(String node) {
        watchers.forEach(watcher -> watcher.gone(node, "said"));
    }

    private void until(long seconds) {
        time.advance(Duration.ofNanos(seconds * S - time.nanoTime()));
    }

    private HealingBuilder<String> builder() {
        return Healing.<String>builder("stock")
                .environment(time)
                .downFor(Duration.ofSeconds(30))
                .upFor(Duration.ofSeconds(60))
                .backoff(Backoff.fixed(Duration.ofSeconds(100)))
                .attempts(3)
                .heal(node -> {
                    healed.add(node + " at " + time.nanoTime() / S);
                    if (!takes.isZero()) {
                        time.sleep(takes);
                    }
                });
    }

    private void follow(HealingBuilder<String> builder, Detector<String> detector) {
        healing = builder.follow(detector);
        healing.on(Event.class, event -> told.add(event.toString()));
    }

    private long told(String event) {
        return told.stream().filter(text -> text.startsWith(event)).count();
    }

    @AfterEach
    void close() {
        if (healing != null) {
            healing.close();
            assertThat(time.pendingTimers()).isZero();
        }
    }

    @Test
    @DisplayName(
            "Nodes that are replaced and crash again under new names are given up like one that keeps its name, and are never helped")
    void crashLoopUnderNewNames() {
        AtomicInteger generation = new AtomicInteger();
        Probes<String> probes = Probes.<String>builder("stock")
                .environment(time)
                .check(node -> {
                    throw new IOException("crashed");
                })
                .start(List.of("pod0"));
        List<Long> when = Collections.synchronizedList(new ArrayList<>());
        follow(
                Healing.<String>builder("stock").environment(time).heal(node -> {
                    when.add(time.nanoTime() / S);
                    probes.replace(List.of("pod" + generation.incrementAndGet()));
                }),
                probes);
        for (int i = 0; i < 360; i++) {
            time.advance(Duration.ofSeconds(30));
        }
        probes.close();
        assertThat(when).hasSize(5);
        assertThat(when.get(4) - when.get(3)).as("the wait grows").isGreaterThan(2 * (when.get(1) - when.get(0)));
        assertThat(told("HealingHelped")).isZero();
        assertThat(told("HealingGivenUp")).isOne();
    }

    @Test
    @DisplayName("All healing stops also where others replace what was given up, by nodes that crash as well")
    void crashLoopThatOthersGoOnWith() {
        follow(builder().stopAfter(2), this::detector);
        for (int i = 0; i < 200; i++) {
            down("pod" + i);
            until(time.nanoTime() / S + 200);
            gone("pod" + i);
            until(time.nanoTime() / S + 5);
        }
        assertThat(healed).hasSize(6);
        assertThat(told("HealingHelped")).isZero();
        assertThat(healing.isStopped()).isTrue();
    }

    @Test
    @DisplayName("One that comes in the place of another goes on with its tries and its backoff")
    void goesOn() {
        follow(builder(), this::detector);
        down("pod0");
        until(31);
        gone("pod0");
        until(40);
        down("pod1");
        until(131);
        gone("pod1");
        until(140);
        down("pod2");
        until(231);
        gone("pod2");
        until(240);
        down("pod3");
        until(329);
        assertThat(told("HealingGivenUp")).isZero();
        until(1000);
        assertThat(healed).containsExactly("pod0 at 30", "pod1 at 130", "pod2 at 230");
        assertThat(told).contains("HealingStarted['stock', node pod2, attempt 3]");
        assertThat(told).last().isEqualTo("HealingGivenUp['stock', node pod3, attempts 3, stopped false]");
    }

    @Test
    @DisplayName("One that is down before the one in whose place it comes has left, goes on with its tries")
    void comesBeforeTheOtherLeaves() {
        follow(builder(), this::detector);
        down("pod0");
        until(35);
        down("pod1");
        until(50);
        gone("pod0");
        until(200);
        assertThat(healed).containsExactly("pod0 at 30", "pod1 at 130");
    }

    @Test
    @DisplayName(
            "One that leaves while its callback still runs leaves its tries, and its place, to the next when that has ended")
    void leavesWhileItIsTreated() {
        takes = Duration.ofSeconds(100);
        follow(builder(), this::detector);
        down("pod0");
        until(40);
        gone("pod0");
        until(50);
        down("pod1");
        until(229);
        assertThat(healed).containsExactly("pod0 at 30");
        until(331);
        assertThat(healed).containsExactly("pod0 at 30", "pod1 at 230");
    }

    @Test
    @DisplayName("A node that has left shows nothing: those given up before stay in a row")
    void breaksNoRow() {
        follow(builder().attempts(1).stopAfter(2), this::detector);
        down("a");
        until(200);
        down("b");
        until(231);
        gone("b");
        until(1000);
        assertThat(healing).hasToString("Healing['stock' 1 nodes, 0 being healed]");
        down("c");
        until(2000);
        assertThat(told("HealingHelped")).isZero();
        assertThat(told("HealingGivenUp")).isEqualTo(2);
        assertThat(healing.isStopped()).isTrue();
    }

    @Test
    @DisplayName("A node that leaves and comes back under its name goes on where it was")
    void comesBack() {
        follow(builder(), this::detector);
        down("a");
        until(31);
        gone("a");
        until(150);
        down("a");
        until(181);
        assertThat(told).contains("HealingStarted['stock', node a, attempt 2]");
        up("a");
        until(300);
        assertThat(told).last().isEqualTo("HealingHelped['stock', node a, attempts 2]");
    }

    @Test
    @DisplayName(
            "Tries of one that has left are forgotten when for long no other was down, and then the next starts from the beginning")
    void isForgotten() {
        follow(builder(), this::detector);
        down("pod0");
        until(31);
        gone("pod0");
        until(31 + 189);
        assertThat(healing).hasToString("Healing['stock' 1 nodes, 0 being healed]");
        until(31 + 191);
        assertThat(healing).hasToString("Healing['stock' 0 nodes, 0 being healed]");
        down("pod1");
        until(300);
        assertThat(told).contains("HealingStarted['stock', node pod1, attempt 1]");
        assertThat(told("HealingHelped")).isZero();
    }

    @Test
    @DisplayName("A replacement that comes up late, and stays up, shows that replacing has helped")
    void comesUpLate() {
        follow(builder(), this::detector);
        down("pod0");
        until(31);
        gone("pod0");
        until(40);
        down("pod1");
        until(80);
        up("pod1");
        until(200);
        assertThat(healed).containsExactly("pod0 at 30");
        assertThat(told).last().isEqualTo("HealingHelped['stock', node pod1, attempts 1]");
    }

    @Test
    @DisplayName("One that was given up and left leaves nothing to others: they have all their tries")
    void givenUpAndLeft() {
        follow(builder().attempts(1), this::detector);
        down("a");
        until(200);
        gone("a");
        down("b");
        until(231);
        assertThat(healed).containsExactly("a at 30", "b at 230");
        assertThat(told("HealingGivenUp")).isOne();
    }

    private static final class Told implements Detector.Watcher<String> {
        final List<String> heard = new ArrayList<>();

        @Override
        public void changed(String node, boolean isUp, String why) {
            heard.add((isUp ? "+" : "-") + node);
        }

        @Override
        public void gone(String node, String why) {
            heard.add("gone " + node);
        }
    }

    @Test
    @DisplayName(
            "Who follows is told that a node which was down is not watched any more; who makes no difference hears that it is up")
    void detectorsTell() {
        ByHand byHand = new ByHand(0);
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(byHand)
                .deadline(Duration.ofSeconds(1))
                .build();
        Told told = new Told();
        List<String> plain = new ArrayList<>();
        beats.follow(told);
        beats.follow((node, isUp, why) -> plain.add((isUp ? "+" : "-") + node));
        beats.beat("a");
        beats.beat("b");
        byHand.advance(S);
        beats.beat("b");
        beats.forget("a");
        beats.forget("b");
        assertThat(told.heard).containsExactlyInAnyOrder("-a", "-b", "+b", "gone a");
        assertThat(plain).containsExactlyInAnyOrder("-a", "-b", "+b", "+a");
        beats.close();
    }
}
