// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Turns in a real queue, on virtual time and on real threads. */
@Timeout(60)
class QueueTest {
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    @Test
    @DisplayName("BH-5 calls are let in in the order in which they came")
    void order() {
        VirtualTime time = VirtualTime.create();
        FifoGate gate = new FifoGate(time, 1, HOUR);
        CompletableFuture<Integer> first = new CompletableFuture<>();
        List<Integer> order = new ArrayList<>();
        List<CompletableFuture<Integer>> all = new ArrayList<>();
        all.add(gate.callAsync(() -> first));
        for (int i = 1; i <= 100; i++) {
            int number = i;
            all.add(gate.callAsync(() -> {
                order.add(number);
                return CompletableFuture.completedFuture(number);
            }));
        }
        all.get(50).cancel(true);
        first.complete(0);
        time.advance(ms(0));

        assertThat(order).hasSize(99).isSorted().doesNotContain(50);
        assertThat(all).allMatch(CompletableFuture::isDone);
        assertThat(gate.available).hasValue(1);
        assertThat(gate.queue).isEmpty();
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("BH-7 very many queued calls that are granted one by one need the stack of one")
    void aHundredThousandQueued() throws Exception {
        VirtualTime time = VirtualTime.create();
        FifoGate gate = new FifoGate(time, 1, HOUR);
        int calls = Lab.many(100_000, 25_000);
        AtomicInteger ended = new AtomicInteger();
        onSmallStack(() -> {
            CompletableFuture<Integer> first = new CompletableFuture<>();
            for (int i = 0; i < calls; i++) {
                gate.callAsync(() -> first).whenComplete((value, failure) -> ended.addAndGet(failure == null ? 1 : 0));
            }
            assertThat(gate.queue).hasSize(calls - 1);
            first.complete(1);
            time.advance(ms(0));
        });
        assertThat(ended).hasValue(calls);
        assertThat(gate.available).hasValue(1);
        assertThat(time.pendingTimers()).isZero();
    }

    static void onSmallStack(Runnable work) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        work.run();
                        done.complete(null);
                    } catch (Throwable thrown) {
                        done.completeExceptionally(thrown);
                    }
                },
                "small-stack",
                200 * 1024);
        thread.start();
        done.get(30, TimeUnit.SECONDS);
    }

    @Test
    @DisplayName("BH-5 a thread that waits for its turn is woken when it is granted, long before its wait is over")
    void woken() throws Exception {
        FifoGate gate = new FifoGate(Environment.system(), 1, HOUR);
        Permit first = gate.acquire();
        CompletableFuture<String> second = new CompletableFuture<>();
        Thread waiting = new Thread(() -> second.complete(gate.call(() -> "let in")), "waiting");
        waiting.setDaemon(true);
        waiting.start();
        while (gate.queue.isEmpty() || waiting.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        first.close();
        assertThat(second.get(5, TimeUnit.SECONDS)).isEqualTo("let in");
        assertThat(gate.available).hasValue(1);
    }

    @Test
    @DisplayName("BH-1 S blocking: grants, timeouts of turns and interrupts at random lose and duplicate no permit")
    void blockingRace() throws Exception {
        int permits = 2;
        FifoGate gate = new FifoGate(Environment.system(), permits, TimeUnit.MICROSECONDS.toNanos(150));
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger admitted = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger interrupted = new AtomicInteger();
        int threads = 6;
        int rounds = 1500;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> running = new ArrayList<>();
            List<Thread> callers = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                SplittableRandom random = new SplittableRandom(t);
                running.add(pool.submit(() -> {
                    synchronizedAdd(callers);
                    for (int i = 0; i < rounds; i++) {
                        try {
                            gate.run(() -> {
                                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                                LockSupport.parkNanos(random.nextInt(40_000));
                                inside.decrementAndGet();
                            });
                            admitted.incrementAndGet();
                        } catch (RejectedException expected) {
                            refused.incrementAndGet();
                        } catch (CallInterruptedException expected) {
                            assertThat(Thread.interrupted()).isTrue();
                            interrupted.incrementAndGet();
                        }
                    }
                }));
            }
            SplittableRandom random = new SplittableRandom(42);
            while (running.stream().anyMatch(future -> !future.isDone())) {
                synchronizedGet(callers, random).ifPresent(Thread::interrupt);
                LockSupport.parkNanos(200_000);
            }
            for (Future<?> each : running) {
                each.get(10, TimeUnit.SECONDS);
            }
            assertThat(gate.available).hasValue(permits);
            assertThat(gate.queue).isEmpty();
            assertThat(inside).hasValue(0);
            assertThat(most.get()).isBetween(1, permits);
            assertThat(admitted.get() + refused.get() + interrupted.get()).isEqualTo(threads * rounds);
            assertThat(List.of(admitted.get(), refused.get(), interrupted.get()))
                    .allMatch(count -> count > 0);
            CallCounts counts = gate.counts();
            assertThat(counts.successes()).isEqualTo(admitted.get());
            assertThat(counts.rejected()).isEqualTo(refused.get());
        } finally {
            pool.shutdownNow();
        }
    }

    private static void synchronizedAdd(List<Thread> callers) {
        synchronized (callers) {
            callers.add(Thread.currentThread());
        }
    }

    private static Optional<Thread> synchronizedGet(List<Thread> callers, SplittableRandom random) {
        synchronized (callers) {
            return callers.isEmpty() ? Optional.empty() : Optional.of(callers.get(random.nextInt(callers.size())));
        }
    }

    /** Is over before anybody who waits for it hears of it. */
    private static final class TimedWork extends CompletableFuture<String> {
        private final AtomicInteger inside;
        private final AtomicBoolean over = new AtomicBoolean();
        private volatile boolean counted;

        TimedWork(AtomicInteger inside) {
            this.inside = inside;
        }

        private void over() {
            if (over.compareAndSet(false, true)) {
                inside.decrementAndGet();
                counted = true;
            }
            while (!counted) {
                // Completed and cancelled at once: whoever comes second must not be heard of before it is counted.
                Thread.onSpinWait();
            }
        }

        @Override
        public boolean complete(String value) {
            over();
            return super.complete(value);
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            over();
            return super.cancel(mayInterruptIfRunning);
        }
    }

    @Test
    @DisplayName("BH-1 S asynchronous: grants, timeouts, deadlines, cancellations lose no permit and no timer")
    void asynchronousRace() throws Exception {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(2);
        timer.setRemoveOnCancelPolicy(true);
        Environment environment = Environment.builder().scheduler(timer).build();
        int permits = 2;
        FifoGate gate = new FifoGate(environment, permits, TimeUnit.MICROSECONDS.toNanos(300)) {
            @Override
            protected boolean holdsUntilWorkEnds() {
                return true;
            }
        };
        Lab.Limit deadline = new Lab.Limit(environment, TimeUnit.MICROSECONDS.toNanos(400));
        Pipeline<Object> pipeline = Pipeline.of(deadline, gate);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger completions = new AtomicInteger();
        SplittableRandom random = new SplittableRandom(7);
        List<CompletableFuture<String>> all = new ArrayList<>();
        try {
            int calls = 6000;
            for (int i = 0; i < calls; i++) {
                long takes = random.nextInt(100_000);
                CompletableFuture<String> future = pipeline.callAsync(() -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    TimedWork work = new TimedWork(inside);
                    timer.schedule(() -> work.complete("value"), takes, TimeUnit.NANOSECONDS);
                    return work;
                });
                future.whenComplete((value, failure) -> completions.incrementAndGet());
                all.add(future);
                if (random.nextInt(3) == 0) {
                    all.get(random.nextInt(all.size())).cancel(true);
                    all.get(Math.max(0, all.size() - 1 - random.nextInt(4))).cancel(true);
                }
                if (random.nextInt(2) == 0) {
                    LockSupport.parkNanos(random.nextInt(60_000));
                }
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
                    .handle((value, failure) -> null)
                    .get(20, TimeUnit.SECONDS);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while ((gate.available.get() != permits || !timer.getQueue().isEmpty()) && System.nanoTime() - end < 0) {
                LockSupport.parkNanos(100_000);
            }
            assertThat(gate.available).hasValue(permits);
            assertThat(gate.queue).isEmpty();
            assertThat(timer.getQueue()).isEmpty();
            assertThat(inside).hasValue(0);
            assertThat(most.get()).isBetween(1, permits);
            assertThat(completions).hasValue(calls);
        } finally {
            timer.shutdownNow();
        }
    }
}
