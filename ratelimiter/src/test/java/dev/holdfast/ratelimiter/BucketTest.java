// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What happens to a bucket's permits when another bucket replaces it, step by step. */
class BucketTest extends LimiterTest {
    private static final int T = 10;

    /** Five at once, and one each {@code T} nanoseconds. */
    private final RateLimiterBuilder five = tokens(T, 5);

    private final RateLimiterBuilder slower = tokens(3 * T, 5);
    private final RateLimiterBuilder faster = tokens(T / 5, 5);
    private final RateLimiterBuilder twoLimits =
            on(time, 1, T).burst(5).and(100, Duration.ofNanos(100 * T)).copy();

    private RateLimiterBuilder tokens(long nanos, long burst) {
        return on(time, 1, nanos).burst(burst).copy();
    }

    private RateLimiterBuilder limits(RateLimiterBuilder builder) {
        return builder.copy();
    }

    @Test
    @DisplayName("RL-1 a bucket that is closed gives nothing and says so, and gives its last words to all who close it")
    void closed() {
        for (RateLimiterBuilder settings : new RateLimiterBuilder[] {five, twoLimits}) {
            Bucket bucket = Bucket.full(settings, 0);
            assertThat(settings.ask(2).take(bucket, 0, () -> 0)).isZero();
            assertThat(bucket.isClosed()).isFalse();
            long[] last = bucket.close();
            assertThat(bucket.isClosed()).isTrue();
            assertThat(bucket.close()).containsExactly(last);
            assertThat(last[0]).isEqualTo(2 * T);
            assertThat(settings.ask(1).take(bucket, 0, () -> 0)).isEqualTo(Bucket.REPLACED);
            assertThat(settings.ask(1).take(bucket, 0, () -> 0, 100, null)).isEqualTo(Bucket.REPLACED);
            assertThat(bucket.available(() -> 0)).isEqualTo(Bucket.REPLACED);
            assertThat(bucket.successor(settings, () -> 0).available(() -> 0)).isEqualTo(3);
            assertThat(bucket.successor(settings, () -> 0).close()).containsExactly(last);
        }
    }

    @Test
    @DisplayName("RL-1 the next bucket has the permits of this one, under the same and under other settings")
    void successor() {
        for (RateLimiterBuilder settings : new RateLimiterBuilder[] {five, slower, faster, twoLimits}) {
            Bucket bucket = Bucket.full(five, 0);
            assertThat(five.ask(2).take(bucket, 0, () -> 0)).isZero();
            assertThat(bucket.successor(settings, () -> 0).available(() -> 0))
                    .as("%s", settings)
                    .isEqualTo(3);
            assertThat(bucket.successor(settings, () -> T).available(() -> T))
                    .as("%s", settings)
                    .isEqualTo(4);
            assertThat(bucket.successor(settings, () -> 2 * T).isFull(2 * T))
                    .as("%s", settings)
                    .isTrue();
        }
        Bucket two = Bucket.full(twoLimits, 0);
        assertThat(twoLimits.ask(2).take(two, 0, () -> 0)).isZero();
        assertThat(two.isFull(0)).isFalse();
        assertThat(two.successor(five, () -> 0).available(() -> 0)).isEqualTo(3);
    }

    @Test
    @DisplayName(
            "RL-1 what is taken while who replaces a bucket is stopped behind its reading of the clock is not forgotten")
    void takenWhileReplaced() {
        for (RateLimiterBuilder settings : List.of(
                limits(on(time, 5, 10).fixedWindow()), limits(on(time, 5, 10).slidingWindow()))) {
            for (boolean ofMany : new boolean[] {false, true}) {
                Bucket bucket = Bucket.full(settings, 0);
                long[] taken = new long[1];
                Clock stopped = () -> {
                    taken[0] = settings.ask(3).take(bucket, 35, () -> 35) == 0 ? 3 : 0;
                    return 5;
                };
                Bucket next = ofMany ? bucket.successorOfMany(slower, stopped) : bucket.successor(slower, stopped);
                assertThat(taken[0] + next.available(() -> 35))
                        .as("%s", settings)
                        .isEqualTo(5);
            }
        }
    }

    @Test
    @DisplayName(
            "RL-1 a limit takes over the one with its settings, or else of its period, or else in its place; others start full")
    void takenOver() {
        RateLimiterBuilder before = limits(on(time, 10, 1000).and(100, Duration.ofNanos(9_000_000)));
        Bucket bucket = Bucket.full(before, 0);
        assertThat(before.ask(10).take(bucket, 0, () -> 0)).isZero();
        assertThat(left(bucket, limits(on(time, 100, 9_000_000)))).containsExactly(90);
        assertThat(left(bucket, limits(on(time, 50, 9_000_000)))).containsExactly(50);
        assertThat(left(bucket, limits(on(time, 20, 1000)))).containsExactly(0);
        assertThat(left(bucket, limits(on(time, 20, 77)))).containsExactly(0);
        assertThat(left(bucket, limits(on(time, 100, 9_000_000).and(10, Duration.ofNanos(1000)))))
                .containsExactly(90, 0);
        assertThat(left(
                        bucket,
                        limits(on(time, 100, 9_000_000)
                                .and(7, Duration.ofNanos(77))
                                .and(3, Duration.ofNanos(5)))))
                .containsExactly(90, 7, 3);
    }

    private static long[] left(Bucket bucket, RateLimiterBuilder next) {
        long[] words = bucket.successor(next, () -> 0).close();
        return IntStream.range(0, words.length)
                .mapToLong(i -> next.limits[i].available(words[i], 0))
                .toArray();
    }

    @Test
    @DisplayName("RL-1 behind calls that wait nobody gets in before them, nor faster than at the slower rate")
    void promised() {
        for (RateLimiterBuilder settings : List.of(
                slower,
                faster,
                limits(on(time, 5, 5 * T).slidingWindow()),
                limits(on(time, 5, 5 * T).fixedWindow()))) {
            RateLimiterBuilder waiting = limits(on(time, 1, T).burst(5).waitUpTo(Duration.ofNanos(100)));
            Bucket bucket = Bucket.full(waiting, 0);
            for (int i = 0; i < 8; i++) {
                assertThat(waiting.ask(1).take(bucket, 0, () -> 0, 100, null)).isEqualTo(Math.max(0, (i - 4) * T));
            }
            Bucket next = bucket.successor(settings, () -> 0);
            assertThat(next.available(() -> 0)).isZero();
            long free = settings.ask(1).waitNanos(next, 0, () -> 0);
            assertThat(free)
                    .as("%s", settings)
                    .isGreaterThan(3 * T)
                    .isLessThanOrEqualTo(settings == slower ? 12 * T : 13 * T);
        }
    }

    @Test
    @DisplayName("RL-6 a clock that reads what marks a closed bucket closes none")
    void readingThatLooksClosed() {
        for (long marks = Long.MIN_VALUE; marks < Long.MIN_VALUE + 3; marks++) {
            long reading = marks;
            Clock paidAt = () -> reading - 5 * T;
            Bucket bucket = Bucket.full(five, reading);
            assertThat(bucket.isClosed()).isFalse();
            assertThat(bucket.available(() -> reading + 2_000)).isEqualTo(5);
            for (RateLimiterBuilder settings : new RateLimiterBuilder[] {five, twoLimits}) {
                Bucket paid = Bucket.full(settings, reading - 5 * T);
                assertThat(settings.ask(5).take(paid, reading - 5 * T, paidAt)).isZero();
                assertThat(paid.available(() -> reading)).isZero();
                assertThat(paid.available(() -> reading + 2_000)).isEqualTo(5);
                assertThat(paid.successor(slower, paidAt).available(() -> reading - 4 * T))
                        .isZero();
            }
        }
    }

    @Test
    @DisplayName(
            "RL-3 a reservation is given back only where nobody has paid behind it, and not to a bucket that is closed")
    void givenBack() {
        Bucket bucket = Bucket.full(twoLimits, 0);
        long[] first = new long[4];
        long[] second = new long[4];
        assertThat(twoLimits.ask(5).take(bucket, 0, () -> 0, 0, first)).isZero();
        assertThat(twoLimits.ask(1).take(bucket, 0, () -> 0, T, second)).isEqualTo(T);
        bucket.giveBack(first);
        assertThat(twoLimits.ask(1).take(bucket, 0, () -> 0)).isEqualTo(2 * T);
        bucket.giveBack(second);
        assertThat(twoLimits.ask(1).take(bucket, 0, () -> 0)).isEqualTo(T);
        assertThat(twoLimits.ask(1).take(bucket, 0, () -> 0, T - 1, null)).isEqualTo(T);
        bucket.close();
        bucket.giveBack(first);
        assertThat(bucket.isClosed()).isTrue();
    }
}
