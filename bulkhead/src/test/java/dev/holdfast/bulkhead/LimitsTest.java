// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LimitsTest {
    private static final long MILLIS = 1_000_000;
    /** Milliseconds and calls in flight, of the reference vectors. */
    private static final int[][] REFERENCE = {
        {10, 20}, {10, 26}, {10, 32}, {15, 38}, {20, 40}, {20, 40}, {40, 40}, {40, 30}, {10, 10}, {10, 25}
    };

    private final VirtualTime time = VirtualTime.create();

    static Stream<Limit> limits() {
        Limits bounds = Limits.between(2, 200);
        return Stream.of(bounds.aimd(), bounds.vegas(), bounds.gradient2());
    }

    @Test
    @DisplayName("BH-8 AIMD gives the reference vector of concurrency-limits, and its drop")
    void referenceOfAimd() {
        Limit.Estimate estimate = Limits.between(2, 200).aimd().start(time);
        List<Integer> given = new ArrayList<>();
        for (int[] call : REFERENCE) {
            given.add(estimate.update(call[0] * MILLIS, call[1], false));
        }
        assertThat(given).containsExactly(21, 22, 23, 24, 25, 26, 27, 28, 28, 29);
        assertThat(estimate.update(10 * MILLIS, 25, true)).isEqualTo(26);
    }

    /**
     * The published algorithms look at single calls, and take for usual what these say. Ours look at windows, and know the usual
     * time in their own way; the arithmetic between the two is the same.
     */
    @Test
    @DisplayName("BH-8 the arithmetic of Vegas gives the reference vector of concurrency-limits, and its drop")
    void referenceOfVegas() {
        Windows vegas = new Estimates.Vegas(Limits.between(2, 200), time);
        List<Integer> given = new ArrayList<>();
        double limit = 20;
        double shortest = Double.MAX_VALUE;
        for (int[] call : REFERENCE) {
            if (call[0] < shortest) {
                shortest = call[0];
            } else if (call[1] >= limit / 2) {
                limit = vegas.next(limit, shortest, call[0]);
            }
            given.add((int) limit);
        }
        assertThat(given).containsExactly(20, 26, 32, 31, 30, 29, 28, 27, 27, 33);
        assertThat((int) vegas.afterDrop(limit)).isEqualTo(32);
    }

    @Test
    @DisplayName(
            "BH-8 the arithmetic of Gradient2 gives the reference vector of concurrency-limits; a drop, which that ignores, leaves 0.9")
    void referenceOfGradient2() {
        Windows gradient = new Estimates.Gradient2(Limits.between(2, 200), time, 1.5, 600);
        List<Integer> given = new ArrayList<>();
        double limit = 20;
        double sum = 0;
        for (int i = 0; i < REFERENCE.length; i++) {
            sum += REFERENCE[i][0];
            if (REFERENCE[i][1] >= limit / 2) {
                limit = gradient.next(limit, sum / (i + 1), REFERENCE[i][0]);
            }
            given.add((int) limit);
        }
        assertThat(given).containsExactly(20, 21, 22, 23, 23, 24, 23, 23, 23, 24);
        assertThat((int) gradient.afterDrop(limit)).isEqualTo(21);
    }

    @ParameterizedTest
    @MethodSource("limits")
    @DisplayName("BH-8 within the bounds after every update, whatever comes")
    void bounded(Limit limit) {
        SplittableRandom random = new SplittableRandom(8);
        Limit.Estimate estimate = limit.start(time);
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (int i = 0; i < 200_000; i++) {
            int phase = i / 10_000 % 3;
            long elapsed = phase == 2 ? random.nextLong() : random.nextLong(1, 1L << random.nextInt(1, 63));
            int inFlight = phase == 0 ? 1000 : random.nextInt();
            int given = estimate.update(phase == 0 ? 1000 : elapsed, inFlight, phase == 1);
            assertThat(given).isBetween(2, 200);
            least = Math.min(least, given);
            most = Math.max(most, given);
        }
        assertThat(least).isEqualTo(2);
        assertThat(most).isEqualTo(200);
    }

    @ParameterizedTest
    @MethodSource("limits")
    @DisplayName("BH-8 times of zero or less change nothing, now and later")
    void badTimes(Limit limit) {
        Limit.Estimate fed = limit.start(VirtualTime.create());
        Limit.Estimate spared = limit.start(VirtualTime.create());
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 1000; i++) {
            for (long bad : new long[] {0, -1, Long.MIN_VALUE}) {
                fed.update(bad, 100, false);
            }
            long elapsed = random.nextLong(1, 100 * MILLIS);
            assertThat(fed.update(elapsed, 100, false)).isEqualTo(spared.update(elapsed, 100, false));
        }
    }

    @ParameterizedTest
    @MethodSource("limits")
    @DisplayName("BH-8 no growth while fewer than half the limit are in flight")
    void noGrowthUnused(Limit limit) {
        Limit.Estimate estimate = limit.start(time);
        for (int i = 0; i < 2000; i++) {
            assertThat(estimate.update(10 * MILLIS, 9, false)).isLessThanOrEqualTo(20);
        }
        Limit.Estimate used = limit.start(time);
        for (int i = 0; i < 200; i++) {
            used.update(10 * MILLIS, 200, false);
        }
        assertThat(used.update(10 * MILLIS, 200, false)).isGreaterThan(20);
    }

    @ParameterizedTest
    @MethodSource("limits")
    @DisplayName("BH-8 drops shrink the limit to the minimum, also with few in flight and without a time")
    void drops(Limit limit) {
        Limit.Estimate estimate = limit.start(time);
        int before = 20;
        for (int i = 0; i < 100; i++) {
            int now = estimate.update(i % 2 == 0 ? -1 : MILLIS, 0, true);
            assertThat(now).isLessThanOrEqualTo(before);
            before = now;
        }
        assertThat(before).isEqualTo(2);
    }

    @ParameterizedTest
    @MethodSource("limits")
    @DisplayName("BH-8 the time of a drop is not taken for a usual one")
    void dropsAreNotMeasured(Limit limit) {
        Limit.Estimate estimate = limit.start(time);
        for (int i = 0; i < 1000; i++) {
            estimate.update(1, 20, true);
        }
        int last = 0;
        for (int i = 0; i < 20_000; i++) {
            last = estimate.update(10 * MILLIS, 200, false);
        }
        assertThat(last).isEqualTo(200);
    }

    @ParameterizedTest
    @MethodSource("limits")
    @DisplayName(
            "BH-8 a drop while the limit is halved to look at times ends the look, and nothing is learnt from half of it")
    void dropWhileLooking(Limit limit) {
        Limit.Estimate estimate = limit.start(time);
        int now = 20;
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 100_000; i++) {
            // Five at once take 10 ms; more wait for each other.
            now = estimate.update(Math.max(10, 2L * now) * MILLIS, now, random.nextInt(1000) == 0);
            assertThat(now).isBetween(2, 200);
        }
        assertThat(now).isLessThan(limit.toString().contains("aimd") ? 201 : 20);
    }

    @ParameterizedTest
    @CsvSource({"10.15, 112", "10.25, 102", "10.47, 102", "10.58, 100", "11.29, 100", "11.42, 98", "100, 98"})
    @DisplayName(
            "BH-8 Vegas steps by how many calls queue: up to log L six up, below 3 log L one up, beyond 6 log L one down")
    void vegasSteps(double elapsed, int expected) {
        Windows vegas = new Estimates.Vegas(Limits.between(1, 1000), time);
        assertThat(vegas.next(100, 10, elapsed)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"10, 1000.8", "14, 1000.8", "15, 1000.8", "20, 950.8", "30, 900.8", "300, 900.8"})
    @DisplayName("BH-8 Gradient2 has room for the tolerance and for a queue, and goes down by a tenth at most")
    void gradientSteps(double elapsed, double expected) {
        Windows gradient = new Estimates.Gradient2(Limits.between(1, 1000), time, 1.5, 600);
        assertThat(gradient.next(1000, 10, elapsed)).isCloseTo(expected, within(1e-9));
    }

    @Test
    @DisplayName("AIMD takes a call that takes too long for a drop, to the nanosecond")
    void tooLong() {
        Limit.Estimate aimd =
                Limits.between(1, 200).aimd(0.5, Duration.ofMillis(100)).start(time);
        assertThat(aimd.update(100 * MILLIS, 20, false)).isEqualTo(21);
        assertThat(aimd.update(100 * MILLIS + 1, 20, false)).isEqualTo(10);
    }

    @Test
    @DisplayName("A limit starts at 20, at the nearest bound, or where it was told to")
    void starts() {
        assertThat(Limits.between(1, 1000).vegas().initial()).isEqualTo(20);
        assertThat(Limits.between(1, 10).vegas().initial()).isEqualTo(10);
        assertThat(Limits.between(50, 90).vegas().initial()).isEqualTo(50);
        assertThat(Limits.between(50, 90).startAt(77).aimd().initial()).isEqualTo(77);
        assertThat(Limits.between(50, 90).gradient2()).hasToString("50..90 gradient2");
    }

    @Test
    @DisplayName("XC-7 bounds that make no sense are refused")
    void refused() {
        Limits bounds = Limits.between(2, 5);
        assertThatThrownBy(() -> Limits.between(0, 5)).hasMessage("min: 0 (expected: 1 to 2147483647)");
        assertThatThrownBy(() -> Limits.between(5, 4)).hasMessage("max: 4 (expected: 5 to 2147483647)");
        assertThatThrownBy(() -> bounds.startAt(6)).hasMessage("startAt: 6 (expected: 2 to 5)");
        assertThatThrownBy(() -> bounds.healthyUpTo(Duration.ZERO))
                .hasMessage("healthyUpTo: PT0S (expected: longer than zero)");
        assertThatThrownBy(() -> bounds.aimd(0.9, Duration.ZERO))
                .hasMessage("tooLong: PT0S (expected: longer than zero)");
        for (double backoff : new double[] {0, 1, -1, 2, Double.NaN}) {
            assertThatThrownBy(() -> bounds.aimd(backoff, Duration.ofSeconds(1)))
                    .hasMessage("backoff: " + backoff + " (expected: more than 0 and less than 1)");
        }
        assertThatThrownBy(() -> bounds.gradient2(0.9, 600)).hasMessage("tolerance: 0.9 (expected: 1.0 to 10.0)");
        assertThatThrownBy(() -> bounds.gradient2(2, 9)).hasMessage("window: 9 (expected: 10 to 1000000)");
    }

    @Test
    @DisplayName("Limits are equal if all their settings are")
    void equality() {
        List<Supplier<Limit>> different = List.of(
                () -> Limits.between(1, 9).aimd(),
                () -> Limits.between(1, 9).aimd(0.8, Duration.ofSeconds(5)),
                () -> Limits.between(1, 9).aimd(0.9, Duration.ofSeconds(6)),
                () -> Limits.between(1, 9).vegas(),
                () -> Limits.between(2, 9).vegas(),
                () -> Limits.between(1, 8).vegas(),
                () -> Limits.between(1, 9).startAt(3).vegas(),
                () -> Limits.between(1, 9).healthyUpTo(Duration.ofMillis(3)).vegas(),
                () -> Limits.between(1, 9).gradient2(),
                () -> Limits.between(1, 9).gradient2(1.6, 600),
                () -> Limits.between(1, 9).gradient2(1.5, 601));
        for (Supplier<Limit> one : different) {
            for (Supplier<Limit> other : different) {
                assertThat(one.get().equals(other.get()))
                        .as("%s, %s", one.get(), other.get())
                        .isEqualTo(one == other);
            }
            assertThat(one.get()).hasSameHashCodeAs(one.get());
        }
        assertThat(Limits.between(1, 9))
                .isEqualTo(Limits.between(1, 9))
                .hasToString("between 1 and 9")
                .isNotEqualTo("");
    }
}
