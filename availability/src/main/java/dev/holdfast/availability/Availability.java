// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.Gate;
import dev.holdfast.Meter;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Require;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How available a dependency is, by counters that are there anyway: sampled once a second, so that it costs a call nothing.
 *
 * <pre>{@code
 * Availability inventory = Availability.of(breaker);
 * inventory.on(Availability.OutageStarted.class, event -> page(event));
 * inventory.report().meanTimeToRepair();
 * }</pre>
 *
 * <p>An outage begins with the first of three failures in a row, and ends with the first of two successes in a row; of twenty calls and more,
 * whatever their order, half decide. Two calls and more, of which none ends by itself for ten seconds, are an outage, too. {@link Timeline} in
 * the source has the state machine. An outage goes on while a breaker is open and somebody asks. Time in which nobody asks, or all are refused while it
 * was up, is unobserved beyond five minutes, and in neither.
 *
 * <p>Safe to use from any thread. It owns no thread: samples are taken on those of its environment, until it is closed, or the environment is.
 *
 * <p>Longer than most files, because its events are in it, and each has its Javadoc.
 */
public final class Availability implements Source, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Availability.class);
    private static final String SNAPSHOT = "holdfast-availability-2";

    /**
     * An outage has begun, and is known to be one.
     *
     * @param source the availability
     * @param outage without an end
     */
    public record OutageStarted(Source source, Outage outage) implements Event.Change {
        @Override
        public System.Logger.Level level() {
            return System.Logger.Level.WARNING;
        }

        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("detected_after", outage.detected().minus(outage.start()));
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * An outage is over.
     *
     * @param source the availability
     * @param outage with its end
     */
    public record OutageEnded(Source source, Outage outage) implements Event.Change {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("length", outage.length().orElse(null));
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * An objective for recovery was missed: told once each time, when it is passed.
     *
     * @param source the availability
     * @param objective what was missed
     */
    public record RecoveryMissed(Source source, RecoveryObjective objective) implements Event.Change {
        @Override
        public System.Logger.Level level() {
            return System.Logger.Level.WARNING;
        }

        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("objective", objective.kind(), "allowed", objective.allowed());
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    private final String name;
    /** Whose: the dependency's, callers', or what somebody counts. */
    private final String view;

    private final Sampler sampler;
    private final Timeline timeline;
    private Evidence calls = Evidence.NONE;
    private final List<Recoveries> objectives;
    private final @Nullable DataAge dataAge;
    private final InstantSource clock;
    /**
     * What was known when this process began: what it exports is from then on. Of an older snapshot totals would be less than what was exported
     * before, and whoever reads them would take all of them for new.
     */
    private Evidence callsBefore = Evidence.NONE;

    private long outagesBefore;
    private long downBefore;
    private long observedBefore;
    private final EventSupport events =
            EventSupport.of(this, OutageStarted.class, OutageEnded.class, RecoveryMissed.class);
    private final List<Meter> meters;

    Availability(AvailabilityBuilder settings, String view, Supplier<Evidence> evidence) {
        this.name = settings.name;
        this.view = view;
        this.timeline = new Timeline(
                settings.outageAfter,
                settings.recoveredAfter,
                settings.cutoffNanos,
                Sampler.longest(settings.everyNanos),
                settings.hangNanos);
        this.objectives = settings.recovery.entrySet().stream()
                .map(each -> new Recoveries(each.getKey(), each.getValue()))
                .toList();
        this.dataAge = settings.dataAge == null
                ? null
                : new DataAge(
                        settings.dataAge,
                        settings.environment,
                        thrown -> LOG.warn(
                                "Availability {}: nobody knows how old the data are", Event.quoted(name), thrown));
        this.clock = settings.clock;
        this.meters = makeMeters();
        long start = settings.snapshot == null ? 0 : restore(settings.snapshot);
        this.sampler = new Sampler(
                LOG,
                "Availability " + Event.quoted(name),
                settings.environment,
                settings.everyNanos,
                start,
                () -> {
                    // Here and not where a slice is put in: nobody waits for an executor there.
                    if (dataAge != null) {
                        dataAge.read();
                    }
                    return evidence.get();
                },
                this::took,
                events);
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

    @Override
    public String name() {
        return name;
    }

    private List<Event.Change> took(Sampler.Slice slice) {
        List<Event.Change> told = new ArrayList<>();
        calls = calls.and(slice.came());
        Outage changed = timeline.slice(slice.from(), slice.to(), slice.came(), slice.underWay());
        if (changed != null) {
            told.add(changed.end().isEmpty() ? new OutageStarted(this, changed) : new OutageEnded(this, changed));
        }
        for (Recoveries objective : objectives) {
            if (objective.measured(measure(objective))) {
                told.add(new RecoveryMissed(this, objective.known()));
            }
        }
        return told;
    }

    private long measure(Recoveries objective) {
        if (objective.kind == RecoveryObjective.Kind.TIME) {
            return timeline.withoutAnswer().time();
        }
        return timeline.withoutOwnAnswer().time() > 0 && dataAge != null ? dataAge.nanos() : 0;
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    @Override
    public String kind() {
        return "availability";
    }

    @Override
    public boolean tells(Class<? extends Event> type) {
        return events.tells(type);
    }

    /** Tells {@link OutageStarted}, {@link OutageEnded} and {@link RecoveryMissed}, in order, on threads of the environment. */
    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return events.on(type, listener);
    }

    /**
     * What is known, to within a slice: how often it looks does not depend on how often somebody asks.
     *
     * @return a consistent report
     */
    public AvailabilityReport report() {
        return read((known, since) -> new AvailabilityReport(
                known, since, objectives.stream().map(Recoveries::known).toList()));
    }

    private <T> T read(BiFunction<Timeline, Evidence, T> what) {
        return sampler.read(() -> what.apply(timeline, calls));
    }

    /**
     * What is known, for another process to go on from: {@link AvailabilityBuilder#restore}. To within a slice, like a report:
     * how often somebody takes one changes nothing.
     *
     * @return a line of at most 12 KB
     */
    public String snapshot() {
        return read((known, since) -> {
            Snapshot.Writer out = new Snapshot.Writer(SNAPSHOT, settings()).add(Math.max(0, clock.millis()));
            out.add(since.good()).add(since.degraded()).add(since.bad()).add(since.asked());
            known.write(out);
            objectives.forEach(objective -> objective.write(out));
            return out.toString();
        });
    }

    /** By which what is known means something. */
    private String settings() {
        return Event.quoted(name) + ", view " + view + ", objectives for recovery " + objectives;
    }

    /** How long has been watched by now. */
    private long restore(String text) {
        Snapshot.Reader in = new Snapshot.Reader(text, SNAPSHOT, settings());
        long away = Math.max(0, clock.millis() - in.next());
        calls = new Evidence(in.next(), in.next(), in.next(), in.next());
        timeline.read(in);
        objectives.forEach(objective -> objective.read(in));
        in.end();
        callsBefore = calls;
        outagesBefore = timeline.begun();
        downBefore = timeline.downForGood();
        observedBefore = timeline.up() + timeline.down();
        timeline.skipTo(timeline.accounted() + TimeUnit.MILLISECONDS.toNanos(away));
        return timeline.accounted();
    }

    /** Samples no more. What is known stays, and can be read. A second time without effect. */
    @Override
    public void close() {
        sampler.close();
    }

    /**
     * Its numbers: outages, their time and the observed time, of which rates and quotients can be made over instances, and calls by how
     * they ended. Totals are of this process: what it goes on from, by {@link AvailabilityBuilder#restore}, was exported before.
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
                                () -> read((known, since) -> known.begun() - outagesBefore)),
                        Meter.sum(
                                "holdfast.outage.time",
                                "s",
                                "Time in which it was down.",
                                () -> read((known, since) -> seconds(known.downForGood() - downBefore))),
                        Meter.sum(
                                "holdfast.observed.time",
                                "s",
                                "Time in which it was known to be up or down.",
                                () -> read((known, since) -> seconds(known.up() + known.down() - observedBefore))),
                        Meter.gauge(
                                "holdfast.outage.active",
                                "1",
                                "1 while it is down, otherwise 0.",
                                () -> read((known, since) -> known.isDown() ? 1.0 : 0.0)),
                        Meter.gauge(
                                "holdfast.outage.longest",
                                "s",
                                "The longest time in which somebody asked and nobody had an answer.",
                                () -> read((known, since) ->
                                        seconds(known.withoutAnswer().longest()))),
                        calls("good", Evidence::good),
                        calls("degraded", Evidence::degraded),
                        calls("bad", Evidence::bad))
                .map(meter -> meter.with("holdfast.policy", name).with("holdfast.view", view))
                .toList();
    }

    private Meter calls(String outcome, Function<Evidence, Long> count) {
        return Meter.counter(
                        "holdfast.availability.calls",
                        "{call}",
                        "Calls, by whether they had an answer.",
                        () -> read((known, since) -> count.apply(since) - count.apply(callsBefore)))
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
