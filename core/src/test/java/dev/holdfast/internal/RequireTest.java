// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequireTest {
    private static final Duration HUGE = Duration.ofSeconds(Long.MAX_VALUE);

    private static void refused(Runnable check, String message) {
        assertThatThrownBy(check::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    @DisplayName("XC-7 null: the error names the argument")
    void nonNull() {
        assertThat(Require.nonNull("x", "argument")).isEqualTo("x");
        assertThatThrownBy(() -> Require.nonNull(null, "argument"))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("argument: null (expected: a value)");
    }

    @Test
    @DisplayName("XC-7 another object: the error has both")
    void same() {
        assertThat(Require.same("x", "x", "argument")).isEqualTo("x");
        refused(() -> Require.same("a", "b", "argument"), "argument: a (expected: b)");
    }

    @Test
    @DisplayName("XC-7 whole numbers: both bounds are inclusive, the error names value and range")
    void wholeNumbers() {
        assertThat(Require.range(1, 1, 3, "n")).isEqualTo(1);
        assertThat(Require.range(3, 1, 3, "n")).isEqualTo(3);
        assertThat(Require.range(Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE, "n"))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(Require.range(Integer.MIN_VALUE, Integer.MIN_VALUE, 0, "n")).isEqualTo(Integer.MIN_VALUE);
        refused(() -> Require.range(0, 1, 3, "n"), "n: 0 (expected: 1 to 3)");
        refused(() -> Require.range(4, 1, 3, "n"), "n: 4 (expected: 1 to 3)");
        refused(() -> Require.range(1L << 40, 1, 3, "n"), "n: 1099511627776 (expected: 1 to 3)");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, -1, 0, -0.0, 1.0000001})
    @DisplayName("XC-7 fractions: NaN, infinite, zero, negative and more than 1 are refused")
    void fractions(double value) {
        refused(() -> Require.fraction(value, "f"), "f: " + value + " (expected: more than 0 and at most 1)");
        assertThat(Require.fraction(1, "f")).isEqualTo(1);
        assertThat(Require.fraction(Double.MIN_VALUE, "f")).isEqualTo(Double.MIN_VALUE);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 0.99, 1000.01})
    @DisplayName("XC-7 numbers: NaN and what is outside are refused")
    void numbers(double value) {
        refused(() -> Require.range(value, 1.0, 1000.0, "d"), "d: " + value + " (expected: 1.0 to 1000.0)");
        assertThat(Require.range(1.0, 1, 1000, "d")).isEqualTo(1);
        assertThat(Require.range(1000.0, 1, 1000, "d")).isEqualTo(1000);
    }

    @Test
    @DisplayName("TO-5 durations: too short is refused, too long for a long of nanoseconds saturates")
    void durations() {
        assertThat(Require.nanosAtLeast(Duration.ofMillis(2), Duration.ofMillis(2), "d"))
                .isEqualTo(2_000_000);
        assertThat(Require.nanosAtLeast(HUGE, Duration.ZERO, "d")).isEqualTo(Long.MAX_VALUE);
        refused(
                () -> Require.nanosAtLeast(Duration.ofMillis(1), Duration.ofMillis(2), "d"),
                "d: PT0.001S (expected: at least PT0.002S)");
        refused(
                () -> Require.nanosAtLeast(Duration.ofSeconds(Long.MIN_VALUE), Duration.ZERO, "d"),
                "d: " + Duration.ofSeconds(Long.MIN_VALUE) + " (expected: at least PT0S)");
        assertThatThrownBy(() -> Require.nanosAtLeast(null, Duration.ZERO, "d"))
                .hasMessage("d: null (expected: a value)");

        assertThat(Require.positiveNanos(Duration.ofNanos(1), "d")).isEqualTo(1);
        assertThat(Require.positiveNanos(HUGE, "d")).isEqualTo(Long.MAX_VALUE);
        refused(() -> Require.positiveNanos(Duration.ZERO, "d"), "d: PT0S (expected: longer than zero)");
        refused(
                () -> Require.positiveNanos(Duration.ofNanos(-1), "d"),
                "d: PT-0.000000001S (expected: longer than zero)");
        assertThatThrownBy(() -> Require.positiveNanos(null, "d")).hasMessage("d: null (expected: a value)");

        assertThat(Require.saturatedNanos(HUGE)).isEqualTo(Long.MAX_VALUE);
        assertThat(Require.saturatedNanos(Duration.ofSeconds(Long.MIN_VALUE))).isEqualTo(Long.MIN_VALUE);
        assertThat(Require.saturatedNanos(Duration.ofNanos(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
        assertThat(Require.saturatedNanos(Duration.ofNanos(Long.MAX_VALUE).plusNanos(1)))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(Require.saturatedNanos(Duration.ofNanos(Long.MIN_VALUE))).isEqualTo(Long.MIN_VALUE);
        assertThat(Require.saturatedNanos(Duration.ofNanos(Long.MIN_VALUE).minusNanos(1)))
                .isEqualTo(Long.MIN_VALUE);
    }

    @Test
    @DisplayName("XC-7 names: not null, not blank, at most 256 characters; the error stays on one short line")
    void names() {
        assertThat(Require.name("x".repeat(256))).hasSize(256);
        assertThat(Require.name("two\nlines")).isEqualTo("two\nlines");
        assertThatThrownBy(() -> Require.name(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("name: null (expected: a value)");
        refused(() -> Require.name(""), "name: '' (expected: 1 to 256 characters, not blank)");
        refused(
                () -> Require.name(" ".repeat(256)),
                "name: '" + " ".repeat(256) + "' (expected: 1 to 256 characters, not blank)");
        refused(() -> Require.name(" \n"), "name: ' \\n' (expected: 1 to 256 characters, not blank)");
        refused(
                () -> Require.name("x".repeat(257)),
                "name: '" + "x".repeat(32) + "...' (expected: 1 to 256 characters, not blank)");
    }
}
