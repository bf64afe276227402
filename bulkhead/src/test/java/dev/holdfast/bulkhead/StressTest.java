// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static dev.holdfast.bulkhead.Testing.assertIdle;
import static dev.holdfast.bulkhead.Testing.hold;
import static dev.holdfast.bulkhead.Testing.inThread;
import static dev.holdfast.bulkhead.Testing.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Event;
import dev.holdfast.Permit;
import dev.holdfast.RejectedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On real threads; ten times as much with {@code -Dholdfast.long=true}. */
class StressTest {
    private static final int LIMIT = 3;
    private static final int THREADS = 8;
    private static final int OPERATIONS = Boolean.getBoolean("holdfast.long") ? 1_000_000 : 100_000;

    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger rejections = new AtomicInteger();
    private final Queue<CompletableFuture<Object>> abandoned = new ConcurrentLinkedQueue<>();

    enum Where {
        FIFO,
        LIFO,
        NO_QUEUE,
        OWN_THREADS,
        FULL_EXECUTOR,
        PARTITIONS
    }

    private static BulkheadBuilder builder(Where where) {
        BulkheadBuilder builder = Bulkhead.builder("stress").limit(LIMIT);
        switch (where) {
            case NO_QUEUE:
                return builder;
            case LIFO:
                return builder.queue(4).waitUpTo(Duration.ofNanos(50_000)).lifo();
            case OWN_THREADS:
                return builder.queue(4).waitUpTo(Duration.ofNanos(200_000)).ownThreads();
            case FULL_EXECUTOR:
                AtomicInteger tasks = new AtomicInteger();
                return builder.queue(4).waitUpTo(Duration.ofNanos(50_000)).runOn(task -> {
                    if (tasks.incrementAndGet() % 3 == 0) {
                        throw new RejectedExecutionException("every third");
                    }
                    task.run();
                });
            case PARTITIONS:
                return builder.queue(2)
                        .waitUpTo(Duration.ofNanos(50_000))
                        .partition("a", 0.7)
                        .partition("b", 0.3);
            default:
                return builder.queue(4).waitUpTo(Duration.ofNanos(50_000));
        }
    }

    @ParameterizedTest
    @EnumSource(Where.class)
    @DisplayName("BH-1 BH-6 whatever happens to calls, never more than the limit are inside, and all permits come back")
    void randomOperations(Where where) {
        int operations = where == Where.OWN_THREADS ? OPERATIONS / 5 : OPERATIONS;
        Bulkhead bulkhead = builder(where).build();
        bulkhead.on(Event.CallRejected.class, event -> {
            if (rejections.incrementAndGet() % 5000 == 0) {
                throw new Error("listener");
            }
        });
        List<CompletableFuture<Object>> workers = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            SplittableRandom random = new SplittableRandom(i);
            Bulkhead mine =
                    where == Where.PARTITIONS && i % 3 > 0 ? bulkhead.partition(i % 3 == 1 ? "a" : "b") : bulkhead;
            workers.add(inThread(() -> {
                for (int k = 0; k < operations / THREADS; k++) {
                    operation(mine, random);
                }
                return null;
            }));
        }
        workers.forEach(CompletableFuture::join);
        assertThat(most).as("bodies at once").hasValueLessThanOrEqualTo(LIMIT);
        assertThat(most).as("bodies at once").hasPositiveValue();
        until("all work has ended", () -> {
            endAbandoned();
            return inside.get() == 0;
        });
        assertIdle(bulkhead);
        bulkhead.close();
    }

    private void operation(Bulkhead bulkhead, SplittableRandom random) {
        endAbandoned();
        int kind = random.nextInt(9);
        try {
            switch (kind) {
                case 0:
                    bulkhead.run(() -> {
                        body();
                        throw new StackOverflowError();
                    });
                    break;
                case 1:
                    CompletableFuture<Object> stage = new CompletableFuture<>();
                    CompletableFuture<Object> cancelled = bulkhead.callAsync(() -> stage);
                    cancelled.cancel(true);
                    break;
                case 2:
                    bulkhead.callAsync(() -> {
                        body();
                        return CompletableFuture.failedStage(new IllegalStateException("stage"));
                    });
                    break;
                case 3:
                    bulkhead.callAsync(() -> {
                        throw new OutOfMemoryError("supplier");
                    });
                    break;
                case 4:
                    try (Permit permit = bulkhead.tryAcquire()) {
                        if (permit != null) {
                            body();
                            permit.failed();
                        }
                    }
                    break;
                case 5:
                    Thread.currentThread().interrupt();
                    bulkhead.run(this::body);
                    break;
                case 6:
                    // Abandoned work that goes on: the permit stays with it, until somebody ends it later.
                    bulkhead.callAsync(() -> {
                                inside();
                                CompletableFuture<Object> stubborn = new Testing.Stubborn<>();
                                abandoned.add(stubborn);
                                return stubborn;
                            })
                            .cancel(true);
                    break;
                default:
                    bulkhead.run(this::body);
            }
        } catch (RejectedException | CallInterruptedException | StackOverflowError expected) {
            // All of them are drawn on purpose.
        } finally {
            Thread.interrupted();
        }
    }

    private void endAbandoned() {
        CompletableFuture<Object> stubborn = abandoned.poll();
        if (stubborn != null) {
            inside.decrementAndGet();
            stubborn.complete("late");
        }
    }

    private void inside() {
        int now = inside.incrementAndGet();
        most.accumulateAndGet(now, Math::max);
    }

    private void body() {
        inside();
        Thread.onSpinWait();
        inside.decrementAndGet();
    }

    @ParameterizedTest
    @EnumSource(
            value = Where.class,
            names = {"FIFO", "LIFO"})
    @DisplayName(
            "BH-3 who gives up and who hands over decide it once: one goes in or the permit is free, never neither")
    void givingUpAgainstHandingOver(Where where) throws Exception {
        Bulkhead bulkhead = builder(where).limit(1).queue(1).build();
        int rounds = OPERATIONS / 50;
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicInteger in = new AtomicInteger();
        AtomicInteger out = new AtomicInteger();
        CompletableFuture<Object> waiter = inThread(() -> {
            for (int i = 0; i < rounds; i++) {
                both.await();
                try {
                    bulkhead.acquire().close();
                    in.incrementAndGet();
                } catch (RejectedException tooLate) {
                    out.incrementAndGet();
                }
                both.await();
            }
            return null;
        });
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < rounds; i++) {
            Permit held = hold(bulkhead, 1).get(0);
            both.await();
            // The wait is 50 us, and parking makes it longer.
            LockSupport.parkNanos(random.nextLong(120_000));
            held.close();
            both.await();
            assertThat(bulkhead.report()).as("round " + i).isEqualTo(new Bulkhead.Report(1, 0, 0));
        }
        waiter.join();
        assertThat(in.get() + out.get()).isEqualTo(rounds);
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-3 cancelling against handing over, asynchronously (P10)")
    void cancellingAgainstHandingOver() throws Exception {
        Bulkhead bulkhead =
                builder(Where.FIFO).limit(1).queue(2).waitUpTo(Testing.LONG).build();
        int rounds = OPERATIONS / 20;
        CyclicBarrier both = new CyclicBarrier(2);
        List<CompletableFuture<Object>> calls = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            calls.add(new CompletableFuture<>());
        }
        CompletableFuture<Object> canceller = inThread(() -> {
            for (int i = 0; i < rounds; i++) {
                both.await();
                calls.get(i).cancel(true);
                both.await();
            }
            return null;
        });
        for (int i = 0; i < rounds; i++) {
            Permit held = hold(bulkhead, 1).get(0);
            calls.set(i, bulkhead.callAsync(CompletableFuture::new));
            both.await();
            held.close();
            both.await();
            until("idle in round " + i, () -> bulkhead.report().equals(new Bulkhead.Report(1, 0, 0)));
        }
        canceller.join();
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-4 nobody is left in the queue while a permit is free")
    void noLostWakeUps() {
        Bulkhead bulkhead = Bulkhead.builder("wake")
                .limit(2)
                .queue(THREADS)
                .waitUpTo(Testing.LONG)
                .build();
        List<CompletableFuture<Object>> workers = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            workers.add(inThread(() -> {
                for (int k = 0; k < OPERATIONS / 20; k++) {
                    // A lost wake-up would wait here for a minute.
                    bulkhead.run(this::body);
                }
                return null;
            }));
        }
        workers.forEach(CompletableFuture::join);
        assertThat(most).hasValueLessThanOrEqualTo(2);
        assertThat(bulkhead.counts().rejected()).isZero();
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-1 resized up and down under load, no permit is lost and no waiter forgotten")
    void resizedUnderLoad() {
        Bulkhead bulkhead = Bulkhead.builder("resize")
                .limit(1)
                .queue(THREADS)
                .waitUpTo(Testing.LONG)
                .build();
        CountDownLatch done = new CountDownLatch(THREADS);
        for (int i = 0; i < THREADS; i++) {
            inThread(() -> {
                for (int k = 0; k < OPERATIONS / 20; k++) {
                    bulkhead.run(this::body);
                }
                done.countDown();
                return null;
            });
        }
        SplittableRandom random = new SplittableRandom(2);
        until("workers have ended", () -> {
            int limit = 1 + random.nextInt(5);
            bulkhead.reconfigure(settings -> settings.limit(limit));
            return done.getCount() == 0;
        });
        assertThat(most).hasValueLessThanOrEqualTo(5);
        assertThat(bulkhead.counts().rejected()).isZero();
        assertIdle(bulkhead);
    }
}
