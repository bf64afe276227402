// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.ThreadContext;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@org.junit.jupiter.api.Timeout(30)
class AsyncTest {
    private static final Duration LIMIT = Duration.ofMillis(10);

    private final VirtualTime time = VirtualTime.create();
    private final Timeout timeout =
            Timeout.builder("t", LIMIT).environment(time).build();
    private final CompletableFuture<String> stage = new CompletableFuture<>();

    @Test
    @DisplayName("TO-6 at the deadline, and not before, the stage is cancelled and the future fails")
    void cancelsTheStage() {
        CompletableFuture<String> future = timeout.callAsync(() -> stage);

        time.advance(LIMIT.minusNanos(1));
        assertThat(future).isNotDone();
        assertThat(stage).isNotDone();

        time.advance(Duration.ofNanos(1));
        assertThat(stage).isCancelled();
        assertThat(future).isCompletedExceptionally().isNotCancelled();
        assertThatThrownBy(future::join).hasCauseInstanceOf(TimeoutExceededException.class);
    }

    @Test
    @DisplayName("TO-1 what a stage gives after the deadline is not seen")
    void lateResult() {
        CompletableFuture<String> deaf = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                return false;
            }
        };
        CompletableFuture<String> future = timeout.callAsync(() -> deaf);

        time.advance(LIMIT);
        deaf.complete("late");

        assertThatThrownBy(future::join).hasCauseInstanceOf(TimeoutExceededException.class);
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(0, 1));
    }

    @Test
    @DisplayName("TO-4 the caller's cancellation reaches the stage and removes the timer")
    void cancelledByCaller() {
        CompletableFuture<String> future = timeout.callAsync(() -> stage);

        assertThat(future.cancel(true)).isTrue();

        assertThat(stage).isCancelled();
        assertThat(time.pendingTimers()).isZero();
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(1, 0));
    }

    @Test
    @DisplayName("a supplier that takes longer than the deadline on its caller's thread gives up its stage")
    void slowSupplier() {
        CompletableFuture<String> future = timeout.callAsync(() -> {
            time.advance(LIMIT);
            return stage;
        });
        time.advance(Duration.ZERO);

        assertThatThrownBy(future::join).hasCauseInstanceOf(TimeoutExceededException.class);
        assertThat(stage).isCancelled();
    }

    @Test
    @DisplayName("TO-4 a supplier that throws, or gives no stage, fails the future and leaves no timer")
    void throwingSupplier() {
        IllegalStateException thrown = new IllegalStateException("no");

        assertThatThrownBy(() -> timeout.callAsync(() -> {
                            throw thrown;
                        })
                        .join())
                .hasCause(thrown);
        assertThatThrownBy(() -> timeout.callAsync(() -> null).join()).hasCauseInstanceOf(NullPointerException.class);

        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("a stage that cancels itself or fails in time gives that, not a timeout")
    void ownEnds() {
        CompletableFuture<String> cancelled = timeout.callAsync(() -> stage);
        stage.cancel(true);
        IOException failure = new IOException("no");
        CompletableFuture<String> failed = timeout.callAsync(() -> CompletableFuture.failedFuture(failure));

        assertThatThrownBy(cancelled::get).isInstanceOf(CancellationException.class);
        assertThatThrownBy(failed::join).hasCause(failure);
        assertThat(failure).hasNoSuppressedExceptions();
    }

    @Test
    @DisplayName("TO-1 stage against timer on two threads: one of them wins, and the count says which")
    void oneWinner() throws Exception {
        int rounds = 2_000;
        List<CompletableFuture<String>> stages = new ArrayList<>();
        List<CompletableFuture<String>> futures = new ArrayList<>();
        AtomicInteger completions = new AtomicInteger();
        Phaser together = new Phaser(2);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            for (int i = 0; i < rounds; i++) {
                stages.add(new CompletableFuture<>());
            }
            Future<?> completing = other.submit(() -> {
                for (int i = 0; i < rounds; i++) {
                    together.arriveAndAwaitAdvance();
                    for (int spin = i % 512; spin > 0; spin--) {
                        Thread.onSpinWait();
                    }
                    stages.get(i).complete("result");
                }
            });
            for (CompletableFuture<String> each : stages) {
                CompletableFuture<String> future = timeout.callAsync(() -> each);
                future.whenComplete((value, thrown) -> completions.incrementAndGet());
                futures.add(future);
                together.arriveAndAwaitAdvance();
                time.advance(LIMIT);
            }
            completing.get(10, SECONDS);
            time.advance(Duration.ZERO);
        } finally {
            other.shutdownNow();
        }

        long results = futures.stream()
                .filter(future -> !future.isCompletedExceptionally())
                .count();
        assertThat(futures).allMatch(CompletableFuture::isDone);
        assertThat(completions).hasValue(rounds);
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(results, rounds - results));
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("what follows a timeout sees what was bound to the caller's thread")
    void context() {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        VirtualTime carrying = VirtualTime.create().withContext(ThreadContext.of(tenant));
        Timeout limited = Timeout.builder("t", LIMIT).environment(carrying).build();
        List<String> seen = new ArrayList<>();
        limited.on(dev.holdfast.Event.TimedOut.class, event -> seen.add(tenant.get()));

        tenant.set("acme");
        CompletableFuture<String> future = limited.callAsync(() -> stage);
        tenant.set("other");
        carrying.advance(LIMIT);

        assertThat(future).isCompletedExceptionally();
        assertThat(seen).containsExactly("acme");
        assertThat(tenant.get()).isEqualTo("other");
    }
}
