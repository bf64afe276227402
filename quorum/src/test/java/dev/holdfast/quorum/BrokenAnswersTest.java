// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Heat;
import dev.holdfast.Lease;
import dev.holdfast.Pipeline;
import dev.holdfast.Race;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One node, or one change of settings, that breaks something must not keep the others from being heard. */
@Timeout(60)
class BrokenAnswersTest {
    private final VirtualTime time = VirtualTime.create();

    /** Says what it says, and breaks who looks at it. */
    private record Price(Integer amount) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Price price && amount.equals(price.amount);
        }

        @Override
        public int hashCode() {
            return 1;
        }
    }

    private static final Map<String, Price> SAYS =
            Map.of("a", new Price(7), "b", new Price(7), "liar", new Price(null));

    private VoteBuilder<String, Price> vote(String first, String second, String third) {
        return Vote.builder("v", Price.class)
                .environment(time)
                .over(first, second, third)
                .inOrder(true);
    }

    private static <T> T ask(Poll<String, T, ?> poll, Function<String, T> work) {
        return poll.callAsync(node -> CompletableFuture.completedFuture(work.apply(node)))
                .join();
    }

    @ParameterizedTest
    @ValueSource(strings = {"liar a b", "a liar b", "a b liar"})
    @DisplayName(
            "QU-7 an answer at which a rule, a key or its own equals throws, whatever it throws, is that of one node, and no more")
    void oneBrokenAnswer(String order) {
        String[] nodes = order.split(" ");
        List<Vote<String, Price>> votes = List.of(
                vote(nodes[0], nodes[1], nodes[2])
                        .classify(so -> so.failOnResult(price -> price.amount() < 0))
                        .sameBy(Price::amount)
                        .build(),
                vote(nodes[0], nodes[1], nodes[2])
                        .sameBy(price -> price.amount() + 0)
                        .build(),
                vote(nodes[0], nodes[1], nodes[2])
                        .sameBy(price -> {
                            if (price.amount() == null) {
                                throw new StackOverflowError();
                            }
                            return price.amount();
                        })
                        .build(),
                vote(nodes[0], nodes[1], nodes[2]).build());
        for (Vote<String, Price> vote : votes) {
            for (boolean all : new boolean[] {false, true}) {
                vote.reconfigure(so -> so.askAll(all));
                assertThat(ask(vote, SAYS::get).amount()).isEqualTo(7);
            }
        }
    }

    @Test
    @DisplayName("QU-5 a rule that throws at one node's failure makes that node fail, and not the call")
    void oneBrokenFailure() {
        Quorum<String, String> writes = Quorum.writes("w", String.class)
                .environment(time)
                .over("a", "b", "c")
                .classify(so -> so.failIf(
                        IllegalStateException.class,
                        failure -> failure.getMessage().startsWith("08")))
                .build();

        assertThat(writes.callAsync(node -> node.equals("a")
                                ? CompletableFuture.failedFuture(new IllegalStateException())
                                : CompletableFuture.completedFuture(node))
                        .join())
                .isEqualTo("b");
    }

    @Test
    @DisplayName(
            "QU-5 exceptions that are answers are what the caller gets where all say so, and no result; they agree by their class")
    void goodExceptions() {
        Quorum<String, String> reads = Quorum.reads("r", String.class)
                .environment(time)
                .over("a", "b", "c")
                .inOrder(true)
                .askAll(true)
                .need(3)
                .newest(Comparator.<String>naturalOrder())
                .classify(so -> so.succeedOn(NoSuchElementException.class))
                .build();
        assertThat(catchThrowable(() -> reads.callAsync(node ->
                                CompletableFuture.<String>failedFuture(new NoSuchElementException("none at " + node)))
                        .join()))
                .hasRootCauseMessage("none at a");
        assertThat(reads.callAsync(node -> node.equals("b")
                                ? CompletableFuture.completedFuture("there")
                                : CompletableFuture.<String>failedFuture(new NoSuchElementException()))
                        .join())
                .isEqualTo("there");

        Vote<String, String> vote = Vote.builder("v", String.class)
                .environment(time)
                .over("a", "b", "c")
                .classify(so -> so.succeedOn(NoSuchElementException.class, IllegalStateException.class))
                .build();
        CompletableFuture<String> differ = vote.callAsync(node -> CompletableFuture.failedFuture(
                node.equals("a")
                        ? new NoSuchElementException()
                        : node.equals("b") ? new IllegalStateException() : new UnsupportedOperationException()));
        assertThat(catchThrowable(differ::join)).hasCauseInstanceOf(NoQuorumException.class);
        assertThat(vote.counts().failed()).isEqualTo(1);
    }

    @Test
    @DisplayName("QU-6 where two of three get no thread, the third is not waited for")
    void refusedAndHung() {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger threads = new AtomicInteger();
        Quorum<String, String> reads = Quorum.reads("r", String.class)
                .over("a", "b", "c")
                .inOrder(true)
                .newest(Comparator.<String>naturalOrder())
                .runOn(task -> {
                    if (threads.getAndIncrement() > 0) {
                        throw new RejectedExecutionException("no thread");
                    }
                    new Thread(task).start();
                })
                .build();

        assertThatThrownBy(() -> reads.<InterruptedException>call(node -> {
                    release.await(30, TimeUnit.SECONDS);
                    return node;
                }))
                .isInstanceOf(NoQuorumException.class)
                .hasMessageContaining("absent 'a'; no thread 'b', 'c'");
        release.countDown();
    }

    @Test
    @DisplayName(
            "QU-6 a node whose thread was taken back may have done what it was asked to: that is not 'got no thread'")
    void threadsTakenBack() throws Exception {
        ExecutorService pool = Executors.newCachedThreadPool();
        List<String> stored = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch all = new CountDownLatch(3);
        Quorum<String, String> writes =
                Quorum.writes("w", String.class).over("a", "b", "c").runOn(pool).build();
        Thread stopper = new Thread(() -> {
            try {
                all.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException cut) {
                throw new IllegalStateException(cut);
            }
            pool.shutdownNow();
        });
        stopper.start();

        assertThatThrownBy(() -> writes.<InterruptedException>call(node -> {
                    stored.add(node);
                    all.countDown();
                    Thread.sleep(30_000);
                    return node;
                }))
                .isInstanceOf(NoQuorumException.class)
                .hasMessageContaining("absent");
        assertThat(stored).hasSize(3);
        stopper.join();
    }

    @Test
    @DisplayName("QU-5 a node that hangs holds as many threads as it may, and then has failed: calls go on")
    void oneHangs() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger held = new AtomicInteger();
        Quorum<String, String> writes = Quorum.writes("w", String.class)
                .over("a", "b", "hung")
                .atMost(5)
                .build();
        for (int i = 0; i < 200; i++) {
            assertThat(writes.<InterruptedException>call(node -> {
                        if (node.equals("hung")) {
                            held.incrementAndGet();
                            release.await(50, TimeUnit.SECONDS);
                        }
                        return "done";
                    }))
                    .isEqualTo("done");
        }
        assertThat(held.get()).isLessThanOrEqualTo(5);
        release.countDown();
    }

    // ---- Settings that change ---------------------------------------------------------------------------------------

    private Quorum<String, String> readsOfOne() {
        return Quorum.reads("r", String.class)
                .environment(time)
                .over("a", "b", "c")
                .inOrder(true)
                .need(1)
                .mayReadStale()
                .spareAfter(Duration.ofMillis(10))
                .newest(Comparator.<String>naturalOrder())
                .build();
    }

    @Test
    @DisplayName(
            "calls under way go on with the nodes and the need that they began with, also before the second node is asked")
    void changedUnderWay() {
        Quorum<String, String> reads = readsOfOne();
        List<String> asked = new ArrayList<>();
        CompletableFuture<String> slow = new CompletableFuture<>();
        CompletableFuture<String> call = reads.callAsync(node -> {
            asked.add(node);
            return slow;
        });
        reads.reconfigure(so -> so.need(3));
        reads.reconfigure(so -> so.over("x", "y", "z", "a"));
        slow.complete("1");
        time.advance(Duration.ofMillis(5));

        assertThat(call).isCompletedWithValue("1");
        assertThat(asked).containsExactly("a");
    }

    @Test
    @DisplayName("the same nodes given again in the middle of a call are asked once")
    void givenAgain() {
        Quorum<String, String> reads = readsOfOne();
        List<String> asked = new ArrayList<>();
        reads.callAsync(node -> {
            asked.add(node);
            return new CompletableFuture<String>();
        });
        reads.reconfigure(so -> so.over("a", "b", "c"));
        for (int i = 0; i < 10; i++) {
            time.advance(Duration.ofMillis(10));
        }

        assertThat(asked).containsExactly("a", "b", "c");
    }

    // ---- Mistakes ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("work that is not given a node is refused: it would be the same at each")
    void withoutANode() {
        Quorum<String, String> writes = Quorum.writes("w", String.class)
                .environment(time)
                .over("a", "b", "c")
                .build();
        List<String> done = new ArrayList<>();
        assertThatThrownBy(() -> writes.run(() -> done.add("at one node, perhaps")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Quorum 'w': work that is not given what to work on"
                        + " (expected: work of a target, as in call(target -> ...))");
        assertThatThrownBy(() -> Pipeline.of(writes)
                        .callAsync(() -> CompletableFuture.completedFuture("x"))
                        .join())
                .hasRootCauseInstanceOf(IllegalArgumentException.class);
        assertThat(done).isEmpty();
    }

    @Test
    @DisplayName("QU-12 a list, an array or a lease as a node is refused: whoever wrote that meant several nodes")
    void listAsANode() {
        assertThatThrownBy(() -> Quorum.writes("w", String.class)
                        .over(List.of("a", "b", "c"))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not a list or an array as a node");
        assertThatThrownBy(() -> Quorum.writes("w", String.class)
                        .over(Lease.of("a"), Lease.of("b"), Lease.of("c"))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("leases of nodes in a list");
    }

    @Test
    @DisplayName("a call that is given up is counted, and so are the nodes that it was waiting for")
    void givenUp() {
        Quorum<String, String> reads = Quorum.reads("r", String.class)
                .environment(time)
                .over("a", "b", "c")
                .inOrder(true)
                .newest(Comparator.<String>naturalOrder())
                .build();
        reads.callAsync(node -> new CompletableFuture<String>()).cancel(true);
        time.advance(Duration.ZERO);

        assertThat(reads.counts().abandoned()).isEqualTo(1);
        assertThat(reads.nodes().get("a").absent()).isEqualTo(1);
        assertThat(reads.nodes().get("c").absent()).isZero();
    }

    @Test
    @DisplayName("a write without a result, blocking and asynchronous")
    void withoutResult() {
        List<String> done = Collections.synchronizedList(new ArrayList<>());
        Quorum<String, Void> writes = Quorum.writes("w", Void.class)
                .environment(time)
                .over("a", "b", "c")
                .runOn(Runnable::run)
                .build();
        writes.run(node -> {
            done.add(node);
        });
        writes.runAsync(node -> {
                    done.add(node);
                    return CompletableFuture.completedFuture(1);
                })
                .join();
        assertThat(done).hasSize(6);
    }

    @Test
    @DisplayName("a write without a result that is cancelled calls its nodes off")
    void runAsyncCancelled() {
        Quorum<String, Void> writes = Quorum.writes("w", Void.class)
                .environment(time)
                .over("a", "b", "c")
                .build();
        List<CompletableFuture<Integer>> stages = new ArrayList<>();
        CompletableFuture<Void> call = writes.runAsync(node -> {
            CompletableFuture<Integer> stage = new CompletableFuture<>();
            stages.add(stage);
            return stage;
        });
        call.cancel(true);
        time.advance(Duration.ZERO);

        assertThat(writes.counts().abandoned()).isEqualTo(1);
        assertThat(stages).hasSize(3);
    }

    @Test
    @DisplayName("a race that has no targets around one that has leaves the place to that")
    void raceAround() {
        Quorum<String, String> reads = Quorum.reads("r", String.class)
                .environment(time)
                .over("a", "b", "c")
                .inOrder(true)
                .newest(Comparator.<String>naturalOrder())
                .runOn(Runnable::run)
                .build();
        Around around = new Around(time);
        assertThat(reads.<RuntimeException>call(Pipeline.of(around, reads), node -> node))
                .isEqualTo("b");
        assertThat(reads.callAsync(Pipeline.of(around, reads), CompletableFuture::completedFuture)
                        .join())
                .isEqualTo("b");
    }

    /** One attempt. */
    private static final class Around extends Race<Object> {
        Around(VirtualTime time) {
            super("around", time);
        }

        @Override
        protected int attempts() {
            return 1;
        }

        @Override
        protected Classifier<Object> classifier() {
            return Classifier.standard();
        }

        @Override
        protected long headStart(Call call) {
            return HOLD;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            return HOLD;
        }
    }

    @Test
    @DisplayName("reads stay reads: a change that gives the settings of writes is refused")
    void staysReads() {
        Quorum<String, String> reads = Quorum.reads("q", String.class)
                .environment(time)
                .over("a", "b", "c")
                .newest(Comparator.<String>naturalOrder())
                .build();
        assertThatThrownBy(() -> reads.reconfigure(
                        so -> Quorum.writes("q", String.class).environment(time).<String>over("a", "b", "c")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("what change gave: the settings of writes");
    }
}
