// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that an attempt of a {@link Race} works on, such as one node of many, and the policies that stand around it: its own
 * breaker, its own bulkhead. An attempt on it runs through what is inside of the race, then through these policies, then the work.
 *
 * <p>Work gets the target in place of {@link #place()}: a function of it is called with that. Make one
 * lease for each target, and keep it. Immutable; safe to use from any thread.
 *
 * @param <T> what it is
 */
public final class Lease<T> {
    private static final Object PLACE = new Object() {
        @Override
        public String toString() {
            return "Lease.place()";
        }
    };

    private static final int MOST_JOINED = 8;

    private final T target;
    private final String name;
    private final List<Policy<?>> guard;
    private final @Nullable Object owner;
    private final @Nullable Gate watch;
    /** The chains that it was hung on lately, and what came of each: a few places of a few pipelines, as a rule. */
    private volatile @Nullable Joined joined;

    private record Joined(Chain rest, Chain whole, @Nullable Joined before, int count) {}

    private Lease(T target, String name, List<Policy<?>> guard, @Nullable Object owner, @Nullable Gate watch) {
        this.target = target;
        this.name = Require.name(name);
        this.guard = guard;
        this.owner = owner;
        this.watch = watch;
    }

    /**
     * A lease of a target.
     *
     * @param <T> what it is
     * @param target the target
     * @param guard stands around the work on it, outermost first; of the environment of the pipeline in which it is used
     * @return a lease
     */
    public static <T> Lease<T> of(T target, Policy<?>... guard) {
        return new Lease<>(
                Require.nonNull(target, "target"), nameOf(target), Pipeline.flatten(List.of(guard)), null, null);
    }

    /** What a target says of itself may be anything. */
    private static String nameOf(Object target) {
        String said = null;
        try {
            said = target.toString();
        } catch (RuntimeException broken) {
            // Then its class will do.
        }
        return said == null || said.isBlank() ? target.getClass().getName() : Names.cut(said);
    }

    /**
     * The same under a name of its own, for messages, events and meters: most clients do not say who they are.
     *
     * @param newName 1 to 256 characters, not blank
     * @return another lease of the target, with the same policies around it
     */
    public Lease<T> named(String newName) {
        return new Lease<>(target, newName, guard, owner, watch);
    }

    /**
     * The same, with what a race keeps of the target. It is another lease: each place of each pipeline is best served by one of its own.
     *
     * @param newOwner for {@link #owner}
     * @return another lease of the target, with the same name and the same policies around it
     */
    public Lease<T> ownedBy(Object newOwner) {
        return new Lease<>(target, name, guard, Require.nonNull(newOwner, "owner"), watch);
    }

    /**
     * The same, with a gate around all that an attempt on the target runs through: outside of what is inside of the race, which is outside of the
     * policies around the target. It sees what the attempt as a whole has come to, and a timeout of it as such.
     *
     * @param newWatch of the environment of the pipeline in which the lease is used
     * @return another lease of the target, with the same name and the same policies around it
     */
    public Lease<T> watchedBy(Gate newWatch) {
        return new Lease<>(target, name, guard, owner, Require.nonNull(newWatch, "watch"));
    }

    /**
     * What a race keeps of the target.
     *
     * @return what {@link #ownedBy} was given, or {@code null}
     */
    public @Nullable Object owner() {
        return owner;
    }

    /**
     * What it is called.
     *
     * @return the name that it was given, or else what the target says of itself
     */
    public String name() {
        return name;
    }

    /**
     * Stands for the target of each attempt as the argument of a call: the first one, where there are two. Whoever calls a function of
     * targets with it treats that as a function of objects.
     *
     * @return a value that only an attempt of a race can do something with
     */
    public static Object place() {
        return PLACE;
    }

    /**
     * What it is a lease of.
     *
     * @return the target
     */
    public T target() {
        return target;
    }

    /** What an attempt runs through. */
    static Chain inside(Chain rest, @Nullable Lease<?> lease) {
        return lease == null || (lease.guard.isEmpty() && lease.watch == null) ? rest : lease.join(rest);
    }

    private Chain join(Chain rest) {
        Joined last = joined;
        for (Joined each = last; each != null; each = each.before) {
            if (each.rest == rest) {
                return each.whole;
            }
        }
        List<Policy<?>> all = new ArrayList<>();
        if (watch != null) {
            all.add(ofEnvironment(rest, watch));
        }
        all.addAll(List.of(rest.policies));
        for (Policy<?> policy : guard) {
            all.add(ofEnvironment(rest, policy));
        }
        Chain whole = rest.like(all);
        // Pipelines may come and go: those that are gone must not be kept for ever.
        Joined kept = last != null && last.count < MOST_JOINED ? last : null;
        joined = new Joined(rest, whole, kept, kept == null ? 1 : kept.count + 1);
        return whole;
    }

    private Policy<?> ofEnvironment(Chain rest, Policy<?> policy) {
        Require.same(policy.environment(), rest.environment, "environment of " + policy + ", at " + name);
        return policy;
    }

    /** What work is given: a target, where there is a race that has put one there. */
    static Object checked(Object given, Policy<?> through) {
        if (given == PLACE) {
            throw new IllegalArgumentException(
                    through + ": no target (expected: policies of which one is the race over these targets)");
        }
        return given;
    }

    /** The first argument of an attempt, which runs through the policies of a chain from a level on. */
    static @Nullable Object argument(@Nullable Lease<?> lease, @Nullable Object given, Chain chain, int level) {
        if (given != PLACE) {
            return given;
        }
        if (lease != null) {
            return lease.target;
        }
        for (int inside = level; inside < chain.policies.length; inside++) {
            if (chain.policies[inside] instanceof Race) {
                // That is the one that has targets.
                return given;
            }
        }
        throw new IllegalStateException(
                "Lease.place(): without a target (expected: a call through a race that has targets)");
    }

    /** What a call on a target was made with, as its context says it: two arguments are a list. */
    static @Nullable Object argumentOf(@Nullable Object given, @Nullable Object target) {
        if (given instanceof List<?> two && two.size() == 2 && two.get(0) == PLACE) {
            return Arrays.asList(target, two.get(1));
        }
        return given == PLACE ? target : given;
    }

    @Override
    public String toString() {
        return "Lease[" + name + "]";
    }
}
