// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Detector;
import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.MapKey;
import dev.holdfast.Meter;
import dev.holdfast.Readiness;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.WorkThreads;
import dev.holdfast.internal.Require;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks nodes again and again whether they are well: down after some failures in a row, up after some successes.
 *
 * <pre>{@code
 * Probes<StockClient> probes = Probes.<StockClient>builder("stock").check(StockClient::ping).start(List.of(berlin, paris));
 * probes.state(berlin); // UP, DOWN, or UNKNOWN before its first answer
 * }</pre>
 *
 * <p>A check that hangs counts as failed when its time is up, and in each round after that; it holds one thread, and is not started a
 * second time. {@link Probed} in the source has the state machine.
 *
 * <p>Safe to use from any thread. After {@link #close}, or when its environment is closed, nobody is asked any more, and no thread and no timer is left but
 * that of a check which does not end when it is interrupted.
 *
 * @param <T> what the nodes are; they need {@code equals} and {@code hashCode}, and must not change
 */
public final class Probes<T> implements Detector<T>, Readiness, Source, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Probes.class);

    private final ProbesBuilder<T> settings;
    private final EventSupport events = EventSupport.of(this, Suspected.class, Trusted.class, ProbeFailed.class);
    private final Told told = new Told(events);
    private final Followers<T> followers = new Followers<>();
    private final ConcurrentHashMap<Object, Probed<T>> nodes = new ConcurrentHashMap<>();
    private final Places places;
    private final @Nullable WorkThreads own;
    private final Executor threads;
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder missed = new LongAdder();
    private final AtomicBoolean saidNoTimer = new AtomicBoolean();
    private final List<Meter> meters;
    private final Subscription untilEnvironmentCloses;
    private volatile boolean closed;

    Probes(ProbesBuilder<T> settings) {
        this.settings = settings;
        this.places = new Places(settings.maximumNodes);
        Executor given = settings.executor;
        this.own = given == null ? WorkThreads.pool("holdfast-probe-", settings.maximumNodes) : null;
        this.threads = given == null ? Require.nonNull(own, "threads") : given;
        this.meters = makeMeters();
        followers.add(this::changed, nodes.values());
        this.untilEnvironmentCloses = settings.environment.onClose(this::stop);
    }

    /**
     * Starts to build some.
     *
     * @param <T> what the nodes are
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static <T> ProbesBuilder<T> builder(String name) {
        return new ProbesBuilder<>(name);
    }

    // ---- For its nodes ----------------------------------------------------------------------------------------------

    Executor threads() {
        return threads;
    }

    void succeeded() {
        successes.increment();
    }

    /** Told by {@link #tell}. */
    void failed(String node, int inARow, @Nullable Throwable cause) {
        failures.increment();
        told.add(new ProbeFailed(this, node, inARow, cause));
    }

    void missed() {
        missed.increment();
    }

    void noTimer(Throwable refused) {
        if (!closed && saidNoTimer.compareAndSet(false, true)) {
            LOG.warn(
                    "Probes {}: the timer takes no task, and nodes are not asked until they are added again",
                    Event.quoted(name()),
                    refused);
        }
    }

    /** An interval, or less by lot. */
    long spread(long interval) {
        return interval - lot(interval);
    }

    /** Some of the part of an interval that is drawn by lot. None of it if there is no random number: nobody is asked less for that. */
    private long lot(long interval) {
        long part = (long) (interval * settings.jitter);
        try {
            return part < 1 ? 0 : settings.environment.nextLong(part);
        } catch (Throwable none) {
            return 0;
        }
    }

    void tell() {
        told.tell();
        followers.tell();
    }

    private void changed(T node, boolean isUp, String why) {
        String who = Watched.nameOf(node);
        events.tell(isUp ? new Trusted(this, who, why) : new Suspected(this, who, why));
    }

    // ---- Nodes ------------------------------------------------------------------------------------------------------

    /**
     * Asks one more. One that is asked already is asked again if the environment's timer has refused to: else nobody would ask it any more.
     *
     * @param node whom; otherwise without effect if it is asked already, and after {@link #close}
     * @throws IllegalStateException if there are as many as there may be
     */
    public void add(T node) {
        Object key = MapKey.of(Require.nonNull(node, "node"));
        while (!closed) {
            Probed<T> there = nodes.get(key);
            if (there == null) {
                come(key, node);
                return;
            }
            if (!there.isOver()) {
                if (there.isForgottenByTheTimer()) {
                    there.askIn(lot(settings.everyNanos));
                }
                return;
            }
            // One that ended with all the others stays, so that what is known does.
            if (!closed) {
                gone(key, there);
            }
        }
    }

    private void come(Object key, T node) {
        // Not in the map's lock, because a node says who it is.
        Probed<T> fresh = places.areLeft() ? new Probed<>(node, this, settings, followers) : null;
        // In it, so that two who bring the same one never take two places.
        Probed<T> there = nodes.computeIfAbsent(key, absent -> fresh != null && places.take() ? fresh : null);
        if (there == null) {
            throw new IllegalStateException("Probes " + Event.quoted(name()) + ": " + settings.maximumNodes
                    + " nodes are asked (expected: fewer; " + Event.quoted(Watched.nameOf(node)) + " was added)");
        }
        if (there != fresh) {
            return;
        }
        there.askIn(lot(settings.everyNanos));
        if (closed) {
            there.end(null);
        }
    }

    private void gone(Object key, Probed<T> node) {
        nodes.computeIfPresent(key, (same, there) -> {
            if (there != node) {
                return there;
            }
            // First, so that who finds no node there finds its place free.
            places.leave();
            return null;
        });
    }

    /**
     * Asks one no more. If it is down, it is up for those who follow.
     *
     * @param node whom; without effect if it is not asked
     */
    public void remove(T node) {
        Object key = MapKey.of(Require.nonNull(node, "node"));
        Probed<T> there = nodes.get(key);
        if (there != null) {
            // First, so that those who follow hear of it before the next that is equal to it can be down.
            there.end("it is not asked any more");
            gone(key, there);
            tell();
        }
    }

    /**
     * Asks these and no others. What is known of those who stay, stays. They are asked again if the environment's timer has refused to.
     *
     * @param all whom
     */
    public void replace(Collection<? extends T> all) {
        Set<Object> stay = new HashSet<>();
        all.forEach(node -> stay.add(MapKey.of(Require.nonNull(node, "node"))));
        nodes.forEach((key, there) -> {
            if (!stay.contains(key)) {
                remove(there.target);
            }
        });
        all.forEach(this::add);
    }

    // ---- What is known ----------------------------------------------------------------------------------------------

    /**
     * Whether a node is up.
     *
     * @param node which
     * @return unknown before its first answer, and for one that is not asked
     */
    public State state(T node) {
        Probed<T> there = nodes.get(MapKey.of(Require.nonNull(node, "node")));
        return there == null ? State.UNKNOWN : there.state();
    }

    /** Up while at least one node is; unknown while none is, and of one nothing is known yet. */
    @Override
    public Condition readiness() {
        long up = count(State.UP);
        long down = count(State.DOWN);
        if (up == 0 && (down == 0 || count(State.UNKNOWN) > 0)) {
            return new Condition(State.UNKNOWN, nodes.isEmpty() ? "no node is asked" : "no node has answered yet");
        }
        return Heartbeats.ofNodes(up + down, down);
    }

    private long count(State state) {
        return nodes.values().stream().filter(node -> node.state() == state).count();
    }

    @Override
    public Subscription follow(Watcher<? super T> watcher) {
        return followers.add(Require.nonNull(watcher, "watcher"), nodes.values());
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    @Override
    public String name() {
        return settings.name;
    }

    @Override
    public String kind() {
        return "probes";
    }

    @Override
    public boolean tells(Class<? extends Event> type) {
        return events.tells(type);
    }

    /** Tells {@link Suspected}, {@link Trusted}, and {@link ProbeFailed}. */
    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return events.on(type, listener);
    }

    @Override
    public List<Meter> meters() {
        return meters;
    }

    private List<Meter> makeMeters() {
        String results = "holdfast.probes.results";
        String ofResults =
                "Probes that succeeded, that failed or had no answer in time, and that were not made because there was no thread.";
        String ofNodes = "Nodes that are up, down, or of which nothing is known yet.";
        return Stream.of(
                        Meter.counter(results, "{probe}", ofResults, successes::sum)
                                .with("holdfast.outcome", "success"),
                        Meter.counter(results, "{probe}", ofResults, failures::sum)
                                .with("holdfast.outcome", "failure"),
                        Meter.counter(results, "{probe}", ofResults, missed::sum)
                                .with("holdfast.outcome", "missed"),
                        Meter.gauge("holdfast.probes.nodes", "{node}", ofNodes, () -> count(State.UP))
                                .with("holdfast.state", "up"),
                        Meter.gauge("holdfast.probes.nodes", "{node}", ofNodes, () -> count(State.DOWN))
                                .with("holdfast.state", "down"),
                        Meter.gauge("holdfast.probes.nodes", "{node}", ofNodes, () -> count(State.UNKNOWN))
                                .with("holdfast.state", "unknown"),
                        Meter.gauge(
                                "holdfast.probes.hanging",
                                "{check}",
                                "Checks that still run although their time is up.",
                                () -> nodes.values().stream()
                                        .filter(Probed::hangs)
                                        .count()),
                        Meter.counter(
                                "holdfast.probes.suspicions",
                                "{suspicion}",
                                "How often a node went down.",
                                followers::wentDown))
                .map(meter -> meter.with("holdfast.policy", settings.name))
                .toList();
    }

    private void stop() {
        closed = true;
        nodes.values().forEach(node -> node.end(null));
        if (own != null) {
            own.close();
        }
    }

    /** Asks nobody any more, and what is known stays. Checks that run are told to end; it does not wait for them. A second time without effect. */
    @Override
    public void close() {
        stop();
        untilEnvironmentCloses.cancel();
    }

    @Override
    public String toString() {
        return "Probes[" + Event.quoted(name()) + " " + places.taken() + " nodes, " + count(State.DOWN) + " down]";
    }
}
