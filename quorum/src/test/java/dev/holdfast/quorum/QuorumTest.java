// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Outcome;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class QuorumTest {
    private final Nodes<Integer> nodes = Nodes.of(5);
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    /** Of a, b and c, which are asked in this order, two; the third after 30 ms. */
    private QuorumBuilder<String, Integer> reads() {
        return Quorum.reads("r", Integer.class)
                .over(nodes.leases("abc"))
                .environment(nodes.time)
                .runOn(nodes.time.threads())
                .inOrder(true)
                .spareAfter(ms(30))
                .newest(Comparator.<Integer>naturalOrder());
    }

    private QuorumBuilder<String, Integer> writes() {
        return Quorum.writes("w", Integer.class)
                .over(nodes.leases("abc"))
                .environment(nodes.time)
                .runOn(nodes.time.threads())
                .inOrder(true);
    }

    private void all(int answer) {
        nodes.scripts.values().forEach(script -> script.gives(answer).after(ms(10)));
    }

    // ---- Whom it asks -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("as many as are needed are asked at once, and no more while they are in time")
    void needFirst(boolean async) throws Exception {
        nodes.at("a").gives(1).after(ms(29));
        nodes.at("b").gives(2).after(ms(29));
        Quorum<String, Integer> quorum = reads().build();

        assertThat(nodes.ask(async, quorum).result()).contains(2);

        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L));
        assertThat(nodes.millis()).isEqualTo(29);
        assertThat(quorum.counts()).isEqualTo(new Quorum.Counts(1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        assertThat(quorum.nodes())
                .containsEntry("a", new NodeCounts(1, 0, 0, 0, 0))
                .containsEntry("b", new NodeCounts(1, 0, 0, 0, 0))
                .containsEntry("c", new NodeCounts(0, 0, 0, 0, 0));
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("one that is late gets one more beside it, and is called off when that was enough")
    void spare(boolean async) throws Exception {
        nodes.at("a").gives(1).after(ms(10));
        nodes.at("b").gives(2).after(ms(1_000));
        nodes.at("c").gives(3).after(ms(5));
        Quorum<String, Integer> quorum = reads().build();

        assertThat(nodes.ask(async, quorum).result()).contains(3);

        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L, "c", 30L));
        assertThat(nodes.millis()).isEqualTo(35);
        nodes.untilQuiet();
        assertThat(nodes.millis()).isEqualTo(35);
        assertThat(quorum.counts()).isEqualTo(new Quorum.Counts(1, 0, 0, 0, 1, 0, 0, 0, 0, 0));
        assertThat(quorum.nodes()).containsEntry("b", new NodeCounts(0, 0, 0, 1, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("the late one may still be in time for the answer")
    void lateAnswers(boolean async) throws Exception {
        nodes.at("a").gives(1).after(ms(10));
        nodes.at("b").gives(2).after(ms(40));
        nodes.at("c").gives(3).after(ms(1_000));

        assertThat(nodes.ask(async, reads().build()).result()).contains(2);

        assertThat(nodes.millis()).isEqualTo(40);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("RC-6 when one fails the next is asked at once, and not after the delay")
    void failed(boolean async) throws Exception {
        nodes.at("a").fails(new IOException("a is down")).after(ms(10));
        nodes.at("b").gives(2).after(ms(20));
        nodes.at("c").gives(3).after(ms(5));
        Quorum<String, Integer> quorum = reads().build();

        assertThat(nodes.ask(async, quorum).result()).contains(3);

        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L, "c", 10L));
        assertThat(nodes.millis()).isEqualTo(20);
        assertThat(quorum.counts()).isEqualTo(new Quorum.Counts(1, 0, 0, 0, 0, 1, 0, 0, 0, 0));
        assertThat(quorum.nodes()).containsEntry("a", new NodeCounts(0, 0, 1, 0, 0));
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-6 when it cannot be enough any more the call ends at once, and what still runs is called off")
    void impossible(boolean async) throws Exception {
        nodes.at("a").fails(new IOException("a is down")).after(ms(10));
        nodes.at("b").fails(new IOException("b is down")).after(ms(15));
        nodes.at("c").hangs();
        Quorum<String, Integer> quorum = reads().build();

        Throwable failure = nodes.ask(async, quorum).failure();

        assertThat(failure)
                .isInstanceOf(NoQuorumException.class)
                .hasMessageContaining("'r'")
                .hasMessageContaining("0 of 2")
                .hasMessageContaining("absent 'c'")
                .hasMessageMatching(".*failed 'a' \\(.*a is down.*\\), 'b' \\(.*b is down.*")
                .hasCause(new IOException("a is down"));
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(failure.getSuppressed()[0]).hasMessage("b is down");
        assertThat(((NoQuorumException) failure).policy()).isEqualTo("r");
        assertThat(Nodes.states(((NoQuorumException) failure).tally())).isEqualTo("a FAILED, b FAILED, c ABSENT");
        assertThat(nodes.millis()).isEqualTo(15);
        nodes.untilQuiet();
        assertThat(quorum.counts()).isEqualTo(new Quorum.Counts(0, 1, 0, 0, 0, 1, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("by default each node is asked first for as many calls as any other")
    void inTurn(boolean async) throws Exception {
        all(1);
        Quorum<String, Integer> quorum = reads().inOrder(false).build();
        for (int call = 0; call < 6; call++) {
            assertThat(nodes.ask(async, quorum).result()).contains(1);
        }
        for (String node : List.of("a", "b", "c")) {
            assertThat(nodes.calls(node)).isEqualTo(4);
        }
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("all are asked at once where that is said")
    void askAll(boolean async) throws Exception {
        nodes.at("a").gives(1).after(ms(100));
        nodes.at("b").gives(2).after(ms(10));
        nodes.at("c").gives(3).after(ms(20));
        Quorum<String, Integer> quorum = reads().askAll(true).build();

        assertThat(nodes.ask(async, quorum).result()).contains(3);

        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L, "c", 0L));
        assertThat(nodes.millis()).isEqualTo(20);
        nodes.untilQuiet();
        assertThat(quorum.counts()).isEqualTo(new Quorum.Counts(1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a weight that reaches it all at once asks no other node")
    void heavy(boolean async) throws Exception {
        all(1);
        Quorum<String, Integer> quorum =
                reads().weight(node -> node.equals("a") ? 3 : 1).build();

        assertThat(nodes.ask(async, quorum).result()).contains(1);
        assertThat(nodes.asked()).containsOnlyKeys("a");
        assertThat(nodes.millis()).isEqualTo(10);
        nodes.untilQuiet();
    }

    // ---- What is made of answers ------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("null is an answer, and older than any other")
    void nulls(boolean async) throws Exception {
        nodes.at("a").gives(null).gives(null).gives(3);
        nodes.at("b").gives(2).gives(null).gives(null);
        Quorum<String, Integer> quorum = reads().build();

        assertThat(nodes.ask(async, quorum).result()).contains(2);
        Outcome<Integer> nothing = nodes.ask(async, quorum);
        assertThat(nothing.isFailure()).isFalse();
        assertThat(nothing.result()).isEmpty();
        assertThat(nodes.ask(async, quorum).result()).contains(3);
        assertThat(quorum.counts().reached()).isEqualTo(3);
        nodes.untilQuiet();
    }

    private record Cart(int version, String content) {}

    @Test
    @DisplayName(
            "answers that are equally new and not equal are siblings: handed over once each, in the order of the nodes")
    void siblings() {
        List<List<Cart>> handed = new ArrayList<>();
        ByHand time = new ByHand();
        Quorum<Integer, Cart> quorum = Quorum.reads("r", Cart.class)
                .over(Stages.nodes(5))
                .environment(time)
                .need(5)
                .newest(Comparator.comparingInt(Cart::version), siblings -> {
                    handed.add(List.copyOf(siblings));
                    return new Cart(9, "merged");
                })
                .build();
        List<Cart> answers = List.of(
                new Cart(2, "tea"), new Cart(1, "old"), new Cart(2, "milk"), new Cart(2, "tea"), new Cart(2, "milk"));
        for (List<Integer> order : Stages.orders(5)) {
            Stages<Cart> stages = new Stages<>();
            CompletableFuture<Cart> future = quorum.callAsync(stages::ask);
            time.run();
            for (int node : order) {
                stages.gives(node, answers.get(node));
                time.run();
            }
            assertThat(future.join()).isEqualTo(new Cart(9, "merged"));
        }
        assertThat(handed).hasSize(120).containsOnly(List.of(new Cart(2, "tea"), new Cart(2, "milk")));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("one newest answer, or several that are equal, have no siblings")
    void noSiblings(boolean async) throws Exception {
        nodes.at("a").gives(1).gives(2);
        nodes.at("b").gives(2).gives(2);
        Quorum<String, Integer> quorum = reads().newest(Comparator.<Integer>naturalOrder(), siblings -> -1)
                .build();
        assertThat(nodes.ask(async, quorum).result()).contains(2);
        assertThat(nodes.ask(async, quorum).result()).contains(2);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a way of one's own to combine gets what has become of each node; what it throws is the call's")
    void combine(boolean async) throws Exception {
        nodes.at("a").gives(1);
        nodes.at("b").fails(new IOException("b is down"));
        nodes.at("c").gives(3);
        Quorum<String, Integer> sum = reads().combine(tally -> tally.in(Tally.State.ACCEPTED).stream()
                        .mapToInt(part -> part.outcome().orElseThrow().result().orElseThrow())
                        .sum())
                .build();
        assertThat(nodes.ask(async, sum).result()).contains(4);

        Quorum<String, Integer> broken = reads().combine(tally -> {
                    throw new IllegalStateException("cannot combine");
                })
                .build();
        assertThat(nodes.ask(async, broken).failure()).hasMessage("cannot combine");
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("versions that cannot be compared end the call with what was thrown")
    void brokenVersions(boolean async) throws Exception {
        all(1);
        IllegalStateException broken = new IllegalStateException("cannot compare");
        Quorum<String, Integer> quorum = reads().newest((a, b) -> {
                    throw broken;
                })
                .build();
        assertThat(nodes.ask(async, quorum).failure()).isSameAs(broken);
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("a node that throws in place of giving a stage, and one that gives none, have failed")
    void noStage() throws Exception {
        all(1);
        Quorum<String, Integer> quorum =
                reads().over(nodes.leases("abcd")).need(2).mayReadStale().build();
        CompletableFuture<Tally<String, Integer>> tally = quorum.tallyAsync(node -> {
            if (node.equals("a")) {
                throw new IllegalStateException("no stage");
            }
            return node.equals("b") ? null : nodes.at(node).stage();
        });
        assertThat(Nodes.states(nodes.time.join(tally))).isEqualTo("a FAILED, b FAILED, c ACCEPTED, d ACCEPTED");
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("without a delay all are asked at once, as those that are late")
    void noDelay(boolean async) throws Exception {
        all(1);
        Quorum<String, Integer> quorum = reads().spareAfter(Duration.ZERO).build();
        assertThat(nodes.ask(async, quorum).result()).contains(1);
        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L, "c", 0L));
        assertThat(quorum.counts().late()).isEqualTo(1);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a tally says what has become of each node")
    void tally(boolean async) throws Exception {
        nodes.at("a").fails(new IOException("a is down")).after(ms(1));
        nodes.at("b").gives(2).after(ms(5));
        nodes.at("c").gives(3).after(ms(5));
        Quorum<String, Integer> quorum =
                reads().over(nodes.leases("abcd")).need(2).mayReadStale().build();

        Tally<String, Integer> tally = nodes.tally(async, quorum).result().orElseThrow();

        assertThat(Nodes.states(tally)).isEqualTo("a FAILED, b ACCEPTED, c ACCEPTED, d NOT_ASKED");
        assertThat(tally.result()).isEqualTo(3);
        assertThat(tally.need()).isEqualTo(2);
        assertThat(tally.reached()).isEqualTo(2);
        assertThat(tally.isReached()).isTrue();
        assertThat(tally.parts().get(0).outcome().orElseThrow().failure()).hasMessage("a is down");
        assertThat(tally.parts().get(3).outcome()).isEmpty();
        assertThat(quorum.counts().reached()).isEqualTo(1);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("results may be failures of a node; an Error ends the call, because it says nothing about the node")
    void classified(boolean async) throws Exception {
        AssertionError bug = new AssertionError("bug");
        nodes.at("a").gives(-1).after(ms(1)).fails(bug).after(ms(1));
        nodes.at("b").gives(2).after(ms(2)).hangs();
        nodes.at("c").gives(3).after(ms(2));
        Quorum<String, Integer> quorum =
                reads().classify(so -> so.failOnResult(result -> result < 0)).build();

        assertThat(nodes.ask(async, quorum).result()).contains(3);
        assertThat(quorum.nodes()).containsEntry("a", new NodeCounts(0, 0, 1, 0, 0));
        assertThat(nodes.ask(async, quorum).failure()).isSameAs(bug);
        assertThat(nodes.millis()).isEqualTo(4);
        assertThat(quorum.counts().ignored()).isEqualTo(1);
        nodes.untilQuiet();
    }

    // ---- Repair -----------------------------------------------------------------------------------------------------

    private QuorumBuilder<String, Integer> repairing() {
        return reads().repair((node, older, newest) -> told.add(node + " " + older + " -> " + newest));
    }

    private void untilTold(int count) throws InterruptedException {
        for (int i = 0; i < 1_000 && told.size() < count; i++) {
            nodes.time.advance(Duration.ZERO);
            Thread.sleep(1);
        }
        Thread.sleep(5);
        nodes.time.advance(Duration.ZERO);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "QU-9 who has answered with something older is repaired, once: not who was newest, who failed, or who did not answer")
    void repair(boolean async) throws Exception {
        nodes.at("a").gives(1).after(ms(1));
        nodes.at("b").gives(3).after(ms(1));
        nodes.at("c").gives(null).after(ms(1));
        nodes.at("d").fails(new IOException("d is down"));
        nodes.at("e").hangs();
        Quorum<String, Integer> quorum =
                repairing().over(nodes.leases()).askAll(true).build();

        assertThat(nodes.ask(async, quorum).result()).contains(3);

        untilTold(2);
        assertThat(told).containsExactlyInAnyOrder("a 1 -> 3", "c null -> 3");
        assertThat(quorum.counts().repaired()).isEqualTo(2);
        assertThat(quorum.counts().notRepaired()).isZero();
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-9 answers that are equally new need no repair; nor do calls that were not enough")
    void noRepair(boolean async) throws Exception {
        nodes.at("a").gives(3).gives(1);
        nodes.at("b").gives(3).fails(new IOException("b is down"));
        nodes.at("c").fails(new IOException("c is down"));
        Quorum<String, Integer> quorum = repairing().build();

        assertThat(nodes.ask(async, quorum).result()).contains(3);
        assertThat(nodes.ask(async, quorum).failure()).isInstanceOf(NoQuorumException.class);

        untilTold(0);
        assertThat(told).isEmpty();
        assertThat(quorum.counts().repaired()).isZero();
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-9 what was made of siblings is newer than what they were: all are repaired")
    void repairOfSiblings(boolean async) throws Exception {
        nodes.at("a").gives(12);
        nodes.at("b").gives(15);
        Quorum<String, Integer> quorum = repairing()
                .newest(Comparator.comparingInt(answer -> answer / 10), siblings -> 20)
                .build();

        assertThat(nodes.ask(async, quorum).result()).contains(20);

        untilTold(2);
        assertThat(told).containsExactlyInAnyOrder("a 12 -> 20", "b 15 -> 20");
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-9 no caller waits for a repair, nor hears of it when it fails")
    void repairTakesNoTimeOfTheCaller(boolean async) throws Exception {
        nodes.at("a").gives(1).after(ms(1));
        nodes.at("b").gives(3).after(ms(1));
        Quorum<String, Integer> quorum = reads().repair((node, older, newest) -> {
                    told.add(node);
                    nodes.time.sleep(Duration.ofHours(1));
                    throw new IOException("cannot repair");
                })
                .build();

        assertThat(nodes.ask(async, quorum).result()).contains(3);

        assertThat(nodes.millis()).isEqualTo(1);
        untilTold(1);
        assertThat(quorum.counts().notRepaired()).isZero();
        for (int i = 0; i < 1_000 && quorum.counts().notRepaired() == 0; i++) {
            nodes.time.advance(Duration.ofMinutes(1));
            Thread.sleep(1);
        }
        assertThat(told).containsExactly("a");
        assertThat(quorum.counts().notRepaired()).isEqualTo(1);
        assertThat(quorum.counts().repaired()).isZero();
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("QU-9 no more than 16 repairs are under way; what is put off is counted, and left to the next read")
    void repairsAtATime() throws Exception {
        nodes.at("a").gives(1);
        nodes.at("b").gives(3);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger now = new AtomicInteger();
        Quorum<String, Integer> quorum = reads().repair((node, older, newest) -> {
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    told.add(node);
                    gate.get();
                    now.decrementAndGet();
                })
                .build();
        for (int call = 0; call < 20; call++) {
            assertThat(nodes.ask(true, quorum).result()).contains(3);
        }
        untilTold(16);
        assertThat(told).hasSize(16);
        assertThat(quorum.counts().putOff()).isEqualTo(4);

        gate.complete(null);
        for (int i = 0; i < 2_000 && quorum.counts().repaired() < 16; i++) {
            Thread.sleep(1);
        }
        assertThat(quorum.counts().repaired()).isEqualTo(16);
        assertThat(most.get()).isEqualTo(16);
        assertThat(nodes.ask(true, quorum).result()).contains(3);
        untilTold(17);
        assertThat(told).hasSize(17);
    }

    @Test
    @DisplayName("QU-9 a repair that ends in an Error gives its place back")
    void repairThatBreaks() throws Exception {
        nodes.at("a").gives(1);
        nodes.at("b").gives(3);
        Quorum<String, Integer> quorum = reads().repair((node, older, newest) -> {
                    told.add(node);
                    throw new AssertionError("bug");
                })
                .build();
        for (int call = 1; call <= 20; call++) {
            assertThat(nodes.ask(true, quorum).result()).contains(3);
            untilTold(call);
            for (int i = 0; i < 1_000 && quorum.counts().notRepaired() < call; i++) {
                Thread.sleep(1);
            }
        }
        assertThat(told).hasSize(20);
        assertThat(quorum.counts().notRepaired()).isEqualTo(20);
        assertThat(quorum.counts().putOff()).isZero();
    }

    @Test
    @DisplayName("QU-9 a repair needs to know what is older")
    void repairWithoutNewest() {
        assertThatThrownBy(() -> repairing().combine(tally -> 1).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("repair");
    }

    // ---- Writes -----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "QU-8 a write asks all, goes on when enough have accepted, and lets the others finish; who listens hears of them")
    void write(boolean async) throws Exception {
        nodes.at("a").gives(1).after(ms(1));
        nodes.at("b").gives(2).after(ms(2));
        nodes.at("c")
                .gives(3)
                .after(ms(500))
                .fails(new IOException("c is down"))
                .after(ms(500));
        Quorum<String, Integer> quorum = writes().build();
        quorum.on(
                AnsweredLate.class,
                event -> told.add(event.node() + " " + event.outcome().result().orElse(null) + " "
                        + event.outcome().failure()));

        assertThat(nodes.ask(async, quorum).result()).contains(1);
        assertThat(nodes.millis()).isEqualTo(2);
        assertThat(nodes.at("c").underWay()).isEqualTo(1);
        assertThat(told).isEmpty();
        nodes.time.advance(ms(600));
        nodes.untilQuiet();
        untilTold(1);
        assertThat(told).containsExactly("c 3 null");

        assertThat(nodes.ask(async, quorum).result()).contains(1);
        nodes.time.advance(ms(600));
        nodes.untilQuiet();
        untilTold(2);
        assertThat(told).hasSize(2);
        assertThat(told.get(1)).contains("c is down");

        assertThat(quorum.counts()).isEqualTo(new Quorum.Counts(2, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        assertThat(quorum.nodes()).containsEntry("c", new NodeCounts(0, 0, 0, 2, 2));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-8 the others go on after a failure as well; called off only where that is asked for")
    void writeFails(boolean async) throws Exception {
        nodes.at("a").fails(new IOException("a is down")).after(ms(1));
        nodes.at("b").fails(new IOException("b is down")).after(ms(2));
        nodes.at("c").gives(3).after(ms(500));
        Quorum<String, Integer> quorum = writes().build();
        quorum.on(AnsweredLate.class, event -> told.add(event.node()));

        assertThat(nodes.ask(async, quorum).failure())
                .isInstanceOf(NoQuorumException.class)
                .hasMessageContaining("absent 'c'");
        assertThat(nodes.at("c").underWay()).isEqualTo(1);
        nodes.time.advance(ms(600));
        nodes.untilQuiet();
        untilTold(1);
        assertThat(told).containsExactly("c");

        quorum.reconfigure(so -> so.letOthersFinish(false));
        long start = nodes.millis();
        assertThat(nodes.ask(async, quorum).failure()).isInstanceOf(NoQuorumException.class);
        nodes.untilQuiet();
        assertThat(nodes.millis()).isEqualTo(start + 2);
        assertThat(told).containsExactly("c");
    }

    // ---- Pairs ------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("QU-4, QU-10 alone a quorum needs more than half, or it has to be said that it may read stale")
    void stale() {
        assertThatThrownBy(() -> reads().need(1).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("need: 1")
                .hasMessageContaining("2");
        assertThatThrownBy(() -> writes().need(1).build()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> reads().weight(node -> 3).need(4).build()).hasMessageContaining("need: 4");
        assertThatThrownBy(() -> reads().over(nodes.leases("abcd")).need(2).build())
                .as("half is not more than half")
                .hasMessageContaining("need: 2");
        reads().weight(node -> 3).need(5).build();
        reads().need(1).mayReadStale().build();
        writes().need(1).mayReadStale().build();
    }

    @Test
    @DisplayName("QU-10 reads meet writes: R + W > N and 2 W > N, whichever of the two is built first")
    void pairs() {
        for (int read = 1; read <= 3; read++) {
            for (int write = 1; write <= 3; write++) {
                int needRead = read;
                int needWrite = write;
                boolean meet = read + write > 3 && 2 * write > 3;
                if (2 * read > 3) {
                    Quorum<String, Integer> reads = reads().need(read).build();
                    if (meet) {
                        writes().need(write).pairedWith(reads).build();
                    } else {
                        assertThatThrownBy(() -> writes().need(needWrite)
                                        .pairedWith(reads)
                                        .build())
                                .isInstanceOf(IllegalArgumentException.class);
                    }
                }
                if (2 * write > 3) {
                    Quorum<String, Integer> writes = writes().need(write).build();
                    if (meet) {
                        reads().need(read).pairedWith(writes).build();
                    } else {
                        assertThatThrownBy(() -> reads().need(needRead)
                                        .pairedWith(writes)
                                        .build())
                                .isInstanceOf(IllegalArgumentException.class);
                    }
                }
            }
        }
    }

    @Test
    @DisplayName("QU-10 a pair is checked from both sides when either is changed, and what is refused changes nothing")
    void pairsStay() {
        Quorum<String, Integer> writes = writes().need(3).build();
        Quorum<String, Integer> reads = reads().need(1).pairedWith(writes).build();

        assertThatThrownBy(() -> writes.reconfigure(so -> so.need(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("need: 2");
        reads.reconfigure(so -> so.need(2));
        writes.reconfigure(so -> so.need(2));
        assertThatThrownBy(() -> reads.reconfigure(so -> so.need(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("need: 1");
        assertThatThrownBy(() -> writes.reconfigure(so -> so.over(nodes.leases("abd"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("over");
        assertThatThrownBy(() -> writes.reconfigure(so -> so.need(1))).isInstanceOf(IllegalArgumentException.class);
        assertThat(writes.nodes()).containsOnlyKeys("a", "b", "c");
        assertThat(reads).asString().contains("2 of 3");
    }

    @Test
    @DisplayName("QU-10 reads are not paired with reads, nor with writes to other nodes or with other weights")
    void strangePairs() {
        Quorum<String, Integer> reads = reads().build();
        Quorum<String, Integer> writes = writes().build();
        assertThatThrownBy(() -> reads().pairedWith(reads).build()).hasMessageContaining("pairedWith");
        assertThatThrownBy(() -> writes().pairedWith(writes).build()).hasMessageContaining("pairedWith");
        assertThatThrownBy(() ->
                        reads().over(nodes.leases("abd")).pairedWith(writes).build())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        reads().over(nodes.leases("abcd")).pairedWith(writes).build())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        reads().weight(node -> 2).need(5).pairedWith(writes).build())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName(
            "QU-10 two nodes that count differently for reads and writes do not make them meet, though the sums are alike")
    void pairsOfOtherWeights() {
        // Reads are content with a, of 3; writes with b and c, of 4: they do not meet.
        Quorum<String, Integer> writes =
                writes().weight(node -> node.equals("a") ? 1 : 2).need(4).build();
        assertThatThrownBy(() -> reads().weight(node -> node.equals("a") ? 3 : 1)
                        .need(3)
                        .pairedWith(writes)
                        .build())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("QU-10 what may read stale is no half of a pair, and holds back no change of the other one")
    void stalePair() {
        Quorum<String, Integer> writes = writes().build();
        assertThatThrownBy(
                        () -> reads().need(1).mayReadStale().pairedWith(writes).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mayReadStale: said, with pairedWith");
        writes.reconfigure(so -> so.inOrder(false));
        Quorum<String, Integer> stale = reads().need(1).mayReadStale().build();
        assertThatThrownBy(() -> writes().pairedWith(stale).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("which may read stale");
        Quorum<String, Integer> reads = reads().pairedWith(writes).build();
        assertThatThrownBy(() -> reads.reconfigure(so -> so.mayReadStale()))
                .isInstanceOf(IllegalArgumentException.class);
        writes.reconfigure(so -> so.inOrder(true));
    }

    @Test
    @DisplayName("QU-10 both of a pair changed at once, each of which the other one bears, are not both changed")
    void pairsChangedAtOnce() throws Exception {
        for (int round = 0; round < 2_000; round++) {
            Quorum<String, Integer> writes = writes().need(3).build();
            Quorum<String, Integer> reads = reads().need(2).pairedWith(writes).build();
            CyclicBarrier both = new CyclicBarrier(2);
            CompletableFuture<Boolean> first = CompletableFuture.supplyAsync(() -> isChanged(both, reads, 1), HELPERS);
            boolean second = isChanged(both, writes, 2);
            assertThat(first.get() && second).as("both in round %s", round).isFalse();
        }
    }

    private static final Executor HELPERS = task -> new Thread(task).start();

    private static boolean isChanged(CyclicBarrier both, Quorum<String, Integer> quorum, int need) {
        try {
            both.await();
            quorum.reconfigure(so -> so.need(need));
            return true;
        } catch (IllegalArgumentException refused) {
            return false;
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }

    // ---- Sloppy -----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a sloppy quorum asks others in place of those that fail, one for one, and says who stood in")
    void sloppy(boolean async) throws Exception {
        nodes.at("a").fails(new IOException("a is down")).after(ms(1));
        nodes.at("b").fails(new IOException("b is down")).after(ms(2));
        nodes.at("c").gives(3).after(ms(3));
        nodes.at("d").gives(4).after(ms(10));
        nodes.at("e").gives(5).after(ms(20));
        Quorum<String, Integer> quorum =
                writes().sloppy(nodes.leases("de")).need(3).mayReadStale().build();

        Tally<String, Integer> tally = nodes.tally(async, quorum).result().orElseThrow();

        assertThat(Nodes.states(tally)).isEqualTo("a FAILED, b FAILED, c ACCEPTED, d ACCEPTED, e ACCEPTED");
        assertThat(tally.parts().stream().map(Tally.Part::standIn).toList())
                .containsExactly(false, false, false, true, true);
        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L, "c", 0L, "d", 1L, "e", 2L));
        assertThat(nodes.millis()).isEqualTo(22);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("nobody stands in where enough are there, nor for who is only late")
    void noStandIn(boolean async) throws Exception {
        nodes.at("a").gives(1);
        nodes.at("b").gives(1);
        nodes.at("c").gives(1).after(ms(1_000));
        Quorum<String, Integer> quorum = writes().sloppy(nodes.leases("de"))
                .spareAfter(ms(10))
                .need(3)
                .mayReadStale()
                .build();
        assertThat(nodes.ask(async, quorum).result()).contains(1);
        assertThat(nodes.asked()).containsOnlyKeys("a", "b", "c");
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("a sloppy quorum may read stale; who stands in is none of the nodes")
    void sloppyIsStale() {
        assertThatThrownBy(() -> writes().sloppy(nodes.leases("de")).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sloppy");
        assertThatThrownBy(
                        () -> writes().sloppy(nodes.leases("cd")).mayReadStale().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("c");
    }

    // ---- Seams ------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("RC-3 a node whose guard refuses has failed at once: the next is asked, and every guard is left again")
    void refused(boolean async) throws Exception {
        all(1);
        nodes.doors.get("a").shut = true;
        Quorum<String, Integer> quorum = reads().build();

        assertThat(nodes.ask(async, quorum).result()).contains(1);
        assertThat(nodes.asked()).isEqualTo(Map.of("b", 0L, "c", 0L));
        assertThat(quorum.nodes()).containsEntry("a", new NodeCounts(0, 0, 1, 0, 0));

        nodes.doors.get("c").shut = true;
        assertThat(nodes.ask(async, quorum).failure())
                .isInstanceOf(NoQuorumException.class)
                .hasMessageMatching(".*failed 'a' \\(.*is shut.*");
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("RC-4 a node that is deaf to interrupts holds no caller")
    void deaf(boolean async) throws Exception {
        nodes.at("a").gives(1).after(ms(5));
        nodes.at("b").gives(2).after(ms(60_000)).deaf();
        nodes.at("c").gives(3).after(ms(5));
        Quorum<String, Integer> quorum = reads().build();

        assertThat(nodes.ask(async, quorum).result()).contains(3);

        assertThat(nodes.millis()).isEqualTo(35);
        assertThat(nodes.at("b").underWay()).isEqualTo(1);
        nodes.time.advance(ms(60_000));
        nodes.untilQuiet();
        assertThat(quorum.nodes()).containsEntry("b", new NodeCounts(0, 0, 0, 1, 0));
    }

    @Test
    @DisplayName("RC-9 an executor that refuses all: the call ends, and says that there was no thread")
    void noThread() throws Exception {
        Quorum<String, Integer> quorum = reads().runOn(task -> {
                    throw new RejectedExecutionException("full");
                })
                .build();

        Throwable failure = nodes.ask(false, quorum).failure();

        assertThat(failure).isNotNull();
        assertThat(nodes.asked()).isEmpty();
        assertThat(quorum.counts().failed()).isEqualTo(1);
        assertThat(quorum.counts().noThread()).isPositive();
        assertThat(quorum.nodes().values())
                .allSatisfy(node -> assertThat(node.failed()).isZero());
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("RC-9 an executor that refuses one: the next node is asked in its place")
    void oneWithoutThread() throws Exception {
        all(1);
        AtomicInteger tasks = new AtomicInteger();
        Quorum<String, Integer> quorum = reads().runOn(task -> {
                    if (tasks.getAndIncrement() == 1) {
                        throw new RejectedExecutionException("full");
                    }
                    nodes.time.threads().execute(task);
                })
                .build();

        Tally<String, Integer> tally = nodes.tally(false, quorum).result().orElseThrow();

        assertThat(Nodes.states(tally)).isEqualTo("a ACCEPTED, b NO_THREAD, c ACCEPTED");
        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "c", 0L));
        assertThat(quorum.counts().noThread()).isEqualTo(1);
        assertThat(quorum.nodes().get("b").failed()).isZero();
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("nodes that an executor keeps in a queue are late: another one is asked")
    void queued() throws Exception {
        all(1);
        AtomicInteger tasks = new AtomicInteger();
        Quorum<String, Integer> quorum = reads().runOn(task -> {
                    if (tasks.getAndIncrement() != 1) {
                        nodes.time.threads().execute(task);
                    }
                })
                .build();

        assertThat(nodes.ask(false, quorum).result()).contains(1);
        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "c", 30L));
        assertThat(nodes.millis()).isEqualTo(40);
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("the caller's thread asks no node, not even where an executor runs tasks on it at once")
    void callersThread() throws Exception {
        List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
        Quorum<String, Integer> quorum = reads().build();
        quorum.call(node -> {
            threads.add(Thread.currentThread());
            return 1;
        });
        assertThat(threads).hasSizeGreaterThanOrEqualTo(2).doesNotContain(Thread.currentThread());

        all(1);
        assertThat(nodes.ask(false, reads().runOn(Runnable::run).build()).result())
                .contains(1);
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("RC-7 a caller that is interrupted goes on at once, keeps his flag, and all nodes are called off")
    void interrupted() throws Exception {
        nodes.scripts.values().forEach(script -> script.hangs());
        Quorum<String, Integer> quorum = reads().build();
        Thread caller = Thread.currentThread();
        nodes.time.schedule(caller::interrupt, ms(10).toNanos());

        Throwable failure = nodes.ask(false, quorum).failure();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(failure).isInstanceOf(CallInterruptedException.class);
        assertThat(nodes.millis()).isEqualTo(10);
        assertThat(nodes.asked()).containsOnlyKeys("a", "b");
        nodes.untilQuiet();
        assertThat(quorum.counts().reached()).isZero();
        assertThat(quorum.counts().failed()).isZero();
    }

    @Test
    @DisplayName("RC-7 a future that is cancelled calls off all nodes, also of a write, and asks no other")
    void cancelled() throws Exception {
        nodes.scripts.values().forEach(script -> script.hangs());
        for (Quorum<String, Integer> quorum : List.of(reads().build(), writes().build())) {
            CompletableFuture<Integer> future =
                    quorum.callAsync(node -> nodes.at(node).stage());
            nodes.time.advance(ms(10));
            assertThat(nodes.underWay()).isGreaterThanOrEqualTo(2);
            future.cancel(true);
            nodes.time.advance(ms(1_000));
            nodes.untilQuiet();
            assertThat(quorum.counts()).isEqualTo(new Quorum.Counts(0, 0, 0, 1, 0, 0, 0, 0, 0, 0));
        }
        assertThat(nodes.calls("c")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("RC-7 a deadline outside ends the call, and calls off the nodes")
    void deadlineOutside(boolean async) throws Exception {
        nodes.scripts.values().forEach(script -> script.hangs());
        Quorum<String, Integer> quorum = reads().build();
        Pipeline<Object> pipeline = Pipeline.of(new Limit(ms(50), nodes.time), quorum(quorum));

        assertThat(nodes.ask(async, quorum, pipeline).failure()).hasMessageContaining("took longer");

        assertThat(nodes.millis()).isEqualTo(50);
        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L, "c", 30L));
        nodes.untilQuiet();
    }

    @SuppressWarnings("unchecked") // Nothing is asked for here of the results.
    private static Policy<Object> quorum(Quorum<String, Integer> quorum) {
        return (Policy<Object>) (Policy<?>) quorum;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("no spare is asked where the call has no time left for it")
    void noTime(boolean async) throws Exception {
        nodes.at("a").gives(1).after(ms(5));
        nodes.at("b").gives(2).after(ms(25));
        Quorum<String, Integer> quorum = reads().build();

        assertThat(nodes.ask(async, quorum, Pipeline.of(quorum).within(ms(30))).result())
                .contains(2);
        assertThat(nodes.asked()).containsOnlyKeys("a", "b");
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("in a loop each round asks the nodes again, and decides for itself")
    void inALoop(boolean async) throws Exception {
        nodes.at("a").fails(new IOException("a is down")).gives(1);
        nodes.at("b").fails(new IOException("b is down")).gives(2);
        nodes.at("c").gives(3);
        Quorum<String, Integer> quorum = reads().build();

        assertThat(nodes.ask(async, quorum, Pipeline.of(new Again(3, nodes.time), quorum(quorum)))
                        .result())
                .contains(2);

        assertThat(quorum.counts().reached()).isEqualTo(1);
        assertThat(quorum.counts().failed()).isEqualTo(1);
        assertThat(nodes.calls("a")).isEqualTo(2);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a loop inside repeats at one node, which counts once however often it answered")
    void loopInside(boolean async) throws Exception {
        nodes.at("a").fails(new IOException("a is down")).gives(1);
        nodes.at("b").fails(new IOException("b is down")).gives(2);
        Quorum<String, Integer> quorum = reads().build();

        assertThat(nodes.ask(async, quorum, Pipeline.of(quorum(quorum), new Again(3, nodes.time)))
                        .result())
                .contains(2);

        assertThat(nodes.calls("a")).isEqualTo(2);
        assertThat(nodes.asked()).containsOnlyKeys("a", "b");
        assertThat(quorum.nodes()).containsEntry("a", new NodeCounts(1, 0, 0, 0, 0));
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("a quorum inside of itself asks on, and deadlocks with nobody")
    void nested() throws Exception {
        Quorum<String, String> quorum = Quorum.reads("r", String.class)
                .over(nodes.leases("abc"))
                .environment(nodes.time)
                .runOn(nodes.time.threads())
                .inOrder(true)
                .newest(Comparator.<String>naturalOrder())
                .build();

        assertThat(quorum.call(node -> node + quorum.call(inner -> inner))).isEqualTo("bb");
        CompletableFuture<String> future = quorum.callAsync(
                node -> quorum.callAsync(CompletableFuture::completedFuture).thenApply(inner -> node + inner));
        assertThat(nodes.time.join(future)).isEqualTo("bb");
        assertThat(quorum.counts().reached()).isEqualTo(6);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("listeners hear once what has become of each node of a call")
    void tallied(boolean async) throws Exception {
        nodes.at("a").fails(new IOException("a is down")).after(ms(5));
        nodes.at("b").gives(2).after(ms(100));
        nodes.at("c").gives(3).after(ms(5));
        Quorum<String, Integer> quorum =
                reads().over(nodes.leases("abcd")).need(2).mayReadStale().build();
        nodes.at("d").gives(4).after(ms(5));
        List<Tallied> events = Collections.synchronizedList(new ArrayList<>());
        quorum.on(Tallied.class, events::add);

        assertThat(nodes.ask(async, quorum).result()).contains(4);

        nodes.untilQuiet();
        assertThat(events).hasSize(1);
        assertThat(events.get(0).source()).isSameAs(quorum);
        assertThat(Nodes.states(events.get(0).tally())).isEqualTo("a FAILED, b ABSENT, c ACCEPTED, d ACCEPTED");
        assertThat(events.get(0).details())
                .containsEntry("reached", 2)
                .containsEntry("need", 2)
                .containsEntry("failed", "a")
                .containsEntry("absent", "b");
    }

    @Test
    @DisplayName("calls under way go on with the nodes and the need that they began with")
    void reconfigured() throws Exception {
        ByHand time = new ByHand();
        Quorum<Integer, Integer> quorum = Quorum.writes("w", Integer.class)
                .over(Stages.nodes(3))
                .environment(time)
                .build();
        Stages<Integer> stages = new Stages<>();
        CompletableFuture<Integer> future = quorum.callAsync(stages::ask);
        time.run();

        quorum.reconfigure(so -> so.over(Stages.nodes(5)).need(5));
        stages.gives(2, 2);
        time.run();
        assertThat(future).isNotDone();
        stages.gives(1, 1);
        time.run();
        assertThat(future).isCompletedWithValue(1);

        Stages<Integer> more = new Stages<>();
        CompletableFuture<Integer> next = quorum.callAsync(more::ask);
        time.run();
        assertThat(more.asked()).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
        for (int node = 0; node < 5; node++) {
            assertThat(next).isNotDone();
            more.gives(node, node);
            time.run();
        }
        assertThat(next).isDone();
    }

    @Test
    @DisplayName("a result is said by its class only, in texts of tallies and events")
    void texts() throws Exception {
        AtomicReference<Tallied> event = new AtomicReference<>();
        Quorum<String, String> quorum = Quorum.writes("w", String.class)
                .over(nodes.leases("abc"))
                .environment(nodes.time)
                .build();
        quorum.on(Tallied.class, event::set);
        CompletableFuture<Tally<String, String>> tally =
                quorum.tallyAsync(node -> CompletableFuture.completedFuture("a secret"));
        assertThat(nodes.time.join(tally).toString()).contains("'w'").doesNotContain("secret");
        assertThat(tally.join().parts().toString()).contains("ACCEPTED").doesNotContain("secret");
        assertThat(event.get().toString()).doesNotContain("secret");
        assertThat(quorum).asString().contains("'w'", "writes", "3");
    }
}
