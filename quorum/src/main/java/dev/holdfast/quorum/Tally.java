// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Outcome;
import dev.holdfast.internal.Names;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What has become of each node when a call was decided. Immutable, as far as the results are.
 *
 * @param <T> what the nodes are
 * @param <R> their results
 */
public final class Tally<T, R extends @Nullable Object> {
    /** What a node has come to. */
    public enum State {
        /** Its answer counts. */
        ACCEPTED,
        /** It has answered something else than the nodes that agree, or none agree. */
        DISSENTING,
        /** It has failed, or was refused by the policies around it. */
        FAILED,
        /** It was asked, and had not answered by then. */
        ABSENT,
        /** There was no thread to ask it. */
        NO_THREAD,
        /** It was not asked, because that was not needed, or could not help any more. */
        NOT_ASKED
    }

    /**
     * What one node has come to.
     *
     * @param <T> what the nodes are
     * @param <R> their results
     * @param node the node
     * @param name what it is called
     * @param weight how much its answer counts
     * @param standIn whether it was asked in place of another one that had failed
     * @param state what it has come to
     * @param outcome its answer or its failure; empty unless it is accepted, dissenting or failed
     */
    public record Part<T, R extends @Nullable Object>(
            T node, String name, int weight, boolean standIn, State state, Optional<Outcome<R>> outcome) {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Names.quoted(name) + ": " + state
                    + outcome.map(come -> " " + come).orElse("");
        }
    }

    private final String policy;
    private final int need;
    private final int reached;
    private final List<Part<T, R>> parts;
    private final @Nullable R result;

    private Tally(String policy, int need, int reached, List<Part<T, R>> parts, @Nullable R result) {
        this.policy = policy;
        this.need = need;
        this.reached = reached;
        this.parts = parts;
        this.result = result;
    }

    static <T, R extends @Nullable Object> Tally<T, R> of(
            String policy, int need, int reached, List<Part<T, R>> parts) {
        return new Tally<>(policy, need, reached, List.copyOf(parts), null);
    }

    Tally<T, R> withResult(@Nullable R given) {
        return new Tally<>(policy, need, reached, parts, given);
    }

    /**
     * How much had to be reached.
     *
     * @return a number of nodes, or their weight
     */
    public int need() {
        return need;
    }

    /**
     * How much was reached.
     *
     * @return the weight of the nodes that were accepted; of a vote that has failed, of the largest group of equal answers
     */
    public int reached() {
        return reached;
    }

    /**
     * Whether that was enough.
     *
     * @return whether {@link #reached} is at least {@link #need}
     */
    public boolean isReached() {
        return reached >= need;
    }

    /**
     * What the call gave.
     *
     * @return the result, which may be {@code null}; {@code null} if not enough was reached
     */
    @SuppressWarnings("NullAway") // It is of the type of the results where there is one.
    public R result() {
        return result;
    }

    /**
     * All nodes.
     *
     * @return in the order in which they were given, those that stand in last
     */
    public List<Part<T, R>> parts() {
        return parts;
    }

    /**
     * The nodes that have come to something.
     *
     * @param state what they have come to
     * @return in the order in which they were given
     */
    public List<Part<T, R>> in(State state) {
        return parts.stream().filter(part -> part.state == state).toList();
    }

    /** For a message: what is missing, and who has come to what. */
    String text() {
        StringBuilder text = new StringBuilder(Names.quoted(policy))
                .append(": ")
                .append(reached)
                .append(" of ")
                .append(need)
                .append(" needed");
        for (State state : State.values()) {
            List<Part<T, R>> those = in(state);
            if (!those.isEmpty()) {
                text.append("; ")
                        .append(state.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                        .append(' ');
                text.append(String.join(", ", those.stream().map(Tally::shown).toList()));
            }
        }
        return text.toString();
    }

    private static String shown(Part<?, ?> part) {
        Throwable failure = part.outcome.map(Outcome::failure).orElse(null);
        return Names.quoted(part.name) + (failure == null ? "" : " (" + Names.shown(failure) + ")");
    }

    /** Says of results only their class. */
    @Override
    public String toString() {
        return "Tally[" + text() + "]";
    }
}
