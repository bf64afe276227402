// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Environment;
import dev.holdfast.ThreadContext;
import dev.holdfast.UnavailableException;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@org.junit.jupiter.api.Timeout(30)
class ExecutorTest {
    private static final Duration LIMIT = Duration.ofMillis(10);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final VirtualTime time = VirtualTime.create();
    private final List<Runnable> queue = new ArrayList<>();
    private final AtomicInteger started = new AtomicInteger();
    private final ExecutorService pool = Executors.newSingleThreadExecutor();

    @AfterEach
    void close() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, SECONDS)).isTrue();
        assertThat(Thread.interrupted()).isFalse();
    }

    private TimeoutBuilder virtual() {
        return Timeout.builder("t", LIMIT).environment(time);
    }

    private Timeout real(Duration limit) {
        return Timeout.builder("t", limit).runOn(pool).build();
    }

    /** Calls until one of the calls has reached the executor's thread before its deadline: a machine may be busy. */
    private static void timesOutAtWork(Timeout timeout, Runnable work) {
        AtomicBoolean reached = new AtomicBoolean();
        while (!reached.get()) {
            assertThatThrownBy(() -> timeout.run(() -> {
                        reached.set(true);
                        work.run();
                    }))
                    .isInstanceOf(TimeoutExceededException.class)
                    .hasNoSuppressedExceptions();
        }
    }

    @Test
    @DisplayName("work that has not started at the deadline never will")
    void neverStarts() {
        Timeout timeout = virtual().runOn(queue::add).build();

        assertThatThrownBy(() -> timeout.run(started::incrementAndGet)).isInstanceOf(TimeoutExceededException.class);
        queue.forEach(Runnable::run);

        assertThat(started).hasValue(0);
        assertThat(time.nanoTime()).isEqualTo(LIMIT.toNanos());
    }

    @Test
    @DisplayName(
            "XC-14 an executor that refuses: a refusal, which no breaker takes for the dependency's failure; nothing is counted")
    void refused() {
        RejectedExecutionException full = new RejectedExecutionException("full");
        Timeout timeout = virtual()
                .runOn(task -> {
                    throw full;
                })
                .build();

        assertThatThrownBy(() -> timeout.run(started::incrementAndGet))
                .isInstanceOf(UnavailableException.class)
                .hasCause(full);

        assertThat(started).hasValue(0);
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(0, 0));
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("TO-3 an interrupted caller leaves at once with its flag set, and the work never starts")
    void interruptedCaller() {
        Timeout timeout = virtual().runOn(queue::add).build();
        time.schedule(Thread.currentThread()::interrupt, 1_000);

        assertThatThrownBy(() -> timeout.run(started::incrementAndGet)).isInstanceOf(CallInterruptedException.class);
        queue.forEach(Runnable::run);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(time.nanoTime()).isEqualTo(1_000);
        assertThat(started).hasValue(0);
        assertThat(timeout.counts()).isEqualTo(new Timeout.Counts(1, 0));
    }

    @Test
    @DisplayName("asynchronous calls do not use the executor")
    void asyncStaysWhereItIs() {
        Timeout timeout = virtual().runOn(queue::add).build();

        Thread here = timeout.callAsync(() -> CompletableFuture.completedFuture(Thread.currentThread()))
                .join();

        assertThat(here).isSameAs(Thread.currentThread());
        assertThat(queue).isEmpty();
    }

    @Test
    @DisplayName("work that is deaf to interrupts does not hold its caller, and what it gives later is not seen")
    void deafWork() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        Timeout timeout = real(LIMIT);

        timesOutAtWork(timeout, () -> {
            boolean flag = false;
            while (released.getCount() > 0) {
                flag |= Thread.interrupted();
            }
            interrupted.set(flag | Thread.interrupted());
        });
        released.countDown();

        assertThat(pool.submit(Thread::interrupted).get(10, SECONDS)).isFalse();
        assertThat(interrupted).hasValue(true);
        assertThat(timeout.counts().inTime()).isZero();
    }

    @Test
    @DisplayName("TO-2 work that sleeps is interrupted at the deadline; its thread goes on without a flag")
    void interruptsWork() throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();

        timesOutAtWork(real(LIMIT), () -> {
            try {
                Thread.sleep(MINUTE.toMillis());
            } catch (InterruptedException interrupt) {
                thrown.complete(interrupt);
            }
        });

        assertThat(thrown.get(10, SECONDS)).isInstanceOf(InterruptedException.class);
        assertThat(pool.submit(Thread::interrupted).get(10, SECONDS)).isFalse();
    }

    @Test
    @DisplayName(
            "TO-9 a deadline that must not interrupt leaves a channel that others share open; its caller is free all the same")
    void channelStaysOpen(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("shared"), new byte[65_536]);
        try (FileChannel shared = FileChannel.open(file)) {
            CountDownLatch released = new CountDownLatch(1);
            CompletableFuture<Void> ended = new CompletableFuture<>();
            Timeout gentle =
                    Timeout.builder("t", LIMIT).runOn(pool).interrupt(false).build();

            timesOutAtWork(gentle, () -> {
                try {
                    while (released.getCount() > 0) {
                        shared.read(ByteBuffer.allocate(4096), 0);
                    }
                    ended.complete(null);
                } catch (IOException closed) {
                    ended.completeExceptionally(closed);
                }
            });
            released.countDown();

            ended.get(10, SECONDS);
            assertThat(shared.read(ByteBuffer.allocate(10), 0)).isEqualTo(10);
        }
    }

    @Test
    @DisplayName(
            "TO-10 a deadline that must not interrupt ends deaf work on its caller's thread by the hook that the work has given")
    void hookInsteadOfInterrupt(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("shared"), new byte[65_536]);
        try (FileChannel shared = FileChannel.open(file)) {
            Timeout gentle = Timeout.builder("t", LIMIT).interrupt(false).build();

            assertThatThrownBy(() -> gentle.callWith(call -> {
                        AtomicBoolean ended = new AtomicBoolean();
                        call.onAbandon(() -> ended.set(true));
                        while (!ended.get()) {
                            readFrom(shared);
                        }
                        return "ended";
                    }))
                    .isInstanceOf(TimeoutExceededException.class);
            assertThat(shared.read(ByteBuffer.allocate(10), 0)).isEqualTo(10);
            assertThat(gentle.counts()).isEqualTo(new Timeout.Counts(0, 1));
        }
    }

    private static void readFrom(FileChannel channel) {
        try {
            channel.read(ByteBuffer.allocate(4096), 0);
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }

    @Test
    @DisplayName("TO-3 an interrupted caller leaves running work behind, which is interrupted")
    void interruptedCallerOfRunningWork() throws Exception {
        Thread caller = Thread.currentThread();
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();

        assertThatThrownBy(() -> real(MINUTE).run(() -> {
                    caller.interrupt();
                    try {
                        Thread.sleep(MINUTE.toMillis());
                    } catch (InterruptedException interrupt) {
                        thrown.complete(interrupt);
                    }
                }))
                .isInstanceOf(CallInterruptedException.class);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(thrown.get(10, SECONDS)).isInstanceOf(InterruptedException.class);
    }

    @Test
    @DisplayName("results and failures come back from the executor's thread as they are")
    void outcomes() {
        IllegalStateException failure = new IllegalStateException("no");

        assertThat(real(MINUTE).call(Thread::currentThread)).isNotSameAs(Thread.currentThread());
        assertThatThrownBy(() -> real(MINUTE).run(() -> {
                    throw failure;
                }))
                .isSameAs(failure);
    }

    @Test
    @DisplayName("what is bound to the caller's thread goes along, and is gone from the executor's afterwards")
    void context() throws Exception {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        tenant.set("acme");
        Timeout timeout = Timeout.builder("t", MINUTE)
                .environment(
                        Environment.builder().context(ThreadContext.of(tenant)).build())
                .runOn(pool)
                .build();

        assertThat(timeout.call(tenant::get)).isEqualTo("acme");
        assertThat(pool.submit(tenant::get).get(10, SECONDS)).isNull();
    }
}
