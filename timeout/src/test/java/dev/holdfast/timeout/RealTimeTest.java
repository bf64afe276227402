// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Real clock, real threads. With {@code -Dholdfast.long=true}, as many rounds as the invariant asks for. */
@org.junit.jupiter.api.Timeout(600)
class RealTimeTest {
    private static final int ROUNDS = Boolean.getBoolean("holdfast.long") ? 100_000 : 2_000;

    private final ExecutorService pool = Executors.newSingleThreadExecutor();
    private final SplittableRandom random = new SplittableRandom(2);
    private Duration limit = Duration.ofNanos(400_000);
    /** How long the work takes: follows the moment at which timeouts really fire, and so stays at the edge. */
    private long edge = limit.toNanos();

    @AfterEach
    void close() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, SECONDS)).isTrue();
    }

    /** Works for a time within 100 µs of the edge, deaf to interrupts and without touching the flag. */
    private void work() {
        long nanos = edge + random.nextLong(-100_000, 100_001);
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
    }

    /** Makes a call; gives whether it was in time. */
    private boolean isInTime(Timeout timeout, Runnable work) {
        try {
            timeout.run(work);
            edge += 10_000;
            return true;
        } catch (TimeoutExceededException late) {
            edge -= 10_000;
            if (edge < 0) {
                // The machine is too busy to do anything in this time.
                limit = limit.multipliedBy(2);
                timeout.reconfigure(limit);
                edge = limit.toNanos();
            }
            return false;
        }
    }

    @Test
    @DisplayName("TO-2 work that ends within 100 µs of its deadline, again and again: never a flag after the call")
    void noStrayFlag() {
        Timeout timeout = Timeout.of("t", limit);
        int inTime = 0;
        int strays = 0;
        for (int i = 0; i < ROUNDS; i++) {
            inTime += isInTime(timeout, this::work) ? 1 : 0;
            strays += Thread.interrupted() ? 1 : 0;
            if (i % 16 == 0) {
                // A flag that comes a little later would be no better.
                Thread.yield();
                strays += Thread.interrupted() ? 1 : 0;
            }
        }

        assertThat(strays).isZero();
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(inTime, ROUNDS - inTime));
        assertThat(inTime)
                .as("both sides win at times, or the edge was not met")
                .isBetween(1, ROUNDS - 1);
    }

    @Test
    @DisplayName("TO-2 the same on an executor: its thread is given back without a flag")
    void noStrayFlagOnExecutor() {
        AtomicInteger strays = new AtomicInteger();
        Timeout timeout = Timeout.builder("t", limit)
                .runOn(task -> pool.execute(() -> {
                    task.run();
                    strays.addAndGet(Thread.interrupted() ? 1 : 0);
                    Thread.yield();
                    strays.addAndGet(Thread.interrupted() ? 1 : 0);
                }))
                .build();
        int inTime = 0;
        for (int i = 0; i < ROUNDS / 4; i++) {
            inTime += isInTime(timeout, this::work) ? 1 : 0;
        }

        assertThat(strays).hasValue(0);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(inTime).isBetween(1, ROUNDS / 4 - 1);
    }

    @Test
    @DisplayName("TO-3 interrupts by another thread at any moment are never lost while no deadline is near")
    void foreignInterrupts() throws Exception {
        Timeout timeout = Timeout.of("t", Duration.ofHours(1));
        Thread caller = Thread.currentThread();
        for (int i = 0; i < ROUNDS / 4; i++) {
            CompletableFuture<Void> sent = CompletableFuture.runAsync(caller::interrupt, pool);
            timeout.run(() -> {
                for (int spin = random.nextInt(2_000); spin > 0; spin--) {
                    Thread.onSpinWait();
                }
            });
            while (!sent.isDone()) {
                Thread.onSpinWait();
            }
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    @DisplayName("TO-6 never early: on the caller's thread, on an executor, or asynchronous")
    void neverEarly() {
        limit = Duration.ofMillis(3);
        Timeout here = Timeout.of("t", limit);
        Timeout elsewhere = Timeout.builder("t", limit).runOn(pool).build();
        for (int i = 0; i < 40; i++) {
            assertThat(elapsed(() -> here.runChecked(() -> Thread.sleep(60_000))))
                    .isGreaterThanOrEqualTo(limit);
            assertThat(elapsed(() -> elsewhere.runChecked(() -> Thread.sleep(60_000))))
                    .isGreaterThanOrEqualTo(limit);
            assertThat(elapsed(() -> join(here.callAsync(CompletableFuture<String>::new))))
                    .isGreaterThanOrEqualTo(limit);
        }
    }

    private static void join(CompletableFuture<?> future) {
        try {
            future.join();
        } catch (CompletionException wrapped) {
            throw (TimeoutExceededException) wrapped.getCause();
        }
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private static Duration elapsed(Work call) {
        long start = System.nanoTime();
        assertThatThrownBy(call::run).isInstanceOf(TimeoutExceededException.class);
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
