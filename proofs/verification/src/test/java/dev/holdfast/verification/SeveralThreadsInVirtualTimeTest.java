// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Policies that move work to other threads are tested in virtual time like all others. */
class SeveralThreadsInVirtualTimeTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final int ROUNDS = Boolean.getBoolean("holdfast.long") ? 10_000 : 300;

    private final VirtualTime time = VirtualTime.create();
    private final ExecutorService pool = Executors.newFixedThreadPool(2);

    /** The ways in which a call gets to another thread. */
    private enum Elsewhere {
        OWN_THREADS,
        GIVEN,
        VIRTUAL,
        TIMEOUT
    }

    @AfterEach
    void close() {
        pool.shutdownNow();
    }

    private Pipeline<Object> within(Duration limit, Elsewhere where) {
        Timeout plain = Timeout.builder("t", limit).environment(time).build();
        BulkheadBuilder bulkhead = Bulkhead.builder("b").environment(time);
        switch (where) {
            case OWN_THREADS:
                return Pipeline.of(plain, bulkhead.ownThreads().build());
            case GIVEN:
                return Pipeline.of(plain, bulkhead.runOn(pool).build());
            case VIRTUAL:
                assumeTrue(Runtime.version().feature() >= 21);
                return Pipeline.of(plain, bulkhead.virtualThreads().build());
            default:
                return Pipeline.of(
                        Timeout.builder("t", limit)
                                .environment(time)
                                .runOn(pool)
                                .build(),
                        bulkhead.build());
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-17 work at once on another thread takes no time, however often it is called")
    void noTimePasses(Elsewhere where) {
        Pipeline<Object> pipeline = within(HOUR, where);
        for (int i = 0; i < ROUNDS; i++) {
            assertThat(pipeline.call(() -> "at once")).isEqualTo("at once");
            assertThat(time.join(pipeline.callAsync(() -> CompletableFuture.completedFuture("at once"))))
                    .isEqualTo("at once");
        }
        assertThat(time.nanoTime()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-17 work on another thread takes as long as it sleeps, to the nanosecond")
    void sleepsOnAnotherThread(Elsewhere where) throws Exception {
        Pipeline<Object> pipeline = within(HOUR, where);
        for (int i = 1; i <= ROUNDS; i++) {
            pipeline.callChecked(() -> {
                time.sleep(Duration.ofMillis(7));
                return "slept";
            });
            assertThat(time.nanoTime()).isEqualTo(i * 7_000_000L);
        }
    }

    @Test
    @DisplayName("XC-17 who may wait an hour behind a call of 50 ms gets its turn after 50 ms")
    void waitsForAnother() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            long begin = time.nanoTime();
            Bulkhead bulkhead = Bulkhead.builder("b")
                    .environment(time)
                    .limit(1)
                    .queue(1)
                    .waitUpTo(HOUR)
                    .build();
            CountDownLatch inside = new CountDownLatch(1);
            CompletableFuture<Object> first = CompletableFuture.supplyAsync(
                    () -> bulkhead.call(() -> {
                        inside.countDown();
                        sleep(Duration.ofMillis(50));
                        return time.nanoTime() - begin;
                    }),
                    time.threads());
            inside.await();
            assertThat(bulkhead.<Object>call(() -> time.nanoTime() - begin)).isEqualTo(50_000_000L);
            assertThat(first.join()).isEqualTo(50_000_000L);
        }
    }

    private void sleep(Duration duration) {
        try {
            time.sleep(duration);
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
