// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Meter;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RecoveryBlockTest {
    private final VirtualTime time = VirtualTime.create();
    private final List<String> steps = new ArrayList<>();
    /** What each alternative gives, or throws. */
    private final Map<String, Object> comes = new HashMap<>();

    private RecoveryBlockBuilder<String, Integer> builder(String... alternatives) {
        RecoveryBlockBuilder<String, Integer> builder = RecoveryBlock.<String, Integer>builder("plan")
                .environment(time)
                .accept(result -> result != null && result > 0);
        for (String each : alternatives) {
            builder.alternative(each, each);
        }
        return builder;
    }

    private Integer work(String alternative) throws Exception {
        steps.add(alternative);
        Object come = comes.get(alternative);
        if (come instanceof Exception exception) {
            throw exception;
        }
        if (come instanceof Error error) {
            throw error;
        }
        return (Integer) come;
    }

    private Integer ask(boolean async, RecoveryBlock<String, Integer> block) throws Throwable {
        if (!async) {
            return block.<Exception>call(this::work);
        }
        CompletableFuture<Integer> call = block.callAsync(alternative -> {
            try {
                return CompletableFuture.completedFuture(work(alternative));
            } catch (Exception failed) {
                return CompletableFuture.failedFuture(failed);
            }
        });
        time.advance(Duration.ZERO);
        try {
            return call.get();
        } catch (ExecutionException failed) {
            throw failed.getCause();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("the first result that is accepted is the call's, and no other way is tried")
    void first(boolean async) throws Throwable {
        comes.put("a", 1);
        RecoveryBlock<String, Integer> block = builder("a", "b").build();

        assertThat(ask(async, block)).isEqualTo(1);

        assertThat(steps).containsExactly("a");
        assertThat(block.counts()).isEqualTo(new RecoveryBlock.Counts(List.of(1L, 0L), 0, 0, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("what fails and what is not accepted is passed over, and told of")
    void undone(boolean async) throws Throwable {
        comes.put("a", new IOException("down"));
        comes.put("b", -1);
        comes.put("c", 3);
        RecoveryBlock<String, Integer> block = builder("a", "b", "c", "d").build();
        List<String> passed = new ArrayList<>();
        block.on(RecoveryBlock.PassedOver.class, event -> passed.add(event.alternative() + " " + event.outcome()));

        assertThat(ask(async, block)).isEqualTo(3);

        assertThat(steps).containsExactly("a", "b", "c");
        assertThat(passed)
                .containsExactly(
                        "a threw java.io.IOException: 'down'",
                        "b threw dev.holdfast.quorum.NotAcceptedException: 'plan': the result of 'b' is not accepted");
        assertThat(block.counts()).isEqualTo(new RecoveryBlock.Counts(List.of(0L, 0L, 1L, 0L), 0, 0, 0, 0));
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "where no way gives an accepted result the call ends with what the last one failed with, the others suppressed")
    void none(boolean async) {
        IOException down = new IOException("down");
        comes.put("a", down);
        comes.put("b", null);
        RecoveryBlock<String, Integer> block = builder("a", "b").build();

        assertThatThrownBy(() -> ask(async, block))
                .isInstanceOf(NotAcceptedException.class)
                .hasMessage("'plan': the result of 'b' is not accepted")
                .satisfies(thrown -> assertThat(((NotAcceptedException) thrown).alternative())
                        .isEqualTo("b"))
                .hasSuppressedException(down);
        assertThat(block.counts().failed()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("an Error ends the call")
    void error(boolean async) {
        comes.put("a", new LinkageError("gone"));
        RecoveryBlock<String, Integer> block = builder("a", "b").build();

        assertThatThrownBy(() -> ask(async, block)).isInstanceOf(LinkageError.class);
        assertThat(steps).containsExactly("a");
        assertThat(block.counts().ignored()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a test that throws does not accept")
    void testThrows(boolean async) throws Throwable {
        comes.put("a", 1);
        comes.put("b", 2);
        RecoveryBlock<String, Integer> block = builder()
                .accept(result -> {
                    throw new IllegalStateException("cannot judge " + result);
                })
                .alternative("a", "a")
                .alternative("b", "b", result -> result == 2)
                .build();

        assertThat(ask(async, block)).isEqualTo(2);
        assertThat(steps).containsExactly("a", "b");

        RecoveryBlock<String, Integer> one = builder()
                .accept(result -> {
                    throw new IllegalStateException("cannot judge " + result);
                })
                .alternative("a", "a")
                .build();
        assertThatThrownBy(() -> ask(async, one)).hasMessage("'plan': the result of 'a' is not accepted");
    }

    @Test
    @DisplayName("cancelling an asynchronous call cancels the stage of the way, and no other is tried")
    void cancelled() {
        RecoveryBlock<String, Integer> block = builder("a", "b").build();
        CompletableFuture<Integer> stage = new CompletableFuture<>();
        CompletableFuture<Integer> call = block.callAsync(alternative -> {
            steps.add(alternative);
            return stage;
        });

        call.cancel(true);
        time.advance(Duration.ZERO);

        assertThat(stage).isCancelled();
        assertThatThrownBy(call::join).isInstanceOf(CancellationException.class);
        assertThat(steps).containsExactly("a");
    }

    @Test
    @DisplayName("a stage that fails, and a stage that is null, are failures")
    void stages() {
        RecoveryBlock<String, Integer> block = builder("a", "b", "c").build();
        CompletableFuture<Integer> stage = new CompletableFuture<>();
        CompletableFuture<Integer> call = block.callAsync(alternative -> {
            steps.add(alternative);
            return alternative.equals("a")
                    ? stage
                    : alternative.equals("b") ? null : CompletableFuture.completedFuture(7);
        });
        assertThat(steps).containsExactly("a");

        stage.completeExceptionally(new IOException("down"));
        time.advance(Duration.ZERO);

        assertThat(call.join()).isEqualTo(7);
        assertThat(steps).containsExactly("a", "b", "c");
    }

    @Test
    @DisplayName("functions are called alternative-1 and so on")
    void functions() {
        RecoveryBlock<Function<Integer, Integer>, Integer> block =
                RecoveryBlock.of("plan", (Integer x) -> x > 3, (Integer x) -> x, (Integer x) -> x + 1);

        assertThat(block.<RuntimeException>call(way -> way.apply(3))).isEqualTo(4);
        assertThat(block).hasToString("RecoveryBlock['plan' [alternative-1, alternative-2]]");
        assertThatThrownBy(() -> block.<RuntimeException>call(way -> way.apply(1)))
                .hasMessage("'plan': the result of 'alternative-2' is not accepted");
    }

    @Test
    @DisplayName("no alternative, too many, or a name twice is refused")
    void wrong() {
        assertThatThrownBy(() -> builder().build()).hasMessage("number of alternatives: 0 (expected: 1 to 15)");
        assertThatThrownBy(() -> builder("a", "b", "a").build())
                .hasMessage("alternative: a twice (expected: each name once)");
        RecoveryBlockBuilder<String, Integer> many = builder();
        for (int i = 0; i < 16; i++) {
            many.alternative("way " + i, "way");
        }
        assertThatThrownBy(many::build).hasMessage("number of alternatives: 16 (expected: 1 to 15)");
    }

    @Test
    @DisplayName("a recovery block keeps the alternatives that it was built with")
    void copied() {
        RecoveryBlockBuilder<String, Integer> builder = builder("a");
        RecoveryBlock<String, Integer> block = builder.build();
        builder.alternative("b", "b");
        comes.put("a", -1);
        comes.put("b", 1);
        assertThatThrownBy(() -> ask(false, block)).isInstanceOf(NotAcceptedException.class);
    }

    @Test
    @DisplayName("each number is a meter")
    void meters() throws Throwable {
        comes.put("a", -1);
        comes.put("b", 1);
        RecoveryBlock<String, Integer> block = builder("a", "b").build();
        ask(false, block);

        Map<String, Double> read = new HashMap<>();
        for (Meter meter : block.meters()) {
            read.put(
                    meter.name() + " " + meter.labels().get("holdfast.alternative") + " "
                            + meter.labels().get("holdfast.outcome"),
                    meter.value());
        }
        assertThat(read)
                .containsEntry("holdfast.recoveryblock.accepted a null", 0.0)
                .containsEntry("holdfast.recoveryblock.accepted b null", 1.0)
                .containsEntry("holdfast.recoveryblock.others null failed", 0.0)
                .containsEntry("holdfast.recoveryblock.rollbacks null done", 0.0)
                .hasSize(6);
    }

    @Test
    @DisplayName("all ways and tests of a blocking call run on its caller's thread, and need no timer")
    void onTheCaller() {
        List<Thread> threads = new ArrayList<>();
        RecoveryBlock<String, Integer> block = RecoveryBlock.<String, Integer>builder("plan")
                .environment(time)
                .accept(result -> threads.add(Thread.currentThread()) && result > 1)
                .alternative("a", "a")
                .alternative("b", "b")
                .build();

        assertThat(block.<RuntimeException>call(alternative -> {
                    threads.add(Thread.currentThread());
                    return alternative.equals("a") ? 1 : 2;
                }))
                .isEqualTo(2);
        assertThat(threads).hasSize(4).containsOnly(Thread.currentThread());
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("work that is not given a way is refused: no way would be tried, and nothing judged")
    void withoutAWay() {
        RecoveryBlock<String, Integer> block = builder("a", "b").build();
        assertThatThrownBy(() -> block.call(() -> 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("work that is not given what to work on");
        assertThatThrownBy(() -> block.callAsync(() -> CompletableFuture.completedFuture(1))
                        .join())
                .hasMessageContaining("work that is not given what to work on");
        RecoveryBlock<String, Integer> other = builder("a", "b").build();
        assertThatThrownBy(() -> Pipeline.of(other).call(() -> 1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(steps).isEmpty();
    }

    @Test
    @DisplayName("a recovery block nested in itself keeps both apart")
    void nested() throws Throwable {
        comes.put("a", -1);
        comes.put("b", 2);
        RecoveryBlock<String, Integer> block = builder("a", "b").build();

        assertThat(block.<Exception>call(outer -> outer.equals("a") ? -1 : block.<Exception>call(this::work)))
                .isEqualTo(2);
        assertThat(block.counts().accepted()).containsExactly(0L, 2L);
    }
}
