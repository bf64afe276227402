// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.function.DoubleFunction;
import java.util.function.DoubleSupplier;

/** A number, a time, or whether something is so: see {@link Probe#value}, {@link Probe#duration} and {@link Probe#that}. Immutable. */
public final class ValueProbe extends Probe {
    final double least;
    final double most;
    final long exceptNanos;
    private final DoubleSupplier value;
    private final DoubleFunction<String> words;

    ValueProbe(String name, DoubleSupplier value, DoubleFunction<String> words) {
        this(name, value, words, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 0);
    }

    private ValueProbe(
            String name,
            DoubleSupplier value,
            DoubleFunction<String> words,
            double least,
            double most,
            long exceptNanos) {
        super(name);
        this.value = value;
        this.words = words;
        this.least = least;
        this.most = most;
        this.exceptNanos = exceptNanos;
        if (!(least <= most)) {
            throw new IllegalArgumentException(
                    name + ": " + least + " to " + most + " (expected: numbers, the larger one last)");
        }
    }

    /**
     * The most that it may be.
     *
     * @param limit a number; of a time, seconds
     * @return another probe
     */
    public ValueProbe atMost(double limit) {
        return new ValueProbe(name(), value, words, least, limit, exceptNanos);
    }

    /**
     * The most that a time may be.
     *
     * @param limit any
     * @return another probe
     */
    public ValueProbe atMost(Duration limit) {
        return atMost(seconds(limit));
    }

    /**
     * The least that it may be.
     *
     * @param limit a number; of a time, seconds
     * @return another probe
     */
    public ValueProbe atLeast(double limit) {
        return new ValueProbe(name(), value, words, limit, most, exceptNanos);
    }

    /**
     * The least that a time may be.
     *
     * @param limit any
     * @return another probe
     */
    public ValueProbe atLeast(Duration limit) {
        return atLeast(seconds(limit));
    }

    private static double seconds(Duration limit) {
        return Require.saturatedNanos(Require.nonNull(limit, "limit")) / 1e9;
    }

    /**
     * For how long in one go it may be off its limits without an effect.
     *
     * @param time zero or longer; default: zero, the first reading that is off counts
     * @return another probe
     */
    public ValueProbe exceptFor(Duration time) {
        return new ValueProbe(
                name(), value, words, least, most, Require.nanosAtLeast(time, Duration.ZERO, "exceptFor"));
    }

    @Override
    String tolerance() {
        String range = least == Double.NEGATIVE_INFINITY
                ? "at most " + words(most)
                : most == Double.POSITIVE_INFINITY
                        ? "at least " + words(least)
                        : "from " + words(least) + " to " + words(most);
        return range
                + (exceptNanos == 0
                        ? ""
                        : ", except for " + Durations.write(Duration.ofNanos(exceptNanos)) + " at a time");
    }

    @Override
    boolean hasLimit() {
        return least != Double.NEGATIVE_INFINITY || most != Double.POSITIVE_INFINITY;
    }

    @Override
    ValueWatch watch() {
        return new ValueWatch(this);
    }

    double read() {
        return value.getAsDouble();
    }

    String words(double number) {
        return Double.isNaN(number) ? "-" : words.apply(number);
    }
}
