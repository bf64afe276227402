// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GcraTest {
    private static final long SECOND = 1_000_000_000L;
    /** Near the end of the range, so that times wrap around on the way. */
    private static final long LATE = Long.MAX_VALUE - 3 * SECOND;

    @Test
    @DisplayName("three a second are cells of 333,333,334, 333,333,333 and 333,333,333 ns, for ever")
    void thirds() {
        Gcra.Price one = Gcra.of(3, SECOND, 1).price(1);
        long tat = 0;
        for (long second = 1; second <= 1_000; second++) {
            long begin = tat;
            tat = one.paid(tat, tat);
            assertThat(tat - begin).isEqualTo(333_333_334);
            tat = one.paid(tat, tat);
            assertThat(tat - begin).isEqualTo(666_666_667);
            tat = one.paid(tat, tat);
            assertThat(tat).isEqualTo(second * SECOND);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "3, 10",
        "7, 1000000000",
        "999983, 1000000000",
        "10, 3",
        "1000000007, 604800000000001007",
        "4611686018427387847, 9223372036854775783"
    })
    @DisplayName("RL-5 k permits take more than k * T - 1 ns and less than k * T + 2, from anywhere in a cell")
    void noDrift(long permits, long nanos) {
        SplittableRandom random = new SplittableRandom(permits);
        Gcra gcra = Gcra.of(permits, nanos, 5);
        for (int run = 0; run < 100; run++) {
            long start = random.nextLong(SECOND * SECOND);
            long tat = start;
            BigInteger taken = BigInteger.ZERO;
            for (int i = 0; i < 100; i++) {
                long count = 1 + random.nextInt(5);
                taken = taken.add(BigInteger.valueOf(count));
                long next = gcra.price(count).paid(tat, tat);
                if (next < 0) {
                    break;
                }
                tat = next;
                BigInteger exact = taken.multiply(BigInteger.valueOf(nanos));
                BigInteger limit = BigInteger.valueOf(permits);
                BigInteger took = BigInteger.valueOf(tat - start);
                assertThat(took.add(BigInteger.ONE).multiply(limit)).isGreaterThan(exact);
                if (permits <= nanos) {
                    assertThat(took.subtract(BigInteger.TWO).multiply(limit)).isLessThan(exact);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 3, 7, 10, 1000, 999_983})
    @DisplayName("a wait is exact to the nanosecond, and says the same as what is available")
    void waits(long permits) {
        int burst = 4;
        SplittableRandom random = new SplittableRandom(permits);
        Gcra gcra = Gcra.of(permits, SECOND, burst);
        long t = LATE;
        long tat = gcra.holding(Long.MAX_VALUE, t);
        for (int i = 0; i < 1_000; i++) {
            long count = 1 + random.nextInt(burst);
            Gcra.Price price = gcra.price(count);
            long wait = price.wait(tat, t);
            assertThat(wait == 0).isEqualTo(gcra.available(tat, t) >= count);
            if (wait > 0) {
                assertThat(price.wait(tat, t + wait - 1)).isEqualTo(1);
                assertThat(price.wait(tat, t + wait)).isZero();
                assertThat(gcra.available(tat, t + wait)).isEqualTo(count);
                t += wait;
            }
            long before = gcra.available(tat, t);
            tat = price.paid(tat, t);
            assertThat(gcra.available(tat, t)).isEqualTo(before - count);
            t += random.nextLong(SECOND / permits);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1000000000", "3, 1000000000", "7, 10", "999983, 1000000000"})
    @DisplayName("RL-3 a bucket that is to hold so many permits holds them, and what is promised is told")
    void words(long permits, long nanos) {
        Gcra gcra = Gcra.of(permits, nanos, 5);
        for (long t : new long[] {0, 1, 12_345_678_901L, LATE}) {
            for (long there = -5; there <= 5; there++) {
                long begin = t - t % nanos;
                long tat = gcra.holding(there, begin);
                assertThat(gcra.available(tat, begin)).isEqualTo(there);
                assertThat(gcra.promised(tat, begin) > 0).isEqualTo(there < 0);
                // In the last nanosecond of a long cell, a part of the next permit is owed already.
                assertThat(gcra.available(gcra.holding(there, t), t)).isBetween(there - 1, there);
            }
            assertThat(gcra.holding(6, t)).isEqualTo(t);
            for (long later : new long[] {0, 1, 999, 123_456_789}) {
                long tat = gcra.emptyIn(later, t);
                assertThat(gcra.promised(tat, t)).isBetween(later, later + 2);
                assertThat(gcra.price(1).wait(tat, t)).isGreaterThan(later);
                assertThat(gcra.available(tat, t + later)).isBetween(-1L, 0L);
            }
        }
    }

    @Test
    @DisplayName("a full bucket fills in burst * T, rounded up, and is full after that")
    void fills() {
        Gcra gcra = Gcra.of(3, SECOND, 5);
        assertThat(gcra.fillNanos()).isEqualTo(1_666_666_667);
        long empty = gcra.holding(0, 17);
        assertThat(gcra.available(empty, 17 + 1_666_666_667)).isEqualTo(5);
    }

    @Test
    @DisplayName("RL-5 the ends of the ranges overflow nowhere")
    void extremes() {
        Gcra slowest = Gcra.of(1, Gcra.LONGEST - 1, 1);
        long tat = slowest.price(1).paid(LATE, LATE);
        assertThat(slowest.available(tat, LATE)).isZero();
        assertThat(slowest.price(1).wait(tat, LATE)).isEqualTo(Gcra.LONGEST - 1);

        Gcra fastest = Gcra.of(Long.MAX_VALUE, 1, Long.MAX_VALUE);
        tat = fastest.price(1).paid(LATE, LATE);
        assertThat(tat).as("at least a nanosecond's worth").isEqualTo(LATE + 1);
        assertThat(fastest.price(Long.MAX_VALUE).wait(tat, LATE)).isEqualTo(1);
        assertThat(fastest.emptyIn(Gcra.LONGEST, LATE) - LATE).isBetween(Gcra.LONGEST, Gcra.LONGEST + 2);
    }

    @Test
    @DisplayName("another rate takes over whole permits exactly, and parts of one to two nanoseconds")
    void takenOver() {
        Gcra slow = Gcra.of(1, SECOND, 4);
        Gcra fast = Gcra.of(10, SECOND, 8);
        for (long there = 0; there <= 4; there++) {
            assertThat(fast.available(fast.takenOver(slow, slow.holding(there, LATE), 0, LATE), LATE))
                    .isEqualTo(there);
        }
        // Empty, and half of the next permit is there: at the faster rate it comes in half of a tenth.
        long half = slow.holding(0, LATE - SECOND / 2);
        long wait = fast.price(1).wait(fast.takenOver(slow, half, 0, LATE), LATE);
        assertThat(wait).isBetween(SECOND / 20, SECOND / 20 + 2);
        // A smaller burst takes what has room.
        Gcra small = Gcra.of(10, SECOND, 2);
        assertThat(small.takenOver(fast, fast.holding(8, LATE), 0, LATE)).isEqualTo(LATE);
    }

    @Test
    @DisplayName("what is promised is owed at the slower of two rates, and never before what others were promised")
    void promisesAreKept() {
        Gcra slow = Gcra.of(1, SECOND, 4);
        Gcra fast = Gcra.of(10, SECOND, 4);
        long ofSlow = slow.holding(-2, LATE);
        long ofFast = fast.holding(-2, LATE);
        assertThat(fast.promised(fast.takenOver(slow, ofSlow, 0, LATE), LATE)).isBetween(2 * SECOND, 2 * SECOND + 2);
        assertThat(slow.promised(slow.takenOver(fast, ofFast, 0, LATE), LATE)).isBetween(2 * SECOND, 2 * SECOND + 2);
        assertThat(slow.promised(slow.takenOver(fast, LATE, 7 * SECOND, LATE), LATE))
                .isBetween(7 * SECOND, 7 * SECOND + 2);
        assertThat(slow.promised(slow.takenOver(fast, ofFast, 7 * SECOND, LATE), LATE))
                .isBetween(7 * SECOND, 7 * SECOND + 2);
    }
}
