// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Gate;
import dev.holdfast.Meter;
import dev.holdfast.Metered;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * How available a dependency is, by counters that are there anyway: sampled once a second, so that it costs a call nothing.
 *
 * <pre>{@code
 * Availability inventory = Availability.of(breaker);
 * inventory.onOutage(outage -> log.warn("inventory: {}", outage));
 * inventory.report().meanTimeToRepair();
 * }</pre>
 *
 * <p>An outage begins with the first of three failures in a row, and ends with the first of two successes in a row: {@link Timeline} in
 * the source has the state machine. A breaker that is open while somebody asks is down time; time in which nobody asks, beyond five
 * minutes, is unobserved, and in neither.
 *
 * <p>Safe to use from any thread. It owns no thread: samples are taken on those of its environment. It samples until it is closed.
 */
public final class Availability implements Metered, AutoCloseable {
    private final String name;
    private final Sampler sampler;
    /** Held while a slice is put in, or the timeline is read, and by no call. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Timeline timeline;
    private Evidence calls = new Evidence(0, 0, 0, 0);
    private final Told<Outage> told;
    private final List<Meter> meters;

    Availability(AvailabilityBuilder settings, Supplier<Evidence> evidence) {
        this.name = settings.name;
        this.told = new Told<>("Availability " + name);
        this.timeline = new Timeline(
                settings.outageAfter,
                settings.recoveredAfter,
                settings.cutoffNanos,
                Sampler.longest(settings.everyNanos));
        this.meters = makeMeters();
        this.sampler =
                new Sampler("Availability " + name, settings.environment, settings.everyNanos, evidence, this::took);
    }

    /**
     * Watches a dependency by the policy around it, with the defaults of {@link AvailabilityBuilder}.
     *
     * @param gate a breaker, bulkhead or limiter inside of retries, whose name it takes
     * @return it watches from now on
     */
    public static Availability of(Gate gate) {
        return builder(Require.nonNull(gate, "gate").name())
                .environment(gate.environment())
                .dependency(gate);
    }

    /**
     * Starts to build one.
     *
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static AvailabilityBuilder builder(String name) {
        return new AvailabilityBuilder(name);
    }

    /**
     * Its name.
     *
     * @return as it was given
     */
    public String name() {
        return name;
    }

    private Runnable took(Sampler.Slice slice) {
        Outage changed;
        lock.lock();
        try {
            calls = slice.total();
            changed = timeline.slice(slice.from(), slice.to(), slice.good(), slice.bad(), slice.asked());
        } finally {
            lock.unlock();
        }
        return changed == null ? () -> {} : () -> told.tell(changed);
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    /**
     * Hears of outages: of each when it is detected, and once more when it is over.
     *
     * @param listener gets an outage without an end, and later the same one with it; runs on a thread of the environment; what it throws is
     *     logged
     * @return a handle to hear no more
     */
    public Subscription onOutage(Consumer<? super Outage> listener) {
        return told.add(listener);
    }

    /**
     * What is known now. Takes a sample.
     *
     * @return a consistent report
     */
    public AvailabilityReport report() {
        return read(AvailabilityReport::new);
    }

    private <T> T read(BiFunction<Timeline, Evidence, T> what) {
        sampler.sample();
        lock.lock();
        try {
            return what.apply(timeline, calls);
        } finally {
            lock.unlock();
        }
    }

    /** Samples no more. What is known stays, and can be read. A second time without effect. */
    @Override
    public void close() {
        sampler.close();
    }

    /**
     * Its numbers: outages, their time and the observed time, of which rates and quotients can be made over instances, and calls by how
     * they ended.
     *
     * @return always the same meters
     */
    @Override
    public List<Meter> meters() {
        return meters;
    }

    private List<Meter> makeMeters() {
        return Stream.of(
                        Meter.counter(
                                "holdfast.outages",
                                "{outage}",
                                "Outages that have begun.",
                                () -> read((known, since) -> known.begun())),
                        Meter.sum(
                                "holdfast.outage.time",
                                "s",
                                "Time in which it was down.",
                                () -> read((known, since) -> seconds(known.downForGood()))),
                        Meter.sum(
                                "holdfast.observed.time",
                                "s",
                                "Time in which it was known to be up or down.",
                                () -> read((known, since) -> seconds(known.up() + known.down()))),
                        Meter.gauge(
                                "holdfast.outage.active",
                                "1",
                                "1 while it is down, otherwise 0.",
                                () -> read((known, since) -> known.isDown() ? 1.0 : 0.0)),
                        calls("good", Evidence::good),
                        calls("degraded", Evidence::degraded),
                        calls("bad", Evidence::bad))
                .map(meter -> meter.with("holdfast.policy", name))
                .toList();
    }

    private Meter calls(String outcome, Function<Evidence, Long> count) {
        return Meter.counter(
                        "holdfast.availability.calls",
                        "{call}",
                        "Calls, by whether they had an answer.",
                        () -> read((known, since) -> count.apply(since)))
                .with("holdfast.outcome", outcome);
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }

    @Override
    public String toString() {
        return "Availability[" + name + ", " + report() + "]";
    }
}
