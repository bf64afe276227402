// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.Backoff;
import dev.holdfast.CallInterruptedException;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InterruptTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Map<String, Shape> SHAPES = Map.of(
            "call", (retry, work) -> retry.call(work::answer),
            "callChecked", (retry, work) -> retry.callChecked(work::answer),
            "callable", (retry, work) -> retry.callable(work::answer).call(),
            "function",
                    (retry, work) -> retry.function(ignored -> work.answer()).apply(""),
            "run", (retry, work) -> retry.run(work::answer),
            "runChecked", (retry, work) -> retry.runChecked(work::answer),
            "checkedConsumer",
                    (retry, work) ->
                            retry.checkedConsumer(ignored -> work.answer()).accept(""));

    private interface Shape {
        void call(Retry<Object> retry, Backend work) throws Exception;
    }

    private final VirtualTime time = VirtualTime.create();
    private final IOException failure = new IOException("no");

    @AfterEach
    void leaveNoFlag() {
        assertThat(Thread.interrupted()).isFalse();
    }

    private RetryBuilder<Object> hourly() {
        return Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(9)
                .backoff(Backoff.fixed(HOUR));
    }

    private void interruptAfter(Duration delay) {
        time.schedule(Thread.currentThread()::interrupt, delay.toNanos());
    }

    @ParameterizedTest
    @ValueSource(strings = {"call", "callChecked", "callable", "function", "run", "runChecked", "checkedConsumer"})
    @DisplayName("RT-4 an interrupt ends the wait after an exception at once, with flag, type and last failure")
    void afterException(String shape) {
        Backend backend = new Backend(time).fails(failure);
        interruptAfter(Duration.ofSeconds(1));

        Throwable thrown = catchThrowable(() -> SHAPES.get(shape).call(hourly().build(), backend));

        assertThat(thrown).isInstanceOf(CallInterruptedException.class).hasMessageContaining("'r'");
        assertThat(thrown.getSuppressed()).containsExactly(failure);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(backend.calls()).isEqualTo(1);
        assertThat(time.nanoTime()).isEqualTo(Duration.ofSeconds(1).toNanos());
    }

    @ParameterizedTest
    @ValueSource(strings = {"call", "callChecked", "callable", "function"})
    @DisplayName("RT-4 an interrupt ends the wait after a result that is not acceptable, null included")
    void afterResult(String shape) {
        for (Object result : new Object[] {null, "busy"}) {
            Backend backend = new Backend(time).gives(result);
            interruptAfter(Duration.ofSeconds(1));

            Throwable thrown = catchThrowable(() -> SHAPES.get(shape)
                    .call(hourly().retryOnResult(value -> value == result).build(), backend));

            assertThat(thrown).isInstanceOf(CallInterruptedException.class).hasNoSuppressedExceptions();
            assertThat(Thread.interrupted()).isTrue();
            assertThat(backend.calls()).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("RT-4 failures of earlier attempts are kept, too, whatever the last attempt gave")
    void earlierFailures() {
        IOException second = new IOException("second");
        Backend backend = new Backend(time).fails(failure, second).gives("busy");
        interruptAfter(HOUR.multipliedBy(2).plusSeconds(1));

        Throwable thrown = catchThrowable(
                () -> hourly().retryOnResult("busy"::equals).build().call(backend::answer));

        assertThat(thrown).isInstanceOf(CallInterruptedException.class);
        assertThat(thrown.getSuppressed()).containsExactly(failure, second);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(backend.calls()).isEqualTo(3);
    }

    @Test
    @DisplayName("RT-4 a thread that is already interrupted makes one attempt and does not wait, not even for nothing")
    void interruptedBefore() {
        for (Backoff backoff : List.of(Backoff.fixed(HOUR), Backoff.none())) {
            int[] attempts = {0};

            Throwable thrown =
                    catchThrowable(() -> hourly().backoff(backoff).build().callChecked(() -> {
                        attempts[0]++;
                        Thread.currentThread().interrupt();
                        throw failure;
                    }));

            assertThat(thrown).isInstanceOf(CallInterruptedException.class).hasSuppressedException(failure);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(attempts[0]).isEqualTo(1);
        }
        assertThat(time.nanoTime()).isZero();
    }

    @Test
    @DisplayName("RT-4 the last attempt of an interrupted thread throws its own failure and leaves the flag set")
    void noWaitNoSwap() {
        Throwable thrown = catchThrowable(() -> hourly().maxAttempts(1).build().callChecked(() -> {
            Thread.currentThread().interrupt();
            throw failure;
        }));

        assertThat(thrown).isSameAs(failure);
        assertThat(Thread.interrupted()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Timeout(20)
    @DisplayName("RT-4 on a real thread, which is parked for an hour")
    void realThread(boolean onResult) throws Exception {
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .backoff(Backoff.fixed(HOUR))
                .retryOnResult(value -> true)
                .build();
        AtomicInteger attempts = new AtomicInteger();
        CountDownLatch tried = new CountDownLatch(1);
        FutureTask<Boolean> flag = new FutureTask<>(() -> {
            Throwable thrown = catchThrowable(() -> retry.callChecked(() -> {
                attempts.incrementAndGet();
                tried.countDown();
                if (onResult) {
                    return "busy";
                }
                throw failure;
            }));
            assertThat(thrown).isInstanceOf(CallInterruptedException.class);
            assertThat(thrown.getSuppressed()).hasSize(onResult ? 0 : 1);
            return Thread.currentThread().isInterrupted();
        });
        Thread caller = new Thread(flag);
        caller.start();
        tried.await();
        while (caller.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }

        caller.interrupt();

        assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(attempts).hasValue(1);
    }
}
