// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Lease;
import dev.holdfast.RejectedException;
import dev.holdfast.internal.Lateness;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What can be set of whatever asks several nodes: a {@link Quorum}, a {@link Vote}.
 *
 * @param <T> what the nodes are
 * @param <R> their results
 * @param <B> the builder itself
 */
public abstract sealed class PollBuilder<T, R extends @Nullable Object, B extends PollBuilder<T, R, B>>
        permits QuorumBuilder, VoteBuilder {
    /** What is a failure by default. */
    static final Classifier<@Nullable Object> FAILED =
            Classifier.standard().ignore(Error.class).failOn(RejectedException.class);

    final String name;
    Environment environment = Environment.standard();
    Lateness late = Lateness.USUAL;
    boolean inOrder;
    boolean asksAll;
    boolean othersFinish;
    int atMost = 100;
    Classifier<? super R> classifier = FAILED;
    List<Lease<T>> nodes = List.of();

    @Nullable Executor executor;

    @Nullable Roster<T> roster;
    /** How many nodes are asked at first, at least. */
    int firstAsked;
    /** How many nodes there have been at most: calls under way keep those that they began with. */
    int mostNodes;
    /** Whether the next rule takes the place of those that are there. */
    private boolean replacesRules;

    PollBuilder(String name) {
        this.name = Require.name(name);
    }

    abstract B self();

    /** A copy, without what the subclass has. */
    final B copyTo(B copy) {
        copy.environment = environment;
        copy.late = late;
        copy.inOrder = inOrder;
        copy.asksAll = asksAll;
        copy.othersFinish = othersFinish;
        copy.classifier = classifier;
        copy.nodes = nodes;
        copy.executor = executor;
        copy.roster = roster;
        copy.firstAsked = firstAsked;
        copy.mostNodes = mostNodes;
        copy.atMost = atMost;
        return copy;
    }

    abstract B copy();

    /**
     * Where time, timers and threads come from.
     *
     * @param value default: {@link Environment#standard()}; cannot be changed by a reconfiguration
     * @return this builder
     */
    public B environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return self();
    }

    /**
     * Asks one more node when as much time has passed since the last was asked as a share of answers take. What a node takes is known from at
     * least 100 of its answers, of the last ten to twenty seconds or, where there are few calls, the last 500 to 1,000; what counts is the
     * median node, so that one which is slow or hangs makes nobody patient.
     *
     * @param share more than 0 and less than 1; default: 0.95
     * @param untilKnown zero or longer; the delay of a node until 100 of its answers were seen; default: 100 ms
     * @return this builder
     */
    public B spareAfterQuantile(double share, Duration untilKnown) {
        late = late.withQuantile(share, untilKnown, "spareAfterQuantile");
        return self();
    }

    /**
     * Asks one more node always after the same time since the last was asked.
     *
     * @param delay zero or longer
     * @return this builder
     */
    public B spareAfter(Duration delay) {
        late = late.withFixed(delay, "spareAfter");
        return self();
    }

    /**
     * Bounds of the delay that is learned.
     *
     * @param min zero or longer; default: 1 ms
     * @param max no shorter than that; default: 10 s
     * @return this builder
     */
    public B between(Duration min, Duration max) {
        late = late.between(min, max);
        return self();
    }

    /**
     * Whether all nodes are asked at once, and not only as many as are needed.
     *
     * @param value default: as the kind of call says
     * @return this builder
     */
    public B askAll(boolean value) {
        asksAll = value;
        return self();
    }

    /**
     * Whether the nodes that are listed first are asked first, such as those that are nearest. By default each is asked first for as many
     * calls as any other.
     *
     * @param value default: {@code false}
     * @return this builder
     */
    public B inOrder(boolean value) {
        inOrder = value;
        return self();
    }

    /**
     * Whether nodes that were asked, and have not answered when the call is decided, go on. Otherwise they are called off.
     *
     * @param value default: as the kind of call says
     * @return this builder
     */
    public B letOthersFinish(boolean value) {
        othersFinish = value;
        return self();
    }

    /**
     * Where blocking calls ask the nodes. Nodes for which it refuses a thread are not asked; those that it keeps in a queue are late.
     *
     * @param value stays the caller's; default: threads that all quorums and votes share: before Java 24 2,000 at most, which end when they have
     *     been idle for ten seconds, and virtual ones from then on
     * @return this builder
     */
    public B runOn(Executor value) {
        executor = Require.nonNull(value, "executor");
        return self();
    }

    /**
     * How many threads may be asking the same node at a time: one that hangs holds each thread that asks it. Beyond that it has failed, by a
     * {@link NodeBusyException}. Work that gives a stage holds no thread.
     *
     * @param value 1 or more, and not less than the calls that are under way there when all is well; default: 100
     * @return this builder
     */
    public B atMost(int value) {
        atMost = Require.range(value, 1, Integer.MAX_VALUE, "atMost");
        return self();
    }

    /**
     * Changes what is a failure of a node. In a reconfiguration, {@code classify(so -> so)} goes back to the defaults.
     *
     * @param change gets the classifier so far, which starts as {@link Classifier#standard()} with every {@link Error} ignored, which ends the
     *     call, and refusals of policies as failures; in a reconfiguration it starts so again
     * @return this builder
     */
    @SuppressWarnings("unchecked") // Its rules are wider.
    public B classify(Function<? super Classifier<R>, ? extends Classifier<? super R>> change) {
        Classifier<? super R> before = replacesRules ? FAILED : classifier;
        replaceRules(Require.nonNull(Require.nonNull(change, "change").apply((Classifier<R>) before), "classifier"));
        return self();
    }

    /** These rules, and nothing that was said before. */
    final void replaceRules(Classifier<? super R> rules) {
        classifier = FAILED.<R>with(rules);
        replacesRules = false;
    }

    /** For a reconfiguration: the first rule that it gives takes the place of all that are there. */
    final B replacingRules() {
        replacesRules = true;
        return self();
    }

    final Roster<T> roster() {
        return Require.nonNull(roster, "roster");
    }

    /** Ready for use, after those settings; sets the roster first. */
    void complete(@Nullable B before) {
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException(
                    "over: missing (expected: nodes, which are given in code, by over(...))");
        }
        roster = newRoster(before == null ? null : before.roster);
        roster.belongsTo(this);
        firstAsked = asksAll ? roster.size : roster.atLeast(needed());
        mostNodes = Math.max(roster.nodes.size(), before == null ? 0 : before.mostNodes);
    }

    /** What depends on others, who may change at any time. */
    void check() {}

    Roster<T> newRoster(@Nullable Roster<T> before) {
        return Roster.of(nodes, List.of(), null, late, before, environment::nanoTime);
    }

    /** How much has to come together. */
    abstract int needed();
}
