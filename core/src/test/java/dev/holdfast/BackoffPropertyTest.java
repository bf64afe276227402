// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.BackoffTest.HIGHEST;
import static dev.holdfast.BackoffTest.HUGE;
import static dev.holdfast.BackoffTest.LOWEST;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff.Jitter;
import dev.holdfast.BackoffTest.Draws;
import java.time.Duration;
import java.util.function.IntToDoubleFunction;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** Backoffs beside the same curves in floating point, which has no overflow. */
class BackoffPropertyTest {
    /** A backoff, and what it should give before the cap: nanoseconds by the attempt's number. */
    private record Curve(Backoff backoff, long cap, IntToDoubleFunction expected) {
        double at(int attempt) {
            return Math.min(expected.applyAsDouble(attempt), cap);
        }

        @Override
        public String toString() {
            return backoff.toString();
        }
    }

    /** The interval that a delay is drawn from. */
    private record Range(double low, double high) {}

    private enum Kind {
        FIXED,
        LINEAR,
        EXPONENTIAL,
        FIBONACCI,
        CUSTOM
    }

    @Provide
    Arbitrary<Curve> curves() {
        Arbitrary<Long> nanos = Arbitraries.longs().between(1, Long.MAX_VALUE);
        Arbitrary<Double> factors = Arbitraries.oneOf(
                Arbitraries.of(1.0, Math.nextUp(1.0), 2.0, 1000.0),
                Arbitraries.doubles().between(1, 1000).ofScale(9));
        return Combinators.combine(Arbitraries.of(Kind.class), nanos, nanos, factors, nanos)
                .as((kind, first, step, factor, cap) -> curve(kind, first, step, factor, Math.max(first, cap)));
    }

    private static Curve curve(Kind kind, long first, long step, double factor, long cap) {
        Duration from = Duration.ofNanos(first);
        Duration to = cap == Long.MAX_VALUE ? HUGE : Duration.ofNanos(cap);
        return switch (kind) {
            case FIXED -> new Curve(Backoff.fixed(from), Long.MAX_VALUE, n -> first);
            case LINEAR ->
                new Curve(Backoff.linear(from, Duration.ofNanos(step), to), cap, n -> first + step * (n - 1.0));
            case EXPONENTIAL ->
                new Curve(
                        Backoff.exponential(from, factor, to),
                        cap,
                        n -> first * Math.exp(Math.log(factor) * (n - 1.0)));
            case FIBONACCI -> new Curve(Backoff.fibonacci(from, to), cap, n -> first * fibonacci(n));
            case CUSTOM -> new Curve(Backoff.custom(from::plusSeconds, to), cap, n -> first + 1e9 * n);
        };
    }

    /** By Binet's formula. */
    private static double fibonacci(int n) {
        double golden = (1 + Math.sqrt(5)) / 2;
        return (Math.pow(golden, n) - Math.pow(-1 / golden, n)) / Math.sqrt(5);
    }

    @Provide
    Arbitrary<Double> fractions() {
        return Arbitraries.oneOf(
                Arbitraries.of(Double.MIN_VALUE, 1.0),
                Arbitraries.doubles().between(1e-9, 1).ofScale(9));
    }

    @Property(seed = "1")
    @Label("RT-1 0 <= lo <= delay <= hi <= cap, for any curve, jitter, attempt and delay before")
    void jitter(
            @ForAll("curves") Curve curve,
            @ForAll Jitter jitter,
            @ForAll @IntRange(min = 1) int attempt,
            @ForAll @LongRange(min = 0) long previous) {
        Assume.that(jitter != Jitter.DECORRELATED || curve.cap < Long.MAX_VALUE);
        double value = curve.at(attempt);
        Range range = switch (jitter) {
            case NONE -> new Range(value, value);
            case EQUAL -> new Range(value / 2, value);
            case FULL -> new Range(0, value);
            case DECORRELATED -> new Range(curve.at(1), Math.min(curve.cap, 3 * Math.max(curve.at(1), previous)));
        };

        assertDrawnFrom(range, curve, curve.backoff.jitter(jitter), attempt, previous);
    }

    @Property(seed = "1")
    @Label("RT-1 0 <= lo <= delay <= hi <= cap, for any curve, spread, attempt and delay before")
    void spread(
            @ForAll("curves") Curve curve,
            @ForAll("fractions") double fraction,
            @ForAll @IntRange(min = 1) int attempt,
            @ForAll @LongRange(min = 0) long previous) {
        double middle = Math.min(curve.at(attempt), curve.cap / (1 + fraction));
        Range range = new Range(middle * (1 - fraction), middle * (1 + fraction));

        assertDrawnFrom(range, curve, curve.backoff.spread(fraction), attempt, previous);
    }

    private static void assertDrawnFrom(Range range, Curve curve, Backoff backoff, int attempt, long previous) {
        long low = backoff.nanos(attempt, previous, LOWEST);
        long delay = backoff.nanos(attempt, previous, Draws.random(previous));
        long high = backoff.nanos(attempt, previous, HIGHEST);

        assertThat(delay).isBetween(low, high);
        assertThat(low).isNotNegative();
        assertThat(high).isLessThanOrEqualTo(curve.cap);
        assertNear(low, range.low);
        assertNear(high, range.high);
    }

    @Property(seed = "1")
    @Label("RT-1 without jitter, delays never fall from one attempt to the next")
    void curvesDoNotFall(@ForAll("curves") Curve curve, @ForAll @IntRange(min = 1) int attempt) {
        int next = attempt == Integer.MAX_VALUE ? attempt : attempt + 1;

        assertThat(curve.backoff.nanos(next, 0, LOWEST))
                .isGreaterThanOrEqualTo(curve.backoff.nanos(attempt, 0, LOWEST));
    }

    /** To what a double can hold, and three nanoseconds: one is cut off a curve, which a spread doubles, and one off it. */
    private static void assertNear(long nanos, double expected) {
        if (!(Math.abs(nanos - expected) <= 3 + expected * 1e-12)) {
            throw new AssertionError(nanos + " (expected: " + expected + ")");
        }
    }
}
