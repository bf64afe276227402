// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class VoteTest {
    private final Nodes<String> nodes = Nodes.of(5);

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    /** Two equal of a, b and c, which are asked in this order; the third after 30 ms. */
    private VoteBuilder<String, String> vote(String names) {
        return Vote.builder("v", String.class)
                .over(nodes.leases(names))
                .environment(nodes.time)
                .runOn(nodes.time.threads())
                .inOrder(true)
                .spareAfter(ms(30));
    }

    private void says(String node, String answer, long millis) {
        nodes.at(node).gives(answer).after(ms(millis));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("f + 1 nodes are asked, and no more where they agree")
    void agree(boolean async) throws Exception {
        says("a", "x", 10);
        says("b", "x", 20);
        Vote<String, String> vote = vote("abc").build();

        assertThat(nodes.ask(async, vote).result()).contains("x");

        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L));
        assertThat(nodes.millis()).isEqualTo(20);
        assertThat(vote.counts()).isEqualTo(new Vote.Counts(1, 0, 0, 0, 0, 0, 0, 0));
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-7 when they differ one more is asked at once, and whoever is outvoted is named")
    void disagree(boolean async) throws Exception {
        says("a", "lie", 10);
        says("b", "x", 15);
        says("c", "x", 5);
        Vote<String, String> vote = vote("abc").build();

        Tally<String, String> tally = nodes.tally(async, vote).result().orElseThrow();

        assertThat(tally.result()).isEqualTo("x");
        assertThat(Nodes.states(tally)).isEqualTo("a DISSENTING, b ACCEPTED, c ACCEPTED");
        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L, "c", 15L));
        assertThat(nodes.millis()).isEqualTo(20);
        assertThat(vote.nodes())
                .containsEntry("a", new NodeCounts(0, 1, 0, 0, 0))
                .containsEntry("b", new NodeCounts(1, 0, 0, 0, 0))
                .containsEntry("c", new NodeCounts(1, 0, 0, 0, 0));
        assertThat(vote.counts()).isEqualTo(new Vote.Counts(1, 0, 0, 0, 0, 1, 0, 0));
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("one that is late gets one more beside it; one that fails at once")
    void lateOrFailed(boolean async) throws Exception {
        says("a", "x", 1);
        says("b", "x", 1_000);
        says("c", "x", 5);
        Vote<String, String> vote = vote("abc").build();
        assertThat(nodes.ask(async, vote).result()).contains("x");
        assertThat(nodes.asked()).isEqualTo(Map.of("a", 0L, "b", 0L, "c", 30L));
        nodes.untilQuiet();

        nodes.doors.get("a").shut = true;
        long start = nodes.millis();
        nodes.at("b").gives("x").after(ms(10));
        assertThat(nodes.ask(async, vote).result()).contains("x");
        assertThat(nodes.at("c").starts().get(1).toMillis()).isEqualTo(start);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "QU-6 when no group can become large enough the call ends, and says who is absent, who failed and who says something else")
    void impossible(boolean async) throws Exception {
        says("a", "apples", 1);
        says("b", "pears", 2);
        says("c", "z", 3);
        nodes.at("d").fails(new IOException("d is down")).after(ms(4));
        nodes.at("e").hangs();
        Vote<String, String> vote = vote("abcde").tolerateLiars(2).askAll(true).build();

        Throwable failure = nodes.ask(async, vote).failure();

        assertThat(nodes.millis()).isEqualTo(4);
        assertThat(failure)
                .isInstanceOf(NoQuorumException.class)
                .hasMessageContaining("1 of 3")
                .hasMessageContaining("absent 'e'")
                .hasMessageMatching(".*dissenting .*'[abc]', '[abc]'.*")
                .hasMessageMatching(".*failed 'd' \\(.*d is down.*")
                .hasMessageNotContainingAny("'e' (", "apples", "pears");
        nodes.untilQuiet();
        assertThat(vote.counts().failed()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-7 answers are the same by their key; given is that of the node which is listed first")
    void sameBy(boolean async) throws Exception {
        says("a", "x at 1", 10);
        says("b", "x at 2", 1);
        AtomicInteger keys = new AtomicInteger();
        Vote<String, String> vote = vote("abc")
                .sameBy(answer -> {
                    keys.incrementAndGet();
                    return answer.charAt(0);
                })
                .build();
        assertThat(nodes.ask(async, vote).result()).contains("x at 1");
        assertThat(keys).hasValueLessThanOrEqualTo(3);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-7 an answer whose key cannot be had, or is null, is the same as no other, not even as itself")
    void brokenKeys(boolean async) throws Exception {
        says("a", "broken", 1);
        says("b", "broken", 2);
        says("c", "none", 3);
        says("d", "none", 4);
        Vote<String, String> vote = vote("abcd")
                .tolerateLiars(1)
                .sameBy(answer -> {
                    if (answer.equals("broken")) {
                        throw new IllegalStateException("no key");
                    }
                    return answer.equals("none") ? null : answer;
                })
                .build();
        assertThat(nodes.ask(async, vote).failure()).isInstanceOf(NoQuorumException.class);
        assertThat(nodes.asked()).containsOnlyKeys("a", "b", "c", "d");

        nodes.at("b").gives("x");
        nodes.at("d").gives("x");
        assertThat(nodes.ask(async, vote).result()).contains("x");
        assertThat(vote.counts()).isEqualTo(new Vote.Counts(1, 1, 0, 0, 0, 4, 0, 0));
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "QU-7 a key whose equals throws ends no call in a way that nobody knows of: each call ends, and nothing is left behind")
    void brokenEquals(boolean async) throws Exception {
        final class Broken {
            @Override
            public boolean equals(Object other) {
                throw new IllegalStateException("cannot compare");
            }

            @Override
            public int hashCode() {
                return 1;
            }
        }
        says("a", "x", 1);
        says("b", "x", 2);
        says("c", "x", 3);
        Vote<String, String> vote = vote("abc").sameBy(answer -> new Broken()).build();
        assertThat(nodes.ask(async, vote).isFailure()).isTrue();
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("null is an answer, and the same as null")
    void nulls(boolean async) throws Exception {
        says("a", null, 1);
        says("b", "lie", 2);
        says("c", null, 3);
        Vote<String, String> vote = vote("abc").build();
        Outcome<String> outcome = nodes.ask(async, vote);
        assertThat(outcome.isFailure()).isFalse();
        assertThat(outcome.result()).isEmpty();
        assertThat(vote.nodes()).containsEntry("b", new NodeCounts(0, 1, 0, 0, 0));
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-7 a second group that becomes large enough, also later, is told: the call keeps what it was given")
    void contradiction(boolean async) throws Exception {
        says("a", "x", 1);
        says("b", "y", 2);
        says("c", "x", 3);
        says("d", "y", 50);
        says("e", "y", 60);
        List<Vote.Contradiction> told = Collections.synchronizedList(new ArrayList<>());
        Vote<String, String> vote = vote("abcde")
                .tolerateLiars(1)
                .askAll(true)
                .letOthersFinish(true)
                .build();
        vote.on(Vote.Contradiction.class, told::add);

        assertThat(nodes.ask(async, vote).result()).contains("x");
        assertThat(vote.counts().contradictions()).isZero();
        nodes.time.advance(ms(100));
        nodes.untilQuiet();

        assertThat(vote.counts().contradictions()).isEqualTo(1);
        assertThat(told).hasSize(1);
        assertThat(told.get(0).need()).isEqualTo(2);
        assertThat(told.get(0).source()).isSameAs(vote);
        assertThat(vote.nodes())
                .containsEntry("b", new NodeCounts(0, 1, 0, 0, 0))
                .containsEntry("d", new NodeCounts(0, 1, 0, 1, 1))
                .containsEntry("e", new NodeCounts(0, 1, 0, 1, 1));
    }

    @Test
    @DisplayName("QU-12 it takes 2 f + 1 nodes, and one more for each that may be silent")
    void sizes() {
        for (int n = 1; n <= 15; n++) {
            for (int liars = 1; liars <= 7; liars++) {
                for (int silent = 0; silent <= 12; silent++) {
                    VoteBuilder<Integer, String> builder = Vote.builder("v", String.class)
                            .over(Stages.nodes(n))
                            .tolerateLiars(liars)
                            .tolerateSilent(silent);
                    if (n >= 2 * liars + 1 + silent) {
                        assertThat(builder.build()).asString().contains((liars + 1) + " equal of " + n);
                    } else {
                        assertThatThrownBy(builder::build)
                                .isInstanceOf(IllegalArgumentException.class)
                                .hasMessageContaining("number of nodes: " + n);
                    }
                }
            }
        }
    }

    @Test
    @DisplayName(
            "by default it tolerates as many liars as the number of nodes allows: (n - 1) / 2, and of 3 f + 1 with f silent ones f")
    void mostLiars() {
        int[] need = {2, 2, 3, 3, 4, 4, 5};
        for (int n = 3; n <= 9; n++) {
            assertThat(Vote.builder("v", String.class).over(Stages.nodes(n)).build())
                    .asString()
                    .contains(need[n - 3] + " equal of " + n);
        }
        for (int f = 1; f <= 4; f++) {
            assertThat(Vote.builder("v", String.class)
                            .over(Stages.nodes(3 * f + 1))
                            .tolerateSilent(f)
                            .build())
                    .asString()
                    .contains((f + 1) + " equal of " + (3 * f + 1));
        }
        assertThatThrownBy(() ->
                        Vote.builder("v", String.class).over(Stages.nodes(2)).build())
                .hasMessageContaining("number of nodes: 2");
    }

    @Test
    @DisplayName("QU-12 how many have to be equal is more than lie, and no more than are right and answer")
    void needEqual() {
        for (int need = 2; need <= 7; need++) {
            VoteBuilder<Integer, String> builder = Vote.builder("v", String.class)
                    .over(Stages.nodes(7))
                    .tolerateLiars(2)
                    .tolerateSilent(1)
                    .needEqual(need);
            if (need >= 3 && need <= 4) {
                builder.build();
            } else {
                assertThatThrownBy(builder::build).hasMessageContaining("needEqual: " + need);
            }
        }
        VoteBuilder<Integer, String> builder =
                Vote.builder("v", String.class).over(Stages.nodes(4)).tolerateLiars(1);
        assertThat(builder.needEqual(Vote.byzantineQuorum(4, 1)).build())
                .asString()
                .contains("3 equal of 4");
        assertThatThrownBy(() -> builder.tolerateLiars(0)).hasMessageContaining("tolerateLiars: 0");
        assertThatThrownBy(() -> builder.tolerateLiars(8)).hasMessageContaining("tolerateLiars: 8");
        assertThatThrownBy(() -> builder.tolerateSilent(-1)).hasMessageContaining("tolerateSilent: -1");
        assertThatThrownBy(() -> builder.over(1, 2, 2).build()).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("QU-12 a change that leaves too few nodes for the liars is refused, and changes nothing")
    void cannotBeChanged() {
        Vote<String, String> vote = vote("abc").tolerateLiars(1).build();
        assertThatThrownBy(() -> vote.reconfigure(so -> so.over(nodes.leases("ab"))))
                .hasMessageContaining("number of nodes: 2");
        assertThatThrownBy(() -> vote.reconfigure(so -> so.tolerateLiars(2)))
                .hasMessageContaining("number of nodes: 3");
        assertThat(vote.nodes()).containsOnlyKeys("a", "b", "c");
        vote.reconfigure(so -> so.over(nodes.leases()).tolerateLiars(2));
        assertThat(vote).asString().contains("3 equal of 5");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-3 one of three answers that are all different is never believed, whichever came first")
    void noPrivilegedFirst(boolean async) throws Exception {
        says("a", "x", 1);
        says("b", "y", 1);
        says("c", "z", 1);
        assertThat(nodes.ask(async, vote("abc").build()).failure())
                .isInstanceOf(NoQuorumException.class)
                .hasMessageContaining("1 of 2")
                .hasMessageContaining("dissenting");
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("QU-11 what is said of a vote that fails does not depend on the order in which nodes answered")
    void failsAlike() {
        ByHand time = new ByHand();
        Vote<Integer, String> vote = Vote.builder("v", String.class)
                .over(Stages.nodes(3))
                .environment(time)
                .inOrder(true)
                .askAll(true)
                .build();
        Set<String> messages = new HashSet<>();
        for (List<Integer> order : Stages.orders(3)) {
            Stages<String> stages = new Stages<>();
            CompletableFuture<String> future = vote.callAsync(stages::ask);
            time.run();
            for (int node : order) {
                stages.gives(node, "answer " + node);
                time.run();
            }
            assertThat(future).isCompletedExceptionally();
            messages.add(future.handle((value, failure) -> failure.getMessage()).join());
        }
        assertThat(messages).hasSize(1);
    }

    @Test
    @DisplayName("QU-11 of answers of which none has a majority none is blamed more than another")
    void nobodyIsBlamed() throws Exception {
        says("a", "x", 1);
        says("b", "y", 1);
        says("c", "z", 1);
        Vote<String, String> vote = vote("abc").build();
        for (int call = 0; call < 3; call++) {
            assertThat(nodes.ask(true, vote).failure()).isInstanceOf(NoQuorumException.class);
        }
        assertThat(Set.copyOf(vote.nodes().values())).as("%s", vote.nodes()).hasSize(1);
        nodes.untilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("QU-7 a key that ends in an Error holds no call, and leaves nothing behind")
    void keyEndsInAnError(boolean async) throws Exception {
        says("a", "x", 1);
        says("b", "x", 2);
        says("c", "x", 3);
        Vote<String, String> vote = vote("abc")
                .sameBy(answer -> {
                    throw new AssertionError("bug");
                })
                .build();
        assertThat(nodes.ask(async, vote).isFailure()).isTrue();
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("RC-9 nodes for which there is no thread are absent, and neither liars nor failures")
    void noThread() throws Exception {
        Vote<String, String> vote = vote("abc")
                .runOn(task -> {
                    throw new RejectedExecutionException("full");
                })
                .build();
        assertThat(nodes.ask(false, vote).isFailure()).isTrue();
        assertThat(nodes.asked()).isEmpty();
        assertThat(vote.nodes().values())
                .allSatisfy(
                        node -> assertThat(node.failed() + node.dissenting()).isZero());
        nodes.untilQuiet();
    }

    @Test
    @DisplayName("several versions of a program vote on what they give")
    void versions() {
        Function<Integer, Integer> one = x -> x + 1;
        Vote<Function<Integer, Integer>, Integer> vote = Vote.versions(
                        "plan", one, (Integer x) -> 1 + x, (Integer x) -> x + 2)
                .inOrder(false)
                .askAll(true)
                .letOthersFinish(true)
                .environment(nodes.time)
                .build();
        for (int call = 0; call < 3; call++) {
            CompletableFuture<Integer> future =
                    vote.callAsync(version -> CompletableFuture.completedFuture(version.apply(3)));
            assertThat(nodes.time.join(future)).isEqualTo(4);
            nodes.time.advance(Duration.ZERO);
        }
        assertThat(vote.nodes()).containsOnlyKeys("version-1", "version-2", "version-3");
        assertThat(vote.nodes().get("version-3").dissenting()).isEqualTo(3);
        assertThat(vote.nodes().get("version-1").dissenting()).isZero();
    }
}
