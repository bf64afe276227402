// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Call;
import dev.holdfast.Deadline;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@org.junit.jupiter.api.Timeout(30)
class AsyncTest {
    private final VirtualTime time = VirtualTime.create();
    private final AtomicInteger later = new AtomicInteger();
    private final CompletableFuture<String> stage = new CompletableFuture<>();
    private final IOException failure = new IOException("no");

    private FallbackBuilder<String> builder() {
        return Fallback.builder("f", String.class).environment(time);
    }

    private CompletableFuture<String> failing() {
        return CompletableFuture.failedFuture(failure);
    }

    private String later() {
        later.incrementAndGet();
        return "later";
    }

    @Test
    @DisplayName("an asynchronous step blocks nobody, and what it gives is the call's result")
    void doesNotBlock() {
        Fallback<String> fallback = builder().callAsync(() -> stage).build();
        List<Event> told = new ArrayList<>();
        fallback.on(Event.Recovered.class, told::add);

        CompletableFuture<String> future = fallback.callAsync(this::failing);

        assertThat(future).isNotDone();
        assertThat(told).isEmpty();
        stage.complete("backup");
        assertThat(future).isCompletedWithValue("backup");
        assertThat(told).hasSize(1);
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 1, 0, 0));
    }

    @Test
    @DisplayName("cancelling the call cancels the step that is under way, and no further step begins")
    void cancel() {
        Fallback<String> fallback =
                builder().callAsync(() -> stage).call(this::later).build();
        CompletableFuture<String> future = fallback.callAsync(this::failing);

        assertThat(future.cancel(true)).isTrue();

        assertThat(stage).isCancelled();
        assertThat(future).isCancelled();
        assertThat(later).hasValue(0);
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 1));
    }

    @Test
    @DisplayName("cancelling the call cancels its second step when that is under way")
    void cancelSecond() {
        CompletableFuture<String> second = new CompletableFuture<>();
        Fallback<String> fallback = builder()
                .callAsync(() -> stage)
                .callAsync(() -> second)
                .call(this::later)
                .build();
        CompletableFuture<String> future = fallback.callAsync(this::failing);
        stage.completeExceptionally(new IOException("first step"));

        future.cancel(true);

        assertThat(second).isCancelled();
        assertThat(later).hasValue(0);
    }

    @Test
    @DisplayName("cancelling a call while a step is being started cancels what that step gives")
    void cancelDuringStart() {
        for (int before = 0; before < 2; before++) {
            CompletableFuture<String> work = new CompletableFuture<>();
            CompletableFuture<String> given = new CompletableFuture<>();
            List<CompletableFuture<String>> future = new ArrayList<>();
            CompletableFuture<String> first = new CompletableFuture<>();
            FallbackBuilder<String> builder = builder();
            if (before == 1) {
                builder.callAsync(() -> first);
            }
            Fallback<String> fallback = builder.callAsync(() -> {
                        future.get(0).cancel(true);
                        return given;
                    })
                    .call(this::later)
                    .build();
            future.add(fallback.callAsync(() -> work));

            work.completeExceptionally(failure);
            first.completeExceptionally(failure);

            assertThat(given).isCancelled();
        }
        assertThat(later).hasValue(0);
    }

    @Test
    @DisplayName("a step that is deaf to cancellation and fails afterwards is followed by no other")
    void deafStep() {
        CompletableFuture<String> deaf = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                return false;
            }
        };
        Fallback<String> fallback =
                builder().callAsync(() -> deaf).call(this::later).build();

        fallback.callAsync(this::failing).cancel(true);
        deaf.completeExceptionally(new IOException("late"));

        assertThat(later).hasValue(0);
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 1));
    }

    @Test
    @DisplayName("a deadline around the fallback cancels the step that is under way")
    void deadline() {
        Deadline deadline = new Deadline("d", time) {
            @Override
            protected long nanos(Call call) {
                return 1_000;
            }

            @Override
            protected RuntimeException exceeded(long nanos) {
                return new IllegalStateException("too late");
            }

            @Override
            protected void kept() {}
        };
        Fallback<String> fallback =
                builder().callAsync(() -> stage).call(this::later).build();
        CompletableFuture<String> future = Pipeline.of(deadline, fallback).callAsync(this::failing);

        assertThatThrownBy(() -> time.join(future)).hasRootCauseMessage("too late");

        assertThat(stage).isCancelled();
        assertThat(later).hasValue(0);
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 1));
    }

    @Test
    @DisplayName("minimal stages are taken, and left alone when the call is cancelled")
    void minimalStages() {
        Fallback<String> complete = builder()
                .callAsync(() -> CompletableFuture.completedStage("yes"))
                .build();
        Fallback<String> never =
                builder().callAsync(stage::minimalCompletionStage).build();

        assertThat(complete.callAsync(this::failing)).isCompletedWithValue("yes");
        CompletableFuture<String> future = never.callAsync(this::failing);
        assertThat(future.cancel(true)).isTrue();
        assertThat(stage).isNotDone();
        stage.complete("late");
        assertThat(never.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 1));
    }

    @Test
    @DisplayName("a stage that cannot be listened to or cancelled is a step that failed; nothing hangs")
    void brokenStages() {
        CompletableFuture<String> deaf = new CompletableFuture<>() {
            @Override
            public <U> CompletableFuture<U> handle(BiFunction<? super String, Throwable, ? extends U> function) {
                throw new UnsupportedOperationException("handle");
            }
        };
        CompletableFuture<String> stubborn = new CompletableFuture<>() {
            @Override
            public CompletableFuture<String> toCompletableFuture() {
                throw new UnsupportedOperationException("toCompletableFuture");
            }
        };
        Fallback<String> fallback =
                builder().callAsync(() -> deaf).call(this::later).build();
        assertThat(fallback.callAsync(this::failing)).isCompletedWithValue("later");
        assertThat(fallback.<String>call(() -> {
                    throw new IllegalStateException();
                }))
                .isEqualTo("later");

        CompletableFuture<String> future =
                builder().callAsync(() -> stubborn).build().callAsync(this::failing);
        assertThat(future.cancel(true)).isTrue();
        assertThat(future).isCancelled();
    }

    @Test
    @DisplayName("a cancelled stage of a step ends the call with a CancellationException")
    void cancelledStage() {
        Fallback<String> fallback =
                builder().callAsync(() -> stage).call(this::later).build();
        CompletableFuture<String> future = fallback.callAsync(this::failing);

        stage.cancel(true);

        assertThatThrownBy(future::join).isInstanceOf(CancellationException.class);
        assertThat(later).hasValue(0);
    }

    @Test
    @DisplayName("step against cancellation on two threads: one ends the call, and each call is counted once")
    void cancelRace() throws Exception {
        int rounds = 2_000;
        List<CompletableFuture<String>> stages = new ArrayList<>();
        List<CompletableFuture<String>> futures = new ArrayList<>();
        AtomicInteger next = new AtomicInteger();
        Fallback<String> fallback = builder()
                .callAsync(() -> stages.get(next.get()))
                .callAsync(() -> new CompletableFuture<String>().completeOnTimeout("second", 0, SECONDS))
                .build();
        for (int i = 0; i < rounds; i++) {
            stages.add(new CompletableFuture<>());
        }
        Phaser together = new Phaser(2);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            Future<?> completing = other.submit(() -> {
                for (int i = 0; i < rounds; i++) {
                    together.arriveAndAwaitAdvance();
                    if (i % 2 == 0) {
                        stages.get(i).complete("first");
                    } else {
                        stages.get(i).completeExceptionally(failure);
                    }
                }
            });
            for (int i = 0; i < rounds; i++) {
                next.set(i);
                CompletableFuture<String> future = fallback.callAsync(this::failing);
                futures.add(future);
                together.arriveAndAwaitAdvance();
                for (int spin = i % 256; spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                future.cancel(true);
            }
            completing.get(10, SECONDS);
        } finally {
            other.shutdownNow();
        }

        assertThat(futures).allMatch(CompletableFuture::isDone);
        Fallback.Counts counts = fallback.counts();
        assertThat(counts.recovered() + counts.failed()).isEqualTo(rounds);
        assertThat(counts.recovered())
                .isGreaterThanOrEqualTo(
                        futures.stream().filter(future -> !future.isCancelled()).count());
    }
}
