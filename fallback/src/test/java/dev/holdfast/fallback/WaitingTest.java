// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How a blocking call waits for an asynchronous step. */
@org.junit.jupiter.api.Timeout(30)
class WaitingTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final VirtualTime time = VirtualTime.create();
    private final CompletableFuture<String> stage = new CompletableFuture<>();
    private final IllegalStateException failure = new IllegalStateException("no");
    private final AtomicInteger later = new AtomicInteger();

    @AfterEach
    void noFlagLeavesTheTest() {
        Thread.interrupted();
    }

    private String fails() {
        throw failure;
    }

    private String later() {
        later.incrementAndGet();
        return "later";
    }

    private Fallback<String> toStage() {
        return Fallback.builder("f", String.class)
                .environment(time)
                .callAsync(() -> stage)
                .call(this::later)
                .build();
    }

    @Test
    @DisplayName("a blocking call waits, in the time of its environment, for the stage of a step")
    void waits() {
        time.schedule(() -> stage.complete("backup"), HOUR.toNanos());

        assertThat(toStage().call(this::fails)).isEqualTo("backup");
        assertThat(time.nanoTime()).isEqualTo(HOUR.toNanos());
    }

    @Test
    @DisplayName("after a stage that fails, the next step runs on the caller's own thread")
    void nextStepIsHere() throws Exception {
        ExecutorService pool = Executors.newSingleThreadExecutor();
        List<Thread> threads = new ArrayList<>();
        try {
            Fallback<String> fallback = Fallback.builder("f", String.class)
                    .callAsync(() -> CompletableFuture.supplyAsync(this::fails, pool))
                    .call(() -> {
                        threads.add(Thread.currentThread());
                        return "here";
                    })
                    .build();

            assertThat(fallback.call(this::fails)).isEqualTo("here");
        } finally {
            pool.shutdown();
        }

        assertThat(pool.awaitTermination(10, SECONDS)).isTrue();
        assertThat(threads).containsExactly(Thread.currentThread());
    }

    @Test
    @DisplayName(
            "an interrupt ends the wait: the stage is cancelled, no step follows, the flag is set, the failure kept")
    void interrupted() {
        Fallback<String> fallback = toStage();
        time.schedule(Thread.currentThread()::interrupt, HOUR.toNanos());

        Throwable thrown = catchThrowable(() -> fallback.call(this::fails));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(thrown).isInstanceOf(CallInterruptedException.class).hasSuppressedException(failure);
        assertThat(time.nanoTime()).isEqualTo(HOUR.toNanos());
        assertThat(stage).isCancelled();
        assertThat(later).hasValue(0);
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 1));
    }

    @Test
    @DisplayName("a flag that is there already does not keep a caller from what needs no wait")
    void flagBroughtAlong() {
        Thread.currentThread().interrupt();
        stage.complete("backup");

        assertThat(toStage().call(this::fails)).isEqualTo("backup");
        assertThat(Fallback.builder("f", String.class)
                        .environment(time)
                        .value("value")
                        .build()
                        .call(this::fails))
                .isEqualTo("value");

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("a stage that another thread completes wakes the caller")
    void otherThread() throws Exception {
        ExecutorService pool = Executors.newSingleThreadExecutor();
        try {
            for (int i = 0; i < 500; i++) {
                int round = i;
                Fallback<Integer> fallback = Fallback.builder("f", Integer.class)
                        .callAsync(() -> CompletableFuture.supplyAsync(() -> round, pool))
                        .build();
                assertThat(fallback.<Integer>call(() -> {
                            throw failure;
                        }))
                        .isEqualTo(round);
            }
        } finally {
            pool.shutdown();
        }
        assertThat(pool.awaitTermination(10, SECONDS)).isTrue();
    }
}
