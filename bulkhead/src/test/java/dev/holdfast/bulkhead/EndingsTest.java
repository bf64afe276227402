// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static dev.holdfast.bulkhead.Testing.LONG;
import static dev.holdfast.bulkhead.Testing.assertIdle;
import static dev.holdfast.bulkhead.Testing.hold;
import static dev.holdfast.bulkhead.Testing.inThread;
import static dev.holdfast.bulkhead.Testing.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Event;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EndingsTest {
    private final VirtualTime time = VirtualTime.create();
    private final Bulkhead bulkhead =
            Bulkhead.builder("b").environment(time).limit(2).build();

    static Stream<Throwable> throwables() {
        return Stream.of(
                new IllegalStateException("state"),
                new IOException("checked"),
                new Error("error"),
                new StackOverflowError(),
                new OutOfMemoryError("heap"),
                new AssertionError("assertion"),
                new InterruptedException("interrupted"),
                new CancellationException("cancelled"),
                new CompletionException(new IOException("wrapped")));
    }

    @ParameterizedTest
    @MethodSource("throwables")
    @DisplayName("BH-1 whatever a call throws, its permit comes back, once")
    void everyThrowable(Throwable thrown) {
        assertThat(catchThrowable(() -> bulkhead.run(() -> {
                    assertThat(bulkhead.report().inFlight()).isEqualTo(1);
                    throw Testing.<RuntimeException>sneak(thrown);
                })))
                .isSameAs(thrown);
        assertIdle(bulkhead);

        CompletableFuture<Object> sneaked = bulkhead.callAsync(() -> {
            throw Testing.<RuntimeException>sneak(thrown);
        });
        assertThat(sneaked).isCompletedExceptionally();
        assertIdle(bulkhead);

        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> later = bulkhead.callAsync(() -> stage);
        assertThat(bulkhead.report().inFlight()).isEqualTo(1);
        stage.completeExceptionally(thrown);
        assertThat(later).isCompletedExceptionally();
        assertIdle(bulkhead);

        assertThat(catchThrowable(() -> withThreads(thrown))).isSameAs(thrown);
    }

    private static void withThreads(Throwable thrown) {
        try (Bulkhead own = Bulkhead.builder("own").limit(2).ownThreads().build()) {
            try {
                own.run(() -> {
                    throw Testing.<RuntimeException>sneak(thrown);
                });
            } finally {
                assertIdle(own);
            }
        }
    }

    @Test
    @DisplayName("BH-1 results and null results end a call, too")
    void results() {
        assertThat(bulkhead.call(() -> "in")).isEqualTo("in");
        assertThat(bulkhead.<Object>call(() -> null)).isNull();
        assertThat(bulkhead.callAsync(() -> CompletableFuture.completedFuture("in"))
                        .join())
                .isEqualTo("in");
        assertThat(bulkhead.counts().successes()).isEqualTo(3);
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-1 a refusal further in gives the permit back")
    void refusedFurtherIn() {
        Bulkhead inner = Bulkhead.builder("inner").environment(time).limit(1).build();
        Pipeline<Object> both = Pipeline.of(bulkhead, inner);
        List<Permit> held = hold(inner, 1);

        assertThatThrownBy(() -> both.call(() -> "in"))
                .isInstanceOfSatisfying(
                        BulkheadFullException.class,
                        refused -> assertThat(refused.why()).isEqualTo(BulkheadFullException.Reason.FULL))
                .hasMessage("'inner' is full: 1 in flight (limit: 1), 0 waiting");
        assertThat(both.callAsync(() -> CompletableFuture.completedFuture("in")))
                .isCompletedExceptionally();

        assertThat(bulkhead.counts().ignored()).isEqualTo(2);
        assertIdle(bulkhead);
        held.forEach(Permit::close);
        assertIdle(inner);
    }

    @Test
    @DisplayName("BH-1 a permit comes back from a call that is timed out, blocking or not")
    void timedOut() {
        Testing.After outside = new Testing.After(Duration.ofMillis(5), time, null);
        Pipeline<Object> pipeline = Pipeline.of(outside, bulkhead);

        assertThatThrownBy(() -> pipeline.runChecked(() -> time.sleep(LONG)))
                .isInstanceOf(Testing.SomeTimeoutException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertIdle(bulkhead);

        CompletableFuture<Object> timedOut = pipeline.callAsync(CompletableFuture::new);
        time.advance(Duration.ofMillis(5));
        assertThatThrownBy(timedOut::join).hasCauseInstanceOf(Testing.SomeTimeoutException.class);
        assertIdle(bulkhead);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("BH-1 cancelled while it runs: the permit is back when the stage is cancelled")
    void cancelledWhileRunning() {
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> call = bulkhead.callAsync(() -> stage);
        call.cancel(true);
        assertThat(stage).isCancelled();
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-1 cancelled before it starts: the work never runs and the permit is back")
    void cancelledBeforeStart() {
        AtomicInteger started = new AtomicInteger();
        List<Runnable> tasks = new ArrayList<>();
        Bulkhead lazy = Bulkhead.builder("lazy")
                .environment(time)
                .limit(1)
                .runOn(tasks::add)
                .build();

        CompletableFuture<Object> call = lazy.callAsync(() -> {
            started.incrementAndGet();
            return new CompletableFuture<>();
        });
        assertThat(lazy.report().inFlight()).isEqualTo(1);
        call.cancel(true);

        assertIdle(lazy);
        tasks.forEach(Runnable::run);
        assertThat(started).hasValue(0);
        assertIdle(lazy);
    }

    @Test
    @DisplayName("BH-1 a caller that is interrupted before its work starts on another thread takes the permit along")
    void interruptedBeforeStart() {
        List<Runnable> tasks = new ArrayList<>();
        Bulkhead lazy = Bulkhead.builder("lazy").limit(1).runOn(tasks::add).build();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> lazy.run(() -> {})).isInstanceOf(CallInterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertIdle(lazy);
        tasks.forEach(Runnable::run);
        assertIdle(lazy);
    }

    @Test
    @DisplayName("BH-1 cancelled while it waits: its place is free at once, and nothing else changes")
    void cancelledWhileQueued() {
        Bulkhead queueing = Bulkhead.builder("q")
                .environment(time)
                .limit(1)
                .queue(1)
                .waitUpTo(LONG)
                .build();
        List<Permit> held = hold(queueing, 1);
        CompletableFuture<Object> waiting = queueing.callAsync(CompletableFuture::new);
        assertThat(queueing.report()).isEqualTo(new Bulkhead.Report(1, 1, 1));

        waiting.cancel(true);

        assertThat(queueing.report()).isEqualTo(new Bulkhead.Report(1, 1, 0));
        held.forEach(Permit::close);
        assertIdle(queueing);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("BH-1 an executor that refuses: the caller gets a refusal that says so, and the permit is back")
    void refusedByItsExecutor() {
        RejectedExecutionException cause = new RejectedExecutionException("full");
        Bulkhead full = Bulkhead.builder("full")
                .limit(1)
                .runOn(task -> {
                    throw cause;
                })
                .build();

        assertThatThrownBy(() -> full.run(() -> {}))
                .isInstanceOfSatisfying(
                        BulkheadFullException.class,
                        refused -> assertThat(refused.why()).isEqualTo(BulkheadFullException.Reason.EXECUTOR))
                .hasMessage("'full' has an executor that refused the call")
                .hasCause(cause)
                .hasNoSuppressedExceptions();
        assertIdle(full);
        assertThatThrownBy(() -> full.callAsync(CompletableFuture::new).join())
                .hasCauseInstanceOf(BulkheadFullException.class);
        assertIdle(full);
    }

    @Test
    @DisplayName("BH-1 listeners and classifiers that throw cost no permit")
    void userCodeThatThrows() {
        Bulkhead watched = Bulkhead.builder("w").limit(1).queue(1).build();
        watched.on(Event.class, event -> {
            throw new Error("listener");
        });
        assertThat(watched.call(() -> "in")).isEqualTo("in");
        List<Permit> held = hold(watched, 1);
        watched.reconfigure(settings -> settings.queue(0));
        assertThatThrownBy(() -> watched.run(() -> {})).isInstanceOf(BulkheadFullException.class);
        held.forEach(Permit::close);
        watched.reconfigure(settings -> settings.limit(2));
        assertIdle(watched);

        Bulkhead classifying = Bulkhead.builder("c")
                .limit(1)
                .classify(so -> so.failIf(thrown -> {
                    throw new IllegalStateException("predicate");
                }))
                .build();
        assertThatThrownBy(() -> classifying.run(() -> {
                    throw new IllegalArgumentException("work");
                }))
                .hasMessage("work")
                .satisfies(thrown -> assertThat(thrown.getSuppressed()[0]).hasMessage("predicate"));
        assertIdle(classifying);
    }

    @Test
    @DisplayName("BH-2 a permit that is reported again and again raises no capacity")
    void permitsEndOnce() {
        Permit permit = hold(bulkhead, 1).get(0);
        assertThat(permit.succeeded()).isTrue();
        assertThat(permit.succeeded()).isFalse();
        assertThat(permit.failed()).isFalse();
        permit.close();
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-2 a stage that completes twice gives one permit back")
    void stagesEndOnce() {
        hold(bulkhead, 1);
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> call = bulkhead.callAsync(() -> stage);
        stage.complete("first");
        stage.obtrudeValue("second");
        call.cancel(true);
        call.complete("third");
        assertThat(bulkhead.report().inFlight()).isEqualTo(1);
    }

    @Test
    @DisplayName("BH-6 on threads of its own, the permit stays taken when the caller leaves, until the work ends")
    void callerLeavesWorkBehind() {
        try (Bulkhead own = Bulkhead.builder("own").limit(1).ownThreads().build()) {
            CountDownLatch started = new CountDownLatch(1);
            CountDownLatch end = new CountDownLatch(1);
            CompletableFuture<Thread> caller = new CompletableFuture<>();
            CompletableFuture<Object> call = inThread(() -> {
                caller.complete(Thread.currentThread());
                return own.call(() -> {
                    started.countDown();
                    uninterruptibly(end);
                    return "done";
                });
            });
            until("started", () -> started.getCount() == 0);
            caller.join().interrupt();
            assertThatThrownBy(call::join).hasCauseInstanceOf(CallInterruptedException.class);

            assertThat(own.report().inFlight()).isEqualTo(1);
            assertThat(own.tryAcquire()).isNull();
            end.countDown();
            assertIdle(own);
        }
    }

    @Test
    @DisplayName("BH-6 a stage that goes on after cancellation or timeout keeps its permit until it ends")
    void stageGoesOn() {
        Testing.After outside = new Testing.After(Duration.ofMillis(5), time, null);
        CompletableFuture<Object> cancelledWork = new Testing.Stubborn<>();
        CompletableFuture<Object> timedOutWork = new Testing.Stubborn<>();
        CompletableFuture<Object> cancelled = bulkhead.callAsync(() -> cancelledWork);
        CompletableFuture<Object> timedOut = Pipeline.of(outside, bulkhead).callAsync(() -> timedOutWork);
        cancelled.cancel(true);
        time.advance(Duration.ofMillis(5));

        assertThat(timedOut).isCompletedExceptionally();
        assertThat(bulkhead.report().inFlight()).isEqualTo(2);
        assertThat(bulkhead.tryAcquire()).isNull();

        cancelledWork.complete("late");
        assertThat(bulkhead.report().inFlight()).isEqualTo(1);
        timedOutWork.completeExceptionally(new IOException("late"));
        assertIdle(bulkhead);
    }

    private static void uninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
