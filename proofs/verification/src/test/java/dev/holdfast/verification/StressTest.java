// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Pipelines of all policies, built at random, on real threads and the machine's clock. */
@org.junit.jupiter.api.Timeout(value = 900, threadMode = ThreadMode.SEPARATE_THREAD)
class StressTest {
    private static final int THREADS = 4;
    private static final int CALLS = 60;

    /** What one seed makes: the pipeline, and how much of its innermost bulkhead's work is under way. */
    private static final class Built implements AutoCloseable {
        final List<Policy<Object>> policies = new ArrayList<>();
        final List<Bulkhead> bulkheads = new ArrayList<>();
        final ExecutorService executor = Executors.newFixedThreadPool(2);
        final Bulkhead innermost;
        final int limit;
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();

        Built(SplittableRandom random) {
            int length = 1 + random.nextInt(5);
            for (int i = 0; i < length; i++) {
                Policy<Object> policy = policy(i, random);
                if (random.nextInt(4) == 0) {
                    policy.on(Event.class, event -> {});
                }
                policies.add(policy);
            }
            limit = 1 + random.nextInt(3);
            innermost = bulkhead("innermost", limit, random);
            policies.add(innermost);
        }

        private Policy<Object> policy(int number, SplittableRandom random) {
            String name = "p" + number;
            switch (random.nextInt(7)) {
                case 0:
                    return Retry.builder(name)
                            .withoutBudget()
                            .maxAttempts(3)
                            .backoff(Backoff.fixed(Duration.ofNanos(20_000)))
                            .budget(Budget.of(100, 0.5, 100))
                            .build();
                case 1:
                    return CircuitBreaker.builder(name)
                            .minimumCalls(5)
                            .openFor(Duration.ofNanos(200_000))
                            .build();
                case 2:
                    return bulkhead(name, 2 + random.nextInt(3), random);
                case 3:
                    return RateLimiter.builder(name)
                            .limit(20, Duration.ofMillis(1))
                            .waitUpTo(Duration.ofNanos(random.nextInt(500_000)))
                            .build();
                case 4:
                    var timeout = Timeout.builder(name, Duration.ofNanos(50_000 + random.nextInt(500_000)));
                    return (random.nextInt(3) == 0 ? timeout.runOn(executor) : timeout).build();
                case 5:
                    return Fallback.builder(name, Object.class)
                            .lastGood(Duration.ofMillis(1))
                            .value("instead")
                            .build();
                default:
                    return Fallback.builder(name, Object.class)
                            .callAsync(() -> {
                                CompletableFuture<Object> stage = new CompletableFuture<>();
                                Environment.system().schedule(() -> stage.complete("instead"), 30_000);
                                return stage;
                            })
                            .build();
            }
        }

        private Bulkhead bulkhead(String name, int most, SplittableRandom random) {
            BulkheadBuilder settings = Bulkhead.builder(name).limit(most);
            if (random.nextInt(3) == 0) {
                settings.adaptive(Limits.between(1, most).startAt(most).gradient2());
            }
            if (random.nextBoolean()) {
                settings.queue(2).waitUpTo(Duration.ofNanos(1 + random.nextInt(400_000)));
            }
            Bulkhead made = (random.nextBoolean() ? settings.ownThreads() : settings).build();
            bulkheads.add(made);
            return made;
        }

        /** Work that takes a moment and fails now and then; never more at once than its bulkhead lets in. */
        Object work(int number) {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            try {
                if (number % 3 == 0) {
                    LockSupport.parkNanos(40_000);
                }
                if (number % 5 == 0) {
                    throw new IllegalStateException("no");
                }
                return number;
            } finally {
                running.decrementAndGet();
            }
        }

        @Override
        public void close() {
            bulkheads.forEach(Bulkhead::close);
            executor.shutdown();
        }
    }

    @Test
    @DisplayName("BH-1 BH-6 MX-1 TO-2 on real threads, too: permits come back, limits hold, each call ends once, no"
            + " flag is left, no thread stays")
    void realThreads() {
        Worlds.forEach(40, seed -> {
            try (Built built = new Built(new SplittableRandom(seed))) {
                run(seed, built);
            } catch (Exception failed) {
                throw new AssertionError("world " + seed, failed);
            }
        });
        until(
                "threads of bulkheads are gone",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("bulkhead ")));
    }

    private static void run(long seed, Built built) throws Exception {
        Pipeline<Object> pipeline = World.of(built.policies);
        ExecutorService callers = Executors.newFixedThreadPool(THREADS);
        AtomicInteger stray = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        try {
            List<Future<?>> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int caller = i;
                threads.add(callers.submit(() -> {
                    for (int k = 0; k < CALLS; k++) {
                        if (caller % 2 == 0) {
                            sync(built, pipeline, caller + k, stray);
                        } else {
                            async(built, pipeline, caller + k, ended);
                        }
                    }
                }));
            }
            for (Future<?> thread : threads) {
                thread.get(60, TimeUnit.SECONDS);
            }
        } finally {
            callers.shutdownNow();
        }
        assertThat(stray)
                .as("stray interrupts in world %s: %s", seed, built.policies)
                .hasValue(0);
        until(
                "all futures are complete in world " + seed + ": " + built.policies,
                () -> ended.get() == CALLS * THREADS / 2);
        until(
                "nothing is in use in world " + seed + ": " + built.policies,
                () -> built.policies.stream()
                        .allMatch(policy -> World.inUse(policy).isEmpty()));
        assertThat(built.most.get())
                .as("work at once in world %s: %s", seed, built.policies)
                .isLessThanOrEqualTo(built.limit);
        Policy<Object> outermost = built.policies.get(0);
        if (outermost instanceof Gate && !(outermost instanceof Bulkhead) && !(outermost instanceof RateLimiter)) {
            // Those who give up while they wait come neither in nor are they refused.
            assertThat(((Gate) outermost).counts().calls())
                    .as("world %s: %s", seed, built.policies)
                    .isEqualTo((long) CALLS * THREADS);
        }
    }

    private static void sync(Built built, Pipeline<Object> pipeline, int number, AtomicInteger stray) {
        try {
            pipeline.call(() -> built.work(number));
        } catch (RuntimeException any) {
            // What callers get is looked at elsewhere.
        }
        if (Thread.interrupted()) {
            stray.incrementAndGet();
        }
    }

    private static void async(Built built, Pipeline<Object> pipeline, int number, AtomicInteger ended) {
        CompletableFuture<Object> future = pipeline.callAsync(() -> {
            CompletableFuture<Object> stage = new CompletableFuture<>();
            if (number % 2 == 0) {
                stage.complete(built.work(number));
                return stage;
            }
            // Goes on whether it is wanted or not, and is deaf to a cancellation.
            built.most.accumulateAndGet(built.running.incrementAndGet(), Math::max);
            Environment.system()
                    .schedule(
                            () -> {
                                built.running.decrementAndGet();
                                stage.complete(number);
                            },
                            60_000);
            return stage.minimalCompletionStage();
        });
        future.whenComplete((value, thrown) -> ended.incrementAndGet());
        if (number % 7 == 0) {
            LockSupport.parkNanos(number * 500L);
            future.cancel(true);
        }
    }

    private static void until(String what, BooleanSupplier holds) {
        long start = System.nanoTime();
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as("%s", what).isLessThan(20_000_000_000L);
            LockSupport.parkNanos(100_000);
        }
    }
}
