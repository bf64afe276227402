// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Checked;
import dev.holdfast.Lease;
import dev.holdfast.Policy;
import dev.holdfast.Targets;
import dev.holdfast.internal.Require;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Calls of replicas through policies, of which one is a race over them: see {@link Replicas#through}. Immutable; keep one for each way in which
 * calls are made. Safe to use from any thread.
 *
 * @param <T> what the nodes are
 * @param <R> the results that the policies look at
 */
public final class Through<T, R extends @Nullable Object> {
    private final Targets<T> targets;
    private final Policy<R> policies;

    Through(Targets<T> targets, Policy<R> policies) {
        this.targets = targets;
        this.policies = Require.nonNull(policies, "policies");
    }

    /**
     * Calls a node.
     *
     * @param <S> the result
     * @param <X> what the work throws
     * @param work gets the node
     * @return what the policies give
     * @throws X if the work does, and no policy helps
     * @throws NoNodeException if no node takes the call
     */
    public <S extends R, X extends Exception> S call(Checked.Function<? super T, ? extends S, X> work) throws X {
        return targets.<S, X>call(policies, work);
    }

    /**
     * {@link #call} for work without a result.
     *
     * @param <X> what the work throws
     * @param work gets the node
     * @throws X if the work does, and no policy helps
     * @throws NoNodeException if no node takes the call
     */
    @SuppressWarnings("NullAway") // Nobody gets the result.
    public <X extends Exception> void run(Checked.Consumer<? super T, X> work) throws X {
        Require.nonNull(work, "work");
        targets.<R, X>call(policies, node -> {
            work.accept(node);
            return null;
        });
    }

    /**
     * {@link #call} for work that gives a stage.
     *
     * @param <S> the result
     * @param work gets the node
     * @return the call's future
     */
    public <S extends R> CompletableFuture<S> callAsync(
            Function<? super T, ? extends CompletionStage<? extends S>> work) {
        return targets.<S>callAsync(policies, work);
    }

    /**
     * A function whose calls go to a node. What it is called with is the key of {@link Pick#byKey()}.
     *
     * <pre>{@code
     * Function<Sku, Stock> stock = stocks.through(failover).function(StockClient::stock);
     * }</pre>
     *
     * @param <A> the argument
     * @param <S> the result
     * @param work gets the node, and the argument
     * @return a function
     */
    @SuppressWarnings("unchecked") // The race puts one of these nodes in the place of the argument.
    public <A extends @Nullable Object, S extends R> Function<A, S> function(
            BiFunction<? super T, ? super A, ? extends S> work) {
        Require.nonNull(work, "work");
        BiFunction<Object, A, S> whole =
                policies.<Object, A, S>biFunction((node, argument) -> work.apply((T) checked(node), argument));
        return argument -> whole.apply(Lease.place(), argument);
    }

    /**
     * {@link #function} for work that gives a stage.
     *
     * @param <A> the argument
     * @param <S> the result
     * @param work gets the node, and the argument
     * @return a function
     */
    @SuppressWarnings("unchecked") // The race puts one of these nodes in the place of the argument.
    public <A extends @Nullable Object, S extends R> Function<A, CompletableFuture<S>> asyncFunction(
            BiFunction<? super T, ? super A, ? extends CompletionStage<? extends S>> work) {
        Require.nonNull(work, "work");
        BiFunction<Object, A, CompletableFuture<S>> whole =
                policies.<Object, A, S>asyncBiFunction((node, argument) -> work.apply((T) checked(node), argument));
        return argument -> whole.apply(Lease.place(), argument);
    }

    private Object checked(Object node) {
        if (node == Lease.place()) {
            throw new IllegalArgumentException(
                    policies + ": no node (expected: policies of which one is the race over these replicas)");
        }
        return node;
    }

    @Override
    public String toString() {
        return targets + " through " + policies;
    }
}
