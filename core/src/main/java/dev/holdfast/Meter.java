// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * A number that a policy can be asked for: a counter since it was built, or how something stands now. Each pattern names its numbers
 * once, here; bindings for metrics, consoles and documentation walk {@link Policy#meters} and know no pattern.
 *
 * <p>Reading one costs calls nothing: it is pulled. Safe to read from any thread.
 */
public final class Meter {
    /** How a number behaves. */
    public enum Kind {
        /** Only grows. */
        COUNTER,
        /** How something stands at this moment. */
        GAUGE
    }

    private final String name;
    private final String unit;
    private final Kind kind;
    private final Map<String, String> labels;
    private final String text;
    private final DoubleSupplier value;

    private Meter(String name, String unit, Kind kind, Map<String, String> labels, String text, DoubleSupplier value) {
        this.name = Require.name(name);
        this.unit = Require.nonNull(unit, "unit");
        this.kind = kind;
        this.labels = Map.copyOf(labels);
        this.text = Require.nonNull(text, "text");
        this.value = Require.nonNull(value, "value");
    }

    /**
     * A number that only grows.
     *
     * @param name lower case, with dots, without the unit: {@code holdfast.retry.retries}
     * @param unit in UCUM, with what is counted in braces: {@code s}, {@code {call}}
     * @param text what it says, in a sentence
     * @param value reads it; must not block
     * @return a meter without labels
     */
    public static Meter counter(String name, String unit, String text, LongSupplier value) {
        Require.nonNull(value, "value");
        return new Meter(name, unit, Kind.COUNTER, Map.of(), text, () -> value.getAsLong());
    }

    /**
     * A number that only grows and need not be whole, such as a time.
     *
     * @param name lower case, with dots, without the unit
     * @param unit in UCUM
     * @param text what it says, in a sentence
     * @param value reads it; must not block
     * @return a meter without labels
     */
    public static Meter sum(String name, String unit, String text, DoubleSupplier value) {
        return new Meter(name, unit, Kind.COUNTER, Map.of(), text, value);
    }

    /**
     * A number that says how something stands now.
     *
     * @param name lower case, with dots, without the unit
     * @param unit in UCUM; {@code 1} for shares and states
     * @param text what it says, in a sentence
     * @param value reads it, {@link Double#NaN} where there is nothing to say now; must not block
     * @return a meter without labels
     */
    public static Meter gauge(String name, String unit, String text, DoubleSupplier value) {
        return new Meter(name, unit, Kind.GAUGE, Map.of(), text, value);
    }

    /**
     * The same meter with a label, which tells it from others of its name.
     *
     * @param label its name, with dots: {@code holdfast.outcome}
     * @param is its value, one of a few
     * @return a new meter
     */
    public Meter with(String label, String is) {
        Map<String, String> more = new TreeMap<>(labels);
        more.put(Require.name(label), Require.nonNull(is, "value of " + label));
        return new Meter(name, unit, kind, more, text, value);
    }

    /**
     * Its name.
     *
     * @return lower case, with dots
     */
    public String name() {
        return name;
    }

    /**
     * Its unit.
     *
     * @return in UCUM
     */
    public String unit() {
        return unit;
    }

    /**
     * How it behaves.
     *
     * @return counter or gauge
     */
    public Kind kind() {
        return kind;
    }

    /**
     * What tells it from others of its name, such as the policy that it is of.
     *
     * @return label by label; unmodifiable
     */
    public Map<String, String> labels() {
        return labels;
    }

    /**
     * What it says.
     *
     * @return a sentence
     */
    public String text() {
        return text;
    }

    /**
     * Reads it.
     *
     * @return {@link Double#NaN} where there is nothing to say now
     */
    public double value() {
        return value.getAsDouble();
    }

    @Override
    public String toString() {
        return name + (labels.isEmpty() ? "" : new TreeMap<>(labels)) + " " + value();
    }
}
