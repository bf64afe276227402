// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ends of the ranges. */
class ArithmeticTest extends LimiterTest {
    private static long extreme(SplittableRandom random) {
        long value = random.nextLong() >>> random.nextInt(1, 64);
        return Math.max(1, random.nextInt(4) == 0 ? Long.MAX_VALUE - random.nextInt(3) : value);
    }

    @Test
    @DisplayName("RL-5 no overflow, nothing negative, no exception for any limit, period, cost and idle time")
    void extremes() {
        for (long seed = 0; seed < 3_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            VirtualTime clock = VirtualTime.create(random.nextBoolean() ? Long.MAX_VALUE - 1 : random.nextLong(), seed);
            long limit = extreme(random);
            long period = extreme(random);
            RateLimiterBuilder builder = on(clock, limit, period);
            if (random.nextBoolean()) {
                builder.burst(1 + random.nextLong(limit));
            }
            if (random.nextBoolean()) {
                builder.waitUpTo(Duration.ofNanos(extreme(random)));
            }
            RateLimiter limiter = builder.build();
            long burst = limiter.available();
            for (int i = 0; i < 20; i++) {
                long cost = 1 + random.nextLong(burst);
                RateLimiter view = limiter.permits(cost);
                long before = limiter.available();
                boolean in = in(view);
                assertThat(limiter.available())
                        .as("seed %s", seed)
                        .isBetween(0L, Math.max(0, in ? before - cost : before));
                if (!in && before >= cost && period > limit) {
                    throw new AssertionError("refused " + cost + " of " + before + ", seed " + seed);
                }
                clock.advance(Duration.ofNanos(random.nextBoolean() ? 0 : extreme(random)));
                assertThat(limiter.available()).as("seed %s", seed).isBetween(0L, burst);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, Long.MAX_VALUE - 1, Long.MAX_VALUE, Long.MIN_VALUE, -1})
    @DisplayName("RL-5, RL-6 full after 292 years, wherever the clock starts")
    void idleForAges(long start) {
        VirtualTime clock = VirtualTime.create(start, 0);
        for (RateLimiterBuilder builder : List.of(
                on(clock, 3, 1_000_000_000L).burst(2),
                on(clock, 1, Long.MAX_VALUE),
                on(clock, Long.MAX_VALUE, Long.MAX_VALUE),
                on(clock, 5, 7_000_000_000L).slidingWindow(),
                on(clock, 5, 7_000_000_000L).fixedWindow())) {
            RateLimiter limiter = builder.build();
            for (int i = 0; i < 3; i++) {
                long burst = limiter.available();
                assertThat(limiter.drain()).isEqualTo(burst).isPositive();
                assertThat(in(limiter)).isFalse();
                clock.advance(Duration.ofNanos(Long.MAX_VALUE));
                if (limiter.available() == 0) {
                    // One permit in 292 years takes the rounding of the longest period.
                    clock.advance(Duration.ofNanos(8));
                }
                assertThat(limiter.available()).isEqualTo(burst);
            }
        }
    }

    @Test
    @DisplayName("RL-5, P17 one permit in the longest duration that there is")
    void longestPeriod() {
        RateLimiter limiter = limiter(1, Duration.ofSeconds(Long.MAX_VALUE))
                .waitUpTo(Duration.ofDays(1))
                .build();
        assertThat(in(limiter)).isTrue();
        assertThat(retryAfter(limiter)).isGreaterThan(Long.MAX_VALUE - 10);
    }

    @Test
    @DisplayName("RL-5 the widest fractions keep the rate: 2^62 + 1 permits in 2^62 + 3 seconds' worth of primes")
    void wideFractions() {
        for (long[] rate : new long[][] {
            {1_000_000_007L, 604_800_000_000_001L * 1000 + 7}, {4_611_686_018_427_387_847L, 9_223_372_036_854_775_783L}
        }) {
            VirtualTime clock = VirtualTime.create(5, 0);
            RateLimiter limiter =
                    on(clock, rate[0], rate[1]).burst(1).waitUpTo(SECOND).build();
            List<Grant> grants = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                limiter.run(() -> {});
                grants.add(new Grant(clock.nanoTime(), 1));
            }
            assertBound(grants, rate[0], rate[1], 1, 1);
            double expected = 999.0 * rate[1] / rate[0];
            assertThat((double) clock.nanoTime() - 5).isBetween(expected - 2, expected + 2);
        }
    }

    @Test
    @DisplayName("RL-5 the slowest warm-ups let in one call in years, and under load for longer than 292 years")
    void slowestWarmUps() {
        List<RateLimiterBuilder> slowest = List.of(
                limiter(1, Duration.ofNanos(31_109_578_515_886_438L)).warmUp(Duration.ofNanos(91), 296.4801349573014),
                limiter(127, Duration.ofNanos(5_533_835_896_031_803_006L))
                        .warmUp(Duration.ofNanos(44), 211.67383180273197),
                limiter(1, Duration.ofDays(36_500)).warmUp(Duration.ofNanos(2), 1.5));
        for (RateLimiterBuilder builder : slowest) {
            RateLimiter limiter = builder.build();
            for (int i = 0; i < 1_000; i++) {
                assertThat(in(limiter)).isTrue();
                assertThat(in(limiter)).as("%s, call %s", limiter, i).isFalse();
                advance(retryAfter(limiter));
            }
        }
    }

    @Test
    @DisplayName("RL-6 a clock that goes back by d lets nothing extra through, and delays calls by at most d")
    void clockGoesBack() {
        for (RateLimiterBuilder algorithm : List.of(
                RateLimiter.builder("back").limit(10, SECOND).burst(5),
                RateLimiter.builder("back").limit(10, SECOND).slidingWindow(),
                RateLimiter.builder("back").limit(10, SECOND).fixedWindow())) {
            AtomicLong now = new AtomicLong(Duration.ofHours(1).toNanos());
            Environment clock = (Environment) Proxy.newProxyInstance(
                    Environment.class.getClassLoader(),
                    new Class<?>[] {Environment.class},
                    (proxy, method, args) -> method.getName().equals("nanoTime") ? now.get() : null);
            RateLimiter limiter = algorithm.environment(clock).build();
            now.addAndGet(Duration.ofMillis(1500).toNanos());
            limiter.drain();
            long wait = retryAfter(limiter);
            long d = Duration.ofSeconds(1).toNanos();
            now.addAndGet(-d);
            assertThat(in(limiter)).isFalse();
            assertThat(limiter.available()).isZero();
            assertThat(retryAfter(limiter)).isBetween(wait, wait + d);
            now.addAndGet(d + wait);
            assertThat(in(limiter)).isTrue();
        }
    }
}
