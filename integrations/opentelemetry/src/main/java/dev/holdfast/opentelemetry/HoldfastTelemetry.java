// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import dev.holdfast.Around;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Listening;
import dev.holdfast.Meter;
import dev.holdfast.MeterSet;
import dev.holdfast.Metered;
import dev.holdfast.Registry;
import dev.holdfast.ThreadContext;
import dev.holdfast.internal.Require;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.logs.LoggerProvider;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.Context;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Policies as OpenTelemetry sees them: their numbers as instruments, what happens to them as log records with an event name, their calls
 * and attempts as spans and durations.
 *
 * <pre>{@code
 * HoldfastTelemetry telemetry = HoldfastTelemetry.of(openTelemetry).add(pipeline).follow(breakers);
 * Pipeline.of(telemetry.calls("orders"), retry, breaker, telemetry.attempts("orders"));
 * }</pre>
 *
 * <p>Names, units and labels of numbers are those of {@link Meter}; they are asynchronous instruments, which read only when somebody
 * collects, so calls pay nothing. Instrumentation scope: {@code dev.holdfast}, with its version.
 *
 * <p><b>One for each OpenTelemetry.</b> Numbers of one name and labels that two of them report to the same OpenTelemetry are added up there: a
 * policy that is in both counts each call twice. This cannot be refused, because only OpenTelemetry sees both; it is logged, as a warning.
 *
 * <p>What was added is held until it is removed, or this is closed. Safe to use from any thread.
 */
public final class HoldfastTelemetry implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HoldfastTelemetry.class);

    private final MeterSet set = MeterSet.of("HoldfastTelemetry", new InInstruments());
    /** By the name of their meters. Used under the set's lock. */
    private final Map<String, Instrument> instruments = new HashMap<>();

    private final Reported reported;
    /** Used under the set's lock. */
    private boolean hasWarned;

    private final io.opentelemetry.api.metrics.Meter meter;
    /** {@code null} where nobody would get a span. */
    private final @Nullable Tracer tracer;

    private final boolean measures;
    /** {@code null} where nobody would get a log record. */
    private final @Nullable Listening<Event.Change> changes;

    /** Each name is one instrument, which reports all meters of that name. */
    private final class InInstruments implements MeterSet.Display {
        @Override
        public void added(Meter added) {
            Instrument there = instruments.get(added.name());
            if (there != null && there.kind != added.kind()) {
                throw new IllegalStateException("meter: " + added.name() + " is a " + added.kind() + " (expected: a "
                        + there.kind + ", as the others of its name)");
            }
            if (there == null) {
                there = new Instrument(meter, added);
                instruments.put(added.name(), there);
            }
            there.add(added);
            if (!reported.add(added) && !hasWarned) {
                hasWarned = true;
                LOG.warn(
                        "Meter {}{} is reported by another HoldfastTelemetry of this OpenTelemetry as well, and their values are added up"
                                + " (expected: one HoldfastTelemetry for each OpenTelemetry)",
                        added.name(),
                        added.labels());
            }
        }

        @Override
        public void removed(Meter gone) {
            reported.remove(gone);
            Instrument there = Require.nonNull(instruments.get(gone.name()), "instrument");
            if (there.remove(gone)) {
                instruments.remove(gone.name());
                there.close();
            }
        }
    }

    private HoldfastTelemetry(OpenTelemetry openTelemetry) {
        this.reported = Reported.to(openTelemetry);
        TracerProvider tracers = openTelemetry.getTracerProvider();
        MeterProvider meters = openTelemetry.getMeterProvider();
        LoggerProvider loggers = openTelemetry.getLogsBridge();
        this.tracer = tracers == TracerProvider.noop() ? null : tracers.get(Scope.NAME, Scope.version());
        this.meter = meters.meterBuilder(Scope.NAME)
                .setInstrumentationVersion(Scope.version())
                .build();
        // An SDK without a reader gives this one, too.
        this.measures = meter != MeterProvider.noop().get(Scope.NAME);
        this.changes = loggers == LoggerProvider.noop()
                ? null
                : Listening.of("HoldfastTelemetry", Event.Change.class, new LogEvents(loggers)::emit);
    }

    /**
     * Telemetry that goes to an OpenTelemetry.
     *
     * @param openTelemetry where to; set up before, because what it has not been given by now gets nothing
     * @return with no numbers so far
     */
    public static HoldfastTelemetry of(OpenTelemetry openTelemetry) {
        return new HoldfastTelemetry(Require.nonNull(openTelemetry, "openTelemetry"));
    }

    // ---- Numbers and events
    // --------------------------------------------------------------------------------------------------

    /**
     * Reports the numbers of one more, and what happens to it and its policies: not to single calls.
     *
     * @param source a policy, pipeline, keyed limiter, or guards; one that is there already has to be removed once more
     * @return this
     * @throws IllegalArgumentException if another policy has a meter of the same name and labels, or two in this one have, as two timeouts of
     *     one name; then nothing has changed
     * @throws IllegalStateException if this is closed, or a meter is a counter where others of its name are gauges; then nothing has changed
     */
    public HoldfastTelemetry add(Metered source) {
        set.add(source);
        if (changes != null) {
            boolean isHeard = false;
            try {
                changes.add(source);
                isHeard = true;
            } finally {
                if (!isHeard) {
                    set.remove(source);
                }
            }
        }
        return this;
    }

    /**
     * Reports one no more. Numbers that it shares with others, as pipelines share policies, stay.
     *
     * @param source what was added; without effect if it was not
     */
    public void remove(Metered source) {
        set.remove(source);
        if (changes != null) {
            changes.remove(source);
        }
    }

    /**
     * Reports everything that is in a registry as {@link #add} does, and follows it: what is added later appears, what is removed disappears.
     * Numbers of those whose name another policy of their kind has are left out, and logged, and reported when that one goes.
     *
     * @param policies what to follow
     * @return this
     * @throws IllegalStateException if this is closed
     */
    public HoldfastTelemetry follow(Registry<? extends Metered> policies) {
        set.follow(policies);
        if (changes != null) {
            changes.follow(policies);
        }
        return this;
    }

    /** Ends all instruments of numbers and all log records, and lets go of the policies. Spans go on. A second time without effect. */
    @Override
    public void close() {
        set.close();
        if (changes != null) {
            changes.close();
        }
    }

    // ---- Calls ----------------------------------------------------------------------------------------------------

    /**
     * Makes a span of each call, {@code call orders}, and measures how long it took, {@code holdfast.call.duration}. Belongs outside of a
     * retry.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @return a policy, in the standard environment; it costs a call one question where the OpenTelemetry is a no-op
     */
    public Around calls(String name) {
        return calls(name, Environment.standard());
    }

    /**
     * The same, in an environment of its own.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @param environment that of the pipeline
     * @return a policy
     */
    public Around calls(String name, Environment environment) {
        return new TracingAround(TracingAround.CALL, name, environment, tracer, durations(TracingAround.CALL));
    }

    /**
     * Makes a span of each attempt, {@code attempt orders}, with its number, and measures how long it took,
     * {@code holdfast.attempt.duration}. Belongs innermost, inside of what refuses calls, so that there is one for each attempt that is
     * really made.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @return a policy, in the standard environment; it costs a call one question where the OpenTelemetry is a no-op
     */
    public Around attempts(String name) {
        return attempts(name, Environment.standard());
    }

    /**
     * The same, in an environment of its own.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @param environment that of the pipeline
     * @return a policy
     */
    public Around attempts(String name, Environment environment) {
        return new TracingAround(TracingAround.ATTEMPT, name, environment, tracer, durations(TracingAround.ATTEMPT));
    }

    private @Nullable Durations durations(String what) {
        return measures ? new Durations(meter, what) : null;
    }

    /**
     * Carries OpenTelemetry's current context, and with it the current span and baggage, along with a call, to whatever thread a part of it
     * runs on.
     *
     * @return a context, for {@code Environment.builder().context(...)}
     */
    @SuppressWarnings("MustBeClosedChecker") // By who restores it.
    public static ThreadContext context() {
        return () -> {
            Context captured = Context.current();
            return () -> captured.makeCurrent()::close;
        };
    }

    @Override
    public String toString() {
        return "HoldfastTelemetry[" + set + "]";
    }
}
