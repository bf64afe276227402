// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Lease;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a recovery block: see {@link RecoveryBlock#builder}. Not thread-safe; a recovery block keeps a copy.
 *
 * @param <T> what the alternatives are
 * @param <R> their results
 */
public final class RecoveryBlockBuilder<T, R extends @Nullable Object> {
    final String name;
    Environment environment = Environment.standard();
    final List<Alternative<T, R>> alternatives = new ArrayList<>();
    Classifier<? super R> classifier = PollBuilder.FAILED;

    private @Nullable Predicate<? super R> accepted;

    /** One of several ways. */
    record Alternative<T, R extends @Nullable Object>(
            T way, String name, @Nullable Predicate<? super R> accepted) {}

    RecoveryBlockBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * Where time and timers come from.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public RecoveryBlockBuilder<T, R> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * The acceptance test of all alternatives that have none of their own.
     *
     * @param value says whether a result is good enough; gets {@code null} where an alternative gives it; where it throws, which is logged,
     *     the result is not accepted; must not block
     * @return this builder; default: every result is
     */
    public RecoveryBlockBuilder<T, R> accept(Predicate<? super R> value) {
        accepted = Require.nonNull(value, "accept");
        return this;
    }

    /**
     * The next alternative, which is tried when all before have failed.
     *
     * @param called 1 to 256 characters, not blank; each name once
     * @param way the alternative
     * @return this builder; it takes 1 to 15 alternatives
     */
    public RecoveryBlockBuilder<T, R> alternative(String called, T way) {
        alternatives.add(new Alternative<>(Require.nonNull(way, "alternative"), Require.name(called), null));
        return this;
    }

    /**
     * The next alternative, with an acceptance test of its own: a simpler one may be good enough for less.
     *
     * @param called 1 to 256 characters, not blank; each name once
     * @param way the alternative
     * @param acceptedIf as for {@link #accept}
     * @return this builder; it takes 1 to 15 alternatives
     */
    public RecoveryBlockBuilder<T, R> alternative(String called, T way, Predicate<? super R> acceptedIf) {
        alternatives.add(new Alternative<>(
                Require.nonNull(way, "alternative"),
                Require.name(called),
                Require.nonNull(acceptedIf, "acceptance test of " + called)));
        return this;
    }

    /**
     * Changes what is a failure, besides results that are not accepted.
     *
     * @param change gets the classifier so far, which starts as {@link Classifier#standard()} with every {@link Error} ignored, which ends the
     *     call, and refusals of policies as failures
     * @return this builder
     */
    @SuppressWarnings("unchecked") // Its rules are wider.
    public RecoveryBlockBuilder<T, R> classify(
            Function<? super Classifier<R>, ? extends Classifier<? super R>> change) {
        classifier = PollBuilder.FAILED.<R>with(
                Require.nonNull(Require.nonNull(change, "change").apply((Classifier<R>) classifier), "classifier"));
        return this;
    }

    /**
     * Builds the recovery block.
     *
     * @return a new recovery block
     * @throws IllegalArgumentException if there is no alternative, more than 15, or a name twice
     */
    public RecoveryBlock<T, R> build() {
        Require.range(alternatives.size(), 1, Roster.MOST, "number of alternatives");
        Set<String> names = new HashSet<>();
        for (Alternative<T, R> alternative : alternatives) {
            if (!names.add(alternative.name)) {
                throw new IllegalArgumentException(
                        "alternative: " + alternative.name + " twice (expected: each name once)");
            }
        }
        return new RecoveryBlock<>(this);
    }

    /** Each with its test around it. */
    List<Lease<T>> leases() {
        return alternatives.stream().map(this::lease).toList();
    }

    private Lease<T> lease(Alternative<T, R> each) {
        Predicate<? super R> test = each.accepted == null ? accepted : each.accepted;
        return (test == null
                        ? Lease.of(each.way)
                        : Lease.of(each.way, new AcceptanceTest<R>(name, environment, each.name, test)))
                .named(each.name);
    }
}
