// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Stages that behave as they may, and queues of calls that wait for each other. */
@Timeout(60)
class ForeignStagesTest {
    /** Calls back later, on another thread, also when it is complete. */
    private static final class Later<T> extends CompletableFuture<T> {
        @Override
        public <U> CompletableFuture<U> handle(BiFunction<? super T, Throwable, ? extends U> function) {
            CompletableFuture<U> handled = new CompletableFuture<>();
            new Thread(() -> {
                        try {
                            Thread.sleep(20);
                        } catch (InterruptedException nobody) {
                            throw new AssertionError(nobody);
                        }
                        super.handle(function).thenAccept(handled::complete);
                    })
                    .start();
            return handled;
        }
    }

    /** Refuses to be anything but a stage. */
    private static final class Aloof<T> extends CompletableFuture<T> {
        @Override
        public CompletableFuture<T> toCompletableFuture() {
            throw new UnsupportedOperationException();
        }
    }

    private final FifoGate gate = new FifoGate(Environment.system(), 5, TimeUnit.MINUTES.toNanos(1));

    @Test
    @DisplayName("A complete stage that calls back later: the work runs once, whether it gave a value or failed")
    void laterCallback() throws Exception {
        for (boolean fails : new boolean[] {false, true}) {
            AtomicInteger runs = new AtomicInteger();
            CompletableFuture<Object> call = Pipeline.<Object>of(gate).callAsync(() -> {
                runs.incrementAndGet();
                Later<Object> stage = new Later<>();
                if (fails) {
                    stage.completeExceptionally(new IllegalStateException("down"));
                } else {
                    stage.complete("value");
                }
                return stage;
            });
            CountDownLatch ended = new CountDownLatch(1);
            call.whenComplete((value, thrown) -> ended.countDown());
            assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(call.isCompletedExceptionally()).isEqualTo(fails);
            assertThat(runs).hasValue(1);
        }
        assertThat(gate.available).hasValue(5);
    }

    @Test
    @DisplayName("A stage that is no CompletableFuture for anybody is waited for")
    void aloofStage() {
        Aloof<Object> left = new Aloof<>();
        gate.callAsync(() -> left).cancel(true);
        assertThat(left)
                .as("what refuses to be a future is not cancelled as one")
                .isNotDone();

        Aloof<Object> stage = new Aloof<>();
        CompletableFuture<Object> call = gate.callAsync(() -> stage);
        assertThat(call).isNotDone();
        assertThat(gate.available).hasValue(4);
        stage.complete("value");
        assertThat(call).isCompletedWithValue("value");
        assertThat(gate.available).hasValue(5);
    }

    @Test
    @DisplayName(
            "BH-1 ten thousand calls that wait for each other, and fail with the first: all end, all permits are back")
    void queueOfCalls() throws Exception {
        FifoGate wide = new FifoGate(Environment.system(), 20_000, 0);
        CompletableFuture<Object> head = new CompletableFuture<>();
        CompletableFuture<Object> tail = head;
        List<CompletableFuture<Object>> all = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            CompletableFuture<Object> before = tail;
            tail = wide.callAsync(() -> before.thenCompose(value -> new CompletableFuture<>()));
            all.add(tail);
        }
        CountDownLatch ended = new CountDownLatch(1);
        tail.whenComplete((value, thrown) -> ended.countDown());
        head.completeExceptionally(new IllegalStateException("down"));

        assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(all).allMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(wide.available).hasValue(20_000);
    }

    @Test
    @DisplayName("A deadline that ends an asynchronous retry in its delay carries the failure of the attempt")
    void causeOfRetries() {
        Lab lab = new Lab();
        IllegalStateException boom = new IllegalStateException("boom");
        // A delay that is decided without looking at the deadline, as one that oversleeps.
        Lab.TracedLoop loop =
                lab.new TracedLoop("r", 5, attempt -> Duration.ofSeconds(10).toNanos());
        loop.looksAtTime = false;
        CompletableFuture<Object> call = Pipeline.of(lab.deadline("d", Duration.ofSeconds(1)), loop)
                .callAsync(() -> CompletableFuture.failedFuture(boom));
        lab.time.advance(Duration.ofSeconds(2));
        assertThat(call).isCompletedExceptionally();
        call.whenComplete((value, thrown) -> {
                    assertThat(thrown.getSuppressed()).hasSize(1);
                    assertThat(thrown.getSuppressed()[0])
                            .hasMessage("nobody waits for this call any more")
                            .hasSuppressedException(boom);
                })
                .exceptionally(thrown -> null);
        assertThat(call.handle((value, thrown) -> thrown.getSuppressed()[0].getSuppressed()[0])
                        .join())
                .isSameAs(boom);
        lab.assertBalanced("after the deadline");
    }

    @Test
    @DisplayName("BH-1 a clock that fails after a wait: the permit that was granted meanwhile is given back")
    void clockThatFails() {
        AtomicLong readings = new AtomicLong(Long.MAX_VALUE);
        VirtualTime time = VirtualTime.create();
        Environment broken = new Environment() {
            @Override
            public long nanoTime() {
                if (readings.getAndDecrement() <= 0) {
                    throw new IllegalStateException("clock");
                }
                return time.nanoTime();
            }

            @Override
            public Timer schedule(Runnable task, long delayNanos) {
                return time.schedule(task, delayNanos);
            }

            @Override
            public boolean await(java.util.function.BooleanSupplier done, long nanos) throws InterruptedException {
                return time.await(done, nanos);
            }

            @Override
            public long nextLong(long bound) {
                return time.nextLong(bound);
            }
        };
        FifoGate one = new FifoGate(broken, 1, Duration.ofSeconds(1).toNanos());
        Permit first = one.acquire();
        time.schedule(first::succeeded, 1_000);
        readings.set(1);

        assertThatThrownBy(one::acquire).hasMessage("clock");
        assertThat(one.available).hasValue(1);
    }
}
