// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What happens to a bucket's permits when another bucket replaces it, step by step. */
class BucketTest extends LimiterTest {
    private static final int T = 10;

    /** Five at once, and one each {@code T} nanoseconds. */
    private final RateLimiterBuilder five = tokens(T, 5);
    private final RateLimiterBuilder slower = tokens(3 * T, 5);
    private final RateLimiterBuilder twoLimits = on(time, 1, T).burst(5).and(100, Duration.ofNanos(100 * T)).copy();

    private RateLimiterBuilder tokens(long nanos, long burst) {
        return on(time, 1, nanos).burst(burst).copy();
    }

    private static Bucket closed(RateLimiterBuilder settings) {
        Bucket bucket = Bucket.full(settings, 0);
        long[] seen = new long[settings.limits.length];
        Bucket next = bucket.next(settings, 0, seen);
        assertThat(next).isNotNull();
        bucket.closeFor(next, 0, seen);
        return bucket;
    }

    @Test
    @DisplayName("RL-1 a bucket that has been replaced gives nothing and says so")
    void replaced() {
        for (RateLimiterBuilder settings : new RateLimiterBuilder[] {five, twoLimits}) {
            Bucket bucket = closed(settings);
            assertThat(settings.ask(1).take(bucket, 0)).isEqualTo(Bucket.REPLACED);
            assertThat(settings.ask(1).take(bucket, 0, 100, null)).isEqualTo(Bucket.REPLACED);
            assertThat(bucket.available(0)).isEqualTo(Bucket.REPLACED);
            assertThat(bucket.next(settings, 0, new long[settings.limits.length])).isNull();
        }
    }

    @Test
    @DisplayName("RL-1 what is taken while a bucket is replaced is charged to the one that replaces it")
    void takenMeanwhile() {
        for (RateLimiterBuilder settings : new RateLimiterBuilder[] {five, slower, twoLimits}) {
            Bucket bucket = Bucket.full(five, 0);
            long[] seen = new long[1];
            Bucket next = bucket.next(settings, 0, seen);
            assertThat(five.ask(2).take(bucket, 0)).isZero();
            assertThat(next.available(0)).isEqualTo(5);
            bucket.closeFor(next, 0, seen);
            assertThat(next.available(0)).as("%s", settings).isEqualTo(3);
        }
    }

    @Test
    @DisplayName("RL-1 nothing is charged if nothing was taken meanwhile")
    void nothingTaken() {
        Bucket bucket = Bucket.full(five, 0);
        assertThat(five.ask(2).take(bucket, 0)).isZero();
        long[] seen = new long[1];
        Bucket next = bucket.next(slower, 0, seen);
        bucket.closeFor(next, 0, seen);
        assertThat(next.available(0)).isEqualTo(3);
    }

    @Test
    @DisplayName("RL-1 if the one that replaces it has been replaced as well, the last one is charged")
    void chargedToTheLast() {
        Bucket first = Bucket.full(five, 0);
        long[] seenOfFirst = new long[1];
        Bucket second = first.next(slower, 0, seenOfFirst);
        long[] seenOfSecond = new long[1];
        Bucket third = second.next(five, 0, seenOfSecond);
        second.closeFor(third, 0, seenOfSecond);
        assertThat(five.ask(4).take(first, 0)).isZero();
        first.closeFor(second, 0, seenOfFirst);
        assertThat(third.available(0)).isEqualTo(1);
        assertThat(second.available(0)).isEqualTo(Bucket.REPLACED);
    }

    @Test
    @DisplayName("RL-1 a limit that the new settings do not have is charged to nobody")
    void limitThatIsGone() {
        Bucket bucket = Bucket.full(twoLimits, 0);
        long[] seen = new long[2];
        Bucket next = bucket.next(five, 0, seen);
        assertThat(twoLimits.ask(2).take(bucket, 0)).isZero();
        bucket.closeFor(next, 0, seen);
        assertThat(next.available(0)).isEqualTo(3);
        assertThat(bucket.available(0)).isEqualTo(Bucket.REPLACED);
    }

    @Test
    @DisplayName("RL-1 a bucket that is levelled has no more than the other, under the same and under other limits")
    void levelled() {
        for (RateLimiterBuilder settings : new RateLimiterBuilder[] {five, slower}) {
            Bucket poor = Bucket.full(five, 0);
            assertThat(five.ask(3).take(poor, 0)).isZero();
            Bucket rich = Bucket.full(settings, 0);
            rich.level(poor, 0);
            assertThat(rich.available(0)).isEqualTo(2);
            assertThat(poor.available(0)).isEqualTo(2);
            Bucket full = Bucket.full(settings, 0);
            rich.level(full, 0);
            assertThat(rich.available(0)).isEqualTo(2);

            poor.closeAndLevel(full, 0);
            assertThat(full.available(0)).isEqualTo(2);
            assertThat(poor.available(0)).isEqualTo(Bucket.REPLACED);
            poor.closeAndLevel(Bucket.full(settings, 0), 0);
            Bucket gone = closed(settings);
            rich.closeAndLevel(gone, 0);
            assertThat(gone.available(0)).isEqualTo(Bucket.REPLACED);
        }
    }

    @Test
    @DisplayName("RL-1 a bucket that was closed before lowers nobody, and a limit that the other has not neither")
    void levelledByNothing() {
        Bucket rich = Bucket.full(five, 0);
        closed(five).closeAndLevel(rich, 0);
        assertThat(rich.available(0)).isEqualTo(5);
        Bucket two = Bucket.full(twoLimits, 0);
        assertThat(twoLimits.ask(1).take(two, 0)).isZero();
        two.closeAndLevel(rich, 0);
        assertThat(rich.available(0)).isEqualTo(4);
    }

    @Test
    @DisplayName("RL-1 of two buckets that have as many permits, the smaller part of the next one counts")
    void smallerPart() {
        Bucket earlier = Bucket.full(five, 0);
        assertThat(five.ask(1).take(earlier, 0)).isZero();
        Bucket later = Bucket.full(five, 0);
        assertThat(five.ask(1).take(later, 2)).isZero();
        assertThat(earlier.available(5)).isEqualTo(later.available(5)).isEqualTo(4);

        Bucket lowered = earlier.next(five, 5);
        lowered.level(later, 5);
        Bucket kept = later.next(five, 5);
        kept.level(earlier, 5);
        for (Bucket each : new Bucket[] {lowered, kept}) {
            assertThat(each.available(T)).isEqualTo(4);
            assertThat(each.available(T + 2)).isEqualTo(5);
        }
    }

    @Test
    @DisplayName("RL-6 a clock that reads what marks a closed bucket closes none")
    void readingThatLooksClosed() {
        Bucket bucket = Bucket.full(five, Long.MIN_VALUE);
        assertThat(bucket.available(Long.MIN_VALUE + 1)).isEqualTo(5);
        Bucket paid = Bucket.full(five, Long.MIN_VALUE - 5 * T);
        assertThat(five.ask(5).take(paid, Long.MIN_VALUE - 5 * T)).isZero();
        assertThat(paid.available(Long.MIN_VALUE - 4 * T)).isBetween(0L, 1L);
        Bucket both = Bucket.full(twoLimits, Long.MIN_VALUE - 5 * T);
        assertThat(twoLimits.ask(5).take(both, Long.MIN_VALUE - 5 * T, 0, null)).isZero();
        assertThat(both.available(Long.MIN_VALUE - 4 * T)).isBetween(0L, 1L);
        Bucket emptied = Bucket.full(five, Long.MIN_VALUE - 5 * T);
        long[] seen = new long[1];
        Bucket next = emptied.next(slower, Long.MIN_VALUE - 5 * T, seen);
        assertThat(five.ask(5).take(emptied, Long.MIN_VALUE - 5 * T)).isZero();
        emptied.closeFor(next, Long.MIN_VALUE - 5 * T, seen);
        assertThat(next.available(Long.MIN_VALUE - 4 * T)).isZero();
    }

    @Test
    @DisplayName("RL-3 a reservation is given back only where nobody has paid behind it")
    void givenBack() {
        Bucket bucket = Bucket.full(twoLimits, 0);
        long[] first = new long[4];
        long[] second = new long[4];
        assertThat(twoLimits.ask(5).take(bucket, 0, 0, first)).isZero();
        assertThat(twoLimits.ask(1).take(bucket, 0, T, second)).isEqualTo(T);
        bucket.giveBack(first);
        assertThat(twoLimits.ask(1).take(bucket, 0)).isEqualTo(2 * T);
        bucket.giveBack(second);
        assertThat(twoLimits.ask(1).take(bucket, 0)).isEqualTo(T);
        assertThat(twoLimits.ask(1).take(bucket, 0, T - 1, null)).isEqualTo(T);
    }
}
