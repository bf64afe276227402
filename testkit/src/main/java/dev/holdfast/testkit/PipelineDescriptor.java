// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Around;
import dev.holdfast.Deadline;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Loop;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.Recovery;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a pipeline consists of, for tests of how an application puts its policies together.
 *
 * <pre>{@code
 * PipelineDescriptor inventory = PipelineDescriptor.of(application.inventoryPipeline());
 * assertEquals("Retry 'inventory' > CircuitBreaker 'inventory' > Timeout 'inventory'", inventory.toString());
 * assertTrue(inventory.isOutsideOf(Retry.class, Timeout.class));
 * }</pre>
 *
 * <p>Immutable and safe to share. The policies themselves are those of the pipeline.
 */
public final class PipelineDescriptor {
    /** How a policy takes part in a call. */
    public enum Shape {
        /** Lets calls in or refuses them: a breaker, a bulkhead, a limiter. */
        GATE,
        /** Repeats what is inside: a retry. */
        LOOP,
        /** Limits how long what is inside may take: a timeout. */
        DEADLINE,
        /** Replaces outcomes: a fallback. */
        RECOVERY,
        /** Runs what is inside several times at once. */
        RACE,
        /** Watches what is inside. */
        AROUND
    }

    /**
     * One policy.
     *
     * @param shape how it takes part in a call
     * @param kind the simple name of its class; empty if that has none
     * @param name its name
     */
    public record Part(Shape shape, String kind, String name) {
        /** Gives kind and name, as warnings of the library do. */
        @Override
        public String toString() {
            return kind + (kind.isEmpty() ? "" : " ") + Event.quoted(name);
        }
    }

    private final List<Policy<?>> policies;

    private PipelineDescriptor(List<Policy<?>> policies) {
        this.policies = policies;
    }

    /**
     * Describes a pipeline, or a single policy, which is a pipeline of one.
     *
     * @param policy what to describe
     * @return its description
     */
    public static PipelineDescriptor of(Policy<?> policy) {
        Require.nonNull(policy, "policy");
        return new PipelineDescriptor(
                policy instanceof Pipeline<?> pipeline ? List.copyOf(pipeline.policies()) : List.of(policy));
    }

    /**
     * What it consists of.
     *
     * @return one part a policy, outermost first
     */
    public List<Part> parts() {
        return policies.stream().map(PipelineDescriptor::part).toList();
    }

    private static Part part(Policy<?> policy) {
        return new Part(shape(policy), policy.getClass().getSimpleName(), policy.name());
    }

    private static Shape shape(Policy<?> policy) {
        if (policy instanceof Gate) {
            return Shape.GATE;
        } else if (policy instanceof Loop) {
            return Shape.LOOP;
        } else if (policy instanceof Deadline) {
            return Shape.DEADLINE;
        } else if (policy instanceof Recovery) {
            return Shape.RECOVERY;
        } else if (policy instanceof Race) {
            return Shape.RACE;
        } else if (policy instanceof Around) {
            return Shape.AROUND;
        }
        throw new IllegalArgumentException("policy: " + policy + " (expected: one of the six shapes)");
    }

    /**
     * The outermost policy of a kind.
     *
     * @param <P> the kind
     * @param kind a class of policies, or one above, such as {@link Gate}
     * @return empty if there is none
     */
    public <P> Optional<P> first(Class<P> kind) {
        Require.nonNull(kind, "kind");
        return policies.stream().filter(kind::isInstance).map(kind::cast).findFirst();
    }

    /**
     * Whether all policies of one kind stand outside of all policies of another one.
     *
     * @param outer a class of policies, or one above, such as {@link Gate}
     * @param inner a class of policies, or one above
     * @return {@code false} also if there is none of either
     */
    public boolean isOutsideOf(Class<?> outer, Class<?> inner) {
        Require.nonNull(outer, "outer");
        Require.nonNull(inner, "inner");
        return isOutside(outer::isInstance, inner::isInstance);
    }

    /**
     * Whether a policy stands outside of another one.
     *
     * @param outer a policy
     * @param inner a policy
     * @return {@code false} also if one of them is not there
     */
    public boolean isOutsideOf(Policy<?> outer, Policy<?> inner) {
        Require.nonNull(outer, "outer");
        Require.nonNull(inner, "inner");
        return isOutside(policy -> policy == outer, policy -> policy == inner);
    }

    private boolean isOutside(Predicate<Policy<?>> outer, Predicate<Policy<?>> inner) {
        int innermost = places(outer).max().orElse(Integer.MAX_VALUE);
        return innermost < places(inner).min().orElse(-1);
    }

    private IntStream places(Predicate<Policy<?>> which) {
        return IntStream.range(0, policies.size()).filter(place -> which.test(policies.get(place)));
    }

    /** Gives kind and name of each policy, outermost first. */
    @Override
    public String toString() {
        return parts().stream().map(Part::toString).collect(Collectors.joining(" > "));
    }
}
