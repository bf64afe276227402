// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Detector;
import dev.holdfast.Event;
import dev.holdfast.Subscription;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HealingTest {
    private static final long S = 1_000_000_000L;

    /** Says what the test says. */
    private static final class Said implements Detector<String> {
        private final List<Watcher<? super String>> watchers = new CopyOnWriteArrayList<>();

        @Override
        public Subscription follow(Watcher<? super String> watcher) {
            watchers.add(watcher);
            return () -> watchers.remove(watcher);
        }

        void down(String node) {
            watchers.forEach(watcher -> watcher.changed(node, false, "said"));
        }

        void up(String node) {
            watchers.forEach(watcher -> watcher.changed(node, true, "said"));
        }
    }

    private final VirtualTime time = VirtualTime.create();
    private final Said said = new Said();
    private final List<String> healed = Collections.synchronizedList(new ArrayList<>());
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> hopeless = ConcurrentHashMap.newKeySet();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger mostInside = new AtomicInteger();
    private volatile Duration takes = Duration.ZERO;
    private Healing<String> healing;

    private void heal(String node) throws Exception {
        healed.add(node + " at " + time.nanoTime() / S);
        mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
        try {
            if (!takes.isZero()) {
                time.sleep(takes);
            }
            if (hopeless.contains(node)) {
                throw new IllegalStateException("no such node");
            }
        } finally {
            inside.decrementAndGet();
        }
    }

    private HealingBuilder<String> builder() {
        return Healing.<String>builder("stock")
                .environment(time)
                .downFor(Duration.ofSeconds(30))
                .upFor(Duration.ofSeconds(60))
                .backoff(Backoff.fixed(Duration.ofSeconds(10)))
                .attempts(3)
                .heal(this::heal);
    }

    private void follow(HealingBuilder<String> builder) {
        healing = builder.follow(said);
        healing.on(Event.class, event -> told.add(event.toString()));
    }

    @AfterEach
    void close() {
        if (healing != null) {
            healing.close();
            assertThat(time.pendingTimers()).isZero();
            assertThat(said.watchers).isEmpty();
        }
    }

    @Test
    @DisplayName("A node that stays down is healed; one that comes up before is not")
    void downForLong() {
        follow(builder());
        said.down("a");
        said.down("b");
        time.advance(Duration.ofNanos(30 * S - 1));
        said.up("b");
        assertThat(healed).isEmpty();
        time.advance(Duration.ofNanos(1));
        assertThat(healed).containsExactly("a at 30");
        said.up("a");
        time.advance(Duration.ofSeconds(60));
        assertThat(told)
                .containsExactly(
                        "HealingStarted['stock', node a, attempt 1]",
                        "HealingEnded['stock', node a, attempt 1]",
                        "HealingHelped['stock', node a, attempts 1]");
        assertThat(healing).hasToString("Healing['stock' 0 nodes, 0 being healed]");
    }

    @Test
    @DisplayName(
            "Tries follow each other by the backoff, as many as there may be, and then the node is given up until it is up by others")
    void givenUp() {
        hopeless.add("a");
        follow(builder());
        said.down("a");
        time.advance(Duration.ofMinutes(10));
        assertThat(healed).containsExactly("a at 30", "a at 40", "a at 50");
        assertThat(told).last().isEqualTo("HealingGivenUp['stock', node a, attempts 3, stopped false]");
        assertThat(told)
                .contains(
                        "HealingEnded['stock', node a, attempt 3, cause java.lang.IllegalStateException: 'no such node']");
        said.up("a");
        time.advance(Duration.ofSeconds(10));
        said.down("a");
        time.advance(Duration.ofMinutes(10));
        assertThat(healed).as("it has not stayed up").hasSize(3);
        said.up("a");
        time.advance(Duration.ofMinutes(2));
        said.down("a");
        time.advance(Duration.ofSeconds(30));
        assertThat(healed).hasSize(4);
        assertThat(told).noneMatch(text -> text.startsWith("HealingHelped"));
    }

    @Test
    @DisplayName("A node that comes up for a short while after each try has not been helped")
    void crashLoop() {
        follow(builder());
        said.down("a");
        time.advance(Duration.ofSeconds(30));
        for (int i = 0; i < 5; i++) {
            said.up("a");
            time.advance(Duration.ofSeconds(20));
            said.down("a");
            time.advance(Duration.ofSeconds(35));
        }
        assertThat(healed).containsExactly("a at 30", "a at 80", "a at 135");
        assertThat(told).last().asString().startsWith("HealingGivenUp");
    }

    @Test
    @DisplayName("A node that goes up and down more often than the backoff waits is healed all the same, and given up")
    void flaps() {
        follow(builder().backoff(Backoff.fixed(Duration.ofSeconds(55))));
        for (int i = 0; i < 8; i++) {
            said.down("a");
            time.advance(Duration.ofSeconds(50));
            said.up("a");
            time.advance(Duration.ofSeconds(10));
        }
        assertThat(healed).containsExactly("a at 30", "a at 90", "a at 150");
        assertThat(told).last().asString().startsWith("HealingGivenUp");
    }

    @Test
    @DisplayName("A node that was healed and is down for a short while again is left alone")
    void shortlyDownAgain() {
        follow(builder().backoff(Backoff.fixed(Duration.ofSeconds(1))));
        said.down("a");
        time.advance(Duration.ofSeconds(30));
        said.up("a");
        time.advance(Duration.ofSeconds(50));
        said.down("a");
        time.advance(Duration.ofNanos(30 * S - 1));
        assertThat(healed).containsExactly("a at 30");
        time.advance(Duration.ofNanos(1));
        assertThat(healed).containsExactly("a at 30", "a at 110");
    }

    @Test
    @DisplayName("A node that goes down again while it is healed has to be down for long as well")
    void downAgainMeanwhile() {
        takes = Duration.ofSeconds(100);
        follow(builder().attempts(2));
        said.down("a");
        time.advance(Duration.ofSeconds(90));
        said.up("a");
        time.advance(Duration.ofSeconds(35));
        said.down("a"); // At 125; the callback ends at 130.
        takes = Duration.ZERO;
        time.advance(Duration.ofMinutes(1));
        assertThat(healed).containsExactly("a at 30", "a at 155");
    }

    @Test
    @DisplayName("A node of which is said again and again that it is down is healed as if that was said once")
    void saidAgain() {
        follow(builder());
        for (int i = 0; i < 45; i++) {
            said.down("a");
            time.advance(Duration.ofSeconds(1));
        }
        assertThat(healed).containsExactly("a at 30", "a at 40");
    }

    @Test
    @DisplayName("A backoff that throws an error leaves no node without its next try")
    void backoffThrows() {
        AtomicInteger drawn = new AtomicInteger();
        Backoff broken = Backoff.custom(
                attempt -> {
                    if (drawn.incrementAndGet() == 1) {
                        throw new NoClassDefFoundError("once");
                    }
                    return Duration.ofSeconds(10);
                },
                Duration.ofSeconds(10));
        follow(builder().backoff(broken));
        said.down("a");
        said.down("b");
        time.advance(Duration.ofMinutes(5));
        assertThat(healed).hasSize(6);
        assertThat(healing).asString().contains(" 0 being healed");
    }

    @Test
    @DisplayName("A node that is given up again and again stops the healing of no other")
    void oneIsHopeless() {
        hopeless.add("a");
        follow(builder().attempts(1).stopAfter(2));
        for (int i = 0; i < 4; i++) {
            said.down("a");
            time.advance(Duration.ofMinutes(1));
            said.up("a");
            time.advance(Duration.ofMinutes(2));
        }
        assertThat(told.stream().filter(text -> text.startsWith("HealingGivenUp")))
                .hasSize(4);
        assertThat(healing.isStopped()).isFalse();
        said.down("b");
        time.advance(Duration.ofMinutes(1));
        assertThat(healing.isStopped()).isTrue();
    }

    @Test
    @DisplayName(
            "No more are healed at once than may be, each node once at a time, and others wait for their turn unless they come up")
    void atOnce() {
        takes = Duration.ofSeconds(100);
        follow(builder().atOnce(2).attempts(1));
        for (String node : List.of("a", "b", "c", "d", "e")) {
            said.down(node);
        }
        time.advance(Duration.ofSeconds(60));
        assertThat(healed).containsExactlyInAnyOrder("a at 30", "b at 30");
        said.up("d");
        said.up("a");
        said.down("a"); // While it is treated.
        time.advance(Duration.ofSeconds(75));
        assertThat(healed).containsExactlyInAnyOrder("a at 30", "b at 30", "c at 130", "e at 130");
        time.advance(Duration.ofMinutes(10));
        assertThat(healed).hasSize(4);
        assertThat(mostInside).hasValue(2);
    }

    @Test
    @DisplayName("When as many in a row were given up all healing stops, until somebody says that it may go on")
    void stopped() {
        hopeless.addAll(Set.of("a", "b", "c"));
        follow(builder().attempts(1).stopAfter(2));
        said.down("a");
        time.advance(Duration.ofMinutes(5));
        said.down("b");
        time.advance(Duration.ofMinutes(5));
        assertThat(healing.isStopped()).isTrue();
        assertThat(told).last().isEqualTo("HealingGivenUp['stock', node b, attempts 1, stopped true]");
        said.down("c");
        time.advance(Duration.ofMinutes(5));
        assertThat(healed).hasSize(2);
        hopeless.clear();
        healing.resume(); // So the one that waited begins, on a thread of its own.
        while (healed.size() < 3 || !healing.toString().contains(", 0 being healed")) {
            Thread.onSpinWait();
        }
        time.advance(Duration.ofMinutes(5));
        assertThat(healed).hasSize(5);
    }

    @Test
    @DisplayName("A node that was helped shows that healing helps: those given up before are no row any more")
    void aRowIsBroken() {
        hopeless.add("a");
        hopeless.add("c");
        follow(builder().attempts(1).stopAfter(2));
        said.down("a");
        time.advance(Duration.ofMinutes(1));
        said.down("b");
        time.advance(Duration.ofSeconds(35));
        said.up("b");
        time.advance(Duration.ofMinutes(2));
        said.down("c");
        time.advance(Duration.ofMinutes(5));
        assertThat(told.stream().filter(text -> text.startsWith("HealingGivenUp")))
                .hasSize(2);
        assertThat(healing.isStopped()).isFalse();
    }

    @Test
    @DisplayName("A callback that takes too long is interrupted, and has failed")
    void timeout() {
        takes = Duration.ofHours(1);
        follow(builder().timeout(Duration.ofMinutes(1)).attempts(1));
        said.down("a");
        time.advance(Duration.ofSeconds(91));
        assertThat(inside).hasValue(0);
        assertThat(told).last().asString().contains("HealingEnded", "InterruptedException");
    }

    @Test
    @DisplayName(
            "HL-4 after close, or the end of the environment, callbacks that run are interrupted, none begins, and no timer is left")
    void closed() {
        takes = Duration.ofHours(1);
        follow(builder());
        said.down("a");
        said.down("b");
        time.advance(Duration.ofSeconds(40));
        assertThat(inside).hasValue(1);
        time.close();
        while (inside.get() > 0) {
            Thread.onSpinWait();
        }
        said.down("c");
        time.advance(Duration.ofHours(1));
        assertThat(healed).hasSize(1);
    }

    @Test
    @DisplayName("Settings are checked")
    void settings() {
        HealingBuilder<String> builder = Healing.builder("stock");
        assertThatThrownBy(() -> builder.follow(said)).hasMessage("heal: none (expected: what heals a node)");
        assertThatThrownBy(() -> builder.atOnce(0)).hasMessageContaining("atOnce");
        assertThatThrownBy(() -> builder.attempts(0)).hasMessageContaining("attempts");
        assertThatThrownBy(() -> builder.stopAfter(0)).hasMessageContaining("stopAfter");
        assertThatThrownBy(() -> builder.timeout(Duration.ZERO)).hasMessageContaining("timeout");
    }
}
