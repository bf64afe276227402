// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff.Jitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BackoffTest {
    static final Duration HUGE = Duration.ofSeconds(Long.MAX_VALUE);
    private static final Duration HOUR = Duration.ofHours(1);
    static final Draws LOWEST = new Draws(bound -> 0);
    static final Draws HIGHEST = new Draws(bound -> bound - 1);

    /** An environment that has nothing but randomness, and none of it if {@code draw} is not random. */
    record Draws(LongUnaryOperator draw) implements Environment {
        static Draws random(long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            return new Draws(random::nextLong);
        }

        @Override
        public long nextLong(long bound) {
            if (bound < 1) {
                throw new AssertionError("bound: " + bound);
            }
            return draw.applyAsLong(bound);
        }

        @Override
        public long nanoTime() {
            throw new AssertionError("a backoff reads no clock");
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            throw new AssertionError("a backoff schedules nothing");
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) {
            throw new AssertionError("a backoff does not wait");
        }
    }

    private static Duration ms(double millis) {
        return Duration.ofNanos((long) (millis * 1e6));
    }

    private static long[] millis(Backoff backoff, int attempts) {
        return LongStream.rangeClosed(1, attempts)
                .map(attempt -> backoff.nanos((int) attempt, 0, HIGHEST) / 1_000_000)
                .toArray();
    }

    private static List<Backoff> everyJitter(Backoff backoff, Duration cap) {
        List<Backoff> all = new ArrayList<>();
        for (Jitter jitter : Jitter.values()) {
            if (jitter != Jitter.DECORRELATED || cap != HUGE) {
                all.add(backoff.jitter(jitter));
            }
        }
        Stream.of(Double.MIN_VALUE, 1 / 3.0, 0.5, 1.0).map(backoff::spread).forEach(all::add);
        return all;
    }

    @Test
    @DisplayName("The curves give the values that their names say")
    void values() {
        assertThat(millis(Backoff.none(), 3)).containsExactly(0, 0, 0);
        assertThat(millis(Backoff.fixed(ms(7)), 3)).containsExactly(7, 7, 7);
        assertThat(millis(Backoff.linear(ms(10), ms(5), ms(22)), 5)).containsExactly(10, 15, 20, 22, 22);
        assertThat(millis(Backoff.linear(ms(0), ms(5), HOUR), 3)).containsExactly(0, 5, 10);
        assertThat(millis(Backoff.exponential(ms(100), ms(1000)), 6)).containsExactly(100, 200, 400, 800, 1000, 1000);
        assertThat(millis(Backoff.exponential(ms(1), 10, HOUR), 5)).containsExactly(1, 10, 100, 1000, 10_000);
        assertThat(millis(Backoff.fibonacci(ms(1), HOUR), 12))
                .containsExactly(1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144);
        assertThat(millis(Backoff.fibonacci(ms(10), ms(70)), 7)).containsExactly(10, 10, 20, 30, 50, 70, 70);
        assertThat(millis(Backoff.custom(attempt -> ms(attempt * attempt), ms(50)), 9))
                .containsExactly(1, 4, 9, 16, 25, 36, 49, 50, 50);
    }

    @Test
    @DisplayName("P18 a millisecond times 1.5 grows, because the arithmetic is in nanoseconds")
    void smallFactorsGrow() {
        Backoff backoff = Backoff.exponential(ms(1), 1.5, HOUR);
        assertThat(backoff.nanos(2, 0, LOWEST)).isEqualTo(1_500_000);
        assertThat(backoff.nanos(3, 0, LOWEST)).isEqualTo(2_250_000);
        assertThat(backoff.nanos(100, 0, LOWEST)).isEqualTo(HOUR.toNanos());
    }

    @Test
    @DisplayName("P18 the last attempt numbers saturate at the cap, or at the end of a long where that is the cap")
    void saturation() {
        for (Backoff backoff : List.of(
                Backoff.exponential(ms(1), HUGE),
                Backoff.exponential(ms(1), 1.0001, HUGE),
                Backoff.fibonacci(ms(1), HUGE),
                Backoff.linear(ms(1), Duration.ofSeconds(10), HUGE))) {
            assertThat(backoff.nanos(Integer.MAX_VALUE, 0, LOWEST))
                    .as("%s", backoff)
                    .isEqualTo(Long.MAX_VALUE);
        }
        assertThat(Backoff.linear(ms(0), Duration.ofNanos(1), HUGE).nanos(Integer.MAX_VALUE, 0, LOWEST))
                .isEqualTo(Integer.MAX_VALUE - 1L);
    }

    @Test
    @DisplayName("Attempt numbers below 1 count as the first")
    void attemptNumbersBelowOne() {
        for (int attempt : new int[] {0, -1, Integer.MIN_VALUE}) {
            assertThat(Backoff.exponential(ms(3), HOUR).nanos(attempt, 0, LOWEST))
                    .isEqualTo(3_000_000);
            assertThat(Backoff.linear(ms(3), ms(1), HOUR).nanos(attempt, 0, LOWEST))
                    .isEqualTo(3_000_000);
            assertThat(Backoff.fibonacci(ms(3), HOUR).nanos(attempt, 0, LOWEST)).isEqualTo(3_000_000);
        }
    }

    private static void range(Backoff backoff, int attempt, long previous, double lowMillis, double highMillis) {
        assertThat(Duration.ofNanos(backoff.nanos(attempt, previous, LOWEST))).isEqualTo(ms(lowMillis));
        assertThat(Duration.ofNanos(backoff.nanos(attempt, previous, HIGHEST))).isEqualTo(ms(highMillis));
    }

    @Test
    @DisplayName("RT-1 the ranges of none, equal and full jitter")
    void rangesAroundTheCurve() {
        Backoff backoff = Backoff.exponential(ms(100), ms(1000));
        range(backoff.jitter(Jitter.NONE), 3, 0, 400, 400);
        range(backoff.jitter(Jitter.EQUAL), 3, 0, 200, 400);
        range(backoff.jitter(Jitter.FULL), 3, 0, 0, 400);
        range(backoff.jitter(Jitter.EQUAL), 50, 0, 500, 1000);
        range(backoff.jitter(Jitter.FULL), 50, 0, 0, 1000);
    }

    @Test
    @DisplayName("RT-1 decorrelated jitter: from the first delay to three times the one before, at most the cap")
    void decorrelated() {
        Backoff backoff = Backoff.exponential(ms(100), ms(1000)).jitter(Jitter.DECORRELATED);
        range(backoff, 1, 0, 100, 300);
        range(backoff, 2, ms(200).toNanos(), 100, 600);
        range(backoff, 9, ms(200).toNanos(), 100, 600);
        range(backoff, 3, ms(333).toNanos(), 100, 999);
        range(backoff, 4, ms(334).toNanos(), 100, 1000);
        range(backoff, 5, ms(1000).toNanos(), 100, 1000);
        range(backoff, 6, Long.MAX_VALUE, 100, 1000);
    }

    @Test
    @DisplayName("RT-1 spread: a fraction to both sides, and the middle is lowered where the cap is near")
    void spread() {
        Backoff backoff = Backoff.exponential(ms(100), ms(1000)).spread(0.25);
        range(backoff, 1, 0, 75, 125);
        range(backoff, 4, 0, 600, 1000);
        range(backoff, 50, 0, 600, 1000);
        range(Backoff.fixed(ms(10)).spread(1), 1, 0, 0, 20);
        range(Backoff.fixed(ms(10)).spread(0.5), 1, 0, 5, 15);
    }

    @Test
    @DisplayName("RT-1 spread: neither end passes a cap that a double cannot hold")
    void spreadBelowALongCap() {
        long cap = (1L << 53) + 3;
        Backoff backoff =
                Backoff.exponential(Duration.ofNanos(1), Duration.ofNanos(cap)).spread(Double.MIN_VALUE);
        assertThat(backoff.nanos(99, 0, LOWEST)).isEqualTo(cap);
        assertThat(backoff.nanos(99, 0, HIGHEST)).isEqualTo(cap);
    }

    @ParameterizedTest
    @EnumSource(value = Jitter.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    @DisplayName("RT-1 jitter survives the cap: a thousand clients that have reached it still spread over half of it")
    void jitterSurvivesTheCap(Jitter jitter) {
        spreads(Backoff.exponential(ms(1), ms(1000)).jitter(jitter));
        spreads(Backoff.linear(ms(1), ms(1000), ms(1000)).jitter(jitter));
        spreads(Backoff.custom(attempt -> attempt == 1 ? ms(1) : HUGE, ms(1000)).jitter(jitter));
    }

    @Test
    @DisplayName("RT-1 a spread survives the cap")
    void spreadSurvivesTheCap() {
        spreads(Backoff.exponential(ms(1), ms(1000)).spread(0.5));
    }

    private static void spreads(Backoff backoff) {
        Draws random = Draws.random(42);
        long[] drawn = LongStream.range(0, 1000)
                .map(client -> backoff.nanos(1_000_000, ms(1000).toNanos(), random))
                .toArray();

        assertThat(LongStream.of(drawn).distinct().count()).as("%s", backoff).isGreaterThan(990);
        long lowest = LongStream.of(drawn).min().orElseThrow();
        long highest = LongStream.of(drawn).max().orElseThrow();
        assertThat(highest).as("%s", backoff).isBetween(ms(990).toNanos(), ms(1000).toNanos());
        assertThat(highest - lowest).as("%s", backoff).isGreaterThan(ms(450).toNanos());
    }

    @Test
    @DisplayName("Full jitter is uniform: each tenth of the range gets about a tenth of the draws")
    void uniform() {
        Backoff backoff = Backoff.fixed(ms(10)).jitter(Jitter.FULL);
        Draws random = Draws.random(1);
        int[] tenths = new int[10];
        for (int i = 0; i < 10_000; i++) {
            tenths[(int) Math.min(9, backoff.nanos(1, 0, random) / 1_000_000)]++;
        }
        assertThat(IntStream.of(tenths).boxed())
                .allSatisfy(count -> assertThat(count).isBetween(850, 1150));
    }

    @Test
    @DisplayName("RT-7 a function that throws, gives null or a negative delay: an error that says so")
    void brokenFunctions() {
        Error broken = new AssertionError("backoff");
        for (Backoff backoff : everyJitter(
                Backoff.custom(
                        attempt -> {
                            throw broken;
                        },
                        HOUR),
                HOUR)) {
            assertThatThrownBy(() -> backoff.nanos(1, 0, LOWEST)).isSameAs(broken);
        }
        assertThatThrownBy(() -> Backoff.custom(attempt -> null, HOUR).nanos(1, 0, LOWEST))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("delay of backoff: null (expected: a value)");
        assertThatThrownBy(() -> Backoff.custom(attempt -> ms(-1), HOUR).nanos(1, 0, LOWEST))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("delay of backoff: PT-0.001S (expected: at least PT0S)");
    }

    @Test
    @DisplayName("The function of a custom backoff gets the attempt's number, from 1")
    void customGetsTheAttempt() {
        List<Integer> asked = new ArrayList<>();
        Backoff backoff = Backoff.custom(
                attempt -> {
                    asked.add(attempt);
                    return ms(1);
                },
                HOUR);
        backoff.nanos(1, 0, LOWEST);
        backoff.nanos(Integer.MAX_VALUE, 0, LOWEST);

        assertThat(asked).containsExactly(1, Integer.MAX_VALUE);
    }

    @Test
    @DisplayName("XC-7 bad arguments get an error that names field, value and what was expected")
    void badArguments() {
        refused(() -> Backoff.fixed(ms(-1)), "delay: PT-0.001S (expected: at least PT0S)");
        refused(() -> Backoff.linear(ms(-1), ms(1), ms(1)), "first: PT-0.001S (expected: at least PT0S)");
        refused(() -> Backoff.linear(ms(1), ms(-1), ms(1)), "step: PT-0.001S (expected: at least PT0S)");
        refused(() -> Backoff.linear(ms(2), ms(1), ms(1)), "cap: PT0.001S (expected: at least PT0.002S)");
        refused(() -> Backoff.exponential(ms(0), ms(1)), "first: PT0S (expected: longer than zero)");
        refused(() -> Backoff.exponential(ms(2), ms(1)), "cap: PT0.001S (expected: at least PT0.002S)");
        for (double factor : new double[] {Double.NaN, 0.999, -1, 1000.1, Double.POSITIVE_INFINITY}) {
            refused(
                    () -> Backoff.exponential(ms(1), factor, ms(1)),
                    "factor: " + factor + " (expected: 1.0 to 1000.0)");
        }
        refused(() -> Backoff.fibonacci(ms(0), ms(1)), "first: PT0S (expected: longer than zero)");
        refused(() -> Backoff.fibonacci(ms(2), ms(1)), "cap: PT0.001S (expected: at least PT0.002S)");
        refused(() -> Backoff.custom(attempt -> ms(1), ms(-1)), "cap: PT-0.001S (expected: at least PT0S)");
        for (double fraction : new double[] {Double.NaN, 0, -0.1, 1.1, Double.POSITIVE_INFINITY}) {
            refused(
                    () -> Backoff.none().spread(fraction),
                    "fraction: " + fraction + " (expected: more than 0 and at most 1)");
        }
        refused(
                () -> Backoff.fixed(ms(1)).jitter(Jitter.DECORRELATED),
                "jitter: DECORRELATED of 1ms (expected: a backoff with a cap)");
        assertThatThrownBy(() -> Backoff.fixed(null)).hasMessage("delay: null (expected: a value)");
        assertThatThrownBy(() -> Backoff.linear(null, ms(1), ms(1))).hasMessage("first: null (expected: a value)");
        assertThatThrownBy(() -> Backoff.linear(ms(1), null, ms(1))).hasMessage("step: null (expected: a value)");
        assertThatThrownBy(() -> Backoff.linear(ms(1), ms(1), null)).hasMessage("cap: null (expected: a value)");
        assertThatThrownBy(() -> Backoff.exponential(null, ms(1))).hasMessage("first: null (expected: a value)");
        assertThatThrownBy(() -> Backoff.custom(null, ms(1))).hasMessage("delays: null (expected: a value)");
        assertThatThrownBy(() -> Backoff.none().jitter(null)).hasMessage("jitter: null (expected: a value)");
    }

    private static void refused(Runnable make, String message) {
        assertThatThrownBy(make::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    @DisplayName("Jitter and spread give a new backoff, and the last one set counts")
    void immutable() {
        Backoff base = Backoff.fixed(ms(10));
        base.jitter(Jitter.FULL);
        base.spread(1);
        range(base, 1, 0, 10, 10);
        range(base.spread(1).jitter(Jitter.EQUAL), 1, 0, 5, 10);
        range(base.jitter(Jitter.FULL).spread(0.5), 1, 0, 5, 15);
    }

    @Test
    @DisplayName("toString says curve, cap and jitter on one line")
    void text() {
        assertThat(Backoff.none()).hasToString("none");
        assertThat(Backoff.exponential(ms(100), Duration.ofSeconds(10)).jitter(Jitter.FULL))
                .hasToString("100ms..10s full");
        assertThat(Backoff.fixed(ms(100)).spread(0.5)).hasToString("100ms ~50%");
        assertThat(Backoff.exponential(ms(1), 1.5, ms(1_500)).jitter(Jitter.DECORRELATED))
                .hasToString("1ms..1500ms x1.5 decorrelated");
        assertThat(Backoff.linear(ms(1), ms(2), ms(7))).hasToString("linear 1ms+2ms..7ms");
        assertThat(Backoff.fibonacci(ms(1), Duration.ofMinutes(2)).spread(0.07)).hasToString("fibonacci 1ms..2m ~7%");
        assertThat(Backoff.custom(attempt -> ms(1), ms(5))).hasToString("custom 0s..5ms");
    }

    @Test
    void theCapIsTheLongestDelayWhereOneWasGiven() {
        assertThat(Backoff.none().cap()).isEmpty();
        assertThat(Backoff.fixed(ms(5)).cap()).isEmpty();
        assertThat(Backoff.exponential(ms(5), ms(70)).cap()).hasValue(ms(70));
    }
}
