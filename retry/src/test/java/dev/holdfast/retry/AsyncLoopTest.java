// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class AsyncLoopTest {
    private static final long SMALL_STACK = 160 * 1024;

    private final VirtualTime time = VirtualTime.create();
    private final IOException failure = new IOException("no");

    /** Runs attempts on a thread that has little stack; gives how many there were. */
    private int attempts(int max, Backoff backoff, Supplier<CompletionStage<Object>> attempt) throws Exception {
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(max)
                .backoff(backoff)
                .build();
        FutureTask<Integer> count = new FutureTask<>(() -> {
            int[] attempts = {0};
            CompletableFuture<Object> future = retry.callAsync(() -> {
                attempts[0]++;
                return attempt.get();
            });
            assertThat(Way.join(time, future).thrown()).isSameAs(failure);
            return attempts[0];
        });
        new Thread(null, count, "small stack", SMALL_STACK).start();
        return count.get(30, TimeUnit.SECONDS);
    }

    @Test
    @Timeout(40)
    @DisplayName("RT-6 1,000,000 attempts that fail at once run in constant stack")
    void failedFutures() throws Exception {
        CompletableFuture<Object> failed = CompletableFuture.failedFuture(failure);

        assertThat(attempts(1_000_000, Backoff.none(), () -> failed)).isEqualTo(1_000_000);
    }

    @Test
    @Timeout(40)
    @DisplayName("RT-6 suppliers that throw, too")
    void throwingSuppliers() throws Exception {
        assertThat(attempts(100_000, Backoff.none(), () -> {
                    throw Backend.sneaky(failure);
                }))
                .isEqualTo(100_000);
    }

    @Test
    @Timeout(40)
    @DisplayName("RT-6 stages that complete while a callback is being hung on them, too")
    void stagesCompleteInside() throws Exception {
        assertThat(attempts(100_000, Backoff.none(), () -> CompletableFuture.failedStage(failure)))
                .isEqualTo(100_000);
    }

    @Test
    @Timeout(40)
    @DisplayName("RT-6 attempts after a delay, too")
    void afterDelays() throws Exception {
        CompletableFuture<Object> failed = CompletableFuture.failedFuture(failure);

        // Each goes to another thread and back; with a frame each they would not fit on the small stack by far.
        int many = Boolean.getBoolean("holdfast.long") ? 100_000 : 10_000;
        assertThat(attempts(many, Backoff.fixed(Duration.ofSeconds(1)), () -> failed))
                .isEqualTo(many);
    }

    @Test
    @Timeout(40)
    @DisplayName("RT-6 a synchronous retry loops, too")
    void sync() {
        Backend backend = new Backend(time).fails(failure);
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(100_000)
                .backoff(Backoff.none())
                .build();

        assertThat(Way.SYNC.call(retry, time, backend).thrown()).isSameAs(failure);
        assertThat(backend.calls()).isEqualTo(100_000);
    }
}
