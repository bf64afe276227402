// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The token bucket: vectors, bounds and long run. */
class GcraTest extends LimiterTest {
    private static final long MS = 1_000_000;

    /** One call at a time in ms: 0 for in, or the wait in ms. */
    private void call(RateLimiter limiter, long atMs, long waitMs) {
        advance(atMs * MS - time.nanoTime());
        if (waitMs == 0) {
            assertThat(in(limiter)).as("at %s ms", atMs).isTrue();
        } else {
            assertThat(retryAfter(limiter)).as("at %s ms", atMs).isEqualTo(waitMs * MS);
        }
    }

    @Test
    @DisplayName("GCRA vectors: T = 100 ms, no burst")
    void vectorsWithoutBurst() {
        RateLimiter limiter = limiter(10, SECOND).smooth().build();
        long[][] calls = {{0, 0}, {50, 50}, {99, 1}, {100, 0}, {150, 50}, {200, 0}, {500, 0}, {600, 0}};
        for (long[] call : calls) {
            call(limiter, call[0], call[1]);
        }
    }

    @Test
    @DisplayName("GCRA vectors: T = 100 ms, burst 5")
    void vectorsWithBurst() {
        RateLimiter limiter = limiter(10, SECOND).burst(5).build();
        long[][] calls = {
            {0, 0},
            {0, 0},
            {0, 0},
            {0, 0},
            {0, 0},
            {0, 100},
            {99, 1},
            {100, 0},
            {100, 100},
            {200, 0},
            {1000, 0},
            {1000, 0},
            {1000, 0},
            {1000, 0},
            {1000, 0},
            {1000, 100}
        };
        for (long[] call : calls) {
            call(limiter, call[0], call[1]);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 11", "5, 15"})
    @DisplayName("GCRA vectors: the most in a closed window of a second")
    void mostInASecond(long burst, int most) {
        RateLimiter limiter = limiter(10, SECOND).burst(burst).build();
        int in = 0;
        for (int ms = 0; ms <= 1000; ms++) {
            advance(ms * MS - time.nanoTime());
            in += in(limiter, 20);
        }
        assertThat(in).isEqualTo(most);
    }

    @Test
    @DisplayName("RL-2, RL-5 three a second are exactly 300,000 in 100,000 s; the long run makes it ten times as many")
    void noDrift() {
        RateLimiter limiter = limiter(3, SECOND).smooth().waitUpTo(SECOND).build();
        int seconds = Boolean.getBoolean("holdfast.long") ? 1_000_000 : 100_000;
        for (int i = 0; i < 3 * seconds; i++) {
            limiter.run(() -> {});
        }
        // The next call is the first one after those seconds.
        assertThat(time.nanoTime()).isLessThan(seconds * 1_000_000_000L);
        limiter.run(() -> {});
        assertThat(time.nanoTime()).isEqualTo(seconds * 1_000_000_000L);
    }

    @Test
    @DisplayName("RL-2 no drift after an arrival at any nanosecond of a cell")
    void noDriftFromAnywhere() {
        // T = 10/3 ns, cells of 4, 3 and 3; and 11/3 ns, cells of 4, 4 and 3.
        for (long period = 10; period <= 11; period++) {
            for (long offset = 0; offset < 30; offset++) {
                VirtualTime clock = VirtualTime.create(0, 0);
                RateLimiter limiter =
                        on(clock, 3, period).smooth().waitUpTo(SECOND).build();
                clock.advance(Duration.ofNanos(100 + offset));
                for (int i = 0; i <= 3_000; i++) {
                    limiter.run(() -> {});
                }
                long took = clock.nanoTime() - 100 - offset;
                assertThat(took).isBetween(1_000 * period, 1_000 * period + 1);
            }
        }
    }

    @Test
    @DisplayName("says to the nanosecond when to come again, at rates that divide and at others")
    void retryAfterIsExact() {
        for (long limit : new long[] {1, 3, 7, 10, 1000, 999_983}) {
            RateLimiter limiter = limiter(limit, SECOND).burst(2).build();
            in(limiter, 2);
            for (int i = 0; i < 100; i++) {
                long wait = retryAfter(limiter);
                advance(wait - 1);
                assertThat(in(limiter)).isFalse();
                advance(1);
                assertThat(in(limiter)).isTrue();
            }
        }
    }

    @Test
    @DisplayName("RL-3 available counts down from the burst and up again, and is never more")
    void available() {
        RateLimiter limiter = limiter(3, SECOND).burst(5).build();
        for (int left = 5; left > 0; left--) {
            assertThat(limiter.available()).isEqualTo(left);
            assertThat(in(limiter)).isTrue();
        }
        assertThat(limiter.available()).isZero();
        advance(333_333_333);
        assertThat(limiter.available()).isZero();
        advance(1);
        assertThat(limiter.available()).isEqualTo(1);
        time.advance(Duration.ofDays(1));
        assertThat(limiter.available()).isEqualTo(5);
    }

    @Test
    void severalPermitsCostSeveral() {
        RateLimiter limiter = limiter(10, SECOND).build();
        RateLimiter four = limiter.permits(4);
        assertThat(in(four, 3)).isEqualTo(2);
        assertThat(limiter.available()).isEqualTo(2);
        assertThat(retryAfter(four)).isEqualTo(200 * MS);
        assertThat(in(limiter, 3)).isEqualTo(2);
        assertThat(four.counts()).isEqualTo(limiter.counts());
        assertThat(limiter.counts().rejected()).isEqualTo(3);
    }

    @Test
    void drainTakesWhatIsThere() {
        RateLimiter limiter = limiter(10, SECOND).burst(20).build();
        in(limiter, 3);
        assertThat(limiter.drain()).isEqualTo(17);
        assertThat(limiter.drain()).isZero();
        assertThat(in(limiter)).isFalse();
        advance(100 * MS);
        assertThat(in(limiter, 2)).isEqualTo(1);
    }
}
