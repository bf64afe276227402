// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.fuzz;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import dev.holdfast.Backoff;
import dev.holdfast.Backoff.Jitter;
import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every backoff with every jitter, for any numbers. */
class BackoffFuzzTest {
    static Stream<Arguments> seeds() {
        Span second = Span.of(Duration.ofSeconds(1));
        Span ever = new Span(Long.MAX_VALUE, 999_999_999);
        Span longCap = Span.of(Duration.ofNanos((1L << 53) + 3));
        return Stream.of(
                arguments(second, second, ever, 2.0, 0.5, 1, 0L, 0L),
                arguments(second, ever, ever, 1000.0, 1.0, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE),
                arguments(second, second, longCap, 1.5, Double.MIN_VALUE, 99, 7L, -1L),
                arguments(Span.of(Duration.ZERO), second, second, Double.NaN, -0.0, Integer.MIN_VALUE, -1L, 3L));
    }

    @MethodSource("seeds")
    @DisplayName("RT-1, P18 every delay is from 0 to the cap, for any numbers, and nothing overflows or throws")
    @FuzzTest
    void delays(
            @NotNull Span first,
            @NotNull Span step,
            @NotNull Span cap,
            double factor,
            double fraction,
            int attempt,
            long previous,
            long drawn) {
        Duration from = first.duration();
        Duration by = step.duration();
        Duration to = cap.duration();
        Drawing environment = new Drawing(drawn);
        Answers.of(() -> Backoff.fixed(from), "delay", from)
                .ifPresent(fixed -> check(fixed, Long.MAX_VALUE, fraction, attempt, previous, environment));
        Stream.of(
                        Answers.of(() -> Backoff.linear(from, by, to), "first", from, "step", by, "cap", to),
                        Answers.of(() -> Backoff.exponential(from, to), "first", from, "cap", to),
                        Answers.of(
                                () -> Backoff.exponential(from, factor, to),
                                "first",
                                from,
                                "factor",
                                factor,
                                "cap",
                                to),
                        Answers.of(() -> Backoff.fibonacci(from, to), "first", from, "cap", to),
                        Answers.of(() -> Backoff.custom(any -> from.isNegative() ? by.abs() : from, to), "cap", to))
                .flatMap(curve -> curve.stream())
                .forEach(curve -> check(curve, Require.saturatedNanos(to), fraction, attempt, previous, environment));
    }

    private static void check(
            Backoff curve, long cap, double fraction, int attempt, long previous, Environment environment) {
        check(curve.nanos(attempt, previous, environment), cap, curve, attempt);
        for (Jitter jitter : Jitter.values()) {
            Answers.of(() -> curve.jitter(jitter), "jitter", jitter)
                    .ifPresent(
                            jittered -> check(jittered.nanos(attempt, previous, environment), cap, jittered, attempt));
        }
        Answers.of(() -> curve.spread(fraction), "fraction", fraction)
                .ifPresent(spread -> check(spread.nanos(attempt, previous, environment), cap, spread, attempt));
    }

    private static void check(long delay, long cap, Backoff backoff, int attempt) {
        if (delay < 0 || delay > cap) {
            throw new AssertionError(
                    backoff + " after attempt " + attempt + ": " + delay + " (expected: 0 to " + cap + ")");
        }
    }

    /** Has nothing but one number to draw. */
    private record Drawing(long number) implements Environment {
        @Override
        public long nextLong(long bound) {
            if (bound < 1) {
                throw new AssertionError("bound: " + bound);
            }
            return Math.floorMod(number, bound);
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
}
