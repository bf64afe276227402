// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Detector;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.MapKey;
import dev.holdfast.Meter;
import dev.holdfast.Readiness;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A failure detector of nodes that send heartbeats, by whatever way: it is told of each beat, and suspects a node whose next one does not
 * come.
 *
 * <pre>{@code
 * Heartbeats<String> beats = Heartbeats.<String>builder("nodes").phi(8, Duration.ofMillis(100)).build();
 * transport.onBeat(beats::beat);
 * beats.isSuspected("berlin");
 * }</pre>
 *
 * <p>A node is watched from its first beat, or from {@link #expect}, until it is {@linkplain #forget forgotten}. It is trusted again with its
 * next beat. {@link Beating} in the source has the state machine.
 *
 * <p>Safe to use from any thread. It owns no thread, and polls nothing: each node has a timer of the environment for when it would be suspected,
 * and those who follow are told on the thread of the beat, or on the environment's executor. Its clock may go back or wrap around. When it
 * is closed, or its environment is, it takes no beat any more, and what it knows stays.
 *
 * <p>Longer than most files, because of what those who use it have to know of each method.
 *
 * @param <N> what the nodes are; they need {@code equals} and {@code hashCode}, and must not change
 */
public final class Heartbeats<N> implements Detector<N>, Readiness, Source, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Heartbeats.class);

    private final HeartbeatsBuilder<N> settings;
    private final Environment environment;
    private final EventSupport events = EventSupport.of(this, Suspected.class, Trusted.class);
    private final Followers<N> followers = new Followers<>();
    private final ConcurrentHashMap<Object, Beating<N>> nodes = new ConcurrentHashMap<>();
    private final Places places;
    private final OwnPauses pauses;
    private final LongAdder counted = new LongAdder();
    private final LongAdder old = new LongAdder();
    private final LongAdder refused = new LongAdder();
    /** Said once each. */
    private final AtomicBoolean saidFull = new AtomicBoolean();

    private final AtomicBoolean saidNoTimer = new AtomicBoolean();
    private final List<Meter> meters;
    private final Subscription untilEnvironmentCloses;
    private volatile boolean closed;

    Heartbeats(HeartbeatsBuilder<N> settings) {
        this.settings = settings;
        this.places = new Places(settings.maximumNodes);
        this.environment = settings.environment;
        this.pauses = new OwnPauses(environment, settings.ownPauseNanos);
        this.meters = makeMeters();
        followers.add(this::tell, nodes.values());
        this.untilEnvironmentCloses = environment.onClose(this::stop);
    }

    /**
     * Starts to build one.
     *
     * @param <N> what the nodes are
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static <N> HeartbeatsBuilder<N> builder(String name) {
        return new HeartbeatsBuilder<>(name);
    }

    private void tell(N node, boolean isUp, String why) {
        String who = Watched.nameOf(node);
        events.tell(isUp ? new Trusted(this, who, why) : new Suspected(this, who, why));
    }

    // ---- Beats ------------------------------------------------------------------------------------------------------

    /**
     * A node has sent a beat.
     *
     * @param node which
     * @return whether it counts: not where there is no room for one more node, or after {@link #close}
     */
    public boolean beat(N node) {
        return beat(node, Long.MIN_VALUE, Long.MIN_VALUE);
    }

    /**
     * A node has sent a beat, and says how often it was started. With a newer incarnation what was learned of the former one is forgotten, so
     * that the time in which it was away teaches nothing.
     *
     * @param node which
     * @param incarnation larger with each start of the node, such as when it started
     * @return whether it counts: not where an older incarnation sent it
     */
    public boolean beat(N node, long incarnation) {
        return beat(node, incarnation, Long.MIN_VALUE);
    }

    /**
     * A node has sent a beat, and numbers them.
     *
     * @param node which
     * @param incarnation larger with each start of the node; always the same if it is not known
     * @param sequence one more with each beat of an incarnation
     * @return whether it counts: not where an older incarnation sent it, or it comes after one with the same or a larger number
     */
    public boolean beat(N node, long incarnation, long sequence) {
        Object key = MapKey.of(Require.nonNull(node, "node"));
        while (!closed) {
            Beating<N> there = nodes.get(key);
            Beating<N> fresh = there == null ? come(key, node) : null;
            if (there == null && fresh == null) {
                refused.increment();
                return false;
            }
            Beating<N> beating = there == null ? Require.nonNull(fresh, "node") : there;
            Beating.Beat beat = beating.beat(incarnation, sequence, fresh != null);
            if (beat == Beating.Beat.GONE) {
                if (!closed) {
                    gone(key, beating);
                }
                continue;
            }
            (beat == Beating.Beat.COUNTED ? counted : old).increment();
            beating.arm();
            followers.tell();
            return beat == Beating.Beat.COUNTED;
        }
        return false;
    }

    /**
     * Watches a node from now on, as if it had sent its first beat: for one that is known to be there and may never send any. Without effect
     * if it is watched.
     *
     * @param node which
     */
    public void expect(N node) {
        Object key = MapKey.of(Require.nonNull(node, "node"));
        if (!closed && nodes.get(key) == null) {
            Beating<N> fresh = come(key, node);
            if (fresh != null) {
                fresh.arm();
            }
        }
    }

    /** A new node; of two threads that bring the same one, both get it. {@code null} if there is no room. */
    private @Nullable Beating<N> come(Object key, N node) {
        long now = environment.nanoTime();
        pauses.begin(now);
        // So that two who bring the same one never take two places.
        Beating<N> there = nodes.computeIfAbsent(key, absent -> {
            Beating<N> fresh =
                    places.areLeft() ? new Beating<>(node, settings, followers, pauses, this::noTimer, now) : null;
            return fresh != null && places.take() ? fresh : null;
        });
        if (there == null && saidFull.compareAndSet(false, true)) {
            LOG.warn(
                    "Heartbeats {}: {} nodes are known (at most: {}), and others are refused",
                    Event.quoted(name()),
                    places.taken(),
                    settings.maximumNodes);
        }
        if (there != null && closed) {
            there.end(null);
        }
        return there;
    }

    private void noTimer() {
        if (saidNoTimer.compareAndSet(false, true)) {
            LOG.warn(
                    "Heartbeats {}: the timer takes no task; until it does, only who asks learns that a node is suspected",
                    Event.quoted(name()));
        }
    }

    private void gone(Object key, Beating<N> node) {
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
     * Watches a node no more. One that is suspected is up for those who follow. Its next beat is its first.
     *
     * @param node which; without effect if it is not known
     */
    public void forget(N node) {
        Object key = MapKey.of(Require.nonNull(node, "node"));
        Beating<N> there = nodes.get(key);
        if (there != null) {
            there.end("it is forgotten");
            gone(key, there);
            followers.tell();
        }
    }

    // ---- What is known ----------------------------------------------------------------------------------------------

    /**
     * How much a node is suspected: phi, or the part of the deadline that has passed, or of {@code alpha}.
     *
     * @param node which
     * @return not negative, never NaN, and not decreasing until the next beat; 0 for one that has never sent any
     */
    public double suspicion(N node) {
        Beating<N> there = nodes.get(MapKey.of(Require.nonNull(node, "node")));
        return there == null ? 0 : there.suspicion();
    }

    /**
     * Whether a node is suspected now.
     *
     * @param node which
     * @return not for one that has never sent a beat
     */
    public boolean isSuspected(N node) {
        Beating<N> there = nodes.get(MapKey.of(Require.nonNull(node, "node")));
        return there != null && there.isSuspected();
    }

    /**
     * All that are watched.
     *
     * @return a copy, in no order
     */
    public List<N> nodes() {
        return nodes.values().stream().map(node -> node.target).toList();
    }

    /** Up while at least one node is; unknown as long as there is none. */
    @Override
    public Condition readiness() {
        return ofNodes(places.taken(), followers.down());
    }

    static Condition ofNodes(long all, long down) {
        if (all == 0) {
            return new Condition(State.UNKNOWN, "no node is known yet");
        }
        return new Condition(down < all ? State.UP : State.DOWN, down == 0 ? "" : down + " of " + all + " down");
    }

    @Override
    public Subscription follow(Watcher<? super N> watcher) {
        return followers.add(Require.nonNull(watcher, "watcher"), nodes.values());
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    @Override
    public String name() {
        return settings.name;
    }

    @Override
    public String kind() {
        return "heartbeats";
    }

    @Override
    public boolean tells(Class<? extends Event> type) {
        return events.tells(type);
    }

    /** Tells {@link Suspected} and {@link Trusted}. */
    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return events.on(type, listener);
    }

    @Override
    public List<Meter> meters() {
        return meters;
    }

    private List<Meter> makeMeters() {
        String beats = "holdfast.heartbeats.beats";
        String ofBeats =
                "Beats that counted, that were of an older incarnation or came after a later one, and those of nodes for which there was no room.";
        return Stream.of(
                        Meter.counter(beats, "{beat}", ofBeats, counted::sum).with("holdfast.outcome", "counted"),
                        Meter.counter(beats, "{beat}", ofBeats, old::sum).with("holdfast.outcome", "old"),
                        Meter.counter(beats, "{beat}", ofBeats, refused::sum).with("holdfast.outcome", "refused"),
                        Meter.gauge(
                                "holdfast.heartbeats.nodes",
                                "{node}",
                                "Nodes that are watched, suspected ones among them.",
                                places::taken),
                        Meter.gauge(
                                "holdfast.heartbeats.suspected",
                                "{node}",
                                "Nodes that are suspected now.",
                                followers::down),
                        Meter.counter(
                                "holdfast.heartbeats.suspicions",
                                "{suspicion}",
                                "How often a node was suspected that was trusted before.",
                                followers::wentDown),
                        Meter.counter(
                                "holdfast.heartbeats.own.pauses",
                                "{pause}",
                                "How often this process itself stood still for longer than it may.",
                                pauses::seen))
                .map(meter -> meter.with("holdfast.policy", settings.name))
                .toList();
    }

    private void stop() {
        closed = true;
        pauses.close();
        nodes.values().forEach(node -> node.end(null));
    }

    /** Takes no beat any more, and suspects nobody. What it knows stays. A second time without effect. */
    @Override
    public void close() {
        stop();
        untilEnvironmentCloses.cancel();
    }

    @Override
    public String toString() {
        return "Heartbeats[" + Event.quoted(name()) + " " + places.taken() + " nodes, " + followers.down()
                + " suspected]";
    }
}
