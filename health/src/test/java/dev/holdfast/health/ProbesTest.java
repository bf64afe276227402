// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Readiness.State;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ProbesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final long S = 1_000_000_000L;

    private final VirtualTime time = VirtualTime.create();
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> refusing = ConcurrentHashMap.newKeySet();
    private final Set<String> hanging = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Long> asked = new ConcurrentLinkedQueue<>();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger mostInside = new AtomicInteger();
    private Probes<String> probes;

    @AfterEach
    void close() {
        if (probes != null) {
            probes.close();
            assertThat(time.pendingTimers()).isZero();
        }
    }

    /** A node that answers at once, refuses, or hangs until it is interrupted. */
    private void ask(String node) throws Exception {
        asked.add(time.nanoTime());
        mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
        try {
            if (hanging.contains(node)) {
                time.sleep(Duration.ofDays(1));
            }
            if (refusing.contains(node)) {
                throw new IOException("refused");
            }
        } finally {
            inside.decrementAndGet();
        }
    }

    private ProbesBuilder<String> builder() {
        return Probes.<String>builder("nodes").environment(time).jitter(0).check(this::ask);
    }

    private void hear(String node, boolean isUp, String why) {
        heard.add((isUp ? "+" : "-") + node + " at " + time.nanoTime() + ": " + why);
    }

    private double meter(String name, String... label) {
        return probes.meters().stream()
                .filter(meter -> meter.name().equals(name)
                        && (label.length == 0 || meter.labels().containsValue(label[0])))
                .mapToDouble(Meter::value)
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"10, 1, false, 20", "10, 1, true, 21", "2, 2, false, 4", "2, 2, true, 6", "2, 5, true, 15"})
    @DisplayName(
            "FD-2 a node that refuses is down after the third probe, one that hangs a timeout later, to the nanosecond")
    void bounds(long every, long timeout, boolean hangs, long after) {
        probes = builder()
                .every(Duration.ofSeconds(every))
                .timeout(Duration.ofSeconds(timeout))
                .start(List.of("a"));
        probes.follow(this::hear);
        time.advance(Duration.ZERO);
        assertThat(probes.state("a")).isEqualTo(State.UP);
        (hangs ? hanging : refusing).add("a"); // Just after a probe, so it takes an interval more.
        long fails = (every + after) * S;
        time.advance(Duration.ofNanos(fails - 1));
        assertThat(heard).isEmpty();
        assertThat(probes.state("a")).isEqualTo(State.UP);
        time.advance(Duration.ofNanos(1));
        assertThat(heard)
                .containsExactly("-a at " + fails + ": 3 probes in a row failed, at last: "
                        + (hangs ? "no answer in time" : "java.io.IOException: 'refused'"));
        assertThat(probes.state("a")).isEqualTo(State.DOWN);
    }

    @Test
    @DisplayName(
            "HL-2 before its first answer a node is unknown; its first success makes it up, and only as many failures as any other's make it down")
    void unknown() {
        probes = builder().start(List.of());
        assertThat(probes.readiness().state()).isEqualTo(State.UNKNOWN);
        assertThat(probes.state("a")).isEqualTo(State.UNKNOWN);
        refusing.add("b");
        probes.follow(this::hear);
        probes.add("a");
        probes.add("b");
        assertThat(probes.state("a")).isEqualTo(State.UNKNOWN);
        assertThat(probes.readiness().state()).isEqualTo(State.UNKNOWN);
        time.advance(Duration.ZERO);
        assertThat(probes.state("a")).isEqualTo(State.UP);
        assertThat(probes.state("b")).isEqualTo(State.UNKNOWN);
        assertThat(probes.readiness().state()).isEqualTo(State.UP);
        time.advance(Duration.ofSeconds(4));
        assertThat(probes.state("b")).isEqualTo(State.DOWN);
        assertThat(probes.readiness().reason()).isEqualTo("1 of 2 down");
        refusing.add("a");
        time.advance(Duration.ofSeconds(6));
        assertThat(probes.readiness().state()).isEqualTo(State.DOWN);
        assertThat(heard).hasSize(2);
    }

    @Test
    @DisplayName("FD-7 down after fall, up after rise in a row, so that a node which flaps changes little")
    void flapping() {
        probes = builder().every(SECOND).fall(3).rise(2).start(List.of("a"));
        probes.follow(this::hear);
        time.advance(Duration.ofMillis(500));
        for (int i = 0; i < 30; i++) {
            if (i % 3 == 2) {
                refusing.remove("a");
            } else {
                refusing.add("a");
            }
            time.advance(SECOND);
        }
        assertThat(heard).as("never three in a row").isEmpty();
        refusing.add("a");
        time.advance(Duration.ofSeconds(3));
        assertThat(heard).hasSize(1);
        for (int i = 0; i < 30; i++) {
            if (i % 2 == 0) {
                refusing.remove("a");
            } else {
                refusing.add("a");
            }
            time.advance(SECOND);
        }
        assertThat(heard).as("never two in a row").hasSize(1);
        refusing.remove("a");
        time.advance(Duration.ofSeconds(2));
        assertThat(heard).hasSize(2).last().asString().endsWith("2 probes in a row succeeded");
    }

    @Test
    @DisplayName("A check that is late is interrupted, and what it gives then is not taken for an answer")
    void interrupted() {
        hanging.add("a");
        List<Event> events = Collections.synchronizedList(new ArrayList<>());
        probes = builder().every(SECOND).timeout(Duration.ofMillis(100)).start(List.of("a"));
        probes.on(ProbeFailed.class, events::add);
        time.advance(Duration.ofMillis(3_500));
        assertThat(inside).hasValue(0);
        assertThat(asked).hasSize(4);
        assertThat(events).hasSize(4);
        assertThat(events.get(2)).hasToString("ProbeFailed['nodes', node a, in_a_row 3]");
        assertThat(mostInside).hasValue(1);
    }

    @Test
    @DisplayName("A node that is not plainly up is asked faster, if so set")
    void fast() {
        probes = builder().every(Duration.ofSeconds(10)).fastWhenDown(SECOND).start(List.of("a"));
        time.advance(Duration.ofSeconds(5));
        refusing.add("a");
        time.advance(Duration.ofSeconds(15)); // at 10 the first failure, then 11, 12, ... 20
        refusing.remove("a");
        time.advance(Duration.ofSeconds(20)); // 21, 22 up, 32
        assertThat(asked.stream().map(at -> at / S))
                .containsExactly(0L, 10L, 11L, 12L, 13L, 14L, 15L, 16L, 17L, 18L, 19L, 20L, 21L, 22L, 32L);
    }

    @Test
    @DisplayName("With jitter first probes are spread, and no interval is longer than was said")
    void jitter() {
        List<String> nodes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            nodes.add("node " + i);
        }
        probes = builder().every(Duration.ofSeconds(10)).jitter(1).start(nodes);
        time.advance(Duration.ofSeconds(10));
        assertThat(asked.size()).isGreaterThanOrEqualTo(100);
        long early = asked.stream().filter(at -> at < 5 * S).count();
        assertThat(early).isBetween(30L, 150L);
        assertThat(probes.readiness().state()).isEqualTo(State.UP);
        assertThat(nodes).allMatch(node -> probes.state(node) == State.UP);
        assertThat(new HashSet<>(asked)).as("times").hasSizeGreaterThan(90);
    }

    @Test
    @DisplayName("Checks may answer by stages, which are cancelled when they are late, and not asked for twice")
    void stages() {
        List<CompletableFuture<String>> stages = Collections.synchronizedList(new ArrayList<>());
        probes = Probes.<String>builder("nodes")
                .environment(time)
                .jitter(0)
                .every(SECOND)
                .timeout(Duration.ofMillis(100))
                .fall(1)
                .rise(1)
                .checkAsync(node -> {
                    CompletableFuture<String> stage = new CompletableFuture<>();
                    stages.add(stage);
                    if (stages.size() == 5) {
                        throw new IllegalStateException("no stage");
                    }
                    return stage;
                })
                .start(List.of("a"));
        probes.follow(this::hear);
        time.advance(Duration.ofMillis(50));
        stages.get(0).complete("well");
        time.advance(Duration.ofMillis(50));
        assertThat(probes.state("a")).isEqualTo(State.UP);
        time.advance(SECOND);
        assertThat(probes.state("a")).isEqualTo(State.DOWN);
        assertThat(stages.get(1)).isCancelled();
        time.advance(Duration.ofMillis(900));
        stages.get(2).complete("well");
        time.advance(Duration.ofMillis(50));
        assertThat(probes.state("a")).isEqualTo(State.UP);
        time.advance(Duration.ofMillis(950));
        stages.get(3).completeExceptionally(new IOException("ill"));
        time.advance(Duration.ofMillis(50));
        assertThat(heard).hasSize(3).last().asString().endsWith("a probe failed, at last: java.io.IOException: 'ill'");
        time.advance(Duration.ofMillis(950));
        assertThat(stages).hasSize(5);
        assertThat(probes.state("a")).isEqualTo(State.DOWN);
    }

    @Test
    @DisplayName("That there is no thread for a check says nothing of the node, and is counted")
    void noThread() {
        probes = builder()
                .runOn(task -> {
                    throw new RejectedExecutionException("busy");
                })
                .every(SECOND)
                .start(List.of("a"));
        time.advance(Duration.ofSeconds(10));
        assertThat(probes.state("a")).isEqualTo(State.UNKNOWN);
        assertThat(meter("holdfast.probes.results", "missed")).isEqualTo(11);
        assertThat(meter("holdfast.probes.results", "failure")).isZero();
    }

    @Test
    @DisplayName("A check that has not begun when its time is up never does, and says nothing of the node")
    void neverBegan() {
        List<Runnable> kept = new ArrayList<>();
        AtomicBoolean keeps = new AtomicBoolean();
        Executor threads = task -> {
            if (keeps.get()) {
                kept.add(task);
            } else {
                task.run();
            }
        };
        for (boolean stages : new boolean[] {false, true}) {
            kept.clear();
            keeps.set(false);
            AtomicInteger starts = new AtomicInteger();
            ByHand hand = new ByHand(0);
            ProbesBuilder<String> builder = Probes.<String>builder("nodes")
                    .jitter(0)
                    .fall(1)
                    .every(SECOND)
                    .timeout(Duration.ofMillis(500));
            if (stages) {
                hand.runs = threads;
                builder.checkAsync(node -> CompletableFuture.completedFuture(starts.incrementAndGet()));
            } else {
                builder.runOn(threads).check(node -> starts.incrementAndGet());
            }
            probes = builder.environment(hand).start(List.of("a"));
            hand.advance(0);
            assertThat(probes.state("a")).isEqualTo(State.UP);
            assertThat(starts).hasValue(1);
            keeps.set(true);
            hand.advance(3 * S + S / 2);
            assertThat(probes.state("a")).isEqualTo(State.UP);
            assertThat(meter("holdfast.probes.results", "missed")).isEqualTo(3);
            assertThat(meter("holdfast.probes.results", "failure")).isZero();
            keeps.set(false);
            List.copyOf(kept).forEach(Runnable::run);
            assertThat(starts).hasValue(1);
            hand.advance(S);
            assertThat(starts).hasValue(2);
            probes.close();
        }
    }

    @Test
    @DisplayName(
            "HL-3 a check that was given up before it began, and is run late, does not have the next one started twice")
    void runLate() {
        List<Runnable> kept = new ArrayList<>();
        ByHand hand = new ByHand(0);
        AtomicInteger starts = new AtomicInteger();
        probes = Probes.<String>builder("nodes")
                .environment(hand)
                .jitter(0)
                .every(SECOND)
                .timeout(Duration.ofMillis(500))
                .runOn(kept::add)
                .check(node -> {
                    starts.incrementAndGet();
                    kept.get(0).run();
                    hand.advance(3 * S);
                })
                .start(List.of("a"));
        hand.advance(S);
        assertThat(kept).hasSize(2);
        kept.get(1).run();
        assertThat(starts).hasValue(1);
        assertThat(kept).hasSize(2);
        hand.advance(S);
        assertThat(kept).hasSize(3);
    }

    @Test
    @DisplayName(
            "Of other nodes what is known of those that stay is kept, those that go are up for who follows, and are asked no more")
    void replaced() {
        refusing.addAll(List.of("a", "b"));
        probes = builder().every(SECOND).start(List.of("a", "b"));
        probes.follow(this::hear);
        time.advance(Duration.ofSeconds(2));
        assertThat(heard).hasSize(2);
        probes.replace(List.of("b", "c"));
        assertThat(heard).hasSize(3).last().asString().startsWith("+a").endsWith("it is not asked any more");
        assertThat(probes.state("a")).isEqualTo(State.UNKNOWN);
        assertThat(probes.state("b")).isEqualTo(State.DOWN);
        assertThat(probes).hasToString("Probes['nodes' 2 nodes, 1 down]");
        probes.remove("b");
        probes.remove("c");
        assertThat(time.pendingTimers()).isZero();
        assertThat(heard).hasSize(4);
    }

    @Test
    @DisplayName(
            "HL-4 after close nobody is asked, a check that runs is interrupted, and no timer and no thread is left")
    void closed() throws Exception {
        OwnThreads threads = new OwnThreads("holdfast-probe-");
        hanging.add("a");
        probes = builder().every(SECOND).timeout(Duration.ofMinutes(1)).start(List.of("a", "b"));
        time.advance(SECOND);
        assertThat(inside).hasValue(1);
        probes.close();
        probes.close();
        threads.awaitNone();
        assertThat(inside).hasValue(0);
        int before = asked.size();
        probes.add("c");
        time.advance(Duration.ofMinutes(1));
        assertThat(asked).hasSize(before);
        assertThat(probes.state("b")).isEqualTo(State.UP);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("There are as many nodes as there may be, and settings are checked")
    void settings() {
        probes = builder().maximumNodes(1).start(List.of("a", "a"));
        assertThatThrownBy(() -> probes.add("b"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Probes 'nodes': 1 nodes are asked (expected: fewer; 'b' was added)");
        ProbesBuilder<String> builder = Probes.builder("nodes");
        assertThatThrownBy(builder::build).hasMessage("check: none (expected: check or checkAsync)");
        assertThatThrownBy(() -> builder.fall(0)).hasMessageContaining("fall: 0 (expected: 1 to 1000)");
        assertThatThrownBy(() -> builder.rise(0)).hasMessageContaining("rise");
        assertThatThrownBy(() -> builder.jitter(1.1)).hasMessageContaining("jitter");
        assertThatThrownBy(() -> builder.every(Duration.ZERO)).hasMessageContaining("every");
        assertThatThrownBy(() -> builder.timeout(Duration.ZERO)).hasMessageContaining("timeout");
    }
}
