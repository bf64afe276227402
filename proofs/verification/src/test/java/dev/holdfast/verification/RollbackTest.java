// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import dev.holdfast.RollbackFailedException;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.quorum.NotAcceptedException;
import dev.holdfast.quorum.RecoveryBlock;
import dev.holdfast.quorum.RecoveryBlockBuilder;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an alternative has left behind when nobody wants it. */
@Timeout(60)
class RollbackTest {
    private final VirtualTime time = VirtualTime.create();
    private final List<String> steps = new CopyOnWriteArrayList<>();
    /** What each alternative gives, or throws. */
    private final Map<String, Object> comes = new HashMap<>();

    private static RecoveryBlock<String, Integer> block(Environment environment, String... alternatives) {
        RecoveryBlockBuilder<String, Integer> builder = RecoveryBlock.<String, Integer>builder("booking")
                .environment(environment)
                .accept(result -> result > 0);
        for (String each : alternatives) {
            builder.alternative(each, each);
        }
        return builder.build();
    }

    @AfterEach
    void leavesNoInterrupt() {
        assertThat(Thread.interrupted()).isFalse();
    }

    private Integer work(String way) throws IOException {
        steps.add(way);
        Object come = comes.get(way);
        if (come instanceof IOException failure) {
            throw failure;
        }
        return (Integer) come;
    }

    private Integer ask(boolean async, Policy<? super Integer> through, RecoveryBlock<String, Integer> block)
            throws Exception {
        if (!async) {
            return block.<IOException>call(through, this::work, way -> {
                steps.add("not " + way);
                if (comes.get("not " + way) instanceof IOException failure) {
                    throw failure;
                }
            });
        }
        CompletableFuture<Integer> call = block.callAsync(
                through,
                way -> {
                    try {
                        return CompletableFuture.completedFuture(work(way));
                    } catch (IOException failed) {
                        return CompletableFuture.failedFuture(failed);
                    }
                },
                way -> {
                    steps.add("not " + way);
                    return comes.get("not " + way) instanceof IOException failure
                            ? CompletableFuture.failedFuture(failure)
                            : CompletableFuture.completedFuture(null);
                });
        time.advance(Duration.ZERO);
        try {
            return call.get();
        } catch (ExecutionException failed) {
            throw (Exception) failed.getCause();
        }
    }

    // ---- When -------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "what fails and what is not accepted is rolled back before the next one is tried, and what is accepted stays")
    void before(boolean async) throws Exception {
        comes.put("a", new IOException("a"));
        comes.put("b", -1);
        comes.put("c", 1);
        RecoveryBlock<String, Integer> block = block(time, "a", "b", "c");
        assertThat(ask(async, block, block)).isEqualTo(1);
        assertThat(steps).containsExactly("a", "not a", "b", "not b", "c");
        assertThat(block.counts().rolledBack()).isEqualTo(2);
        assertThat(block.counts().notRolledBack()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("the last one is rolled back as well, before a policy outside hears of the failure")
    void last(boolean async) throws Exception {
        comes.put("a", new IOException("a"));
        comes.put("b", -1);
        RecoveryBlock<String, Integer> block = block(time, "a", "b");
        Retry<Object> retry = Retry.builder("again")
                .environment(time)
                .maxAttempts(2)
                .backoff(Backoff.none())
                .classify(rules -> rules.failOn(NotAcceptedException.class))
                .build();
        assertThatThrownBy(() -> ask(async, Pipeline.of(retry, block), block)).isInstanceOf(NotAcceptedException.class);
        assertThat(steps).containsExactly("a", "not a", "b", "not b", "a", "not a", "b", "not b");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("an alternative that was refused by a policy inside has begun nothing, and is not rolled back")
    void refused(boolean async) throws Exception {
        comes.put("a", 1);
        RecoveryBlock<String, Integer> block = block(time, "a", "b");
        Bulkhead closed = Bulkhead.builder("closed").environment(time).limit(1).build();
        assertThat(closed.tryAcquire()).isNotNull();
        assertThatThrownBy(() -> ask(async, Pipeline.of(block, closed), block)).isInstanceOf(RejectedException.class);
        assertThat(steps).isEmpty();
        assertThat(block.counts().rolledBack()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("what a retry inside repeats is rolled back once, when that has given up")
    void repeated(boolean async) throws Exception {
        comes.put("a", new IOException("a"));
        comes.put("b", 1);
        RecoveryBlock<String, Integer> block = block(time, "a", "b");
        Retry<Object> retry = Retry.builder("again")
                .environment(time)
                .maxAttempts(2)
                .backoff(Backoff.none())
                .build();
        assertThat(ask(async, Pipeline.of(block, retry), block)).isEqualTo(1);
        assertThat(steps).containsExactly("a", "a", "not a", "b");
    }

    // ---- What goes wrong --------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("after a rollback that fails no other alternative is tried, and nothing is repeated")
    void fails(boolean async) {
        IOException own = new IOException("a");
        IOException broken = new IOException("not a");
        comes.put("a", own);
        comes.put("not a", broken);
        comes.put("b", 1);
        RecoveryBlock<String, Integer> block = block(time, "a", "b");
        Retry<Object> retry =
                Retry.builder("again").environment(time).backoff(Backoff.none()).build();
        assertThatThrownBy(() -> ask(async, Pipeline.of(retry, block), block))
                .isInstanceOf(RollbackFailedException.class)
                .hasMessage("'booking': a is not rolled back: its rollback failed with java.io.IOException")
                .hasCause(broken)
                .satisfies(thrown -> assertThat(thrown.getSuppressed()).containsExactly(own));
        assertThat(steps).containsExactly("a", "not a");
        assertThat(block.counts().notRolledBack()).isEqualTo(1);
        assertThat(block.counts().ignored()).isEqualTo(1);
    }

    @Test
    @DisplayName("a call that is interrupted is rolled back on its thread, and the interrupt is left for its caller")
    void interrupted() {
        RecoveryBlock<String, Integer> block = block(Environment.standard(), "a", "b");
        assertThatThrownBy(() -> block.<Exception>call(
                        way -> {
                            Thread.currentThread().interrupt();
                            Thread.sleep(1_000);
                            return 1;
                        },
                        way -> {
                            Thread.sleep(1);
                            steps.add("not " + way);
                        }))
                .isInstanceOf(InterruptedException.class);
        assertThat(steps).containsExactly("not a");
        assertThat(block.counts().rolledBack()).isEqualTo(1);
    }

    @Test
    @DisplayName(
            "a call whose time is over is rolled back before its caller hears of that, and no deadline interrupts the rollback")
    void outOfTime() {
        RecoveryBlock<String, Integer> block = block(Environment.standard(), "a", "b");
        dev.holdfast.timeout.Timeout inner = dev.holdfast.timeout.Timeout.of("inner", Duration.ofMillis(20));
        dev.holdfast.timeout.Timeout outer = dev.holdfast.timeout.Timeout.of("outer", Duration.ofMillis(30));
        for (Policy<Object> timeouts : List.of(Pipeline.of(outer), Pipeline.of(outer, inner))) {
            steps.clear();
            assertThatThrownBy(() -> block.<Exception>call(
                            Pipeline.of(timeouts, block),
                            way -> {
                                Thread.sleep(1_000);
                                return 1;
                            },
                            way -> {
                                Thread.sleep(60);
                                steps.add("not " + way);
                            }))
                    .isInstanceOf(TimeoutExceededException.class);
            assertThat(steps).containsExactly("not a");
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }
    }

    @Test
    @DisplayName("a policy that a rollback uses has its own time, and not what its call has left")
    void ownTime() {
        RecoveryBlock<String, Integer> block = block(Environment.standard(), "a", "b");
        dev.holdfast.timeout.Timeout outer = dev.holdfast.timeout.Timeout.of("outer", Duration.ofMillis(20));
        dev.holdfast.timeout.Timeout own = dev.holdfast.timeout.Timeout.of("own", Duration.ofMillis(30));
        Retry<Object> twice =
                Retry.builder("twice").maxAttempts(2).backoff(Backoff.none()).build();
        assertThatThrownBy(() -> block.<Exception>call(
                        Pipeline.of(outer, block),
                        way -> {
                            Thread.sleep(1_000);
                            return 1;
                        },
                        way -> {
                            try {
                                Pipeline.of(twice, own).call(() -> {
                                    steps.add("undoes");
                                    sleeps();
                                    return 1;
                                });
                            } catch (TimeoutExceededException late) {
                                steps.add(late.getMessage());
                            }
                        }))
                .isInstanceOf(TimeoutExceededException.class);
        assertThat(steps).hasSize(3).startsWith("undoes", "undoes");
        assertThat(steps.get(2)).contains("own").doesNotContain("outer");
    }

    @Test
    @DisplayName(
            "work that a timeout inside has left running on a thread of its own is rolled back when it ends, and no other alternative is tried")
    void stillRuns() throws Exception {
        RecoveryBlock<String, Integer> block = block(Environment.standard(), "a", "b");
        dev.holdfast.timeout.Timeout each = dev.holdfast.timeout.Timeout.of("each", Duration.ofMillis(500));
        Bulkhead elsewhere = Bulkhead.builder("elsewhere").limit(1).ownThreads().build();
        CountDownLatch deaf = new CountDownLatch(1);
        CountDownLatch undone = new CountDownLatch(1);
        assertThatThrownBy(() -> block.<Exception>call(
                        Pipeline.of(block, each, elsewhere),
                        way -> {
                            steps.add(way);
                            awaitDeaf(deaf);
                            return 1;
                        },
                        way -> {
                            steps.add("not " + way);
                            undone.countDown();
                        }))
                .isInstanceOf(RollbackFailedException.class)
                .hasMessageContaining("still runs")
                .satisfies(thrown ->
                        assertThat(thrown.getSuppressed()).hasExactlyElementsOfTypes(TimeoutExceededException.class));
        assertThat(steps).containsExactly("a");
        deaf.countDown();
        assertThat(undone.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(steps).containsExactly("a", "not a");
    }

    private static void sleeps() {
        try {
            Thread.sleep(1_000);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitDeaf(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException unheard) {
                // Waits on.
            }
        }
    }

    @Test
    @DisplayName(
            "an asynchronous call waits for work that goes on after its cancellation, rolls it back, and then tries the next one")
    void stageGoesOn() {
        RecoveryBlock<String, Integer> block = block(time, "a", "b");
        dev.holdfast.timeout.Timeout each = dev.holdfast.timeout.Timeout.builder("each", Duration.ofSeconds(1))
                .environment(time)
                .build();
        CompletableFuture<Integer> deaf = new CompletableFuture<>();
        CompletableFuture<Object> undone = new CompletableFuture<>();
        CompletableFuture<Integer> call = block.callAsync(
                Pipeline.of(block, each),
                way -> {
                    steps.add(way);
                    return way.equals("a") ? deaf.minimalCompletionStage() : CompletableFuture.completedFuture(1);
                },
                way -> {
                    steps.add("not " + way);
                    return undone;
                });
        time.advance(Duration.ofSeconds(2));
        assertThat(steps).containsExactly("a");
        deaf.complete(5);
        time.advance(Duration.ZERO);
        assertThat(steps).containsExactly("a", "not a");
        assertThat(call).isNotDone();
        undone.complete("gone");
        time.advance(Duration.ZERO);
        assertThat(call).isCompletedWithValue(1);
        assertThat(steps).containsExactly("a", "not a", "b");
    }

    @Test
    @DisplayName(
            "an asynchronous call that is cancelled is rolled back when its work has ended, and nobody waits for that")
    void cancelled() {
        RecoveryBlock<String, Integer> block = block(time, "a", "b");
        CompletableFuture<Integer> deaf = new CompletableFuture<>();
        Function<String, CompletableFuture<?>> rollback = way -> {
            steps.add("not " + way);
            return CompletableFuture.completedFuture(null);
        };
        CompletableFuture<Integer> call = block.callAsync(block, way -> deaf.minimalCompletionStage(), rollback);
        call.cancel(true);
        time.advance(Duration.ZERO);
        assertThat(call).isCancelled();
        assertThat(steps).isEmpty();
        deaf.complete(5);
        time.advance(Duration.ZERO);
        assertThat(steps).containsExactly("not a");
        assertThat(block.counts().rolledBack()).isEqualTo(1);
    }

    @Test
    @DisplayName("side by side: each call rolls back what it has done itself")
    void sideBySide() throws Exception {
        RecoveryBlock<String, Integer> block = block(Environment.standard(), "a", "b");
        List<Thread> threads = new CopyOnWriteArrayList<>();
        Map<Integer, List<String>> seen = new java.util.concurrent.ConcurrentHashMap<>();
        for (int i = 0; i < 8; i++) {
            int number = i;
            Thread thread = new Thread(() -> {
                for (int round = 0; round < 500; round++) {
                    List<String> own = new CopyOnWriteArrayList<>();
                    int fails = (number + round) % 3;
                    try {
                        block.<RuntimeException>call(
                                way -> {
                                    own.add(way);
                                    return way.equals("a") && fails > 0 ? -1 : way.equals("b") && fails > 1 ? -1 : 1;
                                },
                                way -> own.add("not " + way));
                    } catch (NotAcceptedException none) {
                        own.add("none");
                    }
                    seen.put(fails, List.copyOf(own));
                    assertThat(own)
                            .isEqualTo(List.of(
                                            List.of("a"),
                                            List.of("a", "not a", "b"),
                                            List.of("a", "not a", "b", "not b", "none"))
                                    .get(fails));
                }
                threads.add(Thread.currentThread());
            });
            thread.start();
        }
        for (int waited = 0; threads.size() < 8 && waited < 2_000; waited++) {
            Thread.sleep(5);
        }
        assertThat(threads).hasSize(8);
        assertThat(seen).hasSize(3);
    }
}
