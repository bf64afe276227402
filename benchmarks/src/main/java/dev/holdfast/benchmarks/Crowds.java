// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import com.netflix.concurrency.limits.Limiter;
import com.netflix.concurrency.limits.limit.FixedLimit;
import com.netflix.concurrency.limits.limiter.BlockingLimiter;
import com.netflix.concurrency.limits.limiter.SimpleLimiter;
import dev.holdfast.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Bulkheads of 4 places that more threads want than there are, so that calls wait in line: how many get through a second, how long
 * the slowest hundredth takes, and how much less the thread that got through least had than the average. On platform threads and, where
 * the JDK has them, on virtual ones. The work keeps a processor busy for as long as is said.
 *
 * <p>{@code java -cp benchmarks/target/benchmarks.jar dev.holdfast.benchmarks.Crowds [millis]} measures each for so long, after half
 * as long to warm up; {@link Compare} includes it.
 */
public final class Crowds {
    private static final int PLACES = 4;
    private static final int MOST_WAITING = 1_000;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int SAMPLES = 1 << 17;

    /** Who lets through. */
    private enum Contender {
        HOLDFAST("Holdfast") {
            @Override
            Work.Wrapper make() {
                Bulkhead bulkhead = Bulkhead.builder("crowd")
                        .limit(PLACES)
                        .queue(MOST_WAITING)
                        .waitUpTo(PATIENCE)
                        .build();
                return bulkhead::call;
            }
        },
        RESILIENCE4J("Resilience4j") {
            @Override
            Work.Wrapper make() {
                var bulkhead = io.github.resilience4j.bulkhead.Bulkhead.of(
                        "crowd",
                        BulkheadConfig.custom()
                                .maxConcurrentCalls(PLACES)
                                .maxWaitDuration(PATIENCE)
                                .build());
                return bulkhead::executeSupplier;
            }
        },
        RESILIENCE4J_UNFAIR("Resilience4j unfair") {
            @Override
            Work.Wrapper make() {
                var bulkhead = io.github.resilience4j.bulkhead.Bulkhead.of(
                        "crowd",
                        BulkheadConfig.custom()
                                .maxConcurrentCalls(PLACES)
                                .maxWaitDuration(PATIENCE)
                                .fairCallHandlingStrategyEnabled(false)
                                .build());
                return bulkhead::executeSupplier;
            }
        },
        CONCURRENCY_LIMITS("concurrency-limits") {
            @Override
            Work.Wrapper make() {
                Limiter<Void> limiter = BlockingLimiter.wrap(
                        SimpleLimiter.newBuilder().limit(FixedLimit.of(PLACES)).build());
                return work -> OtherPolicies.call(limiter, work);
            }
        },
        SEMAPHORE("Semaphore, fair") {
            @Override
            Work.Wrapper make() {
                return through(new Semaphore(PLACES, true));
            }
        },
        SEMAPHORE_UNFAIR("Semaphore") {
            @Override
            Work.Wrapper make() {
                return through(new Semaphore(PLACES));
            }
        };

        final String title;

        Contender(String title) {
            this.title = title;
        }

        abstract Work.Wrapper make();

        private static Work.Wrapper through(Semaphore places) {
            return work -> {
                places.acquireUninterruptibly();
                try {
                    return work.get();
                } finally {
                    places.release();
                }
            };
        }
    }

    /** One thread of a crowd: what it got through, and how long each call took, up to a number of them. */
    private static final class Member {
        private final long[] nanos = new long[SAMPLES];
        private int calls;

        void loop(Work.Wrapper through, Supplier<Object> work, long start, long end) {
            long now = System.nanoTime();
            while (now - end < 0) {
                through.call(work);
                long after = System.nanoTime();
                if (now - start >= 0) {
                    nanos[calls++ % SAMPLES] = after - now;
                }
                now = after;
            }
        }

        long[] samples() {
            return Arrays.copyOf(nanos, Math.min(calls, SAMPLES));
        }
    }

    private Crowds() {}

    /**
     * Runs it and prints a table.
     *
     * @param args for how many milliseconds each is measured; default: 1,000
     */
    public static void main(String[] args) throws InterruptedException {
        long millis = args.length == 0 ? 1_000 : Long.parseLong(args[0]);
        System.out.println("| threads | work, us | contender | calls a second | p99, us | least / mean |");
        System.out.println("| --- | --- | --- | --- | --- | --- |");
        for (boolean virtual : virtualThreads() == null ? new boolean[] {false} : new boolean[] {false, true}) {
            for (int threads : new int[] {4, 8, 64}) {
                for (int micros : new int[] {0, 10, 100}) {
                    for (Contender contender : Contender.values()) {
                        String result = measure(contender, threads, virtual, micros, millis);
                        System.out.println("| " + threads + (virtual ? " virtual" : "") + " | " + micros + " | "
                                + contender.title + " | " + result + " |");
                    }
                }
            }
        }
    }

    private static String measure(Contender contender, int threads, boolean virtual, int micros, long millis)
            throws InterruptedException {
        Work.Wrapper through = contender.make();
        Supplier<Object> work = () -> busyFor(micros * 1_000L);
        ExecutorService executor =
                virtual ? Objects.requireNonNull(virtualThreads()) : Executors.newFixedThreadPool(threads);
        List<Member> members = new ArrayList<>();
        CountDownLatch over = new CountDownLatch(threads);
        long start = System.nanoTime() + millis * 500_000;
        for (int i = 0; i < threads; i++) {
            Member member = new Member();
            members.add(member);
            executor.execute(() -> {
                member.loop(through, work, start, start + millis * 1_000_000);
                over.countDown();
            });
        }
        over.await();
        executor.shutdown();
        long all = members.stream().mapToLong(member -> member.calls).sum();
        long least = members.stream().mapToLong(member -> member.calls).min().orElse(0);
        long[] sorted = members.stream()
                .flatMapToLong(member -> Arrays.stream(member.samples()))
                .sorted()
                .toArray();
        return String.format(
                Locale.ROOT,
                "%,.0f | %,.1f | %.2f",
                all * 1_000.0 / millis,
                sorted.length == 0 ? Double.NaN : sorted[(int) (sorted.length * 0.99)] / 1_000.0,
                (double) least * threads / Math.max(1, all));
    }

    private static Object busyFor(long nanos) {
        if (nanos > 0) {
            long end = System.nanoTime() + nanos;
            while (System.nanoTime() - end < 0) {
                Thread.onSpinWait();
            }
        }
        return "answer";
    }

    /** {@code null} before JDK 21. */
    private static @Nullable ExecutorService virtualThreads() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (NoSuchMethodException before21) {
            return null;
        } catch (IllegalAccessException | InvocationTargetException unexpected) {
            throw new AssertionError(unexpected);
        }
    }
}
