// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.HandOffTest.OneThread;
import dev.holdfast.testkit.VirtualTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The stack does not grow with the number of attempts, nor does what is kept of them. */
@Timeout(120)
class ManyAttemptsTest {
    private static final int MILLION = 1_000_000;
    /** Of attempts that go from thread to thread: with a frame each they would not fit on the small stack by far. */
    private static final int HANDED_OVER = Lab.many(30_000, 5_000);

    private static final RuntimeException FAILURE = new RuntimeException("shared", null, true, false) {
        private static final long serialVersionUID = 1L;
    };

    private final VirtualTime time = VirtualTime.create();
    private final AtomicInteger attempts = new AtomicInteger();
    private final FifoGate gate = new FifoGate(time, 1, 0);

    private void run(int count, long delay, Supplier<CompletionStage<Object>> failing) throws Exception {
        Pipeline<Object> pipeline = Pipeline.of(new Again(time, count, delay), gate);
        QueueTest.onSmallStack(() -> {
            CompletableFuture<Object> future = pipeline.callAsync(() ->
                    attempts.incrementAndGet() == count ? CompletableFuture.completedFuture("done") : failing.get());
            assertThat(future.isDone() ? future.join() : time.join(future)).isEqualTo("done");
        });
        assertThat(attempts).hasValue(count);
        assertThat(gate.available).hasValue(1);
        assertThat(gate.counts()).isEqualTo(new CallCounts(1, count - 1, 0, 0, 0));
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("RT-6 a million attempts whose stages have failed already")
    void failedStages() throws Exception {
        CompletableFuture<Object> failed = CompletableFuture.failedFuture(FAILURE);
        run(MILLION, 0, () -> failed);
    }

    @Test
    @DisplayName("RT-6 a hundred thousand attempts whose suppliers throw")
    void throwingSuppliers() throws Exception {
        run(100_000, 0, () -> {
            throw FAILURE;
        });
    }

    @Test
    @DisplayName("RT-6 a million attempts whose stages are minimal: they complete while they are being waited for")
    void minimalStages() throws Exception {
        CompletionStage<Object> failed = CompletableFuture.failedStage(FAILURE);
        run(MILLION, 0, () -> failed);
    }

    @Test
    @DisplayName("RT-6 many attempts with stages of others, and with delays of a nanosecond")
    void otherStages() throws Exception {
        CompletionStage<Object> foreign = Lab.foreign(CompletableFuture.failedFuture(FAILURE));
        run(HANDED_OVER, 0, () -> foreign);
        attempts.set(0);
        FifoGate other = new FifoGate(time, 1, 0);
        Pipeline<Object> delayed = Pipeline.of(new Again(time, HANDED_OVER, 1), other);
        QueueTest.onSmallStack(() -> assertThat(
                        time.join(delayed.callAsync(() -> attempts.incrementAndGet() == HANDED_OVER
                                ? CompletableFuture.completedFuture("done")
                                : CompletableFuture.failedFuture(FAILURE))))
                .isEqualTo("done"));
        assertThat(time.nanoTime()).isEqualTo(HANDED_OVER - 1);
    }

    @Test
    @DisplayName("RT-6 S a million attempts, some of which complete on another thread at the same moment")
    void otherThreads() throws Exception {
        OneThread other = new OneThread();
        CompletableFuture<Object> failed = CompletableFuture.failedFuture(FAILURE);
        Pipeline<Object> pipeline = Pipeline.of(new Again(time, MILLION, 0), gate);
        CompletableFuture<Object> ended = new CompletableFuture<>();
        try {
            QueueTest.onSmallStack(() -> pipeline.callAsync(() -> {
                        int attempt = attempts.incrementAndGet();
                        if (attempt == MILLION) {
                            return CompletableFuture.completedFuture("done");
                        }
                        if (attempt % 100 != 0) {
                            return failed;
                        }
                        CompletableFuture<Object> crossing = new CompletableFuture<>();
                        other.execute(() -> crossing.completeExceptionally(FAILURE));
                        return crossing;
                    })
                    .whenComplete((value, failure) -> ended.complete(failure == null ? value : failure)));
            assertThat(time.join(ended)).isEqualTo("done");
            assertThat(attempts).hasValue(MILLION);
            assertThat(gate.available).hasValue(1);
        } finally {
            other.stop();
        }
    }

    @Test
    @DisplayName("RT-6 blocking: a hundred thousand attempts, of which the last carries ten at most")
    void blocking() throws Exception {
        Pipeline<Object> pipeline = Pipeline.of(new Again(time, 100_000, 0), gate);
        QueueTest.onSmallStack(() -> {
            Throwable thrown = null;
            try {
                pipeline.run(() -> {
                    throw attempts.incrementAndGet() > 100_000 - 50
                            ? new IllegalStateException("attempt " + attempts.get())
                            : FAILURE;
                });
            } catch (IllegalStateException expected) {
                thrown = expected;
            }
            assertThat(thrown).hasMessage("attempt 100000");
            assertThat(thrown.getSuppressed()).hasSizeBetween(1, 10).doesNotContain(thrown);
            assertThat(thrown.getSuppressed()[thrown.getSuppressed().length - 1])
                    .hasMessage("attempt 99999");
        });
    }

    @Test
    @DisplayName("RT-6 a failure that all calls share does not grow")
    void sharedFailure() {
        Pipeline<Object> pipeline = Pipeline.of(new Again(time, 5, 0));
        for (int i = 0; i < 100; i++) {
            CompletableFuture<Object> future = pipeline.callAsync(() -> CompletableFuture.failedFuture(
                    attempts.incrementAndGet() % 5 == 0 ? FAILURE : new IllegalStateException()));
            time.advance(ms(0));
            assertThat(future).isCompletedExceptionally();
        }
        assertThat(FAILURE.getSuppressed()).hasSizeLessThanOrEqualTo(10);
    }
}
