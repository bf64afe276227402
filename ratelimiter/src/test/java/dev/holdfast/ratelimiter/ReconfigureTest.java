// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Changes of settings while the limiter runs. */
class ReconfigureTest extends LimiterTest {
    @Test
    void aNewRateKeepsThePermitsThatAreThere() {
        RateLimiter limiter = limiter(10, SECOND).burst(20).build();
        in(limiter, 13);
        limiter.reconfigure(settings -> settings.limit(100, SECOND).burst(20));
        assertThat(limiter.available()).isEqualTo(7);
        assertThat(in(limiter, 20)).isEqualTo(7);
        advance(10_000_000);
        assertThat(in(limiter, 5)).isEqualTo(1);
    }

    @Test
    void aNewBurstCutsOrKeeps() {
        RateLimiter limiter = limiter(10, SECOND).burst(20).build();
        in(limiter, 5);
        limiter.reconfigure(settings -> settings.burst(8));
        assertThat(limiter.available()).isEqualTo(8);
        in(limiter, 8);
        limiter.reconfigure(settings -> settings.burst(30));
        assertThat(limiter.available()).isZero();
        time.advance(Duration.ofSeconds(10));
        assertThat(limiter.available()).isEqualTo(30);
    }

    @Test
    void whatIsNotChangedStaysToTheNanosecond() {
        RateLimiter limiter = limiter(3, SECOND).smooth().build();
        in(limiter);
        advance(1234);
        limiter.reconfigure(settings -> settings.and(10, Duration.ofHours(1)).waitUpTo(SECOND));
        assertThat(limiter.<Long>call(time::nanoTime)).isEqualTo(333_333_334);
        assertThat(limiter.toString()).isEqualTo("RateLimiter['limiter' 3/1s smooth and 10/1h, 0 available]");
        limiter.reconfigure(settings -> settings.limit(3, SECOND).smooth().waitUpTo(Duration.ZERO));
        assertThat(retryAfter(limiter)).isEqualTo(333_333_333);
    }

    @Test
    void theAlgorithmCanChange() {
        RateLimiter limiter = limiter(10, SECOND).build();
        in(limiter, 6);
        limiter.reconfigure(RateLimiterBuilder::slidingWindow);
        assertThat(limiter.available()).isEqualTo(4);
        limiter.reconfigure(RateLimiterBuilder::fixedWindow);
        assertThat(limiter.available()).isEqualTo(4);
        in(limiter, 1);
        limiter.reconfigure(settings -> settings.limit(20, SECOND));
        assertThat(limiter.available()).isEqualTo(3);
    }

    @Test
    void callsThatWaitKeepTheirTimeAndStayReserved() {
        RateLimiter limiter = limiter(10, SECOND).smooth().waitUpTo(SECOND).build();
        in(limiter);
        CompletableFuture<Long> waits = limiter.callAsync(() -> CompletableFuture.completedFuture(time.nanoTime()));
        limiter.reconfigure(settings -> settings.limit(5, SECOND).smooth());
        CompletableFuture<Long> behind = limiter.callAsync(() -> CompletableFuture.completedFuture(time.nanoTime()));
        assertThat(time.join(waits)).isEqualTo(100_000_000);
        assertThat(time.join(behind)).isEqualTo(400_000_000);
    }

    @Test
    @DisplayName("RL-1 no more get in beside those who wait when nobody may wait any longer, and none before them")
    void thoseWhoWaitKeepTheirPermits() {
        List<UnaryOperator<RateLimiterBuilder>> kinds = List.of(
                RateLimiterBuilder::tokenBucket, RateLimiterBuilder::fixedWindow, RateLimiterBuilder::slidingWindow);
        for (UnaryOperator<RateLimiterBuilder> before : kinds) {
            for (UnaryOperator<RateLimiterBuilder> after : kinds) {
                RateLimiter limiter = before.apply(limiter(5, SECOND))
                        .waitUpTo(SECOND.multipliedBy(20))
                        .build();
                List<Integer> in = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    int number = i;
                    limiter.callAsync(() -> CompletableFuture.completedFuture(in.add(number)));
                }
                limiter.reconfigure(settings -> after.apply(settings).waitUpTo(Duration.ZERO));
                for (int step = 0; step < 100; step++) {
                    limiter.callAsync(() -> CompletableFuture.completedFuture(in.add(-1)));
                    advance(SECOND.toNanos() / 20);
                    assertThat(in.size()).isLessThanOrEqualTo(11 + 5 * step / 20);
                }
                assertThat(in).doesNotContain(-1);
            }
        }
    }

    @Test
    @DisplayName("RL-1 calls that wait for one of several limits are not overtaken when another one changes")
    void thoseWhoWaitForAnotherLimit() {
        RateLimiter limiter = limiter(10, SECOND.multipliedBy(10))
                .and(20, Duration.ofMinutes(1))
                .fixedWindow()
                .waitUpTo(Duration.ofMinutes(2))
                .build();
        assertThat(in(limiter, 10)).isEqualTo(10);
        time.advance(SECOND.multipliedBy(10));
        assertThat(in(limiter, 10)).isEqualTo(10);
        time.advance(SECOND.multipliedBy(20));
        List<Integer> in = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            limiter.callAsync(() -> CompletableFuture.completedFuture(in.add(1)));
        }
        limiter.reconfigure(settings -> settings.limit(100, SECOND.multipliedBy(10))
                .burst(10)
                .and(20, Duration.ofMinutes(1))
                .fixedWindow());
        time.advance(SECOND.multipliedBy(30).minusNanos(1));
        assertThat(in).isEmpty();
        time.advance(Duration.ofNanos(1));
        assertThat(in).hasSize(9);
        assertThat(in(limiter, 20)).isLessThanOrEqualTo(1);
    }

    @Test
    @DisplayName(
            "RL-1 a fixed window of another period counts what was taken for a whole period, however often the period changes")
    void fixedWindowsOfOtherPeriods() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 60; round++) {
            int stepsAChange = 2 + random.nextInt(60);
            RateLimiter limiter =
                    limiter(3, Duration.ofNanos(1_000)).fixedWindow().build();
            List<Long> in = new ArrayList<>();
            for (int step = 0; step < 300; step++) {
                advance(random.nextInt(400));
                if (random.nextInt(stepsAChange) == 0) {
                    long period = 1_000 + random.nextInt(3_000);
                    limiter.reconfigure(settings -> random.nextInt(4) == 0
                            ? settings.limit(3, Duration.ofNanos(period)).slidingWindow()
                            : settings.limit(3, Duration.ofNanos(period)).fixedWindow());
                }
                while (in(limiter)) {
                    in.add(time.nanoTime());
                }
            }
            // Whoever changes them faster than periods pass leaves few permits.
            assertThat(in).hasSizeGreaterThan(stepsAChange < 30 ? 2 : 30);
            for (int i = 6; i < in.size(); i++) {
                // Twice the limit at an edge, and no more.
                assertThat(in.get(i) - in.get(i - 6))
                        .as("round %s, call %s of %s", round, i, in)
                        .isGreaterThanOrEqualTo(1_000);
            }
        }
        RateLimiter tokens = limiter(15, SECOND).build();
        advance(SECOND.toNanos() - 1);
        assertThat(in(tokens, 9)).isEqualTo(9);
        tokens.reconfigure(RateLimiterBuilder::fixedWindow);
        assertThat(in(tokens, 15)).isEqualTo(6);
        advance(SECOND.toNanos() - 1);
        assertThat(in(tokens)).isFalse();
        advance(1);
        assertThat(in(tokens, 16)).isEqualTo(15);
    }

    @Test
    void aViewFollowsAndIsRefusedWhenItCostsTooMuch() {
        RateLimiter limiter = limiter(10, SECOND).build();
        RateLimiter five = limiter.permits(5);
        five.reconfigure(settings -> settings.limit(4, SECOND));
        assertThat(in(five)).isFalse();
        assertThat(retryAfter(five)).isEqualTo(RateLimitedException.UNKNOWN);
        limiter.reconfigure(settings -> settings.limit(40, SECOND));
        time.advance(SECOND);
        assertThat(in(five, 9)).isEqualTo(8);
        assertThat(five).hasToString("RateLimiter['limiter' 40/1s, 0 available, 5 a call]");
    }

    @Test
    void nothingChangesWhenSettingsAreRefused() {
        RateLimiter limiter = limiter(10, SECOND).build();
        assertThatThrownBy(() -> limiter.reconfigure(
                        settings -> settings.limit(20, SECOND).burst(0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limiter.reconfigure(settings -> settings.environment(Environment.system())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("environment of a reconfiguration");
        assertThat(in(limiter, 30)).isEqualTo(10);
    }

    @Test
    void theSameChangeMadeTwiceChangesNothingMore() {
        List<UnaryOperator<RateLimiterBuilder>> changes = List.of(
                settings -> settings,
                settings -> settings.and(100, Duration.ofMinutes(1)).burst(7).and(1000, Duration.ofHours(1)),
                settings -> settings.burst(5).and(100, Duration.ofMinutes(1)),
                settings -> settings.slidingWindow().waitUpTo(SECOND),
                RateLimiterBuilder::fixedWindow,
                settings -> settings.warmUp(SECOND, 3),
                settings -> settings.limit(4, SECOND).smooth());
        for (UnaryOperator<RateLimiterBuilder> change : changes) {
            RateLimiter limiter = limiter(10, SECOND).build();
            limiter.reconfigure(change);
            in(limiter);
            String once = limiter.toString();
            for (int i = 0; i < 20; i++) {
                limiter.reconfigure(change);
            }
            assertThat(limiter).hasToString(once);
        }
    }

    @Test
    void eachSettingHasAnOpposite() {
        RateLimiter limiter = limiter(10, SECOND).build();
        String before = limiter.toString();
        limiter.reconfigure(settings -> settings.and(5, SECOND));
        limiter.reconfigure(RateLimiterBuilder::only);
        assertThat(limiter).hasToString(before);
        List<UnaryOperator<RateLimiterBuilder>> kinds = List.of(
                RateLimiterBuilder::smooth,
                RateLimiterBuilder::slidingWindow,
                RateLimiterBuilder::fixedWindow,
                settings -> settings.burst(3),
                settings -> settings.warmUp(SECOND, 3));
        for (UnaryOperator<RateLimiterBuilder> kind : kinds) {
            limiter.reconfigure(kind);
            limiter.reconfigure(RateLimiterBuilder::tokenBucket);
            time.advance(Duration.ofMinutes(1));
            assertThat(limiter).hasToString(before);
        }
        limiter.reconfigure(settings -> settings.waitUpTo(SECOND));
        limiter.reconfigure(settings -> settings.waitUpTo(Duration.ZERO));
        in(limiter, 10);
        assertThat(in(limiter)).isFalse();
    }

    @Test
    @DisplayName("RL-2 a limiter that is changed all the time gives its rate all the same")
    void partsOfPermitsAreKept() {
        RateLimiter limiter = limiter(10, SECOND).burst(5).build();
        int in = 0;
        for (int i = 0; i < 10_000; i++) {
            int rate = i % 2 == 0 ? 7 : 10;
            limiter.reconfigure(settings -> settings.limit(rate, SECOND).burst(5));
            in += in(limiter) ? 1 : 0;
            advance(10_000_000);
        }
        // A hundred seconds at 8.5 a second.
        assertThat(in).isBetween(854, 855);
    }

    @Test
    @DisplayName("RL-1 under a faster rate, too, nobody gets in before those who wait, or together with them")
    void nobodyOvertakes() {
        RateLimiter limiter = limiter(10, SECOND).smooth().waitUpTo(SECOND).build();
        List<Long> times = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            limiter.callAsync(() -> CompletableFuture.completedFuture(times.add(time.nanoTime() / 1_000_000)));
        }
        limiter.reconfigure(settings -> settings.limit(100, SECOND).smooth());
        for (int i = 0; i < 3; i++) {
            limiter.callAsync(() -> CompletableFuture.completedFuture(times.add(time.nanoTime() / 1_000_000)));
        }
        time.advance(SECOND);
        assertThat(times).containsExactly(0L, 100L, 200L, 300L, 400L, 500L, 510L, 520L, 530L);
    }

    @Test
    void warmthIsKept() {
        RateLimiter limiter =
                limiter(10, SECOND).warmUp(SECOND, 3).waitUpTo(SECOND).build();
        for (int i = 0; i < 20; i++) {
            limiter.run(() -> {});
        }
        limiter.reconfigure(settings -> settings.limit(20, SECOND).warmUp(Duration.ofSeconds(2), 3));
        limiter.run(() -> {});
        long start = time.nanoTime();
        limiter.run(() -> {});
        assertThat(time.nanoTime() - start).isEqualTo(50_000_000);
    }

    @Test
    @DisplayName("RL-4 of a limit of 0 nobody gets anything, and nobody knows when")
    void nobodyMay() {
        for (RateLimiterBuilder builder : List.of(
                limiter(0, SECOND).waitUpTo(SECOND),
                limiter(0, SECOND).slidingWindow(),
                limiter(0, SECOND).fixedWindow(),
                limiter(0, SECOND).burst(5),
                limiter(0, SECOND).warmUp(SECOND, 2),
                limiter(10, SECOND).and(0, SECOND))) {
            RateLimiter limiter = builder.build();
            assertThat(retryAfter(limiter)).as("%s", limiter).isEqualTo(RateLimitedException.UNKNOWN);
            assertThat(retryAfter(limiter.permits(3))).isEqualTo(RateLimitedException.UNKNOWN);
            assertThat(limiter.available()).isZero();
            assertThat(limiter.drain()).isZero();
            assertThat(time.nanoTime()).isZero();
            assertThat(in(builder.<String>keyed(5).get("a"))).isFalse();
        }
        RateLimiter limiter = limiter(10, SECOND).waitUpTo(SECOND).build();
        RateLimiter three = limiter.permits(3);
        in(limiter, 5);
        limiter.reconfigure(settings -> settings.limit(0, SECOND));
        assertThat(in(three)).isFalse();
        limiter.reconfigure(settings -> settings.limit(10, SECOND).waitUpTo(Duration.ZERO));
        assertThat(limiter.available()).isZero();
        advance(300_000_000);
        assertThat(in(three)).isTrue();
    }
}
