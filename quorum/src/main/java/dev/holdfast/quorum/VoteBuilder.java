// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Lease;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a vote: see {@link Vote#builder}. Not thread-safe; a vote keeps a copy. Methods that change the type must be used by what
 * they return.
 *
 * @param <T> what the nodes are
 * @param <R> their results
 */
public final class VoteBuilder<T, R extends @Nullable Object> extends PollBuilder<T, R, VoteBuilder<T, R>> {
    private static final int MOST_LIARS = (Roster.MOST - 1) / 2;

    /** {@code null}: as many as the number of nodes allows. */
    @Nullable Integer liars;

    int silent;
    /** {@code null}: one more than liars. */
    @Nullable Integer equal;

    Function<? super R, ? extends @Nullable Object> key = answer -> answer;

    VoteBuilder(String name) {
        super(name);
    }

    @Override
    VoteBuilder<T, R> self() {
        return this;
    }

    /**
     * The nodes.
     *
     * @param <S> what they are
     * @param value 3 to 15 distinct ones, each with the policies around it; each name once
     * @return this builder, under its new type
     */
    @SuppressWarnings("unchecked") // The builder for other nodes is the same object.
    public <S extends T> VoteBuilder<S, R> over(List<? extends Lease<? extends S>> value) {
        VoteBuilder<S, R> same = (VoteBuilder<S, R>) this;
        same.nodes = List.copyOf((List<Lease<S>>) Require.nonNull(value, "over"));
        return same;
    }

    /**
     * The nodes, by what they say of themselves.
     *
     * @param <S> what they are
     * @param value 3 to 15 distinct ones
     * @return this builder, under its new type
     */
    @SafeVarargs
    public final <S extends T> VoteBuilder<S, R> over(S... value) {
        List<Lease<S>> leases = new ArrayList<>();
        for (S node : value) {
            leases.add(Lease.of(node));
        }
        return over(leases);
    }

    /**
     * How many nodes may answer wrongly, alike or not. An answer counts when one more has given it, so that one of those at least is right. It takes
     * {@code 2 * liars + 1} nodes, and one more for each {@linkplain #tolerateSilent silent} one.
     *
     * @param value 1 to 7; default: as many as the number of nodes allows
     * @return this builder
     */
    public VoteBuilder<T, R> tolerateLiars(int value) {
        liars = Require.range(value, 1, MOST_LIARS, "tolerateLiars");
        return this;
    }

    /**
     * Tolerates as many liars as the number of nodes allows.
     *
     * @return this builder
     */
    public VoteBuilder<T, R> tolerateMostLiars() {
        liars = null;
        return this;
    }

    /**
     * How many nodes besides may not answer at all, or not in time. With as many as there are liars it takes {@code 3 * f + 1} nodes: what is needed
     * where nobody can tell a slow node from one that is gone.
     *
     * @param value 0 to 12; default: 0, so that all nodes that are right have to answer in the worst case
     * @return this builder
     */
    public VoteBuilder<T, R> tolerateSilent(int value) {
        silent = Require.range(value, 0, Roster.MOST - 3, "tolerateSilent");
        return this;
    }

    /**
     * How many equal answers are needed. One more than liars shows that an answer is that of a node which is right. It does not show that it is
     * the newest, where nodes that are right differ: for that it takes {@link Vote#byzantineQuorum}.
     *
     * @param value more than {@link #tolerateLiars}, and no more than nodes that are right and answer; default: one more than liars
     * @return this builder
     */
    public VoteBuilder<T, R> needEqual(int value) {
        equal = Require.range(value, 2, Roster.MOST, "needEqual");
        return this;
    }

    /**
     * Needs one more equal answer than there are liars.
     *
     * @return this builder
     */
    public VoteBuilder<T, R> needOneMoreThanLiars() {
        equal = null;
        return this;
    }

    /**
     * Says which answers are the same: those whose keys are equal. Leave out of the key what differs from node to node, such as a time.
     *
     * @param value gives an object with {@code equals}, which an array has not; must not block; an answer at which it throws, which is logged, or
     *     gives {@code null}, is the same as no other; default: the answer itself, and {@code null} is the same as {@code null}
     * @return this builder
     */
    public VoteBuilder<T, R> sameBy(Function<? super R, ? extends @Nullable Object> value) {
        key = Require.nonNull(value, "sameBy");
        return this;
    }

    /**
     * Builds the vote.
     *
     * @return a new vote
     * @throws IllegalArgumentException if there are no nodes, one twice, or too few
     */
    public Vote<T, R> build() {
        VoteBuilder<T, R> settings = copy();
        settings.complete(null);
        return new Vote<>(settings);
    }

    // ---- For the vote -----------------------------------------------------------------------------------------------

    int liars() {
        return liars == null ? (roster().size - 1 - silent) / 2 : liars;
    }

    @Override
    int needed() {
        return equal == null ? liars() + 1 : equal;
    }

    @Override
    void complete(@Nullable VoteBuilder<T, R> before) {
        super.complete(before);
        int there = roster().size;
        int wanted = 2 * Math.max(1, liars()) + 1 + silent;
        if (there < wanted) {
            throw new IllegalArgumentException("number of nodes: " + there + " (expected: " + wanted + " at least, for "
                    + Math.max(1, liars()) + " that may lie and " + silent + " that may be silent)");
        }
        int right = there - liars() - silent;
        if (needed() <= liars() || needed() > right) {
            throw new IllegalArgumentException("needEqual: " + needed() + " (expected: " + (liars() + 1) + " to "
                    + right + ", the nodes that are right and answer)");
        }
    }

    @Override
    VoteBuilder<T, R> copy() {
        VoteBuilder<T, R> copy = copyTo(new VoteBuilder<>(name));
        copy.liars = liars;
        copy.silent = silent;
        copy.equal = equal;
        copy.key = key;
        return copy;
    }

    @Override
    public String toString() {
        String nodes = roster == null ? "nodes" : needed() + " equal of " + roster.size;
        return nodes + (asksAll ? "" : ", one more " + late);
    }
}
