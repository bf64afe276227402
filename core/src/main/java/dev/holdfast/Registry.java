// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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
        return there;
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

        Slot(P entry) {
            this.entry = entry;
        }
    }
}
