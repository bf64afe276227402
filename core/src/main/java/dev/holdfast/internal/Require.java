// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Argument checks whose messages name the argument, its value and what was expected, as in
 * {@code "maxAttempts: 0 (expected: 1 to 2147483647)"}.
 */
public final class Require {
    private Require() {}

    /**
     * Checks that a value is present.
     *
     * @param <T> the value's type
     * @param value the value
     * @param name the argument's name
     * @return the value
     * @throws NullPointerException if it is {@code null}
     */
    public static <T> T nonNull(@Nullable T value, String name) {
        if (value == null) {
            throw new NullPointerException(name + ": null (expected: a value)");
        }
        return value;
    }

    /**
     * Checks that a value is a certain object.
     *
     * @param <T> the value's type
     * @param value the value
     * @param expected the only one that is accepted
     * @param name the argument's name
     * @return the value
     * @throws IllegalArgumentException if it is another
     */
    public static <T extends @Nullable Object> T same(T value, T expected, String name) {
        if (value != expected) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
        return value;
    }

    /**
     * Checks a whole number.
     *
     * @param value the value
     * @param min the smallest that is accepted
     * @param max the largest that is accepted
     * @param name the argument's name
     * @return the value
     * @throws IllegalArgumentException if it is outside
     */
    public static int range(int value, int min, int max, String name) {
        return (int) range((long) value, min, max, name);
    }

    /**
     * Checks a whole number.
     *
     * @param value the value
     * @param min the smallest that is accepted
     * @param max the largest that is accepted
     * @param name the argument's name
     * @return the value
     * @throws IllegalArgumentException if it is outside
     */
    public static long range(long value, long min, long max, String name) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
        return value;
    }

    /**
     * Checks a fraction: more than 0 and at most 1. NaN is refused.
     *
     * @param value the value
     * @param name the argument's name
     * @return the value
     * @throws IllegalArgumentException if it is outside
     */
    public static double fraction(double value, String name) {
        if (!(value > 0 && value <= 1)) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: more than 0 and at most 1)");
        }
        return value;
    }

    /**
     * Checks a finite number.
     *
     * @param value the value
     * @param min the smallest that is accepted
     * @param max the largest that is accepted
     * @param name the argument's name
     * @return the value
     * @throws IllegalArgumentException if it is outside, or NaN
     */
    public static double range(double value, double min, double max, String name) {
        if (!(value >= min && value <= max)) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
        return value;
    }

    /**
     * Checks a duration and converts it. One that is longer than a {@code long} of nanoseconds (292 years) is taken as
     * {@link Long#MAX_VALUE}.
     *
     * @param value the duration
     * @param min the shortest that is accepted
     * @param name the argument's name
     * @return nanoseconds
     * @throws IllegalArgumentException if it is shorter
     */
    public static long nanosAtLeast(Duration value, Duration min, String name) {
        if (nonNull(value, name).compareTo(min) < 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: at least " + min + ")");
        }
        return saturatedNanos(value);
    }

    /**
     * Checks that a duration is longer than zero and converts it, saturating like {@link #nanosAtLeast}.
     *
     * @param value the duration
     * @param name the argument's name
     * @return nanoseconds, at least 1
     * @throws IllegalArgumentException if it is zero or negative
     */
    public static long positiveNanos(Duration value, String name) {
        if (nonNull(value, name).isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: longer than zero)");
        }
        return saturatedNanos(value);
    }

    /**
     * Checks a policy's name: not blank, at most 256 characters. Any character is accepted; names are escaped where
     * they are printed.
     *
     * @param name the name
     * @return the name
     * @throws IllegalArgumentException if it is blank or too long
     */
    public static String name(String name) {
        Objects.requireNonNull(name, "name: null (expected: a value)");
        if (name.isBlank() || name.length() > 256) {
            throw new IllegalArgumentException(
                    "name: " + Names.quoted(name.length() > 256 ? name.substring(0, 32) + "..." : name)
                            + " (expected: 1 to 256 characters, not blank)");
        }
        return name;
    }

    /**
     * Checks what people write for people: a reason, or an owner.
     *
     * @param text not blank
     * @param what it is called in the message
     * @return the text
     * @throws IllegalArgumentException if it is blank
     */
    public static String words(String text, String what) {
        if (nonNull(text, what).isBlank()) {
            throw new IllegalArgumentException(what + ": blank (expected: some words)");
        }
        return text;
    }

    /**
     * Converts a duration of either sign without overflow.
     *
     * @param value the duration
     * @return nanoseconds, saturated at {@link Long#MIN_VALUE} and {@link Long#MAX_VALUE}
     */
    public static long saturatedNanos(Duration value) {
        try {
            return value.toNanos();
        } catch (ArithmeticException tooLong) {
            return value.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }
}
