// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.DeadlineExceededException;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.Recovery;
import dev.holdfast.RejectedException;
import dev.holdfast.Source;
import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.NonNull;
import org.jspecify.annotations.Nullable;

/**
 * Puts something else in the place of a failure: a value, a function of the failure, another call, the last good result,
 * or one after the other.
 *
 * <pre>
 *   call ── success, or what is not replaced ────────────────▶ its outcome (a result is kept as the last good one)
 *     └──── failure ─▶ step 1 ── gives ──────────────────────▶ what it gave
 *                        └ fails ─▶ step 2 ── gives ─────────▶ what it gave
 *                                     └ fails ─▶ ... ────────▶ the last step's failure, with the others suppressed
 * </pre>
 *
 * <p><b>What is replaced</b>, unless told otherwise: every failure and every refusal of another policy; not an
 * {@link Error}, an interrupt or a cancellation, at which the steps end as well. Results are replaced where
 * {@link FallbackBuilder#onResult} says so. {@code null} is a result like any other; a call without a result ({@code run},
 * {@code consumer}, ...) has none to replace, and when it fails a step only ends its failure.
 *
 * <p><b>Steps</b> run at most once a call, in the context of the call. What a step gives is taken as it is. A step that has
 * nothing to give, such as a last good result that is too old, is passed over; if that is all there was, the call has its
 * own outcome. A failure that many calls share carries up to ten others.
 *
 * <p><b>Threads.</b> A blocking call runs its steps on its own thread, and waits there for asynchronous ones. An asynchronous
 * call runs them on the thread that its stage, or the step before, has completed on, and waits for none: give it
 * {@link FallbackBuilder#callAsync asynchronous} steps rather than such as block. Cancelling its future cancels the
 * stage of the step that is under way, and no other step starts.
 *
 * <p><b>Types.</b> Its class says what a fallback gives, so that a call of another type does not compile. One that is declared to give
 * a subtype of {@code R} does, and must not: if the fallback's result is not of that subtype, the caller gets a
 * {@link ClassCastException}. So name the class that the calls give, and not one above it.
 *
 * <p>Safe to share between threads.
 *
 * <p>Longer than most files: the whole pattern is read here.
 *
 * @param <R> the results of the calls that it stands around, and of what it puts in their place
 */
public final class Fallback<R extends @Nullable Object> extends Recovery<R> {
    /** What is replaced by default, and what a step may throw for the next one to be tried. */
    static final Classifier<@Nullable Object> REPLACED =
            Classifier.standard().ignore(Error.class).failOn(RejectedException.class, DeadlineExceededException.class);

    /**
     * A call got the last good result in place of a failure.
     *
     * @param source the fallback
     * @param call the call's context
     * @param age how long ago the result was given
     */
    public record StaleServed(Source source, Call call, Duration age) implements Event.OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "age", age);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    private static final VarHandle SETTINGS;

    static {
        try {
            SETTINGS = MethodHandles.lookup().findVarHandle(Fallback.class, "settings", FallbackBuilder.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private volatile FallbackBuilder<R> settings;
    private final List<Step<R>> steps;
    private final List<LastGood<R>> keepers;
    private final boolean wantsCall;
    private final boolean wantsArgument;
    private final LongAdder passed = new LongAdder();
    private final LongAdder recovered = new LongAdder();
    private final LongAdder stale = new LongAdder();
    private final LongAdder failed = new LongAdder();

    Fallback(FallbackBuilder<R> settings, List<Step<R>> steps) {
        super(settings.name, settings.environment);
        this.settings = settings.forChange();
        this.steps = steps;
        this.keepers = LastGood.among(steps);
        this.wantsCall = steps.stream().anyMatch(Step::wantsCall);
        this.wantsArgument = steps.stream().anyMatch(Step::wantsArgument);
    }

    /**
     * Creates a fallback to a value.
     *
     * @param <R> the results of the calls
     * @param name 1 to 256 characters, not blank
     * @param type as for {@link #builder}
     * @param value what failed calls give; may be {@code null}
     * @return a new fallback
     */
    public static <R extends @Nullable Object> Fallback<R> of(String name, Class<? super @NonNull R> type, R value) {
        return Fallback.<R>builder(name, type).value(value).build();
    }

    /**
     * Starts to build a fallback. Add the steps in the order in which they are to be tried.
     *
     * @param <R> the results of the calls
     * @param name 1 to 256 characters, not blank
     * @param type the class of the results, for the compiler only. For results of a generic type its plain class will do:
     *     {@code Fallback.<List<Stock>>builder("stocks", List.class)}. {@code Object.class} gives a fallback that fits every
     *     call, and fails where it gives something else than that call's type
     * @return a builder
     */
    public static <R extends @Nullable Object> FallbackBuilder<R> builder(String name, Class<? super @NonNull R> type) {
        Require.nonNull(type, "type");
        return new FallbackBuilder<>(name);
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        Policy<?> other = keepers.isEmpty() ? null : first(inside, Recovery.class);
        if (other == this) {
            return "stands in this pipeline twice, and the outer one keeps as last good results what the inner one has put in"
                    + " the place of failures; leave one out";
        }
        return other == null
                ? null
                : "keeps as last good results what " + title(other)
                        + " inside of it has put in the place of failures: " + title(other) + " belongs outside of "
                        + title(this);
    }

    @Override
    protected Classifier<? super R> classifier() {
        return settings.classifier;
    }

    @Override
    protected boolean wantsCall() {
        return wantsCall;
    }

    @Override
    protected boolean wantsArgument() {
        return wantsArgument;
    }

    @Override
    protected Set<Class<? extends Event>> events() {
        return Set.of(Event.Recovered.class, StaleServed.class);
    }

    @Override
    protected void passed(@Nullable R value, @Nullable Call call) {
        passed.increment();
        for (int i = 0; i < keepers.size(); i++) {
            keepers.get(i).keep(this, value, call);
        }
    }

    @Override
    protected void passedWithoutResult() {
        passed.increment();
    }

    @Override
    protected boolean isShared(@Nullable R value) {
        return steps.stream().anyMatch(step -> step instanceof Step.Constant<R> constant && constant.value() == value);
    }

    @Override
    protected boolean keepsResults() {
        return !keepers.isEmpty();
    }

    @Override
    protected boolean isForResults(int number) {
        return steps.get(number) instanceof LastGood;
    }

    @Override
    protected int steps() {
        return steps.size();
    }

    @Override
    protected @Nullable CompletionStage<? extends @Nullable R> step(
            int number, Outcome<R> replaced, @Nullable Call call) throws Exception {
        return steps.get(number).go(this, replaced, call);
    }

    @Override
    protected boolean goesOnAfter(Throwable failure) {
        return REPLACED.classify(null, failure) == Ending.FAILURE;
    }

    @Override
    protected void recovered(int step) {
        recovered.increment();
        if (steps.get(step) instanceof LastGood) {
            stale.increment();
        }
    }

    @Override
    protected void failed() {
        failed.increment();
    }

    /** A step is used in a way that is usually a mistake. */
    void warnOfUse(String mistake) {
        hint(mistake);
    }

    /** A key of the user's, or the function that gives it, threw. */
    void keyThrew(Throwable thrown) {
        ruleThrew(thrown, "this call has no last good result");
    }

    /** A step gives the last good result. */
    void serves(long age, @Nullable Call call) {
        if (call != null && isWatched(StaleServed.class)) {
            tell(new StaleServed(this, call, Duration.ofNanos(age)));
        }
    }

    /**
     * Changes what is replaced, while the fallback is used. What is given instead stays: steps cannot be changed.
     *
     * @param change gets a builder with the rules of now and without steps, and gives it back changed; asked again if another
     *     reconfiguration was faster
     * @throws IllegalArgumentException if it adds a step, or the environment is another; then nothing has changed
     */
    public void reconfigure(UnaryOperator<FallbackBuilder<R>> change) {
        Require.nonNull(change, "change");
        FallbackBuilder<R> before;
        FallbackBuilder<R> after;
        do {
            before = settings;
            after = Require.nonNull(change.apply(before.forChange()), "what change gave");
            if (after.hasSteps()) {
                throw new IllegalArgumentException(
                        this + ": a step (expected: none in a reconfiguration, because steps stay)");
            }
            Require.same(after.environment, environment(), "environment of a reconfiguration");
            after = after.forChange();
        } while (!SETTINGS.compareAndSet(this, before, after));
    }

    FallbackBuilder<R> settings() {
        return settings.forChange();
    }

    @Override
    protected List<Meter> ownMeters() {
        return List.of(
                calls("passed", passed::sum),
                calls("recovered", recovered::sum),
                calls("failed", failed::sum),
                Meter.counter(
                        "holdfast.fallback.stale",
                        "{call}",
                        "Calls that got the last good result; they are among the recovered ones.",
                        stale::sum));
    }

    private static Meter calls(String outcome, LongSupplier count) {
        return Meter.counter(
                        "holdfast.fallback.calls",
                        "{call}",
                        "Calls that gave a result of their own, whose outcome was replaced, and for which no step gave anything.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    /**
     * What has happened here since the fallback was built.
     *
     * @return counts that only grow; never more of {@code stale} than of {@code recovered}
     */
    public Counts counts() {
        // Read before what they are part of, which is counted first: nobody sees more of these.
        long partly = stale.sum();
        return new Counts(passed.sum(), recovered.sum(), partly, failed.sum());
    }

    /**
     * What has happened at a fallback since it was built. A failure that it is not for, such as an {@link Error}, counts
     * nowhere.
     *
     * @param passed calls that gave a result of their own, and it was not replaced
     * @param recovered calls whose outcome was replaced
     * @param stale those of them that got the last good result
     * @param failed calls for which no step gave anything, or which were interrupted or cancelled before one did
     */
    public record Counts(long passed, long recovered, long stale, long failed) {}

    @Override
    public String toString() {
        return "Fallback[" + quotedName() + " "
                + steps.stream().map(Step::toString).collect(Collectors.joining(", ")) + "]";
    }
}
