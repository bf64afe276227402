// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Detector;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.MapKey;
import dev.holdfast.Meter;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.WorkThreads;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands nodes that stay down to a callback, which restarts or replaces them; a few times each, a few nodes at once, and no more where it does not
 * help.
 *
 * <pre>{@code
 * Healing<StockClient> healing = Healing.<StockClient>builder("stock")
 *         .downFor(Duration.ofMinutes(1))
 *         .heal(node -> cluster.restart(node.id()))
 *         .follow(probes);
 * }</pre>
 *
 * <pre>
 *   down ──▶ WAITING ── down for long, and still ──▶ its turn comes ──▶ TREATED ── the callback ends ──▶ WAITING, for the backoff
 *              │ ▲            └ as often as it may be ──▶ GIVEN UP                                        from all: up ──▶ ON TRIAL
 *           up │ └──── down again: its tries go on ──────────┐
 *              └──▶ ON TRIAL, if there was a try ────────────┴── up for long ──▶ forgotten: it has helped
 * </pre>
 *
 * <p>A node that nobody looks at any more after it was tried, because it has been replaced by another one, has not been helped, nor given up. The
 * next one that is down for the first time goes on with its tries and its backoff: it may be what has come in its place. So nodes that crash
 * again and again are given up in the end, whatever their names. Once there was none for as long as the backoff, {@link HealingBuilder#downFor} and
 * {@link HealingBuilder#upFor} take together, the tries are forgotten.
 *
 * <p>When {@link HealingBuilder#stopAfter} different nodes in a row were given up, and none helped, all healing stops until {@link #resume}.
 *
 * <p>Safe to use from any thread. Its timers are those of the environment; each callback has a thread of its own while it runs. After {@link #close}, or
 * when its environment is closed, no callback begins, those that run are interrupted, and no timer and no other thread is left.
 *
 * <p>Longer than most files: the whole way of a node is here, under one lock.
 *
 * @param <T> what the nodes are; they need {@code equals} and {@code hashCode}, and must not change
 */
public final class Healing<T> implements Source, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Healing.class);

    private final HealingBuilder<T> settings;
    private final Environment environment;
    private final EventSupport events =
            EventSupport.of(this, HealingStarted.class, HealingEnded.class, HealingHelped.class, HealingGivenUp.class);
    private final Told told = new Told(events);
    private final WorkThreads threads;
    private final LongAdder succeeded = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder helped = new LongAdder();
    private final LongAdder givenUp = new LongAdder();
    private final List<Meter> meters;
    private @Nullable Subscription following;
    private @Nullable Subscription untilEnvironmentCloses;
    private final ConcurrentHashMap<Object, Patient<T>> patients = new ConcurrentHashMap<>();
    /** Since one was helped. */
    private final Set<Object> givenUpInARow = ConcurrentHashMap.newKeySet();
    /** Held for arithmetic, and while timers are set. */
    private final ReentrantLock lock = new ReentrantLock();

    // ---- Under the lock ---------------------------------------------------------------------------------------------

    private final Deque<Patient<T>> queue = new ArrayDeque<>();
    private final Set<Run> running = new HashSet<>();
    private int treated;
    private boolean stopped;
    private boolean closed;

    Healing(HealingBuilder<T> settings) {
        this.settings = settings;
        this.environment = settings.environment;
        // One that ends starts the next, and is itself idle a moment later.
        this.threads = WorkThreads.pool("holdfast-healing-", 2 * settings.atOnce);
        this.meters = makeMeters();
    }

    void begin(Detector<T> detector) {
        untilEnvironmentCloses = environment.onClose(this::stop);
        following = detector.follow(new Detector.Watcher<T>() {
            @Override
            public void changed(T node, boolean isUp, String why) {
                Healing.this.changed(node, isUp, false);
            }

            @Override
            public void gone(T node, String why) {
                Healing.this.changed(node, true, true);
            }
        });
    }

    /**
     * Starts to build one.
     *
     * @param <T> what the nodes are
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static <T> HealingBuilder<T> builder(String name) {
        return new HealingBuilder<>(name);
    }

    // ---- What happens to a node -------------------------------------------------------------------------------------

    private void changed(T node, boolean isUp, boolean isAway) {
        Object key = MapKey.of(node);
        while (true) {
            Patient<T> patient = patients.get(key);
            if (patient == null && !isUp) {
                Patient<T> fresh = new Patient<>(key, node);
                Patient<T> other = patients.putIfAbsent(key, fresh);
                patient = other == null ? fresh : other;
            }
            if (patient == null || changed(patient, isUp, isAway)) {
                return;
            }
        }
    }

    /** Unless it was forgotten meanwhile. */
    private boolean changed(Patient<T> patient, boolean isUp, boolean isAway) {
        lock.lock();
        try {
            if (patient.isGone) {
                return false;
            }
            if (patient.isUp && !isUp) {
                patient.downSince = environment.nanoTime();
            }
            patient.isUp = isUp;
            patient.isAway = isAway;
            if (patient.isQueued && !isUp) {
                return true;
            }
            if (patient.isQueued) {
                patient.isQueued = false;
                queue.remove(patient);
            }
            if (isUp && patient.attempts == 0) {
                forget(patient);
            } else if (isUp) {
                arm(patient, untilItIsForgotten(patient));
            } else if (!patient.isTreated && !patient.isGivenUp) {
                arm(patient, untilItsNextTry(patient));
            } else {
                disarm(patient);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void fired(Patient<T> patient, long ticket) {
        Patient.Due due;
        lock.lock();
        try {
            due = closed ? Patient.Due.NOTHING : patient.due(ticket, settings.attempts);
            switch (due) {
                case WELL -> well(patient);
                case TREAT -> {
                    patient.isQueued = true;
                    queue.add(patient);
                }
                case GIVE_UP -> patient.isGivenUp = true;
                default -> {}
            }
        } finally {
            lock.unlock();
        }
        if (due == Patient.Due.GIVE_UP) {
            isGivenUp(patient);
        }
        startThoseWhoseTurnItIs();
        if (due == Patient.Due.WELL || due == Patient.Due.GIVE_UP) {
            Told.handOver(environment, told::tell);
        }
    }

    private void well(Patient<T> patient) {
        // Of one that was given up somebody else has taken care, and of one that is away nobody knows.
        if (!patient.isGivenUp && !patient.isAway) {
            helped.increment();
            givenUpInARow.clear();
            told.add(new HealingHelped(this, patient.name, patient.attempts));
        }
        forget(patient);
    }

    /** Without the lock, because nodes compare themselves. One that is given up again and again says nothing of the others. */
    private void isGivenUp(Patient<T> patient) {
        givenUp.increment();
        boolean isEnough = givenUpInARow.size() < settings.stopAfter
                && givenUpInARow.add(patient.key)
                && givenUpInARow.size() >= settings.stopAfter;
        lock.lock();
        try {
            stopped |= isEnough;
            told.add(new HealingGivenUp(this, patient.name, settings.attempts, stopped));
        } finally {
            lock.unlock();
        }
    }

    /** As many as may be healed at once. */
    private void startThoseWhoseTurnItIs() {
        for (Patient<T> next = nextInTurn(); next != null; next = nextInTurn()) {
            treat(next, next.attempts);
        }
    }

    private @Nullable Patient<T> nextInTurn() {
        lock.lock();
        try {
            while (!closed && !stopped && treated < settings.atOnce && !queue.isEmpty()) {
                Patient<T> next = queue.removeFirst();
                next.isQueued = false;
                if (next.attempts == 0 && takesOver(next)) {
                    arm(next, untilItsNextTry(next));
                    continue;
                }
                next.isTreated = true;
                next.attempts++;
                treated++;
                return next;
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void treat(Patient<T> patient, int attempt) {
        Run[] self = {null};
        Environment.Timer[] limit = {null};
        Run run = Run.of(
                environment,
                () -> {
                    told.add(new HealingStarted(this, patient.name, attempt));
                    told.tell();
                    settings.heal(patient.target);
                },
                thrown -> ended(patient, attempt, self[0], limit[0], thrown));
        self[0] = run;
        try {
            limit[0] = environment.schedule(run::interrupt, settings.timeoutNanos);
            lock.lock();
            try {
                running.add(run);
            } finally {
                lock.unlock();
            }
            run.start(threads);
        } catch (Throwable refused) {
            ended(patient, attempt, run, limit[0], refused);
        }
    }

    private void ended(
            Patient<T> patient,
            int attempt,
            @Nullable Run run,
            Environment.@Nullable Timer limit,
            @Nullable Throwable thrown) {
        if (limit != null) {
            limit.cancel();
        }
        (thrown == null ? succeeded : failed).increment();
        long wait = wait(attempt, patient);
        told.add(new HealingEnded(this, patient.name, attempt, thrown));
        lock.lock();
        try {
            running.remove(run);
            treated--;
            patient.isTreated = false;
            patient.ended = environment.nanoTime();
            patient.lastWait = wait;
            arm(patient, patient.isUp ? untilItIsForgotten(patient) : untilItsNextTry(patient));
        } finally {
            lock.unlock();
        }
        Told.handOver(environment, told::tell);
        startThoseWhoseTurnItIs();
    }

    /** By the backoff, which may be of the user's, after so many tries. */
    private long wait(int attempts, Patient<T> patient) {
        try {
            return settings.backoff.nanos(attempts, patient.lastWait, environment);
        } catch (Throwable broken) {
            return settings.downForNanos;
        }
    }

    // ---- Under the lock ---------------------------------------------------------------------------------------------

    /** It has to be down for long, without a break; and the last try has to be over for long, whatever the node did meanwhile. */
    private long untilItsNextTry(Patient<T> patient) {
        long now = environment.nanoTime();
        long down = settings.downForNanos - Math.max(0, now - patient.downSince);
        long wait = patient.attempts == 0 ? 0 : patient.lastWait - Math.max(0, now - patient.ended);
        return Math.max(0, Math.max(down, wait));
    }

    /** Of one that is away as long as what has come in its place may wait for its own next try, at least. */
    private long untilItIsForgotten(Patient<T> patient) {
        if (!patient.isAway || patient.isGivenUp) {
            return settings.upForNanos;
        }
        return plus(plus(settings.upForNanos, settings.downForNanos), patient.lastWait);
    }

    private static long plus(long nanos, long more) {
        return nanos > Long.MAX_VALUE - more ? Long.MAX_VALUE : nanos + more;
    }

    /** Of those that are away the one with the most tries, so that there are never more. */
    private boolean takesOver(Patient<T> fresh) {
        Patient<T> most = null;
        for (Patient<T> other : patients.values()) {
            if (other.canBeTakenOver() && (most == null || other.attempts > most.attempts)) {
                most = other;
            }
        }
        if (most == null) {
            return false;
        }
        fresh.takesOver(most);
        forget(most);
        return true;
    }

    private void arm(Patient<T> patient, long nanos) {
        disarm(patient);
        if (!closed) {
            long mine = patient.ticket;
            try {
                patient.timer = environment.schedule(() -> fired(patient, mine), nanos);
            } catch (Throwable refused) {
                LOG.warn(
                        "Healing {}: the timer takes no task, and {} is not healed",
                        Event.quoted(name()),
                        Event.quoted(patient.name),
                        refused);
            }
        }
    }

    private static void disarm(Patient<?> patient) {
        patient.ticket++;
        Environment.Timer former = patient.timer;
        patient.timer = null;
        if (former != null) {
            former.cancel();
        }
    }

    private void forget(Patient<T> patient) {
        disarm(patient);
        patient.isGone = true;
        patients.values().remove(patient);
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    /** Heals again after it has stopped, from the start: nodes that were given up as well. Does no harm if it has not. */
    public void resume() {
        lock.lock();
        try {
            stopped = false;
            givenUpInARow.clear();
            for (Patient<T> patient : List.copyOf(patients.values())) {
                if (patient.isGivenUp) {
                    patient.isGivenUp = false;
                    patient.attempts = 0;
                    patient.lastWait = 0;
                    if (patient.isUp) {
                        forget(patient);
                    } else {
                        arm(patient, settings.downForNanos);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
        startThoseWhoseTurnItIs();
    }

    /**
     * Whether it has stopped, because it helped none of the last nodes.
     *
     * @return until {@link #resume}
     */
    public boolean isStopped() {
        lock.lock();
        try {
            return stopped;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String name() {
        return settings.name;
    }

    @Override
    public String kind() {
        return "healing";
    }

    @Override
    public boolean tells(Class<? extends Event> type) {
        return events.tells(type);
    }

    /** Tells {@link HealingStarted}, {@link HealingEnded}, {@link HealingHelped}, and {@link HealingGivenUp}. */
    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return events.on(type, listener);
    }

    @Override
    public List<Meter> meters() {
        return meters;
    }

    private List<Meter> makeMeters() {
        String attempts = "holdfast.healing.attempts";
        String ofAttempts = "Tries to heal a node, by whether the callback came to its end or threw.";
        String nodes = "holdfast.healing.nodes";
        String ofNodes = "Nodes that were healed and stayed up, and those that were given up.";
        return Stream.of(
                        Meter.counter(attempts, "{attempt}", ofAttempts, succeeded::sum)
                                .with("holdfast.outcome", "success"),
                        Meter.counter(attempts, "{attempt}", ofAttempts, failed::sum)
                                .with("holdfast.outcome", "failure"),
                        Meter.counter(nodes, "{node}", ofNodes, helped::sum).with("holdfast.outcome", "helped"),
                        Meter.counter(nodes, "{node}", ofNodes, givenUp::sum).with("holdfast.outcome", "given_up"),
                        Meter.gauge(
                                "holdfast.healing.running",
                                "{node}",
                                "Nodes that are being healed now.",
                                this::runningNow),
                        Meter.gauge(
                                "holdfast.healing.stopped",
                                "1",
                                "1 while all healing has stopped because it did not help, otherwise 0.",
                                () -> isStopped() ? 1 : 0))
                .map(meter -> meter.with("holdfast.policy", settings.name))
                .toList();
    }

    private int runningNow() {
        lock.lock();
        try {
            return treated;
        } finally {
            lock.unlock();
        }
    }

    private void stop() {
        List<Run> runs = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            patients.values().forEach(Healing::disarm);
            queue.clear();
            runs.addAll(running);
        } finally {
            lock.unlock();
        }
        runs.forEach(Run::interrupt);
        threads.close();
    }

    /** Heals nobody any more. Callbacks that run are interrupted; it does not wait for them. A second time without effect. */
    @Override
    public void close() {
        if (following != null) {
            following.cancel();
        }
        if (untilEnvironmentCloses != null) {
            untilEnvironmentCloses.cancel();
        }
        stop();
    }

    @Override
    public String toString() {
        return "Healing[" + Event.quoted(name()) + " " + patients.size() + " nodes, " + runningNow() + " being healed"
                + (isStopped() ? ", stopped" : "") + "]";
    }
}
