// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Call;
import dev.holdfast.Checked;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Heat;
import dev.holdfast.Lease;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.Source;
import dev.holdfast.Targets;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 *        │        │              rolled back: fails ──▶ a RollbackFailedException
 *        └── the next one ── there is none ─────▶ what the last one failed with, the earlier ones suppressed
 * </pre>
 *
 * <p>After the recovery block of J. J. Horning, H. C. Lauer, P. M. Melliar-Smith and B. Randell, "A Program Structure for Error Detection and
 * Recovery", 1974, but for its recovery cache: the caller says how to {@linkplain #call(Checked.Function, Checked.Consumer) roll back} what an
 * alternative has done, and otherwise nothing is undone. A fallback, by contrast, puts something lesser in the place of a failure; here each alternative does the whole task, and is
 * judged.
 *
 * <p><b>Threads.</b> All alternatives of a blocking call, and their tests, run on the caller's thread. Of an asynchronous call, the test runs where
 * the alternative's stage is completed.
 *
 * <p>Safe to share between threads.
 *
 * @param <T> what the alternatives are
 * @param <R> their results
 */
public final class RecoveryBlock<T, R extends @Nullable Object> extends Race<R> {
    /**
     * An alternative has failed, or its result is not accepted, and the next one is tried.
     *
     * @param source the recovery block
     * @param call the call's context
     * @param alternative the alternative's name
     * @param outcome what it came to
     */
    public record PassedOver(Source source, Call call, String alternative, Outcome<?> outcome) implements Event.OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "alternative", alternative, "outcome", outcome);
        }

        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /** The place of an alternative in a call: this race puts one there. */
    private final Targets<T> ways = (call, tried) -> null;

    private final List<Lease<T>> alternatives;
    private final Classifier<? super R> classifier;
    private final LongAdder[] accepted;
    private final LongAdder failed = new LongAdder();
    private final LongAdder ignored = new LongAdder();
    private final LongAdder rolledBack = new LongAdder();
    private final LongAdder notRolledBack = new LongAdder();

    RecoveryBlock(RecoveryBlockBuilder<T, R> settings) {
        super(settings.name, settings.environment);
        this.alternatives = settings.leases();
        this.classifier = settings.classifier;
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
     * Builds a recovery block of functions, which are called {@code alternative-1} and so on.
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
    public <X extends Exception> R call(Policy<? super R> through, Checked.Function<? super T, ? extends R, X> work)
            throws X {
        return ways.call(through, Require.nonNull(work, "work"));
    }

    /**
     * {@link #call(Checked.Function)} for work that changes something: what an alternative has done that is not accepted is rolled back before
     * the next one is tried, and before the call ends; also when it ends because its time is over. See
     * {@link Targets#call(Policy, Checked.Function, Checked.Consumer)}.
     *
     * @param <X> what the work throws
     * @param work does the task by one alternative
     * @param rollback undoes what the work has done by that alternative, perhaps in part; what it throws ends the call with a
     *     {@link dev.holdfast.RollbackFailedException}, and no other alternative is tried
     * @return the first result that is accepted
     * @throws X what the last alternative failed with
     */
    public <X extends Exception> R call(
            Checked.Function<? super T, ? extends R, X> work, Checked.Consumer<? super T, ?> rollback) throws X {
        return call(this, work, rollback);
    }

    /**
     * {@link #call(Checked.Function, Checked.Consumer)} through policies.
     *
     * @param <X> what the work throws
     * @param through policies, of which this one is one
     * @param work does the task by one alternative
     * @param rollback undoes what the work has done by that alternative
     * @return what the policies give
     * @throws X what the last alternative failed with, unless a policy helps
     */
    public <X extends Exception> R call(
            Policy<? super R> through,
            Checked.Function<? super T, ? extends R, X> work,
            Checked.Consumer<? super T, ?> rollback)
            throws X {
        return ways.call(through, work, rollback);
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
    public CompletableFuture<R> callAsync(
            Policy<? super R> through, Function<? super T, ? extends CompletionStage<? extends R>> work) {
        return ways.callAsync(through, Require.nonNull(work, "work"));
    }

    /**
     * {@link #call(Checked.Function, Checked.Consumer)} for work that gives a stage.
     *
     * @param work does the task by one alternative
     * @param rollback undoes what the work has done by that alternative; its stage ends when that is done
     * @return the call's future
     */
    public CompletableFuture<R> callAsync(
            Function<? super T, ? extends CompletionStage<? extends R>> work,
            Function<? super T, ? extends CompletionStage<?>> rollback) {
        return callAsync(this, work, rollback);
    }

    /**
     * {@link #call(Policy, Checked.Function, Checked.Consumer)} for work that gives a stage, and what its stages mean:
     * {@link Targets#callAsync(Policy, Function, Function)}.
     *
     * @param through policies, of which this one is one
     * @param work does the task by one alternative
     * @param rollback undoes what the work has done by that alternative; its stage ends when that is done
     * @return the call's future
     */
    public CompletableFuture<R> callAsync(
            Policy<? super R> through,
            Function<? super T, ? extends CompletionStage<? extends R>> work,
            Function<? super T, ? extends CompletionStage<?>> rollback) {
        return ways.callAsync(through, work, rollback);
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
        tellPassedOver(heat, heat.started() - 1);
        heat.aim(alternatives.get(heat.started()));
        return START;
    }

    private void tellPassedOver(Heat<R> heat, int attempt) {
        Call call = heat.call();
        Outcome<R> outcome = heat.outcome(attempt);
        if (call != null && outcome != null && isWatched(PassedOver.class)) {
            tell(new PassedOver(this, call, alternatives.get(attempt).name(), outcome));
        }
    }

    @Override
    protected boolean needsPlace() {
        return true;
    }

    @Override
    protected Set<Class<? extends Event>> events() {
        Set<Class<? extends Event>> all = new LinkedHashSet<>(super.events());
        all.add(PassedOver.class);
        return Set.copyOf(all);
    }

    @Override
    protected void rolledBack(Lease<?> target, @Nullable Throwable failure) {
        (failure == null ? rolledBack : notRolledBack).increment();
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
        return failuresHidden(inside);
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
     * @param ignored calls that ended with an outcome that is no failure of an alternative, such as an interrupt
     * @param rolledBack alternatives whose work was rolled back
     * @param notRolledBack alternatives whose rollback failed
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
                        "{rollback}",
                        "Alternatives that were passed over or given up and had something to roll back.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    @Override
    public String toString() {
        return "RecoveryBlock[" + quotedName() + " "
                + alternatives.stream().map(Lease::name).toList() + "]";
    }
}
