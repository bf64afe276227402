// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where the attempts of a {@link Race} go: picks one target for each, and none twice for one call. Implementations must be safe to use
 * from any thread, and must not block.
 *
 * <pre>{@code
 * Targets<StockClient> stocks = Targets.inTurn(List.of(Lease.of(berlin), Lease.of(paris)));
 * Hedge<Object> hedge = Hedge.builder("inventory").repeatable().over(stocks).build();
 * Stock stock = stocks.call(hedge, node -> node.stock(sku));
 * }</pre>
 *
 * @param <T> what the targets are
 */
@FunctionalInterface
public interface Targets<T> {
    /**
     * Picks a target for an attempt that is about to start.
     *
     * @param call the call's context, or {@code null} if nobody wants to know it
     * @param tried the targets of the attempts of this call so far, in the order of their starts
     * @return another one than those; {@code null} if there is none left
     * @throws RejectedException if there is none at all now: the caller gets that
     */
    @Nullable Lease<T> pick(@Nullable Call call, List<Lease<?>> tried);

    /**
     * Always the same targets, each first for as many calls as any other.
     *
     * @param <T> what they are
     * @param leases one or more; none twice
     * @return targets
     * @throws IllegalArgumentException if there is none, or one target twice
     */
    static <T> Targets<T> inTurn(List<Lease<T>> leases) {
        List<Lease<T>> all = List.copyOf(leases);
        Require.range(all.size(), 1, Integer.MAX_VALUE, "number of targets");
        HashSet<T> distinct = new HashSet<>();
        for (Lease<T> lease : all) {
            if (!distinct.add(lease.target())) {
                throw new IllegalArgumentException("targets: " + lease.target() + " twice (expected: once)");
            }
        }
        AtomicInteger turn = new AtomicInteger();
        return (call, tried) -> {
            int first = tried.isEmpty() ? turn.getAndIncrement() : all.indexOf(tried.get(0)) + 1;
            for (int i = 0; i < all.size(); i++) {
                Lease<T> next = all.get(Math.floorMod(first + i, all.size()));
                if (!tried.contains(next)) {
                    return next;
                }
            }
            return null;
        };
    }

    /**
     * Calls one of the targets, or several, through policies of which one is a race that has these targets.
     *
     * @param <R> the result
     * @param <X> what the work throws
     * @param through the policies
     * @param work is given the target of each attempt
     * @return what the policies give
     * @throws X if the work does, and no policy helps
     */
    @SuppressWarnings("unchecked") // The race puts one of these targets in the place of the argument.
    default <R extends @Nullable Object, X extends Exception> R call(
            Policy<? super R> through, Checked.Function<? super T, ? extends R, X> work) throws X {
        Checked.Function<Object, R, X> ofObject = target -> work.apply((T) Lease.checked(target, through));
        return Require.nonNull(through, "through")
                .<Object, R, X>checkedFunction(ofObject)
                .apply(Lease.place());
    }

    /**
     * {@link #call(Policy, Checked.Function)} for work that leaves something behind: an attempt that has begun its work is rolled back when
     * that fails, or its call is given up, or it succeeds and another one decides the race, before it or at the same time. It is after its work
     * has ended, outside of what guards the attempt, and before another one starts, unless several run side by side, and before the caller has an
     * outcome: on the thread of the attempt, without the call's deadlines, and without its interrupt, which both show afterwards. An attempt that
     * succeeds in vain is rolled back on another thread, and nobody waits for that. Where several successes are needed, an attempt that has
     * succeeded stays; and so does what has decided the race, whatever becomes of the call afterwards.
     *
     * <p>Work that a policy inside has given up while it runs on a thread of its own, as a timeout around a bulkhead does, is waited for, half a
     * second at most: if it has not ended by then, the call ends with a {@link RollbackFailedException}, and the work is rolled back when it ends.
     *
     * @param <R> the result
     * @param <X> what the work throws
     * @param through the policies
     * @param work is given the target of each attempt
     * @param rollback is given the target on which to undo what the work has done, perhaps in part; it must not need much time. What it throws ends the
     *     call with a {@link RollbackFailedException}, and is logged
     * @return what the policies give
     * @throws X if the work does, and no policy helps
     */
    @SuppressWarnings("unchecked") // The race puts one of these targets in the place of the argument.
    default <R extends @Nullable Object, X extends Exception> R call(
            Policy<? super R> through,
            Checked.Function<? super T, ? extends R, X> work,
            Checked.Consumer<? super T, ?> rollback)
            throws X {
        Checked.Function<Object, R, X> reversible = new Rollback.Blocking<>(
                (Checked.Function<Object, ? extends R, X>) Require.nonNull(work, "work"),
                (Checked.Consumer<Object, ?>) Require.nonNull(rollback, "rollback"),
                Require.nonNull(through, "through"));
        return through.<Object, R, X>checkedFunction(reversible).apply(Lease.place());
    }

    /**
     * {@link #call(Policy, Checked.Function)} for work that gives a stage.
     *
     * @param <R> the result
     * @param through the policies
     * @param work is given the target of each attempt
     * @return the call's future
     */
    @SuppressWarnings("unchecked") // The race puts one of these targets in the place of the argument.
    default <R extends @Nullable Object> CompletableFuture<R> callAsync(
            Policy<? super R> through, Function<? super T, ? extends CompletionStage<? extends R>> work) {
        Function<Object, CompletionStage<? extends R>> ofObject =
                target -> work.apply((T) Lease.checked(target, through));
        return Require.nonNull(through, "through")
                .<Object, R>asyncFunction(ofObject)
                .apply(Lease.place());
    }

    /**
     * {@link #call(Policy, Checked.Function, Checked.Consumer)} for work that gives a stage: a rollback starts when that has ended, also one
     * that was cancelled and goes on. A plain {@link CompletableFuture} is not cancelled: that would end nothing but the future, and what its
     * work has yet to leave behind nobody would roll back. A stage of another class that ends when it is cancelled has to mean it.
     *
     * <p>So an attempt that a policy inside has given up, such as a timeout, lasts until its stage ends, however long: it is a timeout around the
     * whole that bounds the call. A call that is cancelled, or has no more time, ends at once, and nobody waits for its rollbacks.
     *
     * @param <R> the result
     * @param through the policies
     * @param work is given the target of each attempt
     * @param rollback is given the target; its stage ends when there is nothing left; must not block
     * @return the call's future
     */
    @SuppressWarnings("unchecked") // The race puts one of these targets in the place of the argument.
    default <R extends @Nullable Object> CompletableFuture<R> callAsync(
            Policy<? super R> through,
            Function<? super T, ? extends CompletionStage<? extends R>> work,
            Function<? super T, ? extends CompletionStage<?>> rollback) {
        Function<Object, CompletionStage<? extends R>> reversible = new Rollback.Async<>(
                (Function<Object, ? extends CompletionStage<? extends R>>) Require.nonNull(work, "work"),
                (Function<Object, ? extends CompletionStage<?>>) Require.nonNull(rollback, "rollback"),
                Require.nonNull(through, "through"));
        return through.<Object, R>asyncFunction(reversible).apply(Lease.place());
    }
}
