// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Meter;
import dev.holdfast.Metered;
import dev.holdfast.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What share of calls is to succeed, and whether that is on its way: the error budget, how fast it burns, and alerts when it burns too
 * fast.
 *
 * <pre>{@code
 * Objective orders = Objective.builder("orders", 0.999).callers(breaker);
 * orders.onAlert(alert -> page(alert));
 * orders.report().budgetLeft();
 * }</pre>
 *
 * <p>An alert needs a burn above its factor over its window and over the last twelfth of it, and more failures than chance would bring once
 * in 10,000 times to a dependency that is on target: so one failure at night pages nobody. A window that is not filled yet counts for as
 * much of it as has been watched, so a fresh process does not page on its first slice. Each alert is told when it begins, and once more
 * when it has ended.
 *
 * <p>Safe to use from any thread. It owns no thread, takes 8 KB, and samples counters until it is closed, which costs calls nothing. It speaks
 * of this process; {@link #prometheusRules} says the same for all of them.
 */
public final class Objective implements Metered, AutoCloseable {
    private final String name;
    private final double target;
    private final Duration period;
    private final List<BurnRate> rates;
    private final Sampler sampler;
    private final ReentrantLock lock = new ReentrantLock();
    private final BurnWatch watch;
    private final Told<Alert> told;
    private final List<Meter> meters;

    Objective(ObjectiveBuilder settings, Supplier<Evidence> evidence) {
        this.name = settings.name;
        this.told = new Told<>("Objective " + name);
        this.target = settings.target;
        this.period = settings.period;
        this.rates = settings.checkedRates();
        this.watch = new BurnWatch(name, target, period, rates, settings.everyNanos);
        this.meters = makeMeters();
        this.sampler =
                new Sampler("Objective " + name, settings.environment, settings.everyNanos, evidence, this::took);
    }

    /**
     * Starts to build one.
     *
     * @param name 1 to 256 characters, not blank
     * @param target which share of calls is to succeed, more than 0 and less than 1, such as 0.999
     * @return a builder
     */
    public static ObjectiveBuilder builder(String name, double target) {
        return new ObjectiveBuilder(name, target);
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
        List<Alert> changed;
        lock.lock();
        try {
            changed = watch.add(slice);
        } finally {
            lock.unlock();
        }
        return () -> changed.forEach(told::tell);
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    /**
     * Hears of alerts.
     *
     * @param listener gets each alert when it begins, and when it has ended; runs on a thread of the environment; what it throws is logged
     * @return a handle to hear no more
     */
    public Subscription onAlert(Consumer<? super Alert> listener) {
        return told.add(listener);
    }

    /**
     * What is known now. Takes a sample.
     *
     * @return a consistent report
     */
    public ObjectiveReport report() {
        return read(BurnWatch::report);
    }

    private <T> T read(Function<BurnWatch, T> what) {
        sampler.sample();
        lock.lock();
        try {
            return what.apply(watch);
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
     * Its numbers: calls by whether they were good, how fast the budget burns in each window, and what is left of it.
     *
     * @return always the same meters
     */
    @Override
    public List<Meter> meters() {
        return meters;
    }

    private List<Meter> makeMeters() {
        Stream<Meter> calls = Stream.of(
                Meter.counter(
                                "holdfast.objective.calls",
                                "{call}",
                                "Calls, by whether they were good.",
                                () -> read(known -> Math.round(
                                        known.total().calls() - known.total().bad())))
                        .with("holdfast.outcome", "good"),
                Meter.counter(
                                "holdfast.objective.calls",
                                "{call}",
                                "Calls, by whether they were good.",
                                () -> read(known -> Math.round(known.total().bad())))
                        .with("holdfast.outcome", "bad"));
        Stream<Meter> burns = rates.stream()
                .map(rate -> Meter.gauge(
                                "holdfast.objective.burn",
                                "1",
                                "How many times faster than allowed the error budget burns.",
                                () -> read(known -> known.burn(rate.window().toNanos())))
                        .with("holdfast.window", PrometheusRules.time(rate.window())));
        Meter left = Meter.gauge(
                "holdfast.objective.budget.remaining",
                "1",
                "The part of the error budget that is left; below 0 it is overdrawn, and without calls there is nothing to say.",
                () -> report().budgetLeft().orElse(Double.NaN));
        return Stream.of(calls, burns, Stream.of(left))
                .flatMap(all -> all)
                .map(meter -> meter.with("holdfast.policy", name))
                .toList();
    }

    /**
     * The same objective for all processes together, as rules for Prometheus: recording rules of the ratios, and the alerts. They read what
     * {@link #meters} exports.
     *
     * @return a file of rules, in YAML
     */
    public String prometheusRules() {
        return PrometheusRules.of(name, target, period, rates);
    }

    @Override
    public String toString() {
        return "Objective[" + name + " " + target + " over " + period + "]";
    }
}
