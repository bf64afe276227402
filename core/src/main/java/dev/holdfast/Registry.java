// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

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
    private final ConcurrentHashMap<String, P> entries = new ConcurrentHashMap<>();
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
     * @param name as in {@link Require#name}
     * @return the entry
     * @throws IllegalStateException if there is none and the registry is full
     */
    public P get(String name) {
        P there = entries.get(Require.name(name));
        return there != null ? there : make(name);
    }

    private P make(String name) {
        if (taken.get() >= capacity) {
            P there = entries.get(name);
            if (there != null) {
                return there;
            }
            throw full(name);
        }
        // Outside of the map's lock: the factory is the user's code.
        P made = Require.nonNull(factory.apply(name), "what the factory made for " + Names.quoted(name));
        P other = entries.putIfAbsent(name, made);
        if (other != null) {
            return other;
        }
        // Counted after it can be found, so that a thread that finds no room finds the entry it may be asking for.
        if (taken.incrementAndGet() > capacity && entries.remove(name, made)) {
            taken.decrementAndGet();
            throw full(name);
        }
        return made;
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
        return Optional.ofNullable(entries.get(Require.nonNull(name, "name")));
    }

    /**
     * Forgets an entry. Calls that are under way at it end at it.
     *
     * @param name the name
     * @return the entry that was forgotten
     */
    public Optional<P> remove(String name) {
        P removed = entries.remove(Require.nonNull(name, "name"));
        if (removed != null) {
            taken.decrementAndGet();
        }
        return Optional.ofNullable(removed);
    }

    /**
     * All entries.
     *
     * @return a copy, in no order
     */
    public Collection<P> all() {
        return List.copyOf(entries.values());
    }

    @Override
    public String toString() {
        return "Registry[" + entries.size() + " of " + capacity + "]";
    }
}
