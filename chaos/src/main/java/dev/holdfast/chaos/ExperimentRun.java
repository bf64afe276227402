// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Names;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An {@link Experiment} that has been started.
 *
 * <pre>
 *   BEFORE ── the time is over, and all probes hold ──▶ arms ──▶ DURING ── its time is over ─────────▶ disarms ──▶ AFTER ── all probes hold
 *     │                                                   │         │   or the guard, or a value that is off        │      again, or the
 *     └── they do not ──▶ NOT_STEADY                      └──▶ CANCELLED                                             │      time is over
 *                                                                                                                    ▼
 *   from everywhere: {@link #abort}, the lever, a probe that throws or hangs, no timer ──▶ disarms ──────────────────▶ the report
 * </pre>
 *
 * <p>There is no thread of its own. A timer hands a step to the environment's executor; the step reads the probes, looks what they say, and sets the next timer. A
 * second timer tells a step that takes too long to end. A third ends each phase, and what it has to disarm it disarms itself, on whatever thread
 * timers run, so that it does not matter whether a probe, a listener or the executor is stuck. The fourth is that of the injections, which end by
 * themselves at the time that they were armed for.
 *
 * <p><b>Concurrency.</b> Steps come one after the other. What they have seen is under {@link #lock}, which is held while nothing of the user's runs, and
 * which those who end a run do not take before all is disarmed. Whoever ends it writes {@link #cut} or closes the {@link Blast} first and disarms then; the step that
 * arms opens the blast last: whatever the order, nothing is injected afterwards.
 *
 * <p>Safe to use from any thread.
 */
public final class ExperimentRun {
    private static final Logger LOG = LoggerFactory.getLogger(ExperimentRun.class);
    /** How much later than it should everything may be before a waiting thread takes the timers for dead. */
    private static final long GRACE_NANOS = 5_000_000_000L;

    private final Experiment experiment;
    private final ExperimentBuilder settings;
    private final Environment environment;
    private final boolean dry;
    private final long seed;
    private final Blast blast;
    private final Evidence evidence;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicReference<Evidence.@Nullable Ruling> cut = new AtomicReference<>();
    private final AtomicBoolean finished = new AtomicBoolean();
    private final CompletableFuture<Report> report = new CompletableFuture<>();
    private final Alarm tick;
    private final Alarm limit;
    private volatile Alarm phaseEnd;
    private volatile List<Held> armed = List.of();
    private volatile Subscription untilEnvironmentCloses = () -> {};
    private volatile Subscription untilReleased = () -> {};
    /** The last phase whose time is over. */
    private volatile @Nullable Phase over;

    private volatile @Nullable Step step;

    // Written by steps, one after the other, and read by whoever ends the run.
    private final Instant date;
    private final long start;
    private volatile long phaseStart;
    private volatile long faultsBegan = -1;
    private volatile long faultsEnded = -1;
    private volatile Subscription comparing = () -> {};
    private volatile Evidence.@Nullable Ruling early;
    private volatile @Nullable Long recovered;
    private int stage;

    ExperimentRun(Experiment experiment, boolean dry) {
        this.experiment = experiment;
        this.settings = experiment.settings;
        this.environment = settings.environment;
        this.dry = dry;
        Long given = settings.seed;
        this.seed = given == null ? environment.nextLong(Long.MAX_VALUE) : given;
        this.blast = Blast.held(dry ? 0 : settings.atMost, settings.atMostAtOnce);
        this.evidence = new Evidence(settings);
        this.tick = new Alarm(this::handStep);
        this.limit = new Alarm(this::tooLate);
        this.phaseEnd = new Alarm(() -> phaseOver(Phase.BEFORE));
        this.date = settings.clock.instant();
        this.start = environment.nanoTime();
        this.phaseStart = start;
    }

    /** Throws if it may not begin at all. */
    void begin() {
        ChaosPermission.require(terms(start));
        untilReleased = SafetyLever.onEngaged(this::stop);
        untilEnvironmentCloses = environment.onClose(() -> cut(Verdict.ABORTED, "its environment was closed"));
        experiment.tell(new Experiment.Started(experiment, settings.owner, settings.reason, dry));
        if (SafetyLever.engaged().isPresent()) {
            cut(Verdict.CANCELLED, lever());
            return;
        }
        try {
            phaseEnd.set(settings.beforeNanos);
            tick.set(0);
        } catch (RuntimeException refused) {
            fail("its timer", refused);
        }
    }

    // ---- For users --------------------------------------------------------------------------------------------------

    /**
     * Ends it. When this returns, no call that comes is injected any more, and those that are delayed or hang go on. It takes no lock, waits
     * for nobody and throws nothing; a second time, or when it has ended, it does nothing.
     *
     * @param why for the report
     */
    public void abort(String why) {
        cut(Verdict.ABORTED, why == null ? "no reason was given" : why);
    }

    /**
     * Whether it has not ended yet.
     *
     * @return until its report is there
     */
    public boolean isRunning() {
        return !report.isDone();
    }

    /**
     * Its report, when there is one.
     *
     * @return a new future; completing or cancelling it changes nothing
     */
    public CompletableFuture<Report> report() {
        return report.copy();
    }

    /**
     * Waits for its report. When the waiting thread is interrupted, the run is aborted, and the thread stays interrupted.
     *
     * @return what it came to
     */
    @SuppressWarnings("FutureReturnValueIgnored") // What wakes it throws nothing that anybody could act on.
    public Report await() {
        Thread waiting = Thread.currentThread();
        report.whenComplete((done, never) -> environment.wake(waiting));
        long longest = settings.beforeNanos
                + settings.lastingNanos
                + settings.recoverNanos
                + 3 * settings.everyNanos
                + 2 * settings.probeLimitNanos
                + GRACE_NANOS;
        try {
            if (!environment.await(report::isDone, longest < 0 ? Long.MAX_VALUE : longest)) {
                endHere("it has taken too long: its timers do not come");
            }
        } catch (InterruptedException interrupted) {
            endHere("the thread that waited for it was interrupted");
            waiting.interrupt();
        } catch (RuntimeException broken) {
            endHere("its environment cannot wait: " + Names.shown(broken));
        }
        return report.join();
    }

    /** On this thread, because nobody else may be able to. */
    private void endHere(String because) {
        cut(Verdict.ABORTED, because);
        finish();
    }

    private void stop() {
        cut(Verdict.STOPPED, lever());
    }

    private static String lever() {
        return "the safety lever was engaged: " + SafetyLever.engaged().orElse("it is released again");
    }

    // ---- The end ----------------------------------------------------------------------------------------------------

    /** Ends it at once, from any thread. */
    void cut(Verdict verdict, String because) {
        blast.close();
        boolean first = cut.compareAndSet(null, new Evidence.Ruling(verdict, because));
        disarm();
        if (first) {
            hand(this::finish);
        }
    }

    private void disarm() {
        blast.close();
        armed.forEach(each -> each.armed().disarm());
    }

    /** Makes the report and tells it, once. */
    private void finish() {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        disarm();
        tick.cancel();
        limit.cancel();
        phaseEnd.cancel();
        untilEnvironmentCloses.cancel();
        untilReleased.cancel();
        Step current = step;
        if (current != null) {
            current.interrupt(null);
        }
        comparing.cancel();
        Report made;
        lock.lock();
        try {
            made = makeReport();
        } finally {
            lock.unlock();
        }
        experiment.ended(this, made.verdict());
        // First, because a listener may never come back.
        report.complete(made);
        experiment.tell(new Experiment.Ended(experiment, made.verdict(), made.because(), made.injected()));
    }

    private Report makeReport() {
        long now = now();
        List<Throwable> notUndone = new ArrayList<>();
        boolean isUndone = true;
        for (Held each : armed) {
            CompletableFuture<?> undone = each.armed().undone().toCompletableFuture();
            isUndone &= undone.isDone();
            if (undone.isDone() && undone.join() instanceof Throwable thrown) {
                notUndone.add(thrown);
            }
        }
        Evidence.Ruling ruling = ruling(isUndone, notUndone);
        return new Report(new Report.Facts(
                settings,
                ruling,
                evidence,
                List.copyOf(armed),
                dry,
                seed,
                date,
                now - start,
                faultsBegan,
                faultsEnded,
                recovered,
                notUndone));
    }

    private Evidence.Ruling ruling(boolean isUndone, List<Throwable> notUndone) {
        Evidence.Ruling now = cut.get();
        if (now == null) {
            now = early;
        }
        if (now == null && dry) {
            now = new Evidence.Ruling(Verdict.INCONCLUSIVE, "nothing was injected, because it was a dry run");
        }
        if (now == null) {
            now = evidence.ruling(injected());
        }
        boolean isOpen = now.verdict() == Verdict.CONFIRMED || now.verdict() == Verdict.INCONCLUSIVE;
        if (isOpen && !notUndone.isEmpty()) {
            return new Evidence.Ruling(Verdict.ABORTED, "not all was undone: " + Names.shown(notUndone.get(0)));
        }
        if (isOpen && !isUndone) {
            return new Evidence.Ruling(Verdict.REFUTED, "not all was undone in time");
        }
        if (isOpen && evidence.phase() == Phase.AFTER && recovered == null && !dry) {
            String doubt = evidence.doubt();
            String after = Evidence.time(settings.recoverNanos) + " after the faults: " + doubt;
            return evidence.wasOff()
                    ? new Evidence.Ruling(Verdict.REFUTED, "not as before " + after)
                    : new Evidence.Ruling(Verdict.INCONCLUSIVE, "too little was seen " + after);
        }
        return now;
    }

    private long injected() {
        return armed.stream().mapToLong(each -> each.armed().injected()).sum();
    }

    private long now() {
        try {
            return environment.nanoTime();
        } catch (RuntimeException broken) {
            return phaseStart;
        }
    }

    // ---- Timers and threads -----------------------------------------------------------------------------------------

    /**
     * An injection that this run has.
     *
     * @param injection which
     * @param armed what there is to say to it
     */
    record Held(Injection injection, Armed armed) {}

    /** A timer of which there is one at a time. */
    private final class Alarm {
        private final Runnable task;
        private volatile Environment.@Nullable Timer timer;

        Alarm(Runnable task) {
            this.task = task;
        }

        void set(long nanos) {
            timer = environment.schedule(
                    () -> {
                        try {
                            task.run();
                        } catch (Throwable broken) {
                            fail("its timer", broken);
                        }
                    },
                    nanos);
            if (finished.get()) {
                cancel();
            }
        }

        void cancel() {
            Environment.Timer set = timer;
            if (set != null) {
                try {
                    set.cancel();
                } catch (RuntimeException broken) {
                    LOG.debug("{}: a timer cannot be cancelled", experiment, broken);
                }
            }
        }
    }

    private void phaseOver(Phase which) {
        over = which;
        if (which == Phase.DURING) {
            disarm();
        }
    }

    private void handStep() {
        Step next = new Step();
        step = next;
        limit.set(settings.probeLimitNanos);
        hand(next);
    }

    private void tooLate() {
        Step late = step;
        if (late != null
                && late.interrupt(new Evidence.Ruling(
                        Verdict.ABORTED,
                        late.doing + " takes longer than " + Evidence.time(settings.probeLimitNanos)))) {
            disarm();
            // The executor may be what hangs.
            aside(this::finish);
        }
    }

    private void fail(String what, Throwable thrown) {
        cut(Verdict.ABORTED, what + " threw " + Names.shown(thrown));
    }

    private void hand(Runnable task) {
        try {
            environment.executor().execute(task);
        } catch (Throwable refused) {
            aside(task);
        }
    }

    /** On the threads that all share, whatever the environment has. */
    private void aside(Runnable task) {
        Environment.Errand errand = environment.errand();
        Environment.system().executor().execute(() -> {
            errand.begins();
            try {
                task.run();
            } finally {
                errand.ended();
            }
        });
        errand.sent();
    }

    /** One look at all probes, which can be told to end. */
    private final class Step implements Runnable {
        private final ReentrantLock state = new ReentrantLock();
        private @Nullable Thread thread;
        private boolean isOver;
        private boolean isInterrupted;
        volatile String doing = "the executor";

        @Override
        public void run() {
            state.lock();
            try {
                if (isOver || isInterrupted) {
                    return;
                }
                thread = Thread.currentThread();
            } finally {
                state.unlock();
            }
            try {
                if (look(this)) {
                    tick.set(nextIn());
                } else {
                    finish();
                }
            } catch (Throwable thrown) {
                fail(doing, thrown);
            }
        }

        /** The reading is over; whether it was in time. */
        boolean ends() {
            limit.cancel();
            state.lock();
            try {
                isOver = true;
                thread = null;
                if (isInterrupted) {
                    // It was for this step, and for nobody else on this thread.
                    Thread.interrupted();
                }
                return !isInterrupted;
            } finally {
                state.unlock();
            }
        }

        /**
         * Tells it to end; {@code false} if it has.
         *
         * @param because what becomes of the run, before the step can go on; {@code null} if that is known
         */
        boolean interrupt(Evidence.@Nullable Ruling because) {
            state.lock();
            try {
                if (isOver || isInterrupted) {
                    return false;
                }
                isInterrupted = true;
                if (because != null) {
                    cut.compareAndSet(null, because);
                }
                Thread running = thread;
                if (running != null) {
                    running.interrupt();
                }
                return true;
            } finally {
                state.unlock();
            }
        }
    }

    // ---- Steps ------------------------------------------------------------------------------------------------------

    /** Whether the run goes on. */
    private boolean look(Step step) {
        boolean isInTime = false;
        try {
            for (Watch watch : evidence.watches) {
                step.doing = "probe " + Event.quoted(watch.probe().name());
                watch.read();
            }
            step.doing = "the experiment";
        } finally {
            isInTime = step.ends();
        }
        if (!isInTime || cut.get() != null) {
            return false;
        }
        long now = environment.nanoTime();
        lock.lock();
        try {
            if (finished.get()) {
                return false;
            }
            evidence.take(now, start, injected());
        } finally {
            lock.unlock();
        }
        return switch (evidence.phase()) {
            case BEFORE -> lookBefore(now);
            case DURING -> lookDuring(now);
            case AFTER -> lookAfter(now);
        };
    }

    private boolean isPhaseOver(long now, long length) {
        return over == evidence.phase() || now - phaseStart >= length;
    }

    private long nextIn() {
        long length = evidence.phase() == Phase.BEFORE
                ? settings.beforeNanos
                : evidence.phase() == Phase.DURING ? settings.lastingNanos : settings.recoverNanos;
        // The last step of a phase comes at its end.
        long left = length - (environment.nanoTime() - phaseStart);
        return left > 0 ? Math.min(left, settings.everyNanos) : settings.everyNanos;
    }

    private void enter(Phase phase, long now, long length) {
        lock.lock();
        try {
            evidence.begin(phase, now);
        } finally {
            lock.unlock();
        }
        phaseEnd.cancel();
        phaseStart = now;
        // A new one, because the one before may be on its way.
        Alarm end = new Alarm(() -> phaseOver(phase));
        phaseEnd = end;
        end.set(length);
    }

    private boolean lookBefore(long now) {
        String doubt = evidence.offence(now);
        if (doubt == null && !isPhaseOver(now, settings.beforeNanos)) {
            return true;
        }
        doubt = doubt == null ? evidence.doubt() : doubt;
        if (doubt != null) {
            early = new Evidence.Ruling(Verdict.NOT_STEADY, "before any fault " + doubt);
            return false;
        }
        return arm(now);
    }

    private boolean arm(long now) {
        enter(Phase.DURING, now, settings.lastingNanos);
        Terms terms = terms(now + settings.lastingNanos);
        List<Held> mine = new ArrayList<>();
        try {
            Comparison comparison = settings.comparison;
            Terms.Control control = terms.control();
            if (comparison != null && control != null) {
                comparing = comparison.begin(control);
            }
            for (Injection injection : settings.injections) {
                if (cut.get() == null && !(dry && injection instanceof Burden)) {
                    mine.add(new Held(injection, terms.arm(injection)));
                    armed = List.copyOf(mine);
                }
            }
        } catch (Throwable refused) {
            disarm();
            early = new Evidence.Ruling(Verdict.CANCELLED, "it could not be armed: " + Names.shown(refused));
            return false;
        }
        share(0);
        faultsBegan = now - start;
        blast.open();
        if (cut.get() != null) {
            disarm();
            return false;
        }
        return true;
    }

    private Terms terms(long end) {
        Comparison comparison = settings.comparison;
        return new Terms(
                settings.name,
                settings.owner,
                settings.reason,
                environment,
                end,
                seed,
                blast,
                comparison == null ? null : comparison.control(seed));
    }

    private void share(int stage) {
        this.stage = stage;
        armed.forEach(each -> each.armed().share(settings.stages[stage]));
    }

    private boolean lookDuring(long now) {
        String harm = evidence.harm();
        String offence = evidence.offence(now);
        boolean isOver = isPhaseOver(now, settings.lastingNanos);
        if (harm == null && offence == null && !isOver) {
            int due = (int) ((now - phaseStart) * settings.stages.length / settings.lastingNanos);
            if (due > stage && due < settings.stages.length) {
                share(due);
            }
            return true;
        }
        disarm();
        faultsEnded = now - start;
        lock.lock();
        try {
            evidence.close(now);
            evidence.compared = settings.comparison == null ? null : settings.comparison.result();
        } finally {
            lock.unlock();
        }
        if (dry) {
            return false;
        }
        if (harm != null) {
            early = new Evidence.Ruling(Verdict.ABORTED, harm);
        } else if (offence != null && injected() > 0) {
            early = new Evidence.Ruling(Verdict.REFUTED, offence);
        }
        enter(Phase.AFTER, now, settings.recoverNanos);
        return true;
    }

    private boolean lookAfter(long now) {
        boolean isUndone = armed.stream()
                .allMatch(each -> each.armed().undone().toCompletableFuture().isDone());
        if (isUndone && evidence.doubt() == null) {
            recovered = evidence.steadySince(start + faultsEnded) - start - faultsEnded;
            return false;
        }
        return !isPhaseOver(now, settings.recoverNanos);
    }

    @Override
    public String toString() {
        return "ExperimentRun[" + Event.quoted(settings.name) + ", " + (isRunning() ? evidence.phase() : "ended") + "]";
    }
}
