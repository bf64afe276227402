// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CancelTest {
    private final VirtualTime time = VirtualTime.create();
    private final Backend backend = new Backend(time).fails(new IOException("no"));

    private Retry<Object> hourly(Environment environment) {
        return Retry.builder("r")
                .withoutBudget()
                .environment(environment)
                .maxAttempts(9)
                .backoff(Backoff.fixed(Duration.ofHours(1)))
                .build();
    }

    private static void endFromOutside(Consumer<Consumer<CompletableFuture<Object>>> test) {
        test.accept(future -> future.cancel(true));
        test.accept(future -> future.cancel(false));
        test.accept(future -> future.complete("enough"));
        test.accept(future -> future.completeExceptionally(new IllegalStateException("enough")));
    }

    @Test
    @DisplayName("RT-5 cancelling removes the pending delay, and no attempt follows")
    void whileWaiting() {
        endFromOutside(end -> {
            int before = backend.calls();
            CompletableFuture<Object> future = hourly(time).callAsync(() -> backend.answerAsync(false));
            assertThat(time.pendingTimers()).isEqualTo(1);

            end.accept(future);

            assertThat(time.pendingTimers()).isZero();
            time.advance(Duration.ofDays(1));
            assertThat(backend.calls()).isEqualTo(before + 1);
            assertThat(future).isDone();
        });
    }

    @Test
    @DisplayName("RT-5 cancelling cancels the attempt that is running, be it the first or a later one")
    void whileRunning() {
        for (int running = 1; running <= 3; running++) {
            int nth = running;
            endFromOutside(end -> {
                Deque<CompletableFuture<Object>> attempts = new ArrayDeque<>();
                CompletableFuture<Object> future = hourly(time).callAsync(() -> {
                    attempts.add(new CompletableFuture<>());
                    return attempts.getLast();
                });
                for (int i = 1; i < nth; i++) {
                    attempts.getLast().completeExceptionally(new IOException("no"));
                    time.advance(Duration.ofHours(1));
                }

                end.accept(future);

                assertThat(attempts).hasSize(nth);
                assertThat(attempts.getLast()).isCancelled();
                assertThat(time.pendingTimers()).isZero();
            });
        }
    }

    @Test
    @DisplayName("RT-5 cancelling from inside of an attempt ends the call there")
    void fromInside() {
        endFromOutside(end -> {
            Deque<CompletableFuture<Object>> future = new ArrayDeque<>();
            future.add(hourly(time).callAsync(() -> {
                if (backend.calls() % 2 == 1) {
                    end.accept(future.getFirst());
                }
                return backend.answerAsync(false);
            }));

            time.advance(Duration.ofDays(1));

            assertThat(future.getFirst()).isDone();
            assertThat(backend.calls() % 2).isZero();
            assertThat(time.pendingTimers()).isZero();
        });
    }

    @Test
    @DisplayName("RT-5 100,000 retries that wait at once leave no timer when they are cancelled")
    void manyAtOnce() throws Exception {
        Retry<Object> retry = hourly(time);
        FutureTask<Integer> pending = new FutureTask<>(() -> {
            Deque<CompletableFuture<Object>> waiting = new ArrayDeque<>();
            for (int i = 0; i < 100_000; i++) {
                waiting.add(retry.callAsync(() -> backend.answerAsync(false)));
            }
            int most = time.pendingTimers();
            waiting.forEach(future -> future.cancel(true));
            return most;
        });
        // On a thread of its own, because stack traces take the longer the deeper the stack is.
        new Thread(pending).start();

        assertThat(pending.get(20, TimeUnit.SECONDS)).isEqualTo(100_000);
        assertThat(time.pendingTimers()).isZero();
        time.advance(Duration.ofDays(1));
        assertThat(backend.calls()).isEqualTo(100_000);
    }

    @Test
    @Timeout(20)
    @DisplayName("RT-5 on a real timer the queue is empty afterwards")
    void realTimer() throws InterruptedException {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
        timer.setRemoveOnCancelPolicy(true);
        try {
            Retry<Object> retry = hourly(Environment.builder().scheduler(timer).build());
            for (int i = 0; i < 5_000; i++) {
                retry.callAsync(() -> CompletableFuture.failedFuture(new IOException("no")))
                        .cancel(true);
            }
            assertThat(timer.getQueue()).isEmpty();
        } finally {
            timer.shutdownNow();
            timer.awaitTermination(10, TimeUnit.SECONDS);
        }
    }

    @Test
    @DisplayName("RT-5 a call that has ended leaves no timer and cannot be changed any more")
    void afterwards() {
        Backend healthy = new Backend(time).gives("yes");
        CompletableFuture<Object> future = hourly(time).callAsync(() -> healthy.answerAsync(true));
        assertThat(time.join(future)).isEqualTo("yes");

        assertThat(future.cancel(true)).isFalse();
        assertThat(future).isCompletedWithValue("yes");
        assertThat(time.pendingTimers()).isZero();
    }
}
