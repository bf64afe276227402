// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.CallCounts;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.MapKey;
import dev.holdfast.Meter;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The same limits for each of many keys, such as users or tenants.
 *
 * <pre>{@code
 * KeyedRateLimiter<String> users = RateLimiter.builder("users").limit(5, Duration.ofSeconds(1)).keyed(100_000);
 * users.get(user).call(() -> ...);
 * }</pre>
 *
 * <p><b>Bounded, and never unchecked.</b> As many keys as it was built for (a few more for a moment) have a place with a state of
 * their own. A key keeps its place until its permits have all been there for as long as they take to come: nobody who asks once in
 * that time loses it, and others lose it when there is use for it. While all places are taken, other keys share: there are four times as many states as places (1,024 to
 * 1,048,576), each with the limits of one key, and a secret hash says which of them a key shares. Each key that comes without a place
 * looks at up to eight of the others', and clears out those that are not needed any more; while half of the places are free, all of
 * them are looked at once in ten seconds at most, so that keys which come every few seconds keep theirs.
 *
 * <p><b>What a flood of keys can do.</b> Whatever its rate: nothing to a key that has a place, which gets all that its limits allow.
 * Keys that have none get at least what those that share with them leave, and a place soon after one is free. If c keys
 * without a place come in the time in which a limit fills up, a newcomer finds its state untouched with a probability of about
 * {@code exp(-c / (4 * places))}. And nobody exceeds the limits by coming back: a key that gets a place starts with what the
 * state has that it shared.
 *
 * <p><b>Memory.</b> About 100 bytes a place besides the key itself, with one limit: the state is 48 bytes, the rest is what the
 * map needs. From the start, 16 bytes a place for what is shared, and up to 200 more in a flood.
 *
 * <p><b>Keys that others choose.</b> Keys are told apart in a time that does not depend on how many have the same hash code, if
 * they are comparable, as strings are, or are records and lists of such: see {@link MapKey}.
 *
 * <p>Safe to use from any thread. It owns no thread: places are cleared out on the threads that ask, on the environment's clock.
 *
 * <p>Longer than most files: where a key's state is, and what is said of it, is read together.
 *
 * @param <K> the keys; they need {@code equals} and {@code hashCode}, and must not change
 */
public final class KeyedRateLimiter<K> implements Source {
    /** States that are shared, for each place. */
    private static final int SHARED = 4;

    /** Of how many places a key that has none looks whether they are still needed. */
    private static final int LOOKED_AT = 8;

    /** From the beginning of one round through the places to that of the next one, while half of them are free. */
    private static final long AT_LEISURE = Duration.ofSeconds(10).toNanos();

    private static final String KEYS =
            "Keys that have a place. Those that are not needed any more lose theirs when others come, or keys() is called.";

    private static final int MIN_SHARED = 1 << 10;
    private static final int MAX_SHARED = 1 << 20;

    /** Has the name, the counters and the listeners of all keys; nobody takes its permits. */
    private final RateLimiter all;

    private final Environment environment;
    private final long origin;
    private final long maximumKeys;
    private final AtomicReference<RateLimiterBuilder> settings;
    private final ConcurrentHashMap<Object, Bucket> places = new ConcurrentHashMap<>();
    /** Those of keys that have no place; {@code null} for a full one. */
    private final AtomicReferenceArray<@Nullable Bucket> shared;
    /** How far the places have been looked through; {@code null} while somebody does. */
    private final AtomicReference<@Nullable Round<Bucket>> round;
    /** When the round began; for whoever has it. */
    private long begun;
    /** Until when a key must be kept that nobody asks for, because of settings that it may still have. */
    private final AtomicLong keptUntil = new AtomicLong();

    KeyedRateLimiter(RateLimiterBuilder settings, long maximumKeys) {
        this.all = new RateLimiter(new OfNobody(settings), settings, 1);
        this.environment = settings.environment;
        this.origin = environment.nanoTime();
        this.maximumKeys = maximumKeys;
        this.settings = new AtomicReference<>(settings);
        this.shared = new AtomicReferenceArray<>((int)
                Math.max(MIN_SHARED, Math.min(Math.min(maximumKeys, MAX_SHARED) * SHARED, MAX_SHARED)));
        this.round = new AtomicReference<>(new Round<>(places));
    }

    private long now() {
        return environment.nanoTime() - origin;
    }

    private RateLimiterBuilder settings() {
        return Require.nonNull(settings.get(), "settings");
    }

    /**
     * The limiter of a key: a small view that finds the key's state at each call. Name, counters and listeners are those of
     * this keyed limiter.
     *
     * @param key the key
     * @return a limiter; keep it for as long as it is handy, or ask for it at each call
     */
    public RateLimiter get(K key) {
        return new RateLimiter(all, new Key(MapKey.of(Require.nonNull(key, "key"))), settings(), 1);
    }

    @Override
    public String name() {
        return all.name();
    }

    /**
     * How many keys have a place that they need. Looks at all places, on this thread, and clears out those that are not needed any
     * more: about 100 ms for a million of them. The gauge {@code holdfast.ratelimiter.keys} only reads how many are taken.
     *
     * @return about so many
     */
    public long keys() {
        places.forEach(new Broom(settings(), now())::clearOut);
        return places.mappingCount();
    }

    /**
     * What has happened here, at all keys together, since the limiter was built.
     *
     * @return counts that only grow
     */
    public CallCounts counts() {
        return all.counts();
    }

    /**
     * The numbers of this limiter, of all keys together; the limiter of a key has the same.
     *
     * @return always the same meters
     */
    @Override
    public List<Meter> meters() {
        return all.meters();
    }

    /** Who tells is the same for all keys, and for this limiter: so who listens to several of them hears each event once. */
    @Override
    public List<Source> sources() {
        return List.of(all);
    }

    /** The permits that nobody takes: how many there are says nothing about any key. */
    private final class OfNobody extends BucketSource.Single {
        OfNobody(RateLimiterBuilder settings) {
            super(settings, settings.environment.nanoTime());
        }

        @Override
        List<Meter> meters(DoubleSupplier available) {
            return List.of(Meter.gauge("holdfast.ratelimiter.keys", "{key}", KEYS, places::mappingCount));
        }
    }

    @Override
    public String kind() {
        return all.kind();
    }

    @Override
    public boolean tells(Class<? extends Event> type) {
        return all.tells(type);
    }

    /** Listens at all keys; {@link dev.holdfast.Call#argument()} may tell which key it was. */
    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return all.on(type, listener);
    }

    /**
     * Changes settings while the limiter runs: each key changes when it is next asked for, as
     * {@link RateLimiter#reconfigure} says. The number of places cannot be changed.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another
     *     reconfiguration was faster
     * @throws IllegalArgumentException if settings contradict each other; then nothing has changed
     */
    public void reconfigure(UnaryOperator<RateLimiterBuilder> change) {
        Require.nonNull(change, "change");
        // Before others go by the new settings; and again if somebody else has changed them meanwhile.
        keeps(settings());
        RateLimiterBuilder before = BucketSource.change(settings, change, now());
        if (before != null) {
            keeps(before);
        }
    }

    /** Keys may have these settings still when others have taken their place. */
    private void keeps(RateLimiterBuilder former) {
        long until = now() + former.forgetNanos();
        keptUntil.updateAndGet(known -> until - known > 0 ? until : known);
    }

    /** Whether all that a bucket knows is what the settings of now say. */
    private boolean isAsGoodAsNew(Bucket bucket, long t) {
        return keptUntil.get() - t <= 0 && bucket.isFull(t);
    }

    @Override
    public String toString() {
        return "KeyedRateLimiter[" + all.label() + " " + settings() + ", " + places.mappingCount() + " keys]";
    }

    // ---- Where a key's state is ------------------------------------------------------------------------------------

    private boolean hasRoom() {
        return places.mappingCount() < maximumKeys;
    }

    /**
     * Looks at the next few places, unless somebody does, or there is no need: while there is plenty of room, a key that comes every few
     * seconds would lose its place each time.
     */
    private void lookThrough() {
        Round<Bucket> mine = round.getAndSet(null);
        if (mine == null) {
            return;
        }
        try {
            long t = now();
            if (mine.isOver() && (t - begun >= AT_LEISURE || places.mappingCount() > maximumKeys / 2)) {
                begun = t;
                mine.begin();
            }
            if (!mine.isOver()) {
                mine.goOn(LOOKED_AT, new Broom(settings(), t)::clearOut);
            }
        } finally {
            // Whatever was thrown, others go on: nothing here needs memory.
            round.set(mine);
        }
    }

    /** Clears out places whose keys have not been let in for a while, by the settings and the time at which it was made. */
    private final class Broom {
        private final RateLimiterBuilder current;
        private final long t;
        private final long aWhile;
        private final boolean mayClear;

        Broom(RateLimiterBuilder current, long t) {
            this.current = current;
            this.t = t;
            this.aWhile = Math.min(current.forgetNanos(), Long.MAX_VALUE / 2);
            this.mayClear = keptUntil.get() - t <= 0;
        }

        /**
         * What another key's own code throws here is no matter of the call that looks through the places, and the calls for that
         * key get to know it. Nothing else here throws, but for what may come at any instruction: of that a deep stack is most often an
         * equals that calls itself, and whoever really is at the end of the stack meets it again; an exhausted heap, a broken machine
         * and the end of a thread are for this thread, too.
         */
        void clearOut(Object key, Bucket bucket) {
            try {
                if (mayClear) {
                    clear(key, bucket);
                }
            } catch (StackOverflowError ofKey) {
                // As below.
            } catch (VirtualMachineError ofMachine) {
                throw ofMachine;
            } catch (Throwable thrown) {
                if (isEndOfThread(thrown)) {
                    throw thrown;
                }
            }
        }

        @SuppressWarnings("removal") // Threads can be stopped where JDK 17 is.
        private static boolean isEndOfThread(Throwable thrown) {
            return thrown instanceof ThreadDeath;
        }

        /**
         * The bucket is closed before its place is cleared, so that nobody who found it before takes a permit from it any more; if
         * somebody has in the meantime, the key keeps its place. One that is closed already is there because something was thrown
         * in between, or another thread is there now: it has its last words, and whoever finds it can go on from them.
         */
        private void clear(Object key, Bucket bucket) {
            // What has other settings has not been asked for since they were changed.
            long unasked = bucket.settings == current ? aWhile : 0;
            if (bucket.isOfMany()) {
                // On its way into the place, or left there: those that share go on with all that it has given.
                if (bucket.isClosed() || isUnused(bucket, unasked, t)) {
                    places.remove(key, bucket);
                }
            } else if (bucket.settings != current || bucket.isClosed() || isUnused(bucket, unasked, t)) {
                Bucket next = bucket.successor(current, KeyedRateLimiter.this::now);
                // By a reading that is newer than its last words; the broom has looked at many places since its own.
                if (isUnused(next, unasked, now())) {
                    places.remove(key, bucket);
                } else {
                    places.replace(key, bucket, next);
                }
            }
        }

        private boolean isUnused(Bucket bucket, long unasked, long at) {
            return bucket.isFull(at) && bucket.isFull(at - unasked);
        }
    }

    /**
     * Finds the bucket of one key.
     *
     * <pre>
     *    shared ── a place is free ──▶ shared, and in the place as well ── closed ──▶ one successor in the place,
     *       ▲                                                                        one for those that go on sharing
     *       └── forgotten: all permits are there
     * </pre>
     *
     * <p>So at no time has a key two buckets of which one does not know what the other has given: it goes into its place with the
     * bucket that it shares. Whoever finds that one closed there cannot know whether it was put there too late, when others had gone
     * on with its successor; so the key starts with what those have who share now.
     */
    private final class Key extends BucketSource {
        private final Object key;

        Key(Object key) {
            super(KeyedRateLimiter.this.environment, KeyedRateLimiter.this.origin);
            this.key = key;
        }

        @Override
        Bucket bucket() {
            while (true) {
                Bucket own = places.get(key);
                if (own != null) {
                    if (isCurrent(own)) {
                        return own;
                    }
                    Bucket from = own.isOfMany() ? ofMany() : own;
                    Bucket next = from.successor(settings(), this);
                    if (from != own) {
                        replaceShared(from);
                    }
                    places.replace(key, own, next);
                    continue;
                }
                lookThrough();
                Bucket ofMany = ofMany();
                if (!hasRoom()) {
                    // Looked up again, because it may have got its place and left this bucket before that was found.
                    if (places.get(key) == null) {
                        return ofMany;
                    }
                } else if (places.putIfAbsent(key, ofMany) == null) {
                    Bucket next = ofMany.successor(settings(), this);
                    // It was shared until now, so nobody has gone on without what it has given.
                    if (replaceShared(ofMany)) {
                        places.replace(key, ofMany, next);
                    }
                }
            }
        }

        private boolean isCurrent(Bucket bucket) {
            return bucket.settings == settings() && !bucket.isClosed();
        }

        /**
         * Mixed once more (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014): the hash is linear, so of keys
         * that are numbered, as users often are, either hardly any would share or nearly all.
         */
        private int index() {
            long mixed = MapKey.hash(key);
            mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
            mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
            return (int) Math.floorMod(mixed ^ (mixed >>> 31), (long) shared.length());
        }

        private Bucket ofMany() {
            int i = index();
            while (true) {
                Bucket there = shared.get(i);
                if (there == null) {
                    shared.compareAndSet(i, null, Bucket.ofMany(settings(), now()));
                } else if (isCurrent(there)) {
                    return there;
                } else {
                    replaceShared(there);
                }
            }
        }

        /**
         * Closes a shared bucket; those that go on sharing start with what it had, and a full one need not be kept.
         *
         * @return whether it was shared until now
         */
        private boolean replaceShared(Bucket there) {
            Bucket next = there.successorOfMany(settings(), this);
            return shared.compareAndSet(index(), there, isAsGoodAsNew(next, now()) ? null : next);
        }

        @Override
        void reconfigure(UnaryOperator<RateLimiterBuilder> change) {
            KeyedRateLimiter.this.reconfigure(change);
        }
    }
}
