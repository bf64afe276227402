// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.CallCounts;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A part of a hypothesis: something that is read again and again, and what it has to be. Immutable; what it reads is asked on a
 * thread of the environment's {@link dev.holdfast.Environment#executor()}, one reading at a time.
 *
 * <pre>{@code
 * Probe.ratio("orders answered", orders::counts).atLeast(0.99)
 * Probe.duration("p99", latencies::p99).atMost(Duration.ofMillis(400))
 * Probe.that("ready", health::isReady)
 * }</pre>
 *
 * <p>A reading that throws, that is not a number, or that takes longer than {@link ExperimentBuilder#probeLimit} ends the experiment.
 */
public abstract sealed class Probe permits RatioProbe, ValueProbe {
    private final String name;

    Probe(String name) {
        this.name = Require.name(name);
    }

    /**
     * The share of good calls, by the counts of a policy: successes are good; failures, refused and abandoned calls are bad; what is ignored
     * is neither. Of the outermost policy it is what callers get, of the innermost what the dependency gives.
     *
     * @param name 1 to 256 characters, not blank
     * @param counts reads them: totals, which only grow
     * @return a probe that needs {@link RatioProbe#atLeast}
     */
    public static RatioProbe ratio(String name, Supplier<CallCounts> counts) {
        Require.nonNull(counts, "counts");
        return new RatioProbe(name, () -> {
            CallCounts now = counts.get();
            return new RatioProbe.Counts(now.successes(), now.failures() + now.rejected() + now.abandoned());
        });
    }

    /**
     * The share of good calls, by counts of one's own.
     *
     * @param name 1 to 256 characters, not blank
     * @param good reads how many calls were good: a total, which only grows
     * @param bad reads how many were bad
     * @return a probe that needs {@link RatioProbe#atLeast}
     */
    public static RatioProbe ratio(String name, LongSupplier good, LongSupplier bad) {
        Require.nonNull(good, "good");
        Require.nonNull(bad, "bad");
        return new RatioProbe(name, () -> new RatioProbe.Counts(good.getAsLong(), bad.getAsLong()));
    }

    /**
     * A number: how long a line is, say, or an availability.
     *
     * @param name 1 to 256 characters, not blank
     * @param value reads it
     * @return a probe that needs a limit
     */
    public static ValueProbe value(String name, DoubleSupplier value) {
        return new ValueProbe(
                name, Require.nonNull(value, "value"), number -> String.format(Locale.ROOT, "%.6g", number));
    }

    /**
     * A time: the latency that 99 of 100 calls keep, say.
     *
     * @param name 1 to 256 characters, not blank
     * @param value reads it
     * @return a probe that needs a limit
     */
    public static ValueProbe duration(String name, Supplier<Duration> value) {
        Require.nonNull(value, "value");
        return new ValueProbe(
                name,
                () -> Require.saturatedNanos(value.get()) / 1e9,
                seconds -> Durations.write(Duration.ofNanos(Math.round(seconds * 1e9))));
    }

    /**
     * Something that is so or not: that the application is ready, say.
     *
     * @param name 1 to 256 characters, not blank
     * @param holds reads whether it is so
     * @return a probe whose limit is that it is
     */
    public static ValueProbe that(String name, BooleanSupplier holds) {
        Require.nonNull(holds, "holds");
        return new ValueProbe(name, () -> holds.getAsBoolean() ? 1 : 0, is -> is == 1 ? "so" : "not so").atLeast(1);
    }

    /**
     * Its name.
     *
     * @return as it was given
     */
    public final String name() {
        return name;
    }

    /** What it has to be, for people. */
    abstract String tolerance();

    /** Whether something has been said of what it has to be. */
    abstract boolean hasLimit();

    /** For one run. */
    abstract Watch watch();

    @Override
    public final String toString() {
        return name + " " + tolerance();
    }
}
