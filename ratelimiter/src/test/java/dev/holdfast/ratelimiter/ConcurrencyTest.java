// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Two threads at once. */
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
            RateLimiter limiter =
                    limiter(1000, SECOND).burst(400).and(2000, SECOND).burst(300).and(300, SECOND).build();
            RateLimiter three = limiter.permits(3);
            long in = both(() -> in(limiter, 150) + 3L * in(three, 50));
            assertThat(in).isBetween(290L, 300L);
            assertThat(limiter.available()).isLessThanOrEqualTo(300 - in);
        }
    }

    @Test
    @DisplayName("RL-1 with two threads on the machine's clock")
    void machineClock() throws Exception {
        RateLimiter limiter = RateLimiter.builder("real").limit(700_000, SECOND).burst(100).build();
        for (int round = 0; round < 3; round++) {
            long start = System.nanoTime();
            long in = both(() -> in(limiter, 200_000));
            long elapsed = System.nanoTime() - start;
            assertThat(in).isLessThanOrEqualTo((long) (elapsed * 0.0007) + 102);
        }
    }

    @Test
    void reconfiguringWhileCallsComeLosesAndInventsNothing() throws Exception {
        for (int round = 0; round < 40; round++) {
            RateLimiter limiter = limiter(1000, SECOND).build();
            boolean[] changed = {false};
            long in = both(() -> {
                synchronized (changed) {
                    if (!changed[0]) {
                        changed[0] = true;
                        return reconfigure(limiter);
                    }
                }
                return in(limiter, 900);
            });
            assertThat(in + in(limiter, 1000)).isEqualTo(1000);
        }
    }

    private static long reconfigure(RateLimiter limiter) {
        for (int i = 1; i <= 50; i++) {
            long rate = 2000 - i;
            limiter.reconfigure(settings -> settings.limit(rate, SECOND).burst(1000));
        }
        return 0;
    }

    @Test
    @DisplayName("keys that are evicted all the time are never over their limit, with two threads")
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
