// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Lease;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every node answers or fails: all that can come of it, in all orders, against the definition of a quorum. */
@Timeout(60)
class QuorumTableTest {
    private final ByHand time = new ByHand();
    private final AtomicInteger tallied = new AtomicInteger();
    private final AtomicInteger late = new AtomicInteger();

    private QuorumBuilder<Integer, Integer> reads(int n, int need) {
        return Quorum.reads("q", Integer.class)
                .over(Stages.nodes(n))
                .environment(time)
                .need(need)
                .mayReadStale()
                .inOrder(true)
                .newest(Comparator.<Integer>naturalOrder());
    }

    private QuorumBuilder<Integer, Integer> writes(int n, int need) {
        return Quorum.writes("q", Integer.class)
                .over(Stages.nodes(n))
                .environment(time)
                .need(need)
                .mayReadStale()
                .newest(Comparator.<Integer>naturalOrder());
    }

    private Quorum<Integer, Integer> watched(QuorumBuilder<Integer, Integer> builder) {
        Quorum<Integer, Integer> quorum = builder.build();
        quorum.on(Tallied.class, event -> tallied.incrementAndGet());
        quorum.on(AnsweredLate.class, event -> late.incrementAndGet());
        return quorum;
    }

    private static boolean accepts(int outcomes, int node) {
        return (outcomes >> node & 1) == 1;
    }

    /** What it weighs that has answered so far, and what could still answer. */
    private static final class Model {
        final int[] weights;
        final int need;
        int accepted;
        int left;
        int newest = Integer.MIN_VALUE;
        int decisions;
        boolean reached;

        Model(int[] weights, int need) {
            this.weights = weights;
            this.need = need;
            this.left = Arrays.stream(weights).sum();
        }

        boolean isDecided() {
            return decisions > 0;
        }

        void ended(int node, boolean accepts, int answer) {
            left -= weights[node];
            if (accepts && !isDecided()) {
                accepted += weights[node];
                newest = Math.max(newest, answer);
            }
            if (!isDecided() && (accepted >= need || accepted + left < need)) {
                decisions++;
                reached = accepted >= need;
            }
        }
    }

    /** Lets all nodes end in an order, and looks after each ending. */
    private void play(Quorum<Integer, Integer> quorum, int[] weights, int need, int outcomes, List<Integer> order) {
        Stages<Integer> nodes = new Stages<>();
        Model model = new Model(weights, need);
        CompletableFuture<Integer> future = quorum.callAsync(nodes::ask);
        time.run();
        assertThat(nodes.asked()).hasSize(order.size());
        Supplier<String> what = () -> "need " + need + " of " + Arrays.toString(weights) + ", outcomes "
                + Integer.toBinaryString(outcomes) + ", order " + order;
        for (int node : order) {
            if (future.isDone() != model.isDecided()) {
                assertThat(future.isDone())
                        .as("decided before %s: %s", node, what.get())
                        .isEqualTo(model.isDecided());
            }
            int answer = (node * 7) % 5;
            if (accepts(outcomes, node)) {
                nodes.gives(node, answer);
            } else {
                nodes.fails(node);
            }
            model.ended(node, accepts(outcomes, node), answer);
            // The same node again counts for nothing.
            nodes.gives(node, 1_000);
            time.run();
        }
        if (!future.isDone() || future.isCompletedExceptionally() == model.reached) {
            assertThat(future).as(what.get()).isDone();
            assertThat(future.isCompletedExceptionally()).as(what.get()).isNotEqualTo(model.reached);
        }
        if (model.reached) {
            if (future.join() != model.newest) {
                assertThat(future.join()).as(what.get()).isEqualTo(model.newest);
            }
        }
    }

    private static int[] ones(int n) {
        int[] ones = new int[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    // ---- All orders -------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"1, true", "2, true", "3, true", "4, true", "5, true", "1, false", "2, false", "3, false", "4, false"})
    @DisplayName(
            "QU-1, QU-2, QU-5, QU-6 all outcomes in all orders: reached with the ending that makes it enough, impossible with the one that makes it so, once")
    void allOrders(int n, boolean othersFinish) {
        List<List<Integer>> orders = Stages.orders(n);
        for (int need = 1; need <= n; need++) {
            Quorum<Integer, Integer> quorum =
                    watched(reads(n, need).askAll(true).letOthersFinish(othersFinish));
            tallied.set(0);
            late.set(0);
            int calls = 0;
            long reached = 0;
            long lates = 0;
            for (int outcomes = 0; outcomes < 1 << n; outcomes++) {
                int enough = Integer.bitCount(outcomes) >= need ? 1 : 0;
                for (List<Integer> order : orders) {
                    play(quorum, ones(n), need, outcomes, order);
                    calls++;
                    reached += enough;
                    lates += endingsAfterDecision(n, need, outcomes, order);
                }
            }
            assertThat(tallied).as("one decision a call").hasValue(calls);
            assertThat(late).hasValue(othersFinish ? (int) lates : 0);
            assertThat(quorum.counts()).isEqualTo(new Quorum.Counts(reached, calls - reached, 0, 0, 0, 0, 0, 0, 0, 0));
            for (NodeCounts node : quorum.nodes().values()) {
                assertThat(node.accepted() + node.failed() + node.absent()).isEqualTo(calls);
                assertThat(node.dissenting()).isZero();
            }
            assertThat(quorum.nodes().values().stream()
                            .mapToLong(NodeCounts::absent)
                            .sum())
                    .isEqualTo(lates);
            assertThat(quorum.nodes().values().stream()
                            .mapToLong(NodeCounts::late)
                            .sum())
                    .isEqualTo(othersFinish ? lates : 0);
        }
        assertThat(time.pendingTimers()).isZero();
    }

    private static int endingsAfterDecision(int n, int need, int outcomes, List<Integer> order) {
        Model model = new Model(ones(n), need);
        int after = 0;
        for (int node : order) {
            after += model.isDecided() ? 1 : 0;
            model.ended(node, accepts(outcomes, node), 0);
        }
        return after;
    }

    @ParameterizedTest
    @ValueSource(strings = {"3 1 1 1", "2 2 1", "1 2 3 4", "5 1", "1000000 1 1000000", "4 2 2 1"})
    @DisplayName("QU-5 the same where nodes have weights, for each need")
    void weights(String given) {
        int[] weights =
                Arrays.stream(given.split(" ")).mapToInt(Integer::parseInt).toArray();
        int n = weights.length;
        int all = Arrays.stream(weights).sum();
        int[] needs = all < 100 ? IntStream.rangeClosed(1, all).toArray() : new int[] {1, 1_000_001, all - 1, all};
        for (int need : needs) {
            Quorum<Integer, Integer> quorum =
                    watched(reads(n, need).weight(node -> weights[node]).askAll(true));
            tallied.set(0);
            int calls = 0;
            for (int outcomes = 0; outcomes < 1 << n; outcomes++) {
                for (List<Integer> order : Stages.orders(n)) {
                    play(quorum, weights, need, outcomes, order);
                    calls++;
                }
            }
            assertThat(tallied).hasValue(calls);
            assertThat(quorum.counts().reached() + quorum.counts().failed()).isEqualTo(calls);
        }
    }

    @Test
    @DisplayName("QU-5 a node that weighs more than the others can spare is needed for each call")
    void singlePointOfFailure() {
        int[] weights = {3, 1, 1, 1};
        Quorum<Integer, Integer> quorum =
                reads(4, 4).weight(node -> weights[node]).build();
        double reached = 0;
        for (int outcomes = 0; outcomes < 16; outcomes++) {
            boolean enough = isReached(quorum, outcomes);
            assertThat(enough).isEqualTo(accepts(outcomes, 0) && outcomes > 1);
            reached += enough
                    ? Math.pow(.99, Integer.bitCount(outcomes)) * Math.pow(.01, 4 - Integer.bitCount(outcomes))
                    : 0;
        }
        assertThat(reached).isCloseTo(.98999901, within(1e-9));
    }

    private boolean isReached(Quorum<Integer, Integer> quorum, int outcomes) {
        CompletableFuture<Integer> future = quorum.callAsync(node -> accepts(outcomes, node)
                ? CompletableFuture.completedFuture(node)
                : CompletableFuture.<Integer>failedFuture(new Stages.Down(node)));
        time.run();
        assertThat(future).isDone();
        return !future.isCompletedExceptionally();
    }

    // ---- All outcomes -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    @DisplayName(
            "QU-5 all outcomes of up to 7 nodes and every need, all asked or only as many as needed, reads and writes, at once")
    void allOutcomes(boolean askAll, boolean writes) {
        for (int n = 1; n <= 7; n++) {
            for (int need = 1; need <= n; need++) {
                Quorum<Integer, Integer> quorum = watched((writes ? writes(n, need) : reads(n, need)).askAll(askAll));
                tallied.set(0);
                long reached = 0;
                for (int outcomes = 0; outcomes < 1 << n; outcomes++) {
                    boolean enough = Integer.bitCount(outcomes) >= need;
                    reached += enough ? 1 : 0;
                    assertThat(isReached(quorum, outcomes))
                            .as("need %s of %s, outcomes %s", need, n, Integer.toBinaryString(outcomes))
                            .isEqualTo(enough);
                }
                assertThat(quorum.counts().reached()).isEqualTo(reached);
                assertThat(quorum.counts().failed()).isEqualTo((1 << n) - reached);
                assertThat(quorum.counts().ignored()).isZero();
                assertThat(tallied).hasValue(1 << n);
            }
        }
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("QU-5 all outcomes of up to 5 nodes and every need, where calls block")
    void allOutcomesBlocking(boolean askAll) throws Exception {
        VirtualTime blocking = VirtualTime.create();
        for (int n = 1; n <= 5; n++) {
            for (int need = 1; need <= n; need++) {
                Quorum<Integer, Integer> quorum = reads(n, need)
                        .environment(blocking)
                        .runOn(blocking.threads())
                        .askAll(askAll)
                        .build();
                for (int outcomes = 0; outcomes < 1 << n; outcomes++) {
                    int those = outcomes;
                    boolean enough = Integer.bitCount(outcomes) >= need;
                    try {
                        Tally<Integer, Integer> tally = quorum.tally(node -> {
                            if (accepts(those, node)) {
                                return node;
                            }
                            throw new IOException("down");
                        });
                        assertThat(enough).isTrue();
                        assertThat(tally.isReached()).isTrue();
                        assertThat(tally.reached()).isGreaterThanOrEqualTo(need);
                        for (Tally.Part<Integer, Integer> part : tally.in(Tally.State.ACCEPTED)) {
                            assertThat(accepts(those, part.node())).isTrue();
                        }
                    } catch (NoQuorumException failed) {
                        assertThat(enough).isFalse();
                        assertThat(failed.tally().reached()).isLessThan(need);
                        assertThat(failed.tally().in(Tally.State.FAILED).size()).isGreaterThan(n - need);
                    }
                }
            }
        }
    }

    @Test
    @DisplayName("QU-5 where only as many as needed are asked, no more are asked than could still be needed")
    void noneTooMany() {
        for (int n = 1; n <= 7; n++) {
            for (int need = 1; need <= n; need++) {
                Quorum<Integer, Integer> quorum = reads(n, need).build();
                for (int outcomes = 0; outcomes < 1 << n; outcomes++) {
                    int those = outcomes;
                    List<Integer> asked = new ArrayList<>();
                    CompletableFuture<Integer> future = quorum.callAsync(node -> {
                        asked.add(node);
                        return accepts(those, node)
                                ? CompletableFuture.completedFuture(node)
                                : CompletableFuture.failedFuture(new Stages.Down(node));
                    });
                    time.run();
                    assertThat(future).isDone();
                    long failed =
                            asked.stream().filter(node -> !accepts(those, node)).count();
                    assertThat(asked)
                            .as("need %s of %s, outcomes %s", need, n, Integer.toBinaryString(outcomes))
                            .doesNotHaveDuplicates()
                            .hasSizeLessThanOrEqualTo((int) (need + failed))
                            .isSorted();
                }
            }
        }
    }

    // ---- What is made of it -----------------------------------------------------------------------------------------

    @Test
    @DisplayName("QU-11 which nodes were accepted decides the result, and not the order in which they came")
    void orderOfArrival() {
        record Versioned(int version, int node) {}
        int[] versions = {1, 2, 2, 1, 2};
        for (int need = 1; need <= 5; need++) {
            Quorum<Integer, Versioned> quorum = Quorum.reads("q", Versioned.class)
                    .over(Stages.nodes(5))
                    .environment(time)
                    .need(need)
                    .mayReadStale()
                    .askAll(true)
                    .newest(Comparator.comparingInt(Versioned::version))
                    .build();
            Map<List<Integer>, Versioned> results = new HashMap<>();
            for (List<Integer> order : Stages.orders(5)) {
                Stages<Versioned> nodes = new Stages<>();
                CompletableFuture<Versioned> future = quorum.callAsync(nodes::ask);
                time.run();
                order.forEach(node -> {
                    nodes.gives(node, new Versioned(versions[node], node));
                    time.run();
                });
                List<Integer> first = order.subList(0, need).stream().sorted().toList();
                Versioned result = future.join();
                assertThat(results.merge(first, result, (before, now) -> before))
                        .isEqualTo(result);
                int newest =
                        first.stream().mapToInt(node -> versions[node]).max().orElseThrow();
                int listedFirst = first.stream()
                        .filter(node -> versions[node] == newest)
                        .findFirst()
                        .orElseThrow();
                assertThat(result).isEqualTo(new Versioned(newest, listedFirst));
            }
        }
    }

    @Property(tries = 100)
    @Label("QU-5, QU-11 any nodes, weights, need, outcomes and order: as the model says, after each ending")
    void anything(@ForAll @IntRange(min = 1, max = 15) int n, @ForAll long seed) {
        Random random = new Random(seed);
        int[] weights = random.ints(n, 1, 1 + (random.nextBoolean() ? 1 : 9)).toArray();
        int all = Arrays.stream(weights).sum();
        int need = 1 + random.nextInt(all);
        Quorum<Integer, Integer> quorum = reads(n, need)
                .weight(node -> weights[node])
                .askAll(true)
                .letOthersFinish(random.nextBoolean())
                .build();
        List<Integer> order = new ArrayList<>(IntStream.range(0, n).boxed().toList());
        for (int call = 0; call < 20; call++) {
            Collections.shuffle(order, random);
            play(quorum, weights, need, random.nextInt(1 << n), order);
        }
        assertThat(quorum.counts().reached() + quorum.counts().failed()).isEqualTo(20);
    }

    @Test
    @DisplayName("RC-2 whatever ends after the decision changes nothing: a value, a failure, an Error, a cancellation")
    void afterwards() {
        Quorum<Integer, Integer> quorum = watched(writes(5, 1));
        Map<Integer, CompletableFuture<Integer>> stages = new HashMap<>();
        CompletableFuture<Integer> future =
                quorum.callAsync(node -> stages.computeIfAbsent(node, it -> new CompletableFuture<>()));
        time.run();
        stages.get(3).complete(3);
        assertThat(future).isCompletedWithValue(3);

        stages.get(0).complete(9);
        stages.get(1).completeExceptionally(new IOException("late"));
        stages.get(2).completeExceptionally(new AssertionError("late"));
        stages.get(4).cancel(true);
        time.run();

        assertThat(future).isCompletedWithValue(3);
        assertThat(quorum.counts()).isEqualTo(new Quorum.Counts(1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        assertThat(tallied).hasValue(1);
        assertThat(late).hasValue(4);
    }

    @Test
    @DisplayName("QU-12 a need of more than there are, no nodes, and a node or a name twice: no quorum is built")
    void cannotBeBuilt() {
        assertThatThrownBy(() -> reads(3, 4).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("need: 4")
                .hasMessageContaining("1 to 3");
        assertThatThrownBy(() -> reads(3, 7).weight(node -> 2).build()).hasMessageContaining("need: 7");
        assertThatThrownBy(() -> reads(3, 1).need(0)).hasMessageContaining("need: 0");
        assertThatThrownBy(() -> reads(0, 1).build()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> reads(16, 1).build()).isInstanceOf(IllegalArgumentException.class);
        assertThat(reads(15, 15).build().nodes()).hasSize(15);
        assertThatThrownBy(() -> reads(3, 1).over(1, 2, 1).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1");
        List<Lease<Integer>> sameName =
                List.of(Lease.of(1).named("x"), Lease.of(2).named("x"));
        assertThatThrownBy(() -> reads(3, 1).over(sameName).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("x");
        for (int weight : new int[] {0, -1, 1_000_001}) {
            assertThatThrownBy(() -> reads(3, 1).weight(node -> weight).build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(String.valueOf(weight));
        }
    }

    @Test
    @DisplayName("QU-12 a reconfiguration that could not be built changes nothing")
    void cannotBeChanged() {
        Quorum<Integer, Integer> quorum = reads(3, 2).build();
        assertThatThrownBy(() -> quorum.reconfigure(so -> so.need(4))).hasMessageContaining("need: 4");
        assertThatThrownBy(() -> quorum.reconfigure(so -> so.over(Stages.nodes(1))))
                .hasMessageContaining("need: 2");
        assertThatThrownBy(() -> quorum.reconfigure(so -> so.over(1, 2, 2)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(quorum.nodes()).containsOnlyKeys("n0", "n1", "n2");
        assertThat(isReached(quorum, 0b110)).isTrue();
        assertThat(isReached(quorum, 0b100)).isFalse();
        quorum.reconfigure(so -> so.over(Stages.nodes(4)).need(4));
        assertThat(isReached(quorum, 0b1110)).isFalse();
        assertThat(isReached(quorum, 0b1111)).isTrue();
    }
}
