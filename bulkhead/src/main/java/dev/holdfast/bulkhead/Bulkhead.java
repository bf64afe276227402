// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Classifier;
import dev.holdfast.Criticality;
import dev.holdfast.Drainable;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Loop;
import dev.holdfast.Meter;
import dev.holdfast.Policy;
import dev.holdfast.Source;
import dev.holdfast.Turn;
import dev.holdfast.bulkhead.BulkheadFullException.Reason;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

// More than 300 lines by the Javadoc of what users see; the arithmetic is in Slots, Lines and Learner.
/**
 * Limits how many calls are in flight at once, so that a dependency that hangs holds up only so many threads, and gets only
 * so much work.
 *
 * <pre>
 *            a permit is free, nobody waits
 *   call ─────────────────────────────────────▶ in flight ── the work has ended ──▶ the permit goes to who waits
 *     │                                             ▲                               and is free if nobody does
 *     │ none is free                                │ handed a permit
 *     ├─────────────────────▶ waiting ──────────────┘
 *     │                          │ waited too long, interrupted, cancelled
 *     │ the queue is full        ▼
 *     └──────────────────────▶ refused: BulkheadFullException
 * </pre>
 *
 * <p><b>A permit covers the work, not the caller's patience.</b> Where a caller leaves work behind that goes on - an
 * asynchronous call that is cancelled or timed out, a call on threads of the bulkhead's own - the permit stays taken until
 * that work has ended, so that the limit bounds what the dependency gets. Of an asynchronous call, the work has ended when its
 * stage says so; a {@link java.util.concurrent.CompletableFuture} of {@code supplyAsync} that is cancelled says so at once,
 * although its supplier runs on. It is given back exactly once, however the
 * call ends. For this to hold, a timeout that moves work to other threads belongs outside of the bulkhead, and so does that of
 * an asynchronous call: one inside gives the permit back although the stage goes on, but not before a thread of the bulkhead's own is
 * free.
 *
 * <p><b>Concurrency.</b> A free permit is one atomic operation on the way in and one on the way out, without a lock, a clock
 * or an allocation. Who waits and who hands over decide it on one compare-and-set of the {@link Turn}. New arrivals
 * do not overtake those who wait.
 *
 * <p><b>A call inside of a call</b> of the same bulkhead needs a permit of its own, and does not know that its caller holds one. When
 * all permits are held by callers that wait for such calls, each waits until {@link BulkheadBuilder#waitUpTo} has passed and
 * is refused; with a limit of 1 that is always so. Without a queue it is refused at once. Use two bulkheads, or
 * guard the outer call only.
 *
 * <p>With {@link BulkheadBuilder#adaptive} the limit follows what the calls show; algorithm and enforcement are apart:
 * see {@link Limit}.
 */
public final class Bulkhead extends Gate implements Drainable {
    /** For turns: not in. */
    static final long OUT = REFUSED;

    private static final Logger LOG = LoggerFactory.getLogger(Bulkhead.class);
    private static final long LOOK_AGAIN = Duration.ofMillis(10).toNanos();

    /**
     * A bulkhead's limit changed, by itself or by a reconfiguration. Told to the listeners of the bulkhead and of each partition,
     * for it is the limit of all of them. Each change begins where the one before ended, and the last one ends at the limit of now; changes
     * that come at once are told as one.
     *
     * @param source the bulkhead, or the partition
     * @param from the limit before
     * @param to the limit now
     */
    public record LimitChanged(Source source, int from, int to) implements Event.Change {
        @Override
        public System.Logger.Level level() {
            return System.Logger.Level.DEBUG;
        }

        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("from", from, "to", to);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * What a bulkhead knows at one moment. How many calls it refused is in {@link #counts()}.
     *
     * @param limit how many calls may be in flight, over all partitions
     * @param inFlight how many are; more than the limit only after the limit has shrunk
     * @param waiting how many wait for a permit
     */
    public record Report(int limit, int inFlight, int waiting) {}

    private final Slots slots;
    private final Line line;
    private final Bulkhead whole;
    private final Map<String, Bulkhead> partitions = new LinkedHashMap<>();
    private final Workplace workplace;
    private final ToldLimit told;
    private final Criticality criticality;
    /** For calls of each criticality, this one among them. */
    private final Map<Criticality, Bulkhead> views;

    Bulkhead(BulkheadBuilder settings) {
        super(settings.name, settings.environment);
        this.criticality = Criticality.CRITICAL;
        boolean shared = !settings.partitions.isEmpty();
        Line[] lines = new Line[settings.partitions.size() + 1];
        this.whole = this;
        this.line = lines[0] = new Line(settings.restShare(), shared);
        Rules rules = new Rules(settings, learner(settings));
        this.workplace = Workplace.of(settings, "bulkhead " + quotedName() + " ", rules.mostThreads());
        this.slots = new Slots(rules, new Lines(lines), workplace::close);
        this.told = new ToldLimit(rules.limit(), () -> slots.rules().limit(), this::tellLimits);
        settings.partitions.forEach((name, share) -> {
            Line own = new Line(share, true);
            partitions.put(name, new Bulkhead(this, settings.name + "/" + name, own));
            lines[partitions.size()] = own;
        });
        this.views = views();
        classifyAsSet();
    }

    /** A partition. */
    private Bulkhead(Bulkhead whole, String name, Line line) {
        super(name, whole.environment());
        this.whole = whole;
        this.line = line;
        this.slots = whole.slots;
        this.told = whole.told;
        this.workplace = whole.workplace;
        this.criticality = Criticality.CRITICAL;
        this.views = views();
    }

    /** For calls of another criticality. */
    private Bulkhead(Bulkhead other, Criticality criticality, Map<Criticality, Bulkhead> views) {
        super(other);
        this.whole = other.whole;
        this.line = other.line;
        this.slots = other.slots;
        this.told = other.told;
        this.workplace = other.workplace;
        this.criticality = criticality;
        this.views = views;
    }

    private Map<Criticality, Bulkhead> views() {
        Map<Criticality, Bulkhead> all = new EnumMap<>(Criticality.class);
        for (Criticality each : Criticality.values()) {
            all.put(each, each == criticality ? this : new Bulkhead(this, each, all));
        }
        return all;
    }

    private @Nullable Learner learner(BulkheadBuilder settings) {
        return settings.adaptive == null ? null : new Learner(settings.adaptive, settings.environment);
    }

    /**
     * Starts to build a bulkhead.
     *
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static BulkheadBuilder builder(String name) {
        return new BulkheadBuilder(name);
    }

    /**
     * Builds a bulkhead without a queue.
     *
     * @param name 1 to 256 characters, not blank
     * @param limit how many calls may be in flight at once: from 0 up
     * @return a new bulkhead
     */
    public static Bulkhead of(String name, int limit) {
        return builder(name).limit(limit).build();
    }

    // ---- Calls ----------------------------------------------------------------------------------------------------

    @Override
    protected long enter(long now) {
        Rules rules = slots.rules();
        if (rules.learner != null && now == NO_TIME) {
            return NEEDS_TIME;
        }
        int inFlight = slots.enter(line, rules.open(now));
        if (rules.learner != null && rules.learner.takeUntold()) {
            told.mayHaveChanged();
        }
        if (inFlight > 0) {
            return rules.stamp(inFlight);
        }
        if (rules.learner != null) {
            // A rest may be over by now, and those who wait come first.
            slots.handOver();
        }
        return rules.settings.queue == 0 ? REFUSED : QUEUED;
    }

    @Override
    protected @Nullable Turn queue(long now, long nanosLeft) {
        Turn turn = nanosLeft == 0 ? null : slots.queue(line, criticality);
        Learner learner = slots.rules().learner;
        if (turn != null && learner != null && now != NO_TIME) {
            wakeAfterRest(learner, now);
        }
        return turn;
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        // Let in under an adaptive limit, which may have been exchanged for a fixed one.
        Learner learner = stamp == 0 || ending == Ending.IGNORED ? null : slots.rules().learner;
        if (learner != null && now == NO_TIME) {
            return false;
        }
        // Before the permit is handed on, which the limit may be against now; told after that, because listeners may
        // call in.
        boolean changed = learner != null && learn(learner, now, elapsedNanos, (int) stamp, ending == Ending.FAILURE);
        slots.leave(line);
        if (changed) {
            told.mayHaveChanged();
        }
        if (learner != null) {
            wakeAfterRest(learner, now);
        }
        return true;
    }

    private boolean learn(Learner learner, long now, long elapsedNanos, int inFlight, boolean dropped) {
        try {
            return learner.learn(now, elapsedNanos, inFlight, dropped);
        } catch (Throwable thrown) {
            tryTo(() -> LOG.warn("Bulkhead {}: its limit threw; it stays as it is", whole.quotedName(), thrown));
            return false;
        }
    }

    /**
     * While nobody is let in, nobody leaves, who would otherwise hand over. So this is the one place where a gate needs a timer; there is
     * one at most, and none where nobody waits.
     */
    private void wakeAfterRest(Learner learner, long now) {
        long rest = learner.restsFor(now);
        if (rest > 0 && slots.report().waiting() > 0 && learner.hasTimer.compareAndSet(false, true)) {
            try {
                environment().schedule(() -> restMayBeOver(learner), rest);
            } catch (Throwable noTimer) {
                learner.hasTimer.set(false);
            }
        }
    }

    private void restMayBeOver(Learner learner) {
        learner.hasTimer.set(false);
        long now = environment().nanoTime();
        learner.limit(now);
        wakeAfterRest(learner, now);
        slots.handOver();
    }

    private void tellLimits(int from, int to) {
        tellLimit(from, to);
        partitions.values().forEach(partition -> partition.tellLimit(from, to));
    }

    private void tellLimit(int from, int to) {
        if (isWatched(LimitChanged.class)) {
            tell(new LimitChanged(this, from, to));
        }
    }

    @Override
    protected BulkheadFullException rejection(long now) {
        return new BulkheadFullException(name(), slots.isClosed() ? Reason.CLOSED : Reason.FULL, slots.report(), null);
    }

    @Override
    protected @Nullable Executor executor() {
        return workplace.executor();
    }

    @Override
    protected BulkheadFullException noThread(long now, Throwable refused) {
        return new BulkheadFullException(name(), Reason.EXECUTOR, slots.report(), refused);
    }

    @Override
    protected boolean holdsUntilWorkEnds() {
        return true;
    }

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(LimitChanged.class, Event.CallEnded.class, Event.CallRejected.class, Event.CallAbandoned.class);
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        if (inside.stream().anyMatch(policy -> policy instanceof Bulkhead other && other.slots == slots)) {
            return "stands in this pipeline twice, so each call needs two of its permits; leave one out";
        }
        Policy<?> repeating = first(inside, Loop.class);
        return repeating == null
                ? null
                : "keeps a permit while " + title(repeating) + " waits between attempts: " + title(repeating)
                        + " belongs outside of " + title(this);
    }

    // ---- Operation ------------------------------------------------------------------------------------------------

    /**
     * The calls that share this bulkhead with others, and have a guaranteed part of it. A partition is a policy of its own,
     * with its own counts and listeners, named like {@code "reports/batch"}; reconfiguring or closing it does so to the
     * whole.
     *
     * @param name as given to {@link BulkheadBuilder#partition}
     * @return the partition, always the same
     * @throws IllegalArgumentException if there is no such partition
     */
    public Bulkhead partition(String name) {
        Bulkhead found = whole.partitions.get(Require.nonNull(name, "name"));
        if (found == null) {
            throw new IllegalArgumentException("partition: " + Event.quoted(name) + " (expected: one of "
                    + whole.partitions.keySet().stream().map(Event::quoted).toList() + ")");
        }
        return found.withCriticality(criticality);
    }

    /**
     * The same bulkhead for calls on which more or less depends. In its line the most critical calls are next, and when the line is full they take the
     * place of less critical ones, which are refused. So as long as there is room for the most critical calls they never wait for others; without a {@link
     * BulkheadBuilder#queue} all are alike.
     *
     * @param level of calls through what is returned; those through the bulkhead itself are {@link Criticality#CRITICAL}
     * @return a view with the same name, counts and listeners, always the same for the same level
     */
    public Bulkhead withCriticality(Criticality level) {
        return Require.nonNull(views.get(Require.nonNull(level, "level")), "view");
    }

    /**
     * What the bulkhead knows now; of a partition, its own calls.
     *
     * @return a report
     */
    public Report report() {
        Report all = slots.report();
        return line == whole.line ? all : new Report(all.limit(), line.inFlight(), line.waiting());
    }

    /**
     * What an adaptive limit has learnt. Of {@link Limits#evidence}: {@code usual}, how long calls usually take; {@code bad-share}, how many
     * of them fail slowly or are far slower than usual; and {@code fails-after}, after how long they fail, once one has.
     *
     * @return names and values, durations in seconds; nothing of a fixed limit, nor of one whose {@link Limit.Estimate#learned} tells nothing
     */
    public Map<String, Double> learned() {
        Learner learner = slots.rules().learner;
        return learner == null ? Map.of() : learner.learned();
    }

    /**
     * Changes settings while the bulkhead runs. Calls in flight stay, and nobody is blocked: a limit that grows lets waiters
     * in at once, one that shrinks is reached as calls end. Those who wait stay, as long as they were told to.
     *
     * <p>Settings that are made again as they are change nothing, however often: an adaptive limit that equals the one before keeps
     * what it has learnt, and {@link BulkheadBuilder#classify} starts from the default, so that it replaces and does not add.
     * {@code limit} and {@code adaptive}, {@code fifo} and {@code lifo}, {@code queue(0)} and a queue undo each other,
     * and {@code classify(standard -> standard)} undoes any. What the bulkhead is built on stays: its environment, its threads
     * and its partitions, and with partitions it needs a queue.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another
     *     reconfiguration was faster
     * @throws IllegalArgumentException if settings contradict each other; then nothing has changed
     */
    public void reconfigure(UnaryOperator<BulkheadBuilder> change) {
        Require.nonNull(change, "change");
        Rules before;
        Rules after;
        do {
            before = slots.rules();
            BulkheadBuilder settings = Require.nonNull(change.apply(before.settings.forChange()), "what change gave")
                    .copy();
            settings.requireSameBasis(before.settings);
            boolean keeps = Objects.equals(settings.adaptive, before.settings.adaptive);
            after = new Rules(settings, keeps ? before.learner : whole.learner(settings));
        } while (!slots.replace(before, after));
        whole.classifyAsSet();
        workplace.resize(slots);
        slots.handOver();
        told.mayHaveChanged();
    }

    /** Of several that change settings at once, the last to come here sees the last settings. */
    private void classifyAsSet() {
        Rules current;
        do {
            current = slots.rules();
            Classifier<@Nullable Object> classifier = current.settings.classifier();
            views.values().forEach(view -> view.classifyBy(classifier));
            partitions
                    .values()
                    .forEach(partition -> partition.views.values().forEach(view -> view.classifyBy(classifier)));
        } while (current != slots.rules());
    }

    /**
     * Lets no further call in, refuses those that wait, and ends the threads that the bulkhead owns, if any. Does not wait: calls that
     * are in flight go on as they would have, and the threads end with the last of them. Closing it again does nothing.
     */
    @Override
    public void close() {
        slots.close();
    }

    /**
     * {@link #close()}, and waits until the last call has ended. Of a partition, those of the whole.
     *
     * @param patience how long to wait at most; zero or less looks once
     * @return whether no call is in flight any more
     * @throws InterruptedException if the thread is interrupted while it waits; the bulkhead is closed all the same
     */
    @Override
    public boolean closeAndWait(Duration patience) throws InterruptedException {
        long nanos = Require.saturatedNanos(Require.nonNull(patience, "patience"));
        close();
        long start = environment().nanoTime();
        while (slots.report().inFlight() > 0) {
            long left = nanos - (environment().nanoTime() - start);
            if (left <= 0) {
                return false;
            }
            // Nobody wakes who waits here: ending a call must not cost more because of it.
            environment().await(() -> slots.report().inFlight() == 0, Math.min(left, LOOK_AGAIN));
        }
        return true;
    }

    BulkheadBuilder settings() {
        return slots.rules().settings.forChange();
    }

    @Override
    protected List<Meter> ownMeters() {
        return List.of(
                Meter.gauge(
                        "holdfast.bulkhead.limit",
                        "{call}",
                        "How many calls may be in flight at once.",
                        () -> report().limit()),
                Meter.gauge("holdfast.bulkhead.usage", "{call}", "Calls in flight.", () -> report().inFlight()),
                Meter.gauge(
                        "holdfast.bulkhead.waiting",
                        "{call}",
                        "Calls that wait for a permit.",
                        () -> report().waiting()));
    }

    @Override
    public String toString() {
        Report now = report();
        return "Bulkhead[" + quotedName() + " " + now.inFlight() + " of " + now.limit() + " in flight, " + now.waiting()
                + " waiting]";
    }
}
