// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Call;
import dev.holdfast.Checked;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Heat;
import dev.holdfast.Lease;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.Recovery;
import dev.holdfast.Targets;
import dev.holdfast.internal.Require;
import dev.holdfast.quorum.RecoveryBlockBuilder.Alternative;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Several ways to do the same, tried one after the other until one gives a result that an acceptance test accepts.
 *
 * <pre>
 *   alternative ── gives a result ── accepted ──▶ that result
 *        ▲ │ fails      └ not accepted
 *        │ └──────┬───────────┘
 *        │    rolled back ── that fails ────────▶ RollbackException: the state is unknown, nothing else is tried
 *        └── the next one ── there is none ─────▶ what the last one failed with, the earlier ones suppressed
 * </pre>
 *
 * <p>The recovery block of J. J. Horning, H. C. Lauer, P. M. Melliar-Smith and B. Randell, "A Program Structure for Error Detection and
 * Recovery", 1974. A fallback, by contrast, puts something lesser in the place of a failure; here each alternative does the whole task, and
 * is judged.
 *
 * <p><b>Threads.</b> All alternatives of a blocking call, their tests and rollbacks run on the caller's thread, with its transaction and
 * thread-locals. Of an asynchronous call, test and rollback run where the alternative's stage is completed.
 *
 * <p>Safe to share between threads.
 *
 * @param <T> what the alternatives are
 * @param <R> their results
 */
public final class RecoveryBlock<T, R extends @Nullable Object> extends Race<R> {
    private static final Targets<Object> ALTERNATIVES = (call, tried) -> null;

    /**
     * Undoes what an alternative did.
     *
     * @param <T> what the alternatives are
     * @param <R> their results
     */
    @FunctionalInterface
    public interface Rollback<T, R extends @Nullable Object> {
        /**
         * Undoes what an alternative did. A thread that was interrupted is not while this runs, and is so again afterwards.
         *
         * @param alternative which
         * @param outcome what it came to: a failure, or a result that is not accepted, which nobody else gets
         * @throws Exception if it cannot be undone; then no other alternative is tried
         */
        void rollBack(T alternative, Outcome<? extends R> outcome) throws Exception;
    }

    private final List<Lease<Alternative<T, R>>> alternatives;
    private final Classifier<? super R> classifier;
    private final @Nullable Rollback<? super T, ? super R> rollback;
    private final LongAdder[] accepted;
    private final LongAdder failed = new LongAdder();
    private final LongAdder ignored = new LongAdder();
    private final LongAdder rolledBack = new LongAdder();
    private final LongAdder notRolledBack = new LongAdder();

    RecoveryBlock(RecoveryBlockBuilder<T, R> settings) {
        super(settings.name, settings.environment);
        this.alternatives = settings.complete().stream()
                .map(each -> Lease.of(each).named(each.name()))
                .toList();
        this.classifier = settings.classifier;
        this.rollback = settings.rollback;
        this.accepted =
                Stream.generate(LongAdder::new).limit(alternatives.size()).toArray(LongAdder[]::new);
    }

    /**
     * Starts to build a recovery block.
     *
     * @param <T> what the alternatives are, such as functions
     * @param <R> their results
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static <T, R extends @Nullable Object> RecoveryBlockBuilder<T, R> builder(String name) {
        return new RecoveryBlockBuilder<>(name);
    }

    /**
     * Builds a recovery block of functions that change nothing, which are called {@code alternative-1} and so on.
     *
     * <pre>{@code
     * RecoveryBlock<Function<Order, Route>, Route> plan = RecoveryBlock.of("plan", Route::isFeasible, fast::plan, exact::plan);
     * Route route = plan.call(way -> way.apply(order));
     * }</pre>
     *
     * @param <A> what they are given
     * @param <R> what they give
     * @param name 1 to 256 characters, not blank
     * @param accepted the acceptance test: see {@link RecoveryBlockBuilder#accept}
     * @param alternatives 1 to 15, the first one first
     * @return a new recovery block
     */
    @SafeVarargs
    public static <A extends @Nullable Object, R extends @Nullable Object> RecoveryBlock<Function<A, R>, R> of(
            String name, Predicate<? super R> accepted, Function<A, R>... alternatives) {
        RecoveryBlockBuilder<Function<A, R>, R> builder =
                RecoveryBlock.<Function<A, R>, R>builder(name).accept(accepted);
        for (Function<A, R> alternative : alternatives) {
            builder.alternative("alternative-" + (builder.alternatives.size() + 1), alternative);
        }
        return builder.build();
    }

    // ---- Calls ------------------------------------------------------------------------------------------------------

    /**
     * Tries the alternatives.
     *
     * @param <X> what the work throws
     * @param work does the task by one alternative
     * @return the first result that is accepted
     * @throws X what the last alternative failed with
     * @throws NotAcceptedException if the result of the last alternative is not accepted
     * @throws RollbackException if what an alternative did could not be undone
     */
    public <X extends Exception> R call(Checked.Function<? super T, ? extends R, X> work) throws X {
        return call(this, work);
    }

    /**
     * Tries the alternatives through policies around this one, and inside of it.
     *
     * @param <X> what the work throws
     * @param through policies, of which this one is one
     * @param work does the task by one alternative
     * @return what the policies give
     * @throws X what the last alternative failed with, unless a policy helps
     */
    @SuppressWarnings("unchecked") // The race puts an alternative in the place of the argument.
    public <X extends Exception> R call(Policy<? super R> through, Checked.Function<? super T, ? extends R, X> work)
            throws X {
        Require.nonNull(work, "work");
        return ALTERNATIVES.<R, X>call(through, alternative -> attempt((Alternative<T, R>) alternative, work));
    }

    /**
     * {@link #call(Checked.Function)} for work that gives a stage.
     *
     * @param work does the task by one alternative
     * @return the call's future
     */
    public CompletableFuture<R> callAsync(Function<? super T, ? extends CompletionStage<? extends R>> work) {
        return callAsync(this, work);
    }

    /**
     * {@link #call(Policy, Checked.Function)} for work that gives a stage.
     *
     * @param through policies, of which this one is one
     * @param work does the task by one alternative
     * @return the call's future
     */
    @SuppressWarnings("unchecked") // The race puts an alternative in the place of the argument.
    public CompletableFuture<R> callAsync(
            Policy<? super R> through, Function<? super T, ? extends CompletionStage<? extends R>> work) {
        Require.nonNull(work, "work");
        return ALTERNATIVES.<R>callAsync(through, alternative -> attemptAsync((Alternative<T, R>) alternative, work));
    }

    private <X extends Exception> R attempt(
            Alternative<T, R> alternative, Checked.Function<? super T, ? extends R, X> work) throws X {
        R result;
        try {
            result = work.apply(alternative.way());
        } catch (Throwable thrown) {
            rollBack(alternative, Outcome.ofFailure(thrown), thrown);
            throw thrown;
        }
        judge(alternative, result);
        return result;
    }

    private CompletionStage<R> attemptAsync(
            Alternative<T, R> alternative, Function<? super T, ? extends CompletionStage<? extends R>> work) {
        CompletionStage<? extends R> stage;
        try {
            stage = Require.nonNull(work.apply(alternative.way()), "what the work gave");
        } catch (Throwable thrown) {
            rollBack(alternative, Outcome.ofFailure(thrown), thrown);
            throw thrown;
        }
        Judged<R> judged = new Judged<>(stage);
        stage.whenComplete((result, thrown) -> {
            Throwable failure = failureOf(alternative, result, thrown);
            if (failure == null) {
                judged.complete(result);
            } else {
                judged.completeExceptionally(failure);
            }
        });
        return judged;
    }

    private @Nullable Throwable failureOf(Alternative<T, R> alternative, R result, @Nullable Throwable thrown) {
        try {
            if (thrown == null) {
                judge(alternative, result);
            } else {
                rollBack(alternative, Outcome.ofFailure(thrown), thrown);
            }
            return thrown;
        } catch (Throwable failure) {
            return failure;
        }
    }

    /** What becomes of an alternative's stage. Who cancels it cancels the stage. */
    private static final class Judged<R extends @Nullable Object> extends CompletableFuture<R> {
        private final CompletionStage<? extends R> stage;

        Judged(CompletionStage<? extends R> stage) {
            this.stage = stage;
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            boolean cancelled = super.cancel(mayInterruptIfRunning);
            tryTo(() -> stage.toCompletableFuture().cancel(mayInterruptIfRunning));
            return cancelled;
        }
    }

    /** The acceptance test; throws unless the result passes. */
    private void judge(Alternative<T, R> alternative, R result) {
        NotAcceptedException notAccepted;
        try {
            if (Require.nonNull(alternative.accepted(), "acceptance test").test(result)) {
                return;
            }
            notAccepted = new NotAcceptedException(name(), alternative.name(), null);
        } catch (Throwable thrown) {
            notAccepted = new NotAcceptedException(name(), alternative.name(), thrown);
        }
        rollBack(alternative, Outcome.ofResult(result), notAccepted);
        throw notAccepted;
    }

    private void rollBack(Alternative<T, R> alternative, Outcome<R> outcome, Throwable why) {
        if (rollback == null) {
            return;
        }
        boolean isInterrupted = Thread.interrupted();
        try {
            rollback.rollBack(alternative.way(), outcome);
            rolledBack.increment();
        } catch (Throwable thrown) {
            notRolledBack.increment();
            throw new RollbackException(name(), alternative.name(), thrown, why);
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // ---- The pattern ------------------------------------------------------------------------------------------------

    @Override
    protected int attempts() {
        return alternatives.size();
    }

    @Override
    protected Classifier<? super R> classifier() {
        return classifier;
    }

    @Override
    protected Lease<?> target(@Nullable Call call) {
        return alternatives.get(0);
    }

    @Override
    protected long headStart(@Nullable Call call) {
        return HOLD;
    }

    @Override
    protected long next(Heat<R> heat, long now) {
        if (heat.underWay() > 0 || !heat.canStart()) {
            return HOLD;
        }
        heat.aim(alternatives.get(heat.started()));
        return START;
    }

    @Override
    protected void decided(int attempt, @Nullable Ending ending, int started) {
        if (ending == Ending.SUCCESS) {
            accepted[attempt].increment();
        } else {
            (ending == Ending.IGNORED ? ignored : failed).increment();
        }
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        Policy<?> other = first(inside, Recovery.class);
        return other == null
                ? null
                : "does not see the failures that " + title(other) + " replaces, which belongs outside of "
                        + title(this);
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    /**
     * What has happened here since it was built.
     *
     * @return counts that only grow
     */
    public Counts counts() {
        return new Counts(
                Stream.of(accepted).map(LongAdder::sum).toList(),
                failed.sum(),
                ignored.sum(),
                rolledBack.sum(),
                notRolledBack.sum());
    }

    /**
     * What has happened at a recovery block since it was built. Calls that were given up between two alternatives are in none of the first
     * three.
     *
     * @param accepted calls that got the result of each alternative, in their order
     * @param failed calls for which no alternative gave a result that was accepted
     * @param ignored calls that ended with an outcome that is no failure of an alternative, such as an interrupt, or a rollback that failed
     * @param rolledBack alternatives that were rolled back
     * @param notRolledBack rollbacks that failed
     */
    public record Counts(List<Long> accepted, long failed, long ignored, long rolledBack, long notRolledBack) {}

    @Override
    protected List<Meter> ownMeters() {
        List<Meter> meters = new ArrayList<>();
        for (int i = 0; i < accepted.length; i++) {
            meters.add(Meter.counter(
                            "holdfast.recoveryblock.accepted",
                            "{call}",
                            "Calls that got the result of an alternative.",
                            accepted[i]::sum)
                    .with("holdfast.alternative", alternatives.get(i).name()));
        }
        meters.add(others("failed", failed::sum));
        meters.add(others("ignored", ignored::sum));
        meters.add(rollbacks("done", rolledBack::sum));
        meters.add(rollbacks("failed", notRolledBack::sum));
        return List.copyOf(meters);
    }

    private static Meter others(String outcome, LongSupplier count) {
        return Meter.counter(
                        "holdfast.recoveryblock.others",
                        "{call}",
                        "Calls that got no result: because no alternative gave one that was accepted, or because of something else, such as an interrupt.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    private static Meter rollbacks(String outcome, LongSupplier count) {
        return Meter.counter(
                        "holdfast.recoveryblock.rollbacks",
                        "{attempt}",
                        "Alternatives that were rolled back, or were to be.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    @Override
    public String toString() {
        return "RecoveryBlock[" + quotedName() + " "
                + alternatives.stream().map(Lease::name).toList() + "]";
    }
}
