// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.Meter;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Faults on purpose, with a hypothesis of what users notice of them, bounds, and an end.
 *
 * <pre>{@code
 * Experiment slow = Experiment.builder("orders survive a slow stock service")
 *         .owner("payments on call").reason("before the sale")
 *         .inject(chaos)
 *         .hypothesis(Probe.ratio("orders answered", orders::counts).atLeast(0.99))
 *         .abortAt(AbortGuard.badRate(0.01, 0.05))
 *         .lasting(Duration.ofMinutes(5))
 *         .build();
 * assertThat(slow.run().verdict()).isEqualTo(Verdict.CONFIRMED);
 * }</pre>
 *
 * <p>It watches for a while, arms what it injects, watches, disarms it, and watches until all is as before: {@link ExperimentRun} in the source
 * has the state machine. Whatever becomes of it, each injection ends by itself at the time that it was armed for.
 *
 * <p>Immutable but for its counts. Safe to use from any thread; it runs once at a time.
 */
public final class Experiment implements Source {
    final ExperimentBuilder settings;
    private final EventSupport events = EventSupport.of(this, Started.class, Ended.class);
    private final AtomicReference<@Nullable ExperimentRun> running = new AtomicReference<>();
    private final Map<Verdict, LongAdder> runs = new EnumMap<>(Verdict.class);
    private final List<Meter> meters;

    Experiment(ExperimentBuilder settings) {
        this.settings = settings;
        for (Verdict verdict : Verdict.values()) {
            runs.put(verdict, new LongAdder());
        }
        this.meters = makeMeters();
    }

    /**
     * Starts to build one.
     *
     * @param name the hypothesis, in a few words: 1 to 256 characters, not blank
     * @return a builder
     */
    public static ExperimentBuilder builder(String name) {
        return new ExperimentBuilder(name);
    }

    /**
     * It has begun, and watches; nothing is injected yet.
     *
     * @param source the experiment
     * @param owner who answers for it
     * @param reason why it is made
     * @param dry whether it will inject nothing
     */
    public record Started(Source source, String owner, String reason, boolean dry) implements Event.Change {
        @Override
        public System.Logger.Level level() {
            return System.Logger.Level.WARNING;
        }

        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("owner", owner, "reason", reason, "dry", dry);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * It has ended, and nothing of it is left. Told when its report is there, so that a listener that does not come back holds up nobody.
     *
     * @param source the experiment
     * @param verdict what it came to
     * @param because why
     * @param injected how many faults there were
     */
    public record Ended(Source source, Verdict verdict, String because, long injected) implements Event.Change {
        @Override
        public System.Logger.Level level() {
            return verdict == Verdict.CONFIRMED ? System.Logger.Level.INFO : System.Logger.Level.WARNING;
        }

        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("verdict", verdict, "because", because, "injected", injected);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    // ---- Running ----------------------------------------------------------------------------------------------------

    /**
     * Runs it, and waits for its end. When the waiting thread is interrupted, it is aborted, and the thread stays interrupted.
     *
     * @return what it came to
     * @throws IllegalStateException as {@link #start}
     */
    public Report run() {
        return begin(false).await();
    }

    /**
     * Looks whether it could run, for as long as it would: reads all probes, and says how many calls would have been touched. Injects nothing,
     * and leaves burdens alone.
     *
     * @return {@link Verdict#INCONCLUSIVE}, or why it could not run
     * @throws IllegalStateException as {@link #start}
     */
    public Report dryRun() {
        return begin(true).await();
    }

    /**
     * Runs it, and does not wait.
     *
     * @return a handle, to abort it, and to get its report
     * @throws IllegalStateException if it is running already, or if nobody has allowed chaos in this process
     */
    public ExperimentRun start() {
        return begin(false);
    }

    private ExperimentRun begin(boolean dry) {
        ExperimentRun run = new ExperimentRun(this, dry);
        if (!running.compareAndSet(null, run)) {
            throw new IllegalStateException(this + ": is running already (expected: once at a time)");
        }
        try {
            run.begin();
        } catch (Throwable refused) {
            running.set(null);
            throw refused;
        }
        return run;
    }

    void tell(Event.Change event) {
        events.tell(event);
    }

    void ended(ExperimentRun run, Verdict verdict) {
        running.compareAndSet(run, null);
        count(verdict).increment();
    }

    private LongAdder count(Verdict verdict) {
        return Require.nonNull(runs.get(verdict), "count");
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    @Override
    public String name() {
        return settings.name;
    }

    @Override
    public String kind() {
        return "experiment";
    }

    @Override
    public boolean tells(Class<? extends Event> type) {
        return events.tells(type);
    }

    /** Tells {@link Started} and {@link Ended}. */
    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return events.on(type, listener);
    }

    @Override
    public List<Meter> meters() {
        return meters;
    }

    private List<Meter> makeMeters() {
        List<Meter> all = new ArrayList<>();
        for (Verdict verdict : Verdict.values()) {
            all.add(Meter.counter(
                            "holdfast.experiment.runs",
                            "{run}",
                            "Runs of the experiment that have ended, by what they came to.",
                            count(verdict)::sum)
                    .with("holdfast.verdict", verdict.name().toLowerCase(Locale.ROOT)));
        }
        all.add(Meter.gauge(
                "holdfast.experiment.active",
                "1",
                "1 while the experiment runs, otherwise 0.",
                () -> running.get() == null ? 0 : 1));
        return all.stream()
                .map(meter -> meter.with("holdfast.policy", settings.name))
                .toList();
    }

    @Override
    public String toString() {
        return "Experiment[" + Event.quoted(settings.name) + ", owner " + Event.quoted(settings.owner)
                + (running.get() == null ? "" : ", running") + "]";
    }
}
