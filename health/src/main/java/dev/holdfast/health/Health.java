// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.Meter;
import dev.holdfast.Readiness.State;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.WorkThreads;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether this process is alive, has started, and can serve: three answers for whoever runs it.
 *
 * <pre>{@code
 * Health health = Health.builder("shop")
 *         .live("worker", progress)
 *         .started("cache", cache::isLoaded)
 *         .ready("inventory", breaker)
 *         .build();
 * HealthServer server = HealthServer.start(health, 8081);
 * }</pre>
 *
 * <p><b>Unknown is not up, and not down.</b> What was not looked at yet is unknown: that is not ready, but alive. As long as the process has not
 * started, its readiness is unknown. From {@link #close} on it is not ready.
 *
 * <p><b>Who looks.</b> Nobody, until somebody asks. Then all checks of a kind run at once, each on a thread of its own, which end when they have been
 * idle for ten seconds; others who ask meanwhile wait for the same, and for a second all get what was found. Checks of liveness answer at once,
 * and run on the thread that asks.
 *
 * <p>Safe to use from any thread.
 */
public final class Health implements Source, AutoCloseable {
    private final HealthBuilder settings;
    private final Environment environment;
    private final EventSupport events = EventSupport.of(this, HealthChanged.class);
    private final Told told = new Told(events);
    private final WorkThreads threads;
    private final Kind live;
    private final Kind ready;
    private final Kind started;
    private final List<Meter> meters;
    private volatile boolean closed;

    Health(HealthBuilder settings) {
        this.settings = settings;
        this.environment = settings.environment;
        int most = Math.max(1, settings.ready.size() + settings.started.size());
        // One that has just ended is idle a moment later, when its part may run again.
        this.threads = WorkThreads.pool("holdfast-health-", 2 * most);
        this.live = new Kind("live", settings.live, null);
        this.ready = new Kind("ready", settings.ready, threads);
        this.started = new Kind("started", settings.started, threads);
        this.meters = makeMeters();
    }

    /**
     * Starts to build one.
     *
     * @param name of the process, or of the part of it: 1 to 256 characters, not blank
     * @return a builder
     */
    public static HealthBuilder builder(String name) {
        return new HealthBuilder(name);
    }

    /** Liveness, readiness or start-up. */
    private final class Kind {
        final String name;
        private final List<Check> parts;
        private final @Nullable Executor threads;
        private final AtomicReference<@Nullable Checkup> last = new AtomicReference<>();
        /** As it was told. */
        private final AtomicReference<State> state = new AtomicReference<>(State.UNKNOWN);

        Kind(String name, List<Check> parts, @Nullable Executor threads) {
            this.name = name;
            this.parts = List.copyOf(parts);
            this.threads = threads;
        }

        HealthReport report() {
            Checkup known = last.get();
            long now = environment.nanoTime();
            // A clock that went back must not keep what was found for ever.
            boolean isFresh = known != null
                    && now - known.start >= 0
                    && (now - known.start < settings.cacheNanos || known.isUnderWay(now));
            if (known != null && (isFresh || (closed && threads != null))) {
                return report(known);
            }
            Checkup next = new Checkup(now, parts, settings.timeoutNanos);
            if (last.compareAndSet(known, next)) {
                next.begin(environment, threads);
                return report(next);
            }
            return report(Require.nonNull(last.get(), "checkup"));
        }

        private HealthReport report(Checkup checkup) {
            HealthReport report = checkup.report(environment);
            // Who was interrupted while waiting knows less than the others.
            return checkup.isComplete() ? told(report) : report;
        }

        HealthReport told(HealthReport report) {
            State before = Require.nonNull(state.getAndSet(report.state()), "state");
            if (before != report.state()) {
                told.add(new HealthChanged(Health.this, name, before, report.state(), report.why()));
                told.tell();
            }
            return report;
        }

        State state() {
            return Require.nonNull(state.get(), "state");
        }

        Meter meter() {
            return Meter.gauge(
                            "holdfast.health.state",
                            "1",
                            "1 where it was up when somebody last asked, 0 where it was down; nothing where it is unknown.",
                            () -> switch (state()) {
                                case UP -> 1;
                                case DOWN -> 0;
                                case UNKNOWN -> Double.NaN;
                            })
                    .with("holdfast.check", name);
        }
    }

    // ---- The three answers ------------------------------------------------------------------------------------------

    /**
     * Whether the process is able to work. If it is down, restart it; unknown is alive.
     *
     * @return of the checks of {@link HealthBuilder#live} only
     */
    public HealthReport liveness() {
        return live.report();
    }

    /**
     * Whether it has started: once it has, it stays so. Blocks for as long as checks may take.
     *
     * @return of the checks of {@link HealthBuilder#started}
     */
    public HealthReport startup() {
        return started.report();
    }

    /**
     * Whether it can serve requests. Blocks for as long as checks may take.
     *
     * @return of the checks of {@link HealthBuilder#ready}; unknown until it has started, and down when it was closed
     */
    public HealthReport readiness() {
        if (closed) {
            return ready.told(only(State.DOWN, "closed"));
        }
        HealthReport start = startup();
        if (start.state() != State.UP) {
            return ready.told(only(State.UNKNOWN, "it has not started: " + start.why()));
        }
        return ready.report();
    }

    private HealthReport only(State state, String reason) {
        return HealthReport.of(List.of(new HealthReport.Part(settings.name, state, reason, true)));
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    @Override
    public String name() {
        return settings.name;
    }

    @Override
    public String kind() {
        return "health";
    }

    @Override
    public boolean tells(Class<? extends Event> type) {
        return events.tells(type);
    }

    /** Tells {@link HealthChanged}, on the thread of who asks. */
    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return events.on(type, listener);
    }

    @Override
    public List<Meter> meters() {
        return meters;
    }

    private List<Meter> makeMeters() {
        return Stream.of(
                        live.meter(),
                        ready.meter(),
                        started.meter(),
                        Meter.gauge(
                                "holdfast.health.running",
                                "{check}",
                                "Checks that run now; one that hangs is among them for ever.",
                                () -> Stream.concat(settings.ready.stream(), settings.started.stream())
                                        .filter(Check::runs)
                                        .count()))
                .map(meter -> meter.with("holdfast.policy", settings.name))
                .toList();
    }

    /**
     * It is going to end: from now on it is not ready, so that no new requests come while those that are there are finished. It stays alive. No check
     * but those of liveness runs any more. A second time without effect.
     */
    @Override
    public void close() {
        closed = true;
        Stream.concat(settings.ready.stream(), settings.started.stream()).forEach(Check::interrupt);
        threads.close();
    }

    @Override
    public String toString() {
        return "Health[" + Event.quoted(name()) + " live " + live.state() + ", ready " + ready.state() + ", started "
                + started.state() + "]";
    }
}
