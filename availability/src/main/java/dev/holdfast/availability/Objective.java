// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.Meter;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What share of calls is to succeed, and whether that is on its way: the error budget, how fast it burns, and alerts when it burns too
 * fast.
 *
 * <pre>{@code
 * Objective orders = Objective.builder("orders", 0.999).callers(indicator);
 * orders.on(Objective.BudgetBurning.class, event -> page(event));
 * orders.report().budgetLeft();
 * }</pre>
 *
 * <p>An alert needs a burn above its factor over its window and over the last twelfth of it, and more failures than chance would bring once
 * in 10,000 times to a dependency that is on target: so one failure at night pages nobody. A window that is not filled yet counts for as
 * much of it as has been watched, so a fresh process does not page on its first slice. Each alert is told when it begins, and once more
 * when it has ended.
 *
 * <p>Safe to use from any thread. It owns no thread, keeps 242 moments whatever comes, and samples counters until it is closed, or its environment
 * is, which costs calls nothing. It speaks
 * of this process; {@link #prometheusRules} says the same for all of them.
 */
public final class Objective implements Source, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Objective.class);
    private static final String SNAPSHOT = "holdfast-objective-2";

    /**
     * The error budget burns too fast.
     *
     * @param source the objective
     * @param alert which of its alerts has begun
     */
    public record BudgetBurning(Source source, Alert alert) implements Event.Change {
        /** An error where somebody has to look now, otherwise a warning. */
        @Override
        public System.Logger.Level level() {
            return alert.rate().severity() == BurnRate.Severity.PAGE
                    ? System.Logger.Level.ERROR
                    : System.Logger.Level.WARNING;
        }

        @Override
        public Map<String, Object> details() {
            return alert.details();
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * It burns too fast no more.
     *
     * @param source the objective
     * @param alert which of its alerts has ended
     */
    public record BudgetRecovered(Source source, Alert alert) implements Event.Change {
        @Override
        public Map<String, Object> details() {
            return alert.details();
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    private final String name;
    private final double target;
    private final Duration period;
    private final List<BurnRate> rates;
    private final Sampler sampler;
    private final BurnWatch watch;
    private final InstantSource clock;
    /** By which what is known means something. */
    private final String settings;
    /** What was known when this process began: what it exports is from then on, because the rest was exported before. */
    private History.Totals before = History.Totals.NONE;

    private final EventSupport events = EventSupport.of(this, BudgetBurning.class, BudgetRecovered.class);
    private final List<Meter> meters;

    Objective(ObjectiveBuilder settings, String view, Supplier<Evidence> evidence) {
        this.name = settings.name;
        this.target = settings.target;
        this.period = settings.period;
        this.rates = settings.checkedRates();
        this.clock = settings.clock;
        this.watch = new BurnWatch(name, target, period, rates, settings.budgeting, settings.everyNanos);
        this.settings = String.join(
                ", ",
                Event.quoted(name),
                "view " + view,
                "target " + target + " over " + period,
                "every " + Duration.ofNanos(settings.everyNanos),
                "budgeting " + settings.budgeting,
                "alerts " + rates);
        this.meters = makeMeters();
        long start = settings.snapshot == null ? 0 : restore(settings.snapshot);
        this.sampler = new Sampler(
                LOG,
                "Objective " + Event.quoted(name),
                settings.environment,
                settings.everyNanos,
                start,
                evidence,
                this::took,
                events);
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

    @Override
    public String name() {
        return name;
    }

    private List<Event.Change> took(Sampler.Slice slice) {
        return watch.add(slice).stream()
                .<Event.Change>map(
                        alert -> alert.burning() ? new BudgetBurning(this, alert) : new BudgetRecovered(this, alert))
                .toList();
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    @Override
    public String kind() {
        return "objective";
    }

    @Override
    public boolean tells(Class<? extends Event> type) {
        return events.tells(type);
    }

    /** Tells {@link BudgetBurning} and {@link BudgetRecovered}, in order, on threads of the environment. */
    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return events.on(type, listener);
    }

    /**
     * What is known, to within a slice: how often it looks does not depend on how often somebody asks.
     *
     * @return a consistent report
     */
    public ObjectiveReport report() {
        return read(BurnWatch::report);
    }

    private <T> T read(Function<BurnWatch, T> what) {
        return sampler.read(() -> what.apply(watch));
    }

    /**
     * What is known, for another process to go on from: {@link ObjectiveBuilder#restore}. To within a slice, like a report: how
     * often somebody takes one changes nothing.
     *
     * @return a line of at most 30 KB, with the usual alerts
     */
    public String snapshot() {
        return read(known -> {
            Snapshot.Writer out = new Snapshot.Writer(SNAPSHOT, settings).add(Math.max(0, clock.millis()));
            known.write(out);
            return out.toString();
        });
    }

    /** How long has been watched by now. */
    private long restore(String text) {
        Snapshot.Reader in = new Snapshot.Reader(text, SNAPSHOT, settings);
        long away = Math.max(0, clock.millis() - in.next());
        watch.read(in);
        in.end();
        before = watch.total();
        long time = watch.total().time() + TimeUnit.MILLISECONDS.toNanos(away);
        watch.skipTo(time);
        return time;
    }

    /** Samples no more. What is known stays, and can be read. A second time without effect. */
    @Override
    public void close() {
        sampler.close();
    }

    /**
     * Its numbers: calls by whether they were good, how fast the budget burns in each window, and what is left of it. Totals are of this
     * process: what it goes on from, by {@link ObjectiveBuilder#restore}, was exported before.
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
                                "Calls, by whether they were good; slices of time, where they make up the budget.",
                                () -> read(known -> {
                                    History.Totals since = known.total().minus(before);
                                    return Math.round(since.calls() - since.bad());
                                }))
                        .with("holdfast.outcome", "good"),
                Meter.counter(
                                "holdfast.objective.calls",
                                "{call}",
                                "Calls, by whether they were good; slices of time, where they make up the budget.",
                                () -> read(known ->
                                        Math.round(known.total().minus(before).bad())))
                        .with("holdfast.outcome", "bad"));
        Stream<Meter> burns = rates.stream()
                .map(BurnRate::window)
                .distinct()
                .map(window -> Meter.gauge(
                                "holdfast.objective.burn",
                                "1",
                                "How many times faster than allowed the error budget burns.",
                                () -> read(known -> known.burn(window.toNanos())))
                        .with("holdfast.window", PrometheusRules.time(window)));
        Meter left = Meter.gauge(
                "holdfast.objective.budget.remaining",
                "1",
                "The part of the error budget that is left; below 0 it is overdrawn, and without calls there is nothing to say.",
                () -> report().budgetLeft().orElse(Double.NaN));
        Meter wanted =
                Meter.gauge("holdfast.objective.target", "1", "Which share of calls is to succeed.", () -> target);
        return Stream.of(calls, burns, Stream.of(left, wanted))
                .flatMap(all -> all)
                .map(meter -> meter.with("holdfast.policy", name))
                .toList();
    }

    /**
     * The same objective for all processes together, as rules for Prometheus: recording rules of the ratios and of the bad calls, and the
     * alerts. They read what {@link #meters} exports.
     *
     * @return a file of rules, in YAML
     */
    public String prometheusRules() {
        return prometheusRules(Map.of());
    }

    /**
     * The same for some of the processes: those of one job, or of one environment.
     *
     * @param matchers labels of Prometheus and their values, which all series have to have
     * @return a file of rules, in YAML
     * @throws IllegalArgumentException if a label is none
     */
    public String prometheusRules(Map<String, String> matchers) {
        return PrometheusRules.of(name, target, period, rates, new TreeMap<>(matchers));
    }

    @Override
    public String toString() {
        return "Objective[" + name + " " + target + " over " + period + "]";
    }
}
