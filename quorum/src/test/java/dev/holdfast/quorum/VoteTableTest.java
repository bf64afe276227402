// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each node is right, tells one of two lies, or fails: all that can come of it, against the definition of a vote. */
@Timeout(60)
class VoteTableTest {
    private static final String[] SAYS = {"right", "lie A", "lie B", null};

    private final ByHand time = new ByHand();
    private final Random random = new Random(20_261_203);
    private final AtomicInteger keys = new AtomicInteger();

    /** What has been said so far. */
    private static final class Model {
        final int need;
        int left;
        final Map<String, Integer> groups = new HashMap<>();
        boolean decided;
        String winner;

        Model(int n, int need) {
            this.left = n;
            this.need = need;
        }

        void ended(String says) {
            left--;
            int size = says == null ? 0 : groups.merge(says, 1, Integer::sum);
            if (!decided && size >= need) {
                decided = true;
                winner = says;
            } else if (!decided && largest() + left < need) {
                decided = true;
            }
        }

        int largest() {
            return groups.values().stream().mapToInt(size -> size).max().orElse(0);
        }

        boolean isContradicted() {
            return groups.values().stream().filter(size -> size >= need).count() > 1;
        }
    }

    private VoteBuilder<Integer, String> vote(int n, int liars, int need) {
        return Vote.builder("v", String.class)
                .over(Stages.nodes(n))
                .environment(time)
                .tolerateLiars(liars)
                .needEqual(need)
                .inOrder(true)
                .sameBy(says -> {
                    keys.incrementAndGet();
                    return says;
                });
    }

    /** The 4^n ways to be right, to lie or to fail. */
    private static List<String[]> assignments(int n) {
        List<String[]> all = new ArrayList<>();
        for (int code = 0; code < 1 << (2 * n); code++) {
            String[] says = new String[n];
            for (int node = 0; node < n; node++) {
                says[node] = SAYS[code >> (2 * node) & 3];
            }
            all.add(says);
        }
        return all;
    }

    /** Up to four nodes: all. Of five: some for each assignment, others each time. */
    private List<List<Integer>> orders(List<List<Integer>> all) {
        if (all.size() <= 24) {
            return all;
        }
        List<List<Integer>> some = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            some.add(all.get(random.nextInt(all.size())));
        }
        return some;
    }

    private static void end(Stages<String> nodes, int node, String says) {
        if (says == null) {
            nodes.fails(node);
        } else {
            nodes.gives(node, says);
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 1, 2", "4, 1, 2", "4, 1, 3", "5, 1, 2", "5, 1, 3", "5, 2, 3"})
    @DisplayName(
            "QU-3, QU-6, QU-7 all heard: given with the answer that makes f + 1 equal, impossible with the ending that makes it so")
    void allHeard(int n, int liars, int need) {
        Vote<Integer, String> vote =
                vote(n, liars, need).askAll(true).letOthersFinish(true).build();
        List<List<Integer>> all = Stages.orders(n);
        long reached = 0;
        long calls = 0;
        long contradictions = 0;
        for (String[] says : assignments(n)) {
            for (List<Integer> order : orders(all)) {
                Stages<String> nodes = new Stages<>();
                Model model = new Model(n, need);
                keys.set(0);
                CompletableFuture<String> future = vote.callAsync(nodes::ask);
                time.run();
                for (int node : order) {
                    if (future.isDone() != model.decided) {
                        assertThat(future.isDone())
                                .as("decided before %s of %s in %s", node, says, order)
                                .isEqualTo(model.decided);
                    }
                    end(nodes, node, says[node]);
                    time.run();
                    model.ended(says[node]);
                }
                if (future.isCompletedExceptionally() != (model.winner == null)
                        || (model.winner != null && !future.join().equals(model.winner))) {
                    assertThat(future).as("%s in %s", says, order).isCompletedWithValue(model.winner);
                }
                calls++;
                reached += model.winner == null ? 0 : 1;
                contradictions += model.isContradicted() ? 1 : 0;
                if (keys.get() > n) {
                    assertThat(keys).as("keys of %s in %s", says, order).hasValueLessThanOrEqualTo(n);
                }
            }
        }
        assertThat(vote.counts()).isEqualTo(new Vote.Counts(reached, calls - reached, 0, 0, 0, 0, 0, contradictions));
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"3, 1, 2", "4, 1, 2", "4, 1, 3", "5, 1, 2", "5, 2, 3"})
    @DisplayName(
            "QU-7 asked one after the other: never given for less than f + 1 equal, and no more asked than could help")
    void asNeeded(int n, int liars, int need) {
        Vote<Integer, String> vote = vote(n, liars, need).build();
        for (String[] says : assignments(n)) {
            Stages<String> nodes = new Stages<>();
            Model model = new Model(n, need);
            keys.set(0);
            CompletableFuture<String> future = vote.callAsync(nodes::ask);
            time.run();
            int ended = 0;
            while (!future.isDone()) {
                int underWay = nodes.asked().size() - ended;
                assertThat(model.largest() + underWay).as("%s", (Object) says).isEqualTo(need);
                int node = nodes.asked().get(ended++);
                end(nodes, node, says[node]);
                time.run();
                model.ended(says[node]);
                assertThat(future.isDone()).as("%s", (Object) says).isEqualTo(model.decided);
            }
            assertThat(future.isCompletedExceptionally()).isEqualTo(model.winner == null);
            if (model.winner != null) {
                assertThat(future.join()).isEqualTo(model.winner);
            }
            assertThat(nodes.asked()).doesNotHaveDuplicates();
            assertThat(keys).hasValueLessThanOrEqualTo(n);
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 1", "4, 1", "5, 1", "5, 2"})
    @DisplayName(
            "QU-3 with no more liars than are tolerated, and no silence, the right answer is given, in whatever order")
    void rightWins(int n, int liars) {
        Vote<Integer, String> vote = vote(n, liars, liars + 1).askAll(true).build();
        for (String[] says : assignments(n)) {
            int lying = 0;
            int failing = 0;
            for (String one : says) {
                lying += one == null || one.equals("right") ? 0 : 1;
                failing += one == null ? 1 : 0;
            }
            if (lying + failing > liars) {
                continue;
            }
            List<Integer> order = new ArrayList<>(Stages.orders(n).get(0));
            for (int i = 0; i < 3; i++) {
                Collections.shuffle(order, random);
                Stages<String> nodes = new Stages<>();
                CompletableFuture<String> future = vote.callAsync(nodes::ask);
                time.run();
                for (int node : order) {
                    end(nodes, node, says[node]);
                    time.run();
                }
                assertThat(future).isCompletedWithValue("right");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 1", "5, 2"})
    @DisplayName(
            "QU-7 whoever says something else than those that agree is counted as dissenting, also when he says it late")
    void dissenters(int n, int liars) {
        Vote<Integer, String> vote =
                vote(n, liars, liars + 1).askAll(true).letOthersFinish(true).build();
        long[] dissents = new long[n];
        long[] fails = new long[n];
        List<Integer> order = new ArrayList<>(Stages.orders(n).get(0));
        for (String[] says : assignments(n)) {
            Model model = new Model(n, liars + 1);
            Collections.shuffle(order, random);
            order.forEach(node -> model.ended(says[node]));
            if (model.winner == null) {
                continue;
            }
            Stages<String> nodes = new Stages<>();
            CompletableFuture<String> future = vote.callAsync(nodes::ask);
            time.run();
            for (int node : order) {
                boolean wasDone = future.isDone();
                end(nodes, node, says[node]);
                time.run();
                dissents[node] += says[node] != null && !says[node].equals(model.winner) ? 1 : 0;
                fails[node] += says[node] == null && !wasDone ? 1 : 0;
            }
        }
        for (int node = 0; node < n; node++) {
            NodeCounts counts = vote.nodes().get("n" + node);
            assertThat(counts.dissenting()).isEqualTo(dissents[node]);
            assertThat(counts.failed()).isEqualTo(fails[node]);
            assertThat(counts.late()).isEqualTo(counts.absent());
        }
    }
}
