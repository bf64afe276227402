// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Known values: of redundancy, where each node is right with a probability of its own, and of sizes of quorums. */
@Timeout(60)
class ReferenceTest {
    private final ByHand time = new ByHand();

    @ParameterizedTest
    @CsvSource({
        "2, 3, 0.5,   0.5",
        "2, 3, 0.9,   0.972",
        "2, 3, 0.95,  0.99275",
        "2, 3, 0.99,  0.999702",
        "2, 3, 0.999, 0.999997002",
        "3, 5, 0.9,   0.99144",
        "3, 5, 0.99,  0.999990149",
        "3, 4, 0.99,  0.999407970",
        "4, 7, 0.9,   0.997272",
        "5, 7, 0.99,  0.999966037"
    })
    @DisplayName("k of n nodes that are there with probability p: the sum over all outcomes that a quorum accepts")
    void availability(int need, int n, double p, double expected) {
        Quorum<Integer, Integer> quorum = Quorum.reads("q", Integer.class)
                .over(Stages.nodes(n))
                .environment(time)
                .need(need)
                .newest(Comparator.<Integer>naturalOrder())
                .build();
        double sum = 0;
        for (int outcomes = 0; outcomes < 1 << n; outcomes++) {
            int those = outcomes;
            CompletableFuture<Integer> future = quorum.callAsync(node -> (those >> node & 1) == 1
                    ? CompletableFuture.completedFuture(node)
                    : CompletableFuture.failedFuture(new Stages.Down(node)));
            time.run();
            assertThat(future).isDone();
            int there = Integer.bitCount(outcomes);
            sum += future.isCompletedExceptionally() ? 0 : Math.pow(p, there) * Math.pow(1 - p, n - there);
        }
        assertThat(sum).isCloseTo(expected, within(1e-9));
    }

    @ParameterizedTest
    @CsvSource({"0.9, 0.972", "0.95, 0.99275", "0.5, 0.5"})
    @DisplayName("triple modular redundancy: two of three versions that are right with probability p, and wrong alike")
    void tripleModular(double p, double expected) {
        Vote<Integer, String> vote = Vote.builder("v", String.class)
                .over(Stages.nodes(3))
                .environment(time)
                .build();
        double right = 0;
        for (int outcomes = 0; outcomes < 8; outcomes++) {
            int those = outcomes;
            CompletableFuture<String> future = vote.callAsync(
                    node -> CompletableFuture.completedFuture((those >> node & 1) == 1 ? "right" : "wrong"));
            time.run();
            int good = Integer.bitCount(outcomes);
            right += future.join().equals("right") ? Math.pow(p, good) * Math.pow(1 - p, 3 - good) : 0;
        }
        assertThat(right).isCloseTo(expected, within(1e-9));
    }

    @ParameterizedTest
    @CsvSource({
        "3, 1, 1, 0.666667",
        "3, 1, 2, 0.333333",
        "3, 2, 2, 0",
        "5, 2, 2, 0.3",
        "5, 2, 3, 0.1",
        "5, 3, 3, 0",
        "1, 1, 1, 0",
        "3, 1, 3, 0",
        "3, 3, 1, 0",
        "2, 1, 1, 0.5"
    })
    @DisplayName("how likely a read misses a write: C(n - w, r) / C(n, r)")
    void stale(int nodes, int read, int written, double expected) {
        assertThat(Quorum.staleShare(nodes, read, written)).isCloseTo(expected, within(1e-6));
    }

    @Test
    @DisplayName("of many nodes the share that is stale neither overflows nor is less than nothing")
    void staleOfMany() {
        assertThat(Quorum.staleShare(1_000_000, 1, 1)).isCloseTo(0.999999, within(1e-12));
        assertThat(Quorum.staleShare(1_000, 500, 500)).isBetween(0.0, 1e-200);
        assertThat(Quorum.staleShare(1_000, 500, 501)).isZero();
        assertThat(Quorum.staleShare(Integer.MAX_VALUE, 1, Integer.MAX_VALUE)).isZero();
        assertThatThrownBy(() -> Quorum.staleShare(3, 4, 1)).hasMessageContaining("read: 4");
        assertThatThrownBy(() -> Quorum.staleShare(3, 1, 0)).hasMessageContaining("written: 0");
        assertThatThrownBy(() -> Quorum.staleShare(0, 1, 1)).hasMessageContaining("nodes: 0");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 2", "4, 3", "5, 3", "6, 4", "7, 4", "2147483647, 1073741824"})
    @DisplayName("a majority is half of n, rounded down, and one more; never that of n - 1")
    void majority(int nodes, int expected) {
        assertThat(Quorum.majority(nodes)).isEqualTo(expected);
        assertThat(2L * Quorum.majority(nodes)).isGreaterThan(nodes);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 2", "4, 3", "5, 3", "6, 4", "7, 4"})
    @DisplayName("without a need, a quorum needs a majority")
    void majorityByDefault(int nodes, int expected) throws Exception {
        Quorum<Integer, Integer> quorum = Quorum.writes("q", Integer.class)
                .over(Stages.nodes(nodes))
                .environment(time)
                .build();
        CompletableFuture<Tally<Integer, Integer>> tally =
                quorum.tallyAsync(node -> CompletableFuture.completedFuture(node));
        time.run();
        assertThat(tally.get().need()).isEqualTo(expected);
        assertThatThrownBy(() -> Quorum.majority(0)).hasMessageContaining("nodes: 0");
    }

    @ParameterizedTest
    @CsvSource({
        "4, 1, 3",
        "5, 1, 4",
        "6, 1, 4",
        "7, 2, 5",
        "10, 3, 7",
        "1, 0, 1",
        "2, 0, 2",
        "3, 0, 2",
        "2147483647, 715827882, 1431655765"
    })
    @DisplayName(
            "a Byzantine quorum: two of that size have more in common than there are liars, and there is one without them")
    void byzantine(int nodes, int liars, int expected) {
        int quorum = Vote.byzantineQuorum(nodes, liars);
        assertThat(quorum).isEqualTo(expected);
        assertThat(2L * quorum - nodes).as("in common").isGreaterThan(liars);
        assertThat(nodes - liars).as("honest ones").isGreaterThanOrEqualTo(quorum);
        assertThat(2L * (quorum - 1) - nodes).as("a smaller one").isLessThanOrEqualTo(liars);
    }

    @ParameterizedTest
    @CsvSource({"5, 1, 4", "9, 2, 7", "13, 3, 10", "6, 1, 5", "1, 0, 1", "2, 0, 2", "4, 0, 3"})
    @DisplayName("a masking quorum: n + 2f + 1 halved, rounded up; of what two have in common more are right than lie")
    void masking(int nodes, int liars, int expected) {
        int quorum = Vote.maskingQuorum(nodes, liars);
        assertThat(quorum).isEqualTo(expected);
        assertThat(2L * quorum - nodes).as("in common").isGreaterThan(2L * liars);
        assertThat(nodes - liars).as("honest ones").isGreaterThanOrEqualTo(quorum);
    }

    @Test
    @DisplayName(
            "more liars than an arrangement can bear are refused: 3f + 1 nodes, and 4f + 1 for data that nobody has signed")
    void tooManyLiars() {
        assertThatThrownBy(() -> Vote.byzantineQuorum(3, 1)).hasMessageContaining("liars: 1");
        assertThatThrownBy(() -> Vote.byzantineQuorum(6, 2)).hasMessageContaining("liars: 2");
        assertThatThrownBy(() -> Vote.byzantineQuorum(4, -1)).hasMessageContaining("liars: -1");
        assertThatThrownBy(() -> Vote.byzantineQuorum(0, 0)).hasMessageContaining("nodes: 0");
        assertThatThrownBy(() -> Vote.maskingQuorum(4, 1)).hasMessageContaining("liars: 1");
        assertThatThrownBy(() -> Vote.maskingQuorum(8, 2)).hasMessageContaining("liars: 2");
    }
}
