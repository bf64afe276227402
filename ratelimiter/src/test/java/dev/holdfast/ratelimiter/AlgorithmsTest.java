// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows, warm-up, and several limits at once. */
class AlgorithmsTest extends LimiterTest {
    @Test
    @DisplayName("P11 a fixed window lets twice its permits through at the edge, as it says; the others do not")
    void doubleBurst() {
        for (RateLimiterBuilder builder :
                List.of(limiter(10, SECOND).fixedWindow(), limiter(10, SECOND).slidingWindow(), limiter(10, SECOND))) {
            time = VirtualTime.create();
            RateLimiter limiter = builder.environment(time).build();
            advance(999_999_999);
            assertThat(in(limiter, 30)).isEqualTo(10);
            advance(1);
            boolean fixed = limiter.toString().contains("fixed");
            assertThat(in(limiter, 30)).as("%s", limiter).isEqualTo(fixed ? 10 : 0);
        }
    }

    @Test
    void aFixedWindowStartsAnewWithEachPeriod() {
        RateLimiter limiter = limiter(3, SECOND).fixedWindow().build();
        for (int i = 0; i < 5; i++) {
            assertThat(limiter.available()).isEqualTo(3);
            assertThat(in(limiter, 5)).isEqualTo(3);
            advance(300_000_000);
            assertThat(retryAfter(limiter)).isEqualTo(700_000_000);
            assertThat(limiter.available()).isZero();
            advance(700_000_000);
        }
    }

    @Test
    void windowsSurviveTheirNumberWrappingAround() {
        for (boolean sliding : new boolean[] {true, false}) {
            RateLimiterBuilder builder = limiter(SlidingWindow.MAX_PERMITS, Duration.ofNanos(1000));
            RateLimiter limiter = (sliding ? builder.slidingWindow() : builder.fixedWindow()).build();
            for (int i = 0; i < 50; i++) {
                assertThat(limiter.drain()).isEqualTo(SlidingWindow.MAX_PERMITS);
                assertThat(in(limiter)).isFalse();
                advance((1L << 22) * 1000 - 17);
                assertThat(limiter.available()).isEqualTo(SlidingWindow.MAX_PERMITS);
            }
        }
    }

    @Test
    void waitsInWindowsAreInOrderAndWithinTheLimit() {
        for (boolean sliding : new boolean[] {true, false}) {
            time = VirtualTime.create();
            RateLimiterBuilder builder = limiter(2, SECOND).waitUpTo(Duration.ofSeconds(3));
            RateLimiter limiter = (sliding ? builder.slidingWindow() : builder.fixedWindow()).build();
            List<Long> seconds = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                limiter.callAsync(() -> {
                    seconds.add(time.nanoTime() / 500_000_000);
                    return CompletableFuture.completedFuture(null);
                });
            }
            time.advance(Duration.ofSeconds(10));
            // In half seconds. Those that would have to wait longer than three seconds were refused.
            List<Long> expected =
                    sliding ? List.of(0L, 0L, 2L, 3L, 4L, 5L, 6L) : List.of(0L, 0L, 2L, 2L, 4L, 4L, 6L, 6L);
            assertThat(seconds).isEqualTo(expected);
            assertThat(limiter.counts().rejected()).isEqualTo(12 - expected.size());
        }
    }

    @Test
    @DisplayName("several limits: a call takes from all or from none")
    void allOrNone() {
        RateLimiter limiter = limiter(10, SECOND).and(15, Duration.ofHours(1)).build();
        assertThat(in(limiter, 20)).isEqualTo(10);
        advance(SECOND.toNanos());
        assertThat(limiter.available()).isEqualTo(5);
        assertThat(in(limiter, 20)).isEqualTo(5);
        // The hour is used up: the refused calls have taken nothing from the second's limit.
        long wait = retryAfter(limiter);
        assertThat(wait).isEqualTo(Duration.ofHours(1).toNanos() / 15 - SECOND.toNanos());
        advance(wait);
        assertThat(in(limiter, 20)).isEqualTo(1);
    }

    @Test
    @DisplayName("several limits of different kinds are each kept")
    void mixed() {
        RateLimiter limiter = limiter(5, SECOND)
                .smooth()
                .and(8, Duration.ofSeconds(2))
                .fixedWindow()
                .and(100, SECOND)
                .build();
        int in = 0;
        for (int ms = 0; ms < 2000; ms += 10) {
            in += in(limiter) ? 1 : 0;
            advance(10_000_000);
        }
        assertThat(in).isEqualTo(8);
    }

    private List<Long> saturate(RateLimiter limiter, int calls) {
        List<Long> intervals = new ArrayList<>();
        long last = -1;
        for (int i = 0; i < calls; i++) {
            long at = limiter.<Long>call(time::nanoTime);
            if (last >= 0) {
                intervals.add(at - last);
            }
            last = at;
        }
        return intervals;
    }

    @Test
    @DisplayName("warm-up: intervals fall from three times to once the rate's, in the time of the warm-up")
    void warmUp() {
        RateLimiter limiter = limiter(100, SECOND)
                .warmUp(Duration.ofSeconds(2), 3)
                .waitUpTo(SECOND)
                .build();
        List<Long> intervals = saturate(limiter, 200);
        assertThat(intervals.get(0)).isEqualTo(30_000_000);
        long elapsed = 0;
        for (int i = 0; i < intervals.size(); i++) {
            double cold = Math.max(0, 2_000_000_000.0 - elapsed) / 2_000_000_000.0;
            assertThat((double) intervals.get(i)).isBetween(10e6 * (1 + 2 * cold) - 2, 10e6 * (1 + 2 * cold) + 2);
            elapsed += intervals.get(i);
        }
        assertThat(intervals.get(intervals.size() - 1)).isEqualTo(10_000_000);

        time.advance(Duration.ofMinutes(1));
        assertThat(saturate(limiter, 200)).as("cold again, it warms up again").isEqualTo(intervals);
    }

    @Test
    void aShortIdleTimeCoolsALittle() {
        RateLimiter limiter =
                limiter(100, SECOND).warmUp(SECOND, 3).waitUpTo(SECOND).build();
        saturate(limiter, 300);
        // Warm. The next permit is 10 ms away; half a second of idling, from one interval after it on, is half as cold
        // as can be.
        advance(520_000_000);
        List<Long> intervals = saturate(limiter, 100);
        assertThat(intervals.get(0)).isEqualTo(20_000_000);
        long elapsed = 0;
        for (long interval : intervals) {
            double cold = Math.max(0, 500_000_000.0 - elapsed) / 1_000_000_000.0;
            assertThat((double) interval).isBetween(10e6 * (1 + 2 * cold) - 2, 10e6 * (1 + 2 * cold) + 2);
            elapsed += interval;
        }
        assertThat(intervals.get(98)).isEqualTo(10_000_000);
    }

    @Test
    @DisplayName("warm-up: no pause under load, and none that is shorter than the next permit, makes it colder")
    void loadDoesNotCool() {
        RateLimiter limiter =
                limiter(100, SECOND).warmUp(SECOND, 3).waitUpTo(SECOND).build();
        saturate(limiter, 300);
        for (int i = 0; i < 100; i++) {
            advance(10_000_000);
            assertThat(in(limiter)).as("permit %s", i).isTrue();
        }
        assertThat(saturate(limiter, 2).get(0)).isEqualTo(10_000_000);
    }

    @Test
    void aFactorOfOneIsNoWarmUp() {
        RateLimiter limiter =
                limiter(3, SECOND).warmUp(SECOND, 1).waitUpTo(SECOND).build();
        assertThat(saturate(limiter, 4)).containsExactly(333_333_334L, 333_333_333L, 333_333_333L);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 7, 10, 31, 32, 99, 1000})
    @DisplayName("RL-2 a sliding window gives its permits in each period to callers who always ask")
    void slidingForThoseWhoAlwaysAsk(int permits) {
        RateLimiter limiter = limiter(permits, SECOND)
                .slidingWindow()
                .waitUpTo(Duration.ofSeconds(3))
                .build();
        advance(123_456_789);
        long start = time.nanoTime();
        List<Grant> grants = new ArrayList<>();
        for (int i = 0; i <= 8 * permits; i++) {
            limiter.run(() -> {});
            grants.add(new Grant(time.nanoTime(), 1));
        }
        // Where a period cannot be cut into whole ticks, each begins less than one late.
        assertThat(time.nanoTime() - start)
                .isBetween(8 * SECOND.toNanos(), 8 * SECOND.toNanos() + 9 * (permits < 8 ? 0 : 1 << 20));
        assertBound(
                grants.subList(0, Math.min(grants.size(), 400)),
                permits,
                SECOND.toNanos(),
                permits,
                0,
                SECOND.toNanos() - 1);
    }

    @ParameterizedTest
    @CsvSource({"10, 2", "10, 5", "10, 10", "1000, 50", "1000, 1000", "7, 2"})
    @DisplayName("RL-2 a sliding window gives all its permits also to calls that cost several")
    void slidingForCallsOfSeveralPermits(int permits, int cost) {
        RateLimiter limiter = limiter(permits, SECOND).slidingWindow().build().permits(cost);
        List<Grant> grants = new ArrayList<>();
        for (int ms = 0; ms < 20_000; ms++) {
            while (in(limiter)) {
                grants.add(new Grant(time.nanoTime(), cost));
            }
            advance(1_000_000);
        }
        assertThat(grants.size()).isBetween(20 * (permits / cost), 20 * (permits / cost) + 1);
        assertBound(
                grants.subList(0, Math.min(grants.size(), 400)),
                permits,
                SECOND.toNanos(),
                permits,
                0,
                SECOND.toNanos() - 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName(
            "RL-1 who would have to wait longer than a window's word can tell from the past is refused, however many wait")
    void moreThanTheWordCanTell(boolean sliding) {
        long permits = sliding ? SlidingWindow.MAX_PERMITS : FixedWindow.MAX_PERMITS;
        RateLimiterBuilder settings =
                limiter(permits, Duration.ofNanos(1 << 20)).waitUpTo(Duration.ofDays(10_000));
        RateLimiter whole = (sliding ? settings.slidingWindow() : settings.fixedWindow())
                .build()
                .permits(permits);
        AtomicInteger in = new AtomicInteger();
        List<CompletableFuture<Object>> calls = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            calls.add(whole.callAsync(() -> CompletableFuture.completedFuture(in.incrementAndGet())));
        }
        assertThat(in).hasValue(1);
        advance(20 << 20);
        // Calls of all permits at once get half of a sliding window of so many.
        assertThat(in.get()).isBetween(11, 22);
        // Refused at once, or not: no call is lost.
        calls.forEach(call -> call.cancel(true));
    }

    @Test
    @DisplayName("RL-1 of a sliding window of one permit, two never come within a period")
    void slidingWindowOfOne() {
        RateLimiter limiter = limiter(1, SECOND).slidingWindow().build();
        long last = -SECOND.toNanos();
        for (int i = 0; i < 20_000; i++) {
            if (in(limiter)) {
                assertThat(time.nanoTime() - last).isGreaterThanOrEqualTo(SECOND.toNanos());
                last = time.nanoTime();
            }
            advance(time.nextLong(300_000_000));
        }
    }

    @Test
    @DisplayName("warm-up: whoever asks steadily, at any rate that the limit allows, is let in each time in the end")
    void warmUpEnds() {
        for (int round = 0; round < 100; round++) {
            time = VirtualTime.create();
            SplittableRandom draw = new SplittableRandom(round);
            long interval = 1 + (long) Math.exp(draw.nextDouble(20));
            double factor = Math.min(1000, 1 + Math.exp(draw.nextDouble(8) - 3));
            long warmUp = 1 + (long) (interval * Math.exp(draw.nextDouble(9) - 4));
            long each = interval + (round % 4 == 0 ? 0 : (long) (interval * Math.exp(draw.nextDouble(6) - 3)));
            RateLimiter limiter = on(time, 1, interval)
                    .warmUp(Duration.ofNanos(warmUp), factor)
                    .build();
            // In any number of cold intervals that a warm-up and the first of them take, it may be refused.
            long settled = time.nanoTime() + 10 * warmUp + (long) (10 * factor * interval) + 10 * each;
            while (time.nanoTime() < settled) {
                in(limiter);
                advance(each);
            }
            for (int i = 0; i < 50; i++) {
                assertThat(in(limiter))
                        .as("%s ns, warm-up %s ns, factor %s, each %s ns", interval, warmUp, factor, each)
                        .isTrue();
                advance(each);
            }
        }
    }
}
