// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Named policies, made when they are first asked for.
 *
 * <pre>{@code
 * Registry<CircuitBreaker> breakers = Registry.of(100, name -> CircuitBreaker.builder(name).build());
 * breakers.get("inventory").call(...);
 * }</pre>
 *
 * <p>A registry is bounded and never drops an entry by itself: an entry that is in use keeps its state, and a name that
 * finds the registry full gets an error instead of an unguarded call. Names that users supply belong into a keyed policy
 * with eviction, not here. Safe to use from any thread.
 *
 * @param <P> what is registered
 */
public final class Registry<P> {
    private final int capacity;
    private final Function<String, ? extends P> factory;
    private final ConcurrentHashMap<String, Slot<P>> entries = new ConcurrentHashMap<>();
    private final AtomicInteger taken = new AtomicInteger();
    private final List<Follower<P>> followers = new CopyOnWriteArrayList<>();

    private Registry(int capacity, Function<String, ? extends P> factory) {
        this.capacity = capacity;
        this.factory = factory;
    }

    /**
     * Creates a registry.
     *
     * @param <P> what is registered
     * @param capacity the most entries, from 1 up
     * @param factory makes an entry for a name; what it throws goes to whoever asked, and the name stays free
     * @return an empty registry
     */
    public static <P> Registry<P> of(int capacity, Function<String, ? extends P> factory) {
        return new Registry<>(
                Require.range(capacity, 1, Integer.MAX_VALUE, "capacity"), Require.nonNull(factory, "factory"));
    }

    /**
     * The entry of a name, made now if there is none. Of several threads that ask at once, all get the same.
     *
     * @param name 1 to 256 characters, not blank
     * @return the entry
     * @throws IllegalStateException if there is none and the registry is full
     */
    public P get(String name) {
        Slot<P> there = entries.get(Require.name(name));
        return there != null && there.counted ? there.entry : make(name);
    }

    private P make(String name) {
        while (true) {
            Slot<P> there = entries.get(name);
            if (there != null && there.counted) {
                return there.entry;
            }
            if (there != null) {
                // A few instructions of another thread decide whether it stays.
                Thread.onSpinWait();
            } else if (taken.get() < capacity) {
                // Outside of the map's lock: the factory is the user's code.
                P made = Require.nonNull(factory.apply(name), "what the factory made for " + Names.quoted(name));
                Slot<P> slot = new Slot<>(made);
                if (entries.putIfAbsent(name, slot) == null) {
                    count(name, slot);
                }
            } else if (!entries.containsKey(name)) {
                throw full(name);
            }
        }
    }

    /** Counted after it can be found, so that a thread that finds no room finds the entry it may be asking for. */
    private void count(String name, Slot<P> slot) {
        if (taken.incrementAndGet() > capacity) {
            entries.remove(name, slot);
            taken.decrementAndGet();
            throw full(name);
        }
        slot.counted = true;
        followers.forEach(follower -> follower.added(slot));
    }

    private IllegalStateException full(String name) {
        return new IllegalStateException(
                "registry: full with " + capacity + " entries (expected: room for " + Names.quoted(name) + ")");
    }

    /**
     * The entry of a name, if there is one.
     *
     * @param name the name
     * @return the entry
     */
    public Optional<P> find(String name) {
        return there(entries.get(Require.nonNull(name, "name")));
    }

    /**
     * Forgets an entry. Calls that are under way at it end at it.
     *
     * @param name the name
     * @return the entry that was forgotten
     */
    public Optional<P> remove(String name) {
        Slot<P> slot = entries.get(Require.nonNull(name, "name"));
        Optional<P> there = there(slot);
        if (there.isEmpty() || !entries.remove(name, slot)) {
            return Optional.empty();
        }
        taken.decrementAndGet();
        Slot<P> removed = Require.nonNull(slot, "slot");
        removed.removed = true;
        followers.forEach(follower -> follower.removed(removed));
        return there;
    }

    /**
     * Hears of every entry: of those that are there, now, and of those that come and go, when they do. Each entry is told as added once,
     * and as removed at most once and after that, also when threads add, remove and follow at the same time.
     *
     * @param added gets an entry, on the thread that asked for it first, or on this one; what it throws is logged
     * @param removed gets an entry that is forgotten, on the thread that has removed it, or on the one that was about to tell that it was
     *     added; what it throws is logged
     * @return a handle to hear no more
     */
    public Subscription follow(Consumer<? super P> added, Consumer<? super P> removed) {
        Follower<P> follower = new Follower<>(Require.nonNull(added, "added"), Require.nonNull(removed, "removed"));
        followers.add(follower);
        entries.values().stream().filter(slot -> slot.counted).forEach(follower::added);
        return () -> {
            follower.cancelled = true;
            followers.remove(follower);
        };
    }

    /**
     * All entries.
     *
     * @return a copy, in no order
     */
    public Collection<P> all() {
        return entries.values().stream().flatMap(slot -> there(slot).stream()).toList();
    }

    private static <P> Optional<P> there(@Nullable Slot<P> slot) {
        return slot != null && slot.counted ? Optional.of(slot.entry) : Optional.empty();
    }

    @Override
    public String toString() {
        return "Registry[" + entries.size() + " of " + capacity + "]";
    }

    /** An entry, which nobody gets to see before it is known that there is room for it. */
    private static final class Slot<P> {
        final P entry;
        volatile boolean counted;
        volatile boolean removed;

        Slot(P entry) {
            this.entry = entry;
        }
    }

    /**
     * Who hears of entries. Of each it is known how far it has been told.
     *
     * <pre>
     *   unknown ── added ─▶ BEING_TOLD ─▶ TOLD ── removed ─▶ unknown
     *                           └ removed meanwhile: told by who tells that it was added, afterwards
     * </pre>
     */
    private static final class Follower<P> {
        private static final Logger LOG = LoggerFactory.getLogger(Registry.class);

        private enum State {
            BEING_TOLD,
            TOLD
        }

        private final Consumer<? super P> added;
        private final Consumer<? super P> removed;
        private volatile boolean cancelled;
        private final ConcurrentHashMap<Slot<P>, State> known = new ConcurrentHashMap<>();

        Follower(Consumer<? super P> added, Consumer<? super P> removed) {
            this.added = added;
            this.removed = removed;
        }

        void added(Slot<P> slot) {
            if (known.putIfAbsent(slot, State.BEING_TOLD) != null) {
                return;
            }
            if (slot.removed) {
                known.remove(slot);
                return;
            }
            tell(added, slot);
            known.put(slot, State.TOLD);
            if (slot.removed) {
                removed(slot);
            }
        }

        void removed(Slot<P> slot) {
            if (known.remove(slot, State.TOLD)) {
                tell(removed, slot);
            }
        }

        private void tell(Consumer<? super P> listener, Slot<P> slot) {
            if (cancelled) {
                return;
            }
            try {
                listener.accept(slot.entry);
            } catch (Throwable thrown) {
                Policy.tryTo(() -> LOG.warn("Who follows a registry threw at {}; it goes on", slot.entry, thrown));
            }
        }
    }
}
