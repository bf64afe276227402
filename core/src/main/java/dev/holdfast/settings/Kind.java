// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.settings;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What values a setting takes, and how they are written in a file: a whole number, a duration, a share, a list. Reads what parsers of
 * YAML, JSON and properties give - strings, numbers, booleans, lists - and values that have the right class already. Immutable.
 *
 * <p>Longer than most files, because each kind has its Javadoc.
 *
 * @param <V> the values
 */
public final class Kind<V> {
    private final String expected;
    private final Shape shape;
    private final Function<Object, V> reader;
    private final Function<V, String> writer;

    /** What a value looks like to an editor of JSON or YAML. */
    public enum Shape {
        /** Text, or something that is written as text. */
        TEXT,
        /** A whole number. */
        INTEGER,
        /** A number. */
        NUMBER,
        /** True or false. */
        FLAG,
        /** Several values. */
        LIST
    }

    /** Says more precisely what is wrong than that a value is no value of its kind. */
    private static final class Unreadable extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        Unreadable(String what, @Nullable Throwable cause) {
            super(what, cause);
        }
    }

    private Kind(String expected, Shape shape, Function<Object, V> reader, Function<V, String> writer) {
        this.expected = expected;
        this.shape = shape;
        this.reader = reader;
        this.writer = writer;
    }

    /**
     * A kind of a pattern's own, written as text.
     *
     * @param <V> the values
     * @param expected what is right, to be read after "expected:"
     * @param reader makes a value of what was written; throws an {@link IllegalArgumentException}, or any other exception, if it cannot
     * @param writer writes a value so that {@code reader} reads the same
     * @return a kind
     */
    public static <V> Kind<V> of(String expected, Function<String, V> reader, Function<? super V, String> writer) {
        Require.nonNull(reader, "reader");
        Require.nonNull(writer, "writer");
        return new Kind<>(
                Require.nonNull(expected, "expected"),
                Shape.TEXT,
                given -> reader.apply(given.toString().trim()),
                writer::apply);
    }

    /**
     * Whole numbers.
     *
     * @param min the smallest
     * @param max the largest
     * @return a kind
     */
    public static Kind<Long> whole(long min, long max) {
        String expected = max >= Integer.MAX_VALUE ? "a whole number from " + min + " up" : min + " to " + max;
        return new Kind<>(
                expected,
                Shape.INTEGER,
                given -> {
                    String text = given.toString().trim().replace("_", "");
                    return Require.range(Long.parseLong(text), min, max, "number");
                },
                String::valueOf);
    }

    /**
     * Shares: more than 0 and at most 1, also as a percentage.
     *
     * @return a kind
     */
    public static Kind<Double> share() {
        return new Kind<>(
                "more than 0 and at most 1, such as 0.5 or 50%",
                Shape.NUMBER, given -> Require.fraction(number(given), "share"), String::valueOf);
    }

    /**
     * Numbers.
     *
     * @param min the smallest
     * @param max the largest
     * @return a kind
     */
    public static Kind<Double> number(double min, double max) {
        return new Kind<>(
                min + " to " + max,
                Shape.NUMBER,
                given -> Require.range(number(given), min, max, "number"),
                String::valueOf);
    }

    private static double number(Object given) {
        String text = given.toString().trim();
        return text.endsWith("%")
                ? Double.parseDouble(text.substring(0, text.length() - 1)) / 100
                : Double.parseDouble(text);
    }

    /**
     * Durations, such as {@code 250ms}. A number without a unit is refused.
     *
     * @param min the shortest
     * @return a kind
     */
    public static Kind<Duration> duration(Duration min) {
        String bound = min.isZero() ? "zero or longer" : "at least " + Durations.write(min);
        return new Kind<>(
                Durations.EXPECTED + ", " + bound,
                Shape.TEXT,
                given -> {
                    Duration duration = Durations.read(given);
                    if (duration.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0) {
                        throw new Unreadable(Names.quoted(given.toString()) + " is longer than 292 years", null);
                    }
                    Require.nanosAtLeast(duration, min, "duration");
                    return duration;
                },
                Durations::write);
    }

    /**
     * True or false.
     *
     * @return a kind
     */
    public static Kind<Boolean> flag() {
        return new Kind<>(
                "true or false",
                Shape.FLAG,
                given -> {
                    String text = given.toString().trim().toLowerCase(Locale.ROOT);
                    if (!text.equals("true") && !text.equals("false")) {
                        throw new IllegalArgumentException(text);
                    }
                    return text.equals("true");
                },
                String::valueOf);
    }

    /**
     * Constants of an enum, written in lower case with hyphens.
     *
     * @param <E> the enum
     * @param type its class
     * @return a kind
     */
    public static <E extends Enum<E>> Kind<E> oneOf(Class<E> type) {
        String all = Arrays.stream(type.getEnumConstants()).map(Kind::written).collect(Collectors.joining(", "));
        return new Kind<>(
                "one of " + all,
                Shape.TEXT,
                given -> {
                    String text = given.toString().trim();
                    for (E constant : type.getEnumConstants()) {
                        if (constant == given || written(constant).equalsIgnoreCase(text)) {
                            return constant;
                        }
                    }
                    throw new IllegalArgumentException(text);
                },
                Kind::written);
    }

    private static String written(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Exception classes, by their full names.
     *
     * @return a kind of single classes; see {@link #listOf}
     */
    public static Kind<Class<? extends Throwable>> exception() {
        return new Kind<>(
                "the full name of an exception class that can be loaded",
                Shape.TEXT,
                given -> given instanceof Class<?> type ? type.asSubclass(Throwable.class) : load(given.toString()),
                Class::getName);
    }

    private static Class<? extends Throwable> load(String name) {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        try {
            return Class.forName(name.trim(), false, context == null ? Kind.class.getClassLoader() : context)
                    .asSubclass(Throwable.class);
        } catch (ClassNotFoundException | LinkageError unknown) {
            throw new Unreadable(Names.quoted(name.trim()) + " was not found, or cannot be loaded", unknown);
        } catch (ClassCastException other) {
            throw new Unreadable(Names.quoted(name.trim()) + " is no exception class", other);
        }
    }

    /**
     * Several values: a list, or text with commas.
     *
     * @param <V> the values
     * @param of the kind of each
     * @return a kind
     */
    public static <V> Kind<List<V>> listOf(Kind<V> of) {
        return new Kind<>(
                "a list, each: " + of.expected,
                Shape.LIST,
                given -> {
                    List<V> values = new ArrayList<>();
                    elements(given).forEach(each -> values.add(of.reader.apply(each)));
                    return List.copyOf(values);
                },
                values -> values.stream().map(of.writer).collect(Collectors.joining(", ")));
    }

    /** What a list consists of, as it was given. */
    static List<Object> elements(Object given) {
        if (given instanceof Collection<?> several) {
            return List.copyOf(several);
        }
        String text = given.toString().trim();
        return text.isEmpty() || text.equals("none") ? List.of() : List.of((Object[]) text.split("\\s*,\\s*", -1));
    }

    /**
     * Backoffs: {@code none}; a fixed wait such as {@code 5s}; {@code 50ms..1s}, which doubles, or {@code 50ms..1s x1.5}; behind either
     * {@code full}, {@code equal} or {@code decorrelated} jitter, or a spread such as {@code ~20%}.
     *
     * @return a kind
     */
    public static Kind<Backoff> backoff() {
        return new Kind<>(
                BackoffText.EXPECTED,
                Shape.TEXT,
                given -> given instanceof Backoff backoff ? backoff : BackoffText.read(given.toString()),
                Backoff::toString);
    }

    /**
     * Budgets: {@code 100 +0.1} has 100 tokens, of which a success gives back a tenth; {@code 100 +0.1 1/s} allows a further attempt each
     * second whatever there is.
     *
     * @return a kind
     */
    public static Kind<Budget> budget() {
        return new Kind<>(
                "tokens, what a success gives back, and what is allowed in any case, such as 100 +0.1 or 100 +0.1 1/s",
                Shape.TEXT,
                given -> given instanceof Budget budget ? budget : readBudget(given.toString()),
                budget -> budget.capacity() + " +" + budget.ratio()
                        + (budget.minimumPerSecond() == 0 ? "" : " " + budget.minimumPerSecond() + "/s"));
    }

    private static Budget readBudget(String text) {
        String[] words = text.trim().split("\\s+", -1);
        if (words.length < 2 || words.length > 3 || !words[1].startsWith("+")) {
            throw new IllegalArgumentException(text);
        }
        int minimum = 0;
        if (words.length == 3) {
            if (!words[2].endsWith("/s")) {
                throw new IllegalArgumentException(text);
            }
            minimum = Integer.parseInt(words[2].substring(0, words[2].length() - 2));
        }
        return Budget.of(Integer.parseInt(words[0]), Double.parseDouble(words[1].substring(1)), minimum);
    }

    /**
     * Reads a value.
     *
     * @param given what was written
     * @return the value
     * @throws IllegalArgumentException if it is no value of this kind; the message says what was given and what was expected
     */
    public V read(Object given) {
        Require.nonNull(given, "value");
        try {
            return reader.apply(given);
        } catch (RuntimeException wrong) {
            String what = wrong instanceof Unreadable ? wrong.getMessage() : Names.quoted(given.toString());
            throw new IllegalArgumentException(what + " (expected: " + expected + ")", wrong);
        }
    }

    /**
     * Writes a value, for tables and consoles.
     *
     * @param value the value
     * @return one line
     */
    public String write(V value) {
        return writer.apply(value);
    }

    /**
     * What is right.
     *
     * @return to be read after "expected:"
     */
    public String expected() {
        return expected;
    }

    /**
     * What values look like in JSON or YAML.
     *
     * @return a shape
     */
    public Shape shape() {
        return shape;
    }
}
