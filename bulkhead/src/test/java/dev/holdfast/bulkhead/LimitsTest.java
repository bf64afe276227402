// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LimitsTest {
    private static final long MILLIS = 1_000_000;
    /** Milliseconds and calls in flight, of the reference vectors. */
    private static final int[][] REFERENCE = {
        {10, 20}, {10, 26}, {10, 32}, {15, 38}, {20, 40}, {20, 40}, {40, 40}, {40, 30}, {10, 10}, {10, 25}
    };

    private final VirtualTime time = VirtualTime.create();

    static Stream<Arguments> algorithms() {
        Limits bounds = Limits.between(2, 200);
        return Stream.of(
                Arguments.of(bounds.aimd(), new int[] {21, 22, 23, 24, 25, 26, 27, 28, 28, 29}, 26),
                Arguments.of(bounds.vegas(), new int[] {20, 26, 32, 31, 30, 29, 28, 27, 27, 33}, 32),
                // The reference ignores drops and grows to 25. Here a drop leaves 0.9 of 24.37.
                Arguments.of(bounds.gradient2(), new int[] {20, 21, 22, 23, 23, 24, 23, 23, 23, 24}, 21));
    }

    static Stream<Limit> limits() {
        return algorithms().map(arguments -> (Limit) arguments.get()[0]);
    }

    @ParameterizedTest
    @MethodSource("algorithms")
    @DisplayName("BH-8 the reference vectors of concurrency-limits, and a drop after them")
    void referenceVectors(Limit limit, int[] expected, int afterDrop) {
        Limit.Estimate estimate = limit.start(time);
        List<Integer> given = new ArrayList<>();
        for (int[] call : REFERENCE) {
            given.add(estimate.update(call[0] * MILLIS, call[1], false));
        }
        assertThat(given).containsExactly(Arrays.stream(expected).boxed().toArray(Integer[]::new));
        assertThat(estimate.update(10 * MILLIS, 25, true)).isEqualTo(afterDrop);
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
        for (int i = 0; i < 20; i++) {
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

    @Test
    @DisplayName("BH-8 the time of a drop is not taken for the time without load")
    void dropsAreNotMeasured() {
        Limit.Estimate vegas = Limits.between(1, 200).vegas().start(time);
        vegas.update(10 * MILLIS, 20, false);
        vegas.update(1, 20, true);
        assertThat(vegas.update(10 * MILLIS, 20, false)).as("no queue at 10 ms").isEqualTo(25);
    }

    @Test
    @DisplayName("Vegas measures the time without load anew, so a slower dependency is not overloaded for ever")
    void vegasRenews() {
        Limit.Estimate vegas = Limits.between(1, 200).vegas().start(time);
        vegas.update(MILLIS, 200, false);
        int least = 200;
        int last = 0;
        for (int i = 0; i < 3000; i++) {
            last = vegas.update(5 * MILLIS, 200, false);
            least = Math.min(least, last);
        }
        assertThat(least).isLessThan(20);
        assertThat(last).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"10.15, 112", "10.25, 102", "10.47, 102", "10.58, 100", "11.29, 100", "11.42, 98", "100, 98"})
    @DisplayName("BH-8 Vegas steps by how many calls queue: up to log L six up, below 3 log L one up, beyond 6 log L one down")
    void vegasSteps(double elapsed, int expected) {
        Limit.Estimate vegas = new Estimates.Vegas(1, 1000, 100, time);
        assertThat(vegas.update(10 * MILLIS, 100, false)).isEqualTo(100);
        assertThat(vegas.update((long) (elapsed * MILLIS), 100, false)).isEqualTo(expected);
    }

    @Test
    @DisplayName("BH-8 Gradient2 moves with the average of the window, and forgets load that has gone faster")
    void gradientForgetsLoad() {
        int[] quick = {4, 20, 20};
        int[] notSoQuick = {6, 20, 20};
        assertThat(gradient(quick)).containsExactly(1008, 914, 844);
        assertThat(gradient(notSoQuick)).containsExactly(1008, 921, 855);
    }

    /** What a limit of 1,000 becomes by these times, in milliseconds, after ten of 10. */
    private static List<Integer> gradient(int[] times) {
        Limit.Estimate estimate = new Estimates.Gradient2(1, 100_000, 1000, 1, 10);
        for (int i = 0; i < 10; i++) {
            estimate.update(10 * MILLIS, 100_000, false);
        }
        return Arrays.stream(times).mapToObj(millis -> estimate.update(millis * MILLIS, 100_000, false)).toList();
    }

    @Test
    @DisplayName("AIMD takes a call that takes too long for a drop, to the nanosecond")
    void tooLong() {
        Limit.Estimate aimd = Limits.between(1, 200).aimd(0.5, Duration.ofMillis(100)).start(time);
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
        assertThat(Limits.between(50, 90).gradient2()).hasToString("gradient2 between 50 and 90");
    }

    @Test
    @DisplayName("XC-7 bounds that make no sense are refused")
    void refused() {
        Limits bounds = Limits.between(2, 5);
        assertThatThrownBy(() -> Limits.between(0, 5)).hasMessage("min: 0 (expected: 1 to 2147483647)");
        assertThatThrownBy(() -> Limits.between(5, 4)).hasMessage("max: 4 (expected: 5 to 2147483647)");
        assertThatThrownBy(() -> bounds.startAt(6)).hasMessage("startAt: 6 (expected: 2 to 5)");
        assertThatThrownBy(() -> bounds.aimd(0.9, Duration.ZERO)).hasMessage("tooLong: PT0S (expected: longer than zero)");
        for (double backoff : new double[] {0, 1, -1, 2, Double.NaN}) {
            assertThatThrownBy(() -> bounds.aimd(backoff, Duration.ofSeconds(1)))
                    .hasMessage("backoff: " + backoff + " (expected: more than 0 and less than 1)");
        }
        assertThatThrownBy(() -> bounds.gradient2(0.9, 600)).hasMessage("tolerance: 0.9 (expected: 1.0 to 10.0)");
        assertThatThrownBy(() -> bounds.gradient2(2, 9)).hasMessage("window: 9 (expected: 10 to 1000000)");
    }
}
