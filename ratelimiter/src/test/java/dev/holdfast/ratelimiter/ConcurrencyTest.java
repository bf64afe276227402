// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Several threads at once. */
class ConcurrencyTest extends LimiterTest {
    /** The sum of what two threads give that start together. */
    private static long both(LongSupplier work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            CyclicBarrier start = new CyclicBarrier(2);
            List<Future<Long>> running = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                running.add(threads.submit(() -> {
                    start.await(5, TimeUnit.SECONDS);
                    return work.getAsLong();
                }));
            }
            return running.get(0).get(20, TimeUnit.SECONDS) + running.get(1).get(20, TimeUnit.SECONDS);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    @DisplayName("RL-1 with two threads, time standing still: exactly the burst goes in")
    void exactlyTheBurst() throws Exception {
        for (int round = 0; round < 40; round++) {
            for (RateLimiterBuilder builder : List.of(
                    limiter(1_000_003, SECOND).burst(500),
                    limiter(500, SECOND).slidingWindow(),
                    limiter(500, SECOND).fixedWindow())) {
                RateLimiter limiter = builder.build();
                assertThat(both(() -> in(limiter, 400))).as("%s", limiter).isEqualTo(500);
            }
        }
    }

    @Test
    @DisplayName("RL-1 with two threads and several limits: never more than the scarcest has, and none is left over")
    void severalLimits() throws Exception {
        for (int round = 0; round < 40; round++) {
            RateLimiter limiter = limiter(1000, SECOND)
                    .burst(400)
                    .and(2000, SECOND)
                    .burst(300)
                    .and(300, SECOND)
                    .build();
            RateLimiter three = limiter.permits(3);
            long in = both(() -> in(limiter, 150) + 3L * in(three, 50));
            assertThat(in).isBetween(290L, 300L);
            assertThat(limiter.available()).isLessThanOrEqualTo(300 - in);
        }
    }

    @Test
    @DisplayName("RL-1 with two threads on the machine's clock")
    void machineClock() throws Exception {
        RateLimiter limiter =
                RateLimiter.builder("real").limit(700_000, SECOND).burst(100).build();
        for (int round = 0; round < 3; round++) {
            long start = System.nanoTime();
            long in = both(() -> in(limiter, 200_000));
            long elapsed = System.nanoTime() - start;
            assertThat(in).isLessThanOrEqualTo((long) (elapsed * 0.0007) + 102);
        }
    }

    @Test
    @DisplayName("RL-1 however often settings change while eight threads call: all permits go in and not one more")
    void reconfiguredWhileCallsCome() throws Exception {
        List<UnaryOperator<RateLimiterBuilder>> kinds = List.of(
                settings -> settings,
                RateLimiterBuilder::slidingWindow,
                RateLimiterBuilder::fixedWindow,
                settings -> settings.and(1000, Duration.ofHours(1)));
        for (UnaryOperator<RateLimiterBuilder> kind : kinds) {
            for (int changes : new int[] {0, 1, 100, 10_000}) {
                RateLimiter limiter = kind.apply(limiter(800, SECOND)).build();
                long in = eight(changes, () -> in(limiter, 200), i -> {
                    // Another rate, or the same again.
                    limiter.reconfigure(settings -> kind.apply(
                            settings.limit(800, SECOND.plusNanos(i % 3)).burst(800)));
                });
                // Of two limits, a permit of one may be lost where calls meet at the end.
                assertThat(in + in(limiter, 1000))
                        .as("%s, %s changes", limiter, changes)
                        .isBetween(limiter.toString().contains("and") ? 780L : 800L, 800L);
            }
        }
    }

    @Test
    @DisplayName(
            "RL-1 keys that share, get a place, are forgotten and change their settings never get more than their limit")
    void keysThatMove() throws Exception {
        for (int round = 0; round < 10; round++) {
            KeyedRateLimiter<Integer> users = limiter(50, SECOND).keyed(round % 2 == 0 ? 2 : 64);
            LongAdder[] in = new LongAdder[100];
            Arrays.setAll(in, key -> new LongAdder());
            eight(
                    round < 5 ? 0 : 300,
                    () -> {
                        for (int i = 0; i < 6_000; i++) {
                            int key = i % in.length;
                            in[key].add(in(users.get(key)) ? 1 : 0);
                        }
                        return 0;
                    },
                    i -> users.reconfigure(settings -> settings.limit(50, SECOND.plusNanos(i % 2))));
            for (LongAdder ofKey : in) {
                assertThat(ofKey.sum()).isBetween(1L, 50L);
            }
        }
    }

    /** The sum of what eight threads give, while a ninth makes changes. */
    private static long eight(int changes, LongSupplier work, IntConsumer change) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(9);
        try {
            List<Future<Long>> running = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                running.add(threads.submit(work::getAsLong));
            }
            Future<?> changing =
                    threads.submit(() -> IntStream.range(0, changes).forEach(change));
            long sum = 0;
            for (Future<Long> each : running) {
                sum += each.get(60, TimeUnit.SECONDS);
            }
            changing.get(60, TimeUnit.SECONDS);
            return sum;
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    @DisplayName("RL-1 on the machine's clock, changes between two rates never let in more than the larger one")
    void changedOnTheMachinesClock() throws Exception {
        RateLimiter limiter =
                RateLimiter.builder("real").limit(70_000, SECOND).burst(100).build();
        long start = System.nanoTime();
        long in = eight(3_000, () -> in(limiter, 20_000), i -> {
            long rate = i % 2 == 0 ? 30_000 : 70_000;
            limiter.reconfigure(settings -> settings.limit(rate, SECOND).burst(100));
        });
        assertThat(in).isLessThanOrEqualTo((long) ((System.nanoTime() - start) * 0.00007) + 101);
    }

    @Test
    @DisplayName("keys of which there are too many are never over their limit, with two threads")
    void keyed() throws Exception {
        for (int round = 0; round < 20; round++) {
            KeyedRateLimiter<Long> users = limiter(10, SECOND).keyed(4);
            long in = both(() -> {
                long went = 0;
                for (long i = 0; i < 2000; i++) {
                    assertThat(users.get(i + 1).available()).isBetween(0L, 10L);
                    went += in(users.get(0L)) ? 1 : 0;
                }
                return went;
            });
            assertThat(in).isBetween(1L, 10L);
        }
    }
}
