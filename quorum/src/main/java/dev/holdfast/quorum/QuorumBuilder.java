// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Lease;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

// More than 300 lines, because each setting has its Javadoc.
/**
 * The settings of a quorum: see {@link Quorum#reads} and {@link Quorum#writes}. Not thread-safe; a quorum keeps a copy. Methods that change
 * the type must be used by what they return.
 *
 * @param <T> what the nodes are
 * @param <R> their results
 */
public final class QuorumBuilder<T, R extends @Nullable Object> extends PollBuilder<T, R, QuorumBuilder<T, R>> {
    final boolean writes;
    /** {@code null}: more than half. */
    @Nullable Integer need;

    boolean mayReadStale;
    List<Lease<T>> standIns = List.of();

    @Nullable ToIntFunction<? super T> weights;

    @Nullable Combining<T, R> combining;

    Quorum.@Nullable Repair<? super T, ? super R> repair;
    /** Those that it was paired with, and that were paired with it. */
    List<Quorum<?, ?>> pairs = List.of();

    QuorumBuilder(String name, boolean writes) {
        super(name);
        this.writes = writes;
        asksAll = writes;
        othersFinish = writes;
    }

    @Override
    QuorumBuilder<T, R> self() {
        return this;
    }

    /**
     * The nodes.
     *
     * @param <S> what they are
     * @param value 1 to 15 distinct ones, each with the policies around it; each name once
     * @return this builder, under its new type
     */
    @SuppressWarnings(
            "unchecked") // The builder for other nodes is the same object; nothing that is there looks at nodes.
    public <S extends T> QuorumBuilder<S, R> over(List<? extends Lease<? extends S>> value) {
        QuorumBuilder<S, R> same = (QuorumBuilder<S, R>) this;
        same.nodes = List.copyOf((List<Lease<S>>) Require.nonNull(value, "over"));
        return same;
    }

    /**
     * The nodes, by what they say of themselves.
     *
     * @param <S> what they are
     * @param value 1 to 15 distinct ones
     * @return this builder, under its new type
     */
    @SafeVarargs
    public final <S extends T> QuorumBuilder<S, R> over(S... value) {
        List<Lease<S>> leases = new ArrayList<>();
        for (S node : value) {
            leases.add(Lease.of(node));
        }
        return over(leases);
    }

    /**
     * How many answers are needed; where nodes have weights, how much they have to weigh together.
     *
     * @param value from 1 to the number of nodes, or their weight; default: more than half
     * @return this builder
     */
    public QuorumBuilder<T, R> need(int value) {
        need = Require.range(value, 1, Integer.MAX_VALUE, "need");
        return this;
    }

    /**
     * Needs more than half.
     *
     * @return this builder
     */
    public QuorumBuilder<T, R> needMajority() {
        need = null;
        return this;
    }

    /**
     * How much the answer of a node counts. A node that weighs more than the others can spare is needed for each call: with weights of 3, 1, 1, 1 and
     * a need of 4 nothing goes without the first.
     *
     * @param value gives 1 to 1,000,000 for each node, always the same; asked when the quorum is built; default: 1 for each
     * @return this builder
     */
    public QuorumBuilder<T, R> weight(ToIntFunction<? super T> value) {
        weights = Require.nonNull(value, "weight");
        return this;
    }

    /**
     * Nodes that are asked in place of those that fail, and count like those: a sloppy quorum. It keeps writes going while nodes are away, and
     * gives up what a quorum is for: a read may miss what only they have. So it takes {@link #mayReadStale}. To bring what they were given to
     * the nodes that were away, a hinted handoff, is up to the application: {@link Tally} says who stood in.
     *
     * @param value distinct nodes, which are none of the others; together 15 at most
     * @return this builder
     */
    public QuorumBuilder<T, R> sloppy(List<Lease<T>> value) {
        standIns = List.copyOf(Require.nonNull(value, "sloppy"));
        return this;
    }

    /**
     * Says that reads and writes need not meet: a read may miss the newest write, and two writes may both be accepted.
     *
     * @return this builder; default: a quorum that needs no more than half of the nodes, and is not {@linkplain #pairedWith paired}, cannot be
     *     built; one that says this cannot be paired
     */
    public QuorumBuilder<T, R> mayReadStale() {
        mayReadStale = true;
        return this;
    }

    /**
     * Checks that reads meet writes: what the one needs and what the other needs is together more than all nodes, and what writes need is more
     * than half of them. Checked when it is built, and when either of the two is changed.
     *
     * @param other reads, where this one writes; writes, where this one reads; over the same nodes, with the same weights, which therefore
     *     stay: for other nodes, build a new pair
     * @return this builder
     */
    public QuorumBuilder<T, R> pairedWith(Quorum<?, ?> other) {
        Require.nonNull(other, "pairedWith");
        if (!pairs.contains(other)) {
            pairs = Stream.concat(pairs.stream(), Stream.of(other)).toList();
        }
        return this;
    }

    /**
     * Gives the newest answer. {@code null} is older than anything. Of answers that are equally new, that of the node which was listed first.
     *
     * @param value compares versions; must be a total order, and must not block
     * @return this builder
     */
    public QuorumBuilder<T, R> newest(Comparator<? super R> value) {
        Require.nonNull(value, "newest");
        combining = Combining.newest(value, null);
        return this;
    }

    /**
     * {@link #newest(Comparator)}, where answers that are equally new and not equal are handed to the application.
     *
     * @param value compares versions; must be a total order, and must not block
     * @param siblings gets the newest answers, each once, two or more, in the order of their nodes, and gives what is made of them
     * @return this builder
     */
    public QuorumBuilder<T, R> newest(Comparator<? super R> value, Function<? super List<R>, ? extends R> siblings) {
        combining = Combining.newest(Require.nonNull(value, "newest"), Require.nonNull(siblings, "siblings"));
        return this;
    }

    /**
     * Makes the result of the answers in a way of its own, such as where versions are not totally ordered.
     *
     * @param value gets what has become of each node; must not block; what it throws is what the call gives
     * @return this builder
     */
    public QuorumBuilder<T, R> combine(Function<? super Tally<T, R>, ? extends R> value) {
        combining = Combining.by(Require.nonNull(value, "combine"));
        return this;
    }

    /**
     * Repairs nodes that have answered with something older than the result of {@link #newest(Comparator)}, once the caller has that. No node
     * that has not answered is repaired. Up to 16 repairs are under way at a time; further ones are left to the next read, and counted.
     *
     * @param value writes the newest to a node, if it still has what it has answered
     * @return this builder
     */
    public QuorumBuilder<T, R> repair(Quorum.Repair<? super T, ? super R> value) {
        repair = Require.nonNull(value, "repair");
        return this;
    }

    /**
     * Builds the quorum.
     *
     * @return a new quorum
     * @throws IllegalArgumentException if there are no nodes, or one twice; if it needs more than there are; if nobody has said what is made of
     *     the answers of a read; if reads do not meet writes, and that was not said
     */
    public Quorum<T, R> build() {
        QuorumBuilder<T, R> settings = copy();
        settings.complete(null);
        Quorum<T, R> built = new Quorum<>(settings);
        settings.pairs.forEach(other -> other.isPairedWith(built));
        try {
            built.confirm(null, built.now());
        } catch (IllegalArgumentException wrong) {
            settings.pairs.forEach(other -> other.isNotPairedWith(built));
            throw wrong;
        }
        return built;
    }

    // ---- For the quorum ---------------------------------------------------------------------------------------------

    @Override
    int needed() {
        return need == null ? roster().majority() : need;
    }

    @Override
    Roster<T> newRoster(@Nullable Roster<T> before) {
        return Roster.of(nodes, standIns, weights, late, before, environment::nanoTime);
    }

    @Override
    void complete(@Nullable QuorumBuilder<T, R> before) {
        if (before != null && before.writes != writes) {
            throw new IllegalArgumentException("what change gave: the settings of " + (writes ? "writes" : "reads")
                    + " (expected: those that it was given)");
        }
        super.complete(before);
        int all = roster().weight;
        if (needed() > all) {
            throw new IllegalArgumentException("need: " + needed() + " (expected: 1 to " + all
                    + (weights == null ? ", the number of nodes)" : ", the weight of all nodes)"));
        }
        if (combining == null) {
            if (!writes) {
                throw new IllegalArgumentException(
                        "newest: missing (expected: newest(...) or combine(...), which say what is made of the answers)");
            }
            combining = Combining.first();
        }
        if (repair != null && !combining.isNewest()) {
            throw new IllegalArgumentException(
                    "repair: given (expected: only with newest(...), which says what is older)");
        }
        if (mayReadStale && !pairs.isEmpty()) {
            throw new IllegalArgumentException(
                    "mayReadStale: said, with pairedWith(" + pairs.get(0).name() + ") (expected: one of the two)");
        }
        if (!mayReadStale) {
            checkMajority();
            check();
        }
    }

    private void checkMajority() {
        if (!standIns.isEmpty()) {
            throw new IllegalArgumentException(
                    "sloppy: given (expected: with mayReadStale(), because what a node that stands in has accepted is not read)");
        }
        if (pairs.isEmpty() && needed() < roster().majority()) {
            throw new IllegalArgumentException("need: " + needed() + " (expected: " + roster().majority()
                    + " at least, more than half; or pairedWith(...), or mayReadStale())");
        }
    }

    @Override
    void check() {
        pairs.forEach(other -> checkPair(other.now()));
    }

    /** Whether the two meet. */
    void checkPair(QuorumBuilder<?, ?> other) {
        if (writes == other.writes) {
            throw new IllegalArgumentException("pairedWith: " + other.name + ", which " + (writes ? "writes" : "reads")
                    + " as well (expected: one of the two reads, and the other one writes)");
        }
        if (other.mayReadStale) {
            throw new IllegalArgumentException(
                    "pairedWith: " + other.name + ", which may read stale (expected: one that may not)");
        }
        if (!weights(this).equals(weights(other))) {
            throw new IllegalArgumentException("over: " + roster() + " (expected: the nodes of " + other.name + ", "
                    + other.roster() + ", with the same weights)");
        }
        int all = roster().weight;
        if (needed() + other.needed() <= all) {
            throw new IllegalArgumentException("need: " + needed() + " (expected: more than " + all
                    + " together with the " + other.needed() + " of " + other.name + ", so that reads meet writes)");
        }
        int written = writes ? needed() : other.needed();
        if (written < roster().majority()) {
            throw new IllegalArgumentException("need: " + written + " of " + (writes ? name : other.name)
                    + " (expected: " + roster().majority() + " at least, more than half, so that writes meet writes)");
        }
    }

    private static Map<Object, Integer> weights(QuorumBuilder<?, ?> of) {
        Map<Object, Integer> weights = new HashMap<>();
        of.roster().nodes.forEach(node -> weights.put(node.target(), node.weight));
        return weights;
    }

    @Override
    QuorumBuilder<T, R> copy() {
        QuorumBuilder<T, R> copy = copyTo(new QuorumBuilder<>(name, writes));
        copy.need = need;
        copy.mayReadStale = mayReadStale;
        copy.standIns = standIns;
        copy.weights = weights;
        copy.combining = combining;
        copy.repair = repair;
        copy.pairs = pairs;
        return copy;
    }

    @Override
    public String toString() {
        String nodes = roster == null ? "nodes" : String.valueOf(roster.weight);
        return (writes ? "writes, " : "reads, ") + (need == null ? "a majority" : need) + " of " + nodes
                + (asksAll ? "" : ", one more " + late);
    }
}
