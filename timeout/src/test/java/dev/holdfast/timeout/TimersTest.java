// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.ThreadContext;
import dev.holdfast.UnavailableException;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TimersTest {
    private static final int CALLS = 100_000;
    private static final Duration HOUR = Duration.ofHours(1);

    private final VirtualTime time = VirtualTime.create();
    private final Timeout timeout = Timeout.builder("t", HOUR).environment(time).build();
    private final RuntimeException exception = new RuntimeException("no");
    private final Error error = new StackOverflowError("no");

    @Test
    @DisplayName("TO-4 after 100,000 blocking calls with an hour's timeout, however they ended, no timer is left")
    void blocking() {
        int left = 0;
        for (int i = 0; i < CALLS; i++) {
            int kind = i % 4;
            try {
                timeout.call(() -> end(kind));
            } catch (RuntimeException | Error expected) {
                assertThat(kind).isNotZero();
            }
            left += time.pendingTimers();
        }

        assertThat(left).isZero();
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(3 * CALLS / 4, CALLS / 4));
        assertThat(Thread.interrupted()).isFalse();
    }

    private String end(int kind) {
        switch (kind) {
            case 0:
                return "result";
            case 1:
                throw exception;
            case 2:
                throw error;
            default:
                time.advance(HOUR);
                return "late";
        }
    }

    @Test
    @DisplayName("TO-4 after 100,000 asynchronous calls, completed, failed, cancelled and timed out, no timer is left")
    void async() {
        int timers = 0;
        int left = 0;
        int done = 0;
        for (int i = 0; i < CALLS; i++) {
            CompletableFuture<String> stage = new CompletableFuture<>();
            CompletableFuture<String> future = timeout.callAsync(() -> stage);
            timers += time.pendingTimers();
            switch (i % 4) {
                case 0:
                    stage.complete("result");
                    break;
                case 1:
                    stage.completeExceptionally(exception);
                    break;
                case 2:
                    future.cancel(true);
                    break;
                default:
                    time.advance(HOUR);
            }
            done += future.isDone() && stage.isDone() ? 1 : 0;
            left += time.pendingTimers();
        }

        assertThat(timers).isEqualTo(CALLS);
        assertThat(done).isEqualTo(CALLS);
        assertThat(left).isZero();
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(3 * CALLS / 4, CALLS / 4));
    }

    @Test
    @DisplayName("TO-4 calls on an executor need no timer, only their caller's patience")
    void executor() {
        Timeout elsewhere = Timeout.builder("t", HOUR)
                .environment(time)
                .runOn(task -> time.schedule(task, 1))
                .build();
        for (int i = 0; i < 1_000; i++) {
            elsewhere.run(() -> assertThat(time.pendingTimers()).isZero());
        }
        assertThat(elsewhere.counts()).isEqualTo(new Timeout.Counts(1_000, 0));
    }

    @Test
    @DisplayName("a timer that refuses fails the call, which never starts: it would run without a limit")
    void timerRefuses() {
        Timeout unlucky =
                Timeout.builder("t", HOUR).environment(new Refusing(time)).build();
        CompletableFuture<String> future = unlucky.callAsync(() -> CompletableFuture.completedFuture(end(1)));

        assertThat(thrownBy(() -> unlucky.call(() -> end(1)))).isInstanceOf(UnavailableException.class);
        assertThat(thrownBy(future::join))
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(UnavailableException.class);
        assertThat(unlucky.counts()).isEqualTo(new Timeout.Counts(0, 0));
    }

    private static Throwable thrownBy(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException thrown) {
            return thrown;
        }
        return new CancellationException("nothing thrown");
    }

    /** A timer that has been shut down. */
    private record Refusing(VirtualTime time) implements Environment {
        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            throw new RejectedExecutionException("shut down");
        }

        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
            return time.await(done, nanos);
        }

        @Override
        public long nextLong(long bound) {
            return time.nextLong(bound);
        }

        @Override
        public ThreadContext context() {
            return time.context();
        }
    }
}
