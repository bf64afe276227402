// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.hedge;

import dev.holdfast.Budget;
import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Targets;
import dev.holdfast.internal.Lateness;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

// More than 300 lines, because each setting has its Javadoc.
/**
 * The settings of a hedge: see {@link Hedge#builder}. Not thread-safe; a hedge keeps a copy. Methods that change the type must be used by
 * what they return.
 *
 * @param <R> the results that the rules look at
 */
public final class HedgeBuilder<R extends @Nullable Object> {
    static final Predicate<@Nullable Call> ALL_REPEATABLE = call -> true;
    /** Of the delay: none. */
    private static final long NEVER = Long.MAX_VALUE;

    static final int MOST_EXTRAS = 14;

    final String name;
    Environment environment = Environment.standard();
    int extras = 1;
    Lateness late = Lateness.USUAL;
    boolean afterFailure = true;
    Classifier<? super R> classifier;

    @Nullable Function<? super Call, ? extends @Nullable Duration> delays;

    @Nullable Predicate<? super Call> repeatable;

    @Nullable Budget budget = usualBudget();

    @Nullable Executor executor;

    @Nullable Targets<?> targets;
    /** Whether each hedge that is built gets a budget of its own. */
    private boolean hasUsualBudget = true;
    /** Whether the next rule takes the place of those that are there. */
    private boolean replacesRules;

    HedgeBuilder(String name, Classifier<? super R> classifier) {
        this.name = Require.name(name);
        this.classifier = classifier;
    }

    /**
     * Where time, timers and threads come from.
     *
     * @param value default: {@link Environment#standard()}; cannot be changed by a reconfiguration
     * @return this builder
     */
    public HedgeBuilder<R> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * Says that all calls may be made twice.
     *
     * @return this builder; a hedge has to be told this or {@link #repeatableIf}
     */
    public HedgeBuilder<R> repeatable() {
        repeatable = ALL_REPEATABLE;
        return this;
    }

    /**
     * Says which calls may be made twice.
     *
     * <pre>{@code
     * .repeatableIf(call -> call.argument()
     *         .map(request -> ((HttpRequest) request).method().equals("GET"))
     *         .orElse(false))
     * }</pre>
     *
     * @param value gets the call's context, several times for one call, and always has to give the same answer; must not block; if it throws,
     *     which is logged, no other attempt is started
     * @return this builder; a hedge has to be told this or {@link #repeatable}
     */
    public HedgeBuilder<R> repeatableIf(Predicate<? super Call> value) {
        repeatable = Require.nonNull(value, "repeatableIf");
        return this;
    }

    /**
     * Starts an extra attempt when as much time has passed as a share of first attempts need. What they need is known from at least
     * 100 of them, of the last ten to twenty seconds or, where there are few calls, the last 500 to 1,000; it is forgotten where 64 calls take
     * ten minutes.
     *
     * <p>Where more of the answers are slow than the share leaves out, those are what is usual: with 6 % slow ones, 0.95 is the slow time.
     *
     * @param share more than 0 and less than 1; about one call of {@code 1 / (1 - share)} gets an extra attempt; default: 0.95
     * @param untilKnown zero or longer; the delay until 100 first attempts were seen; default: 100 ms
     * @return this builder
     */
    public HedgeBuilder<R> afterQuantile(double share, Duration untilKnown) {
        late = late.withQuantile(share, untilKnown, "afterQuantile");
        delays = null;
        return this;
    }

    /**
     * Starts an extra attempt always after the same time. When everything gets slower, it comes for ever more calls: only the budget limits
     * that.
     *
     * @param delay zero or longer; zero starts all attempts at once
     * @return this builder
     */
    public HedgeBuilder<R> after(Duration delay) {
        late = late.withFixed(delay, "after");
        delays = null;
        return this;
    }

    /**
     * Starts an extra attempt after a time that depends on the call.
     *
     * @param delay gets the call's context, several times for one call, and always has to give the same delay; {@code null} or less than zero
     *     for no attempt before one has failed, also if it throws, which is logged; must not block
     * @return this builder
     */
    public HedgeBuilder<R> after(Function<? super Call, ? extends @Nullable Duration> delay) {
        delays = Require.nonNull(delay, "delay of after");
        late = late.withFixed(late.delay(), "after");
        return this;
    }

    /**
     * Bounds of the delay that is learned.
     *
     * @param min zero or longer; default: 1 ms
     * @param max no shorter than that; default: 10 s
     * @return this builder
     */
    public HedgeBuilder<R> between(Duration min, Duration max) {
        late = late.between(min, max);
        return this;
    }

    /**
     * How many attempts there may be beside the first. Each starts when the one before is late, or at once when one has failed. More than one
     * helps little: with the default delay it would start for one call of 8,000.
     *
     * @param value 1 to 14; default: 1
     * @return this builder
     */
    public HedgeBuilder<R> extras(int value) {
        extras = Require.range(value, 1, MOST_EXTRAS, "extras");
        return this;
    }

    /**
     * Whether an attempt that fails starts another one at once. Without it a hedge helps against slowness only, and repeating what failed is
     * left to a retry around it.
     *
     * @param value default: {@code true}
     * @return this builder
     */
    public HedgeBuilder<R> afterFailure(boolean value) {
        afterFailure = value;
        return this;
    }

    /**
     * The budget that extra attempts are taken from. When it is empty, attempts under way go on, and no other one starts.
     *
     * @param value shared by all policies that make further attempts at the same dependency, in one environment; default: one for each
     *     hedge, of ten tokens, of which a success fills up a twentieth, so that extras are at most 5 % of what succeeds, and ten at once
     * @return this builder
     */
    public HedgeBuilder<R> budget(Budget value) {
        hasUsualBudget = false;
        budget = Require.nonNull(value, "budget");
        return this;
    }

    /**
     * Starts extra attempts however many there are: where something else limits them.
     *
     * @return this builder
     */
    public HedgeBuilder<R> withoutBudget() {
        hasUsualBudget = false;
        budget = null;
        return this;
    }

    /**
     * Where extra attempts of blocking calls run. It must not keep them waiting: an attempt that waits in a queue for the one that it is to
     * overtake is no help.
     *
     * @param value refuses what it has no thread for; stays the caller's; default: threads that all races share, 256 at most, which end when
     *     they have been idle for ten seconds
     * @return this builder
     */
    public HedgeBuilder<R> runOn(Executor value) {
        executor = Require.nonNull(value, "executor");
        return this;
    }

    /**
     * Sends each attempt to a target of its own: no call comes twice to the same one, and where all were tried no other attempt is made. A
     * refusal at one target starts an attempt at another, is none of the {@link #extras}, and costs nothing of the budget.
     *
     * @param value picks them; calls are made by {@link Targets#call}
     * @return this builder; default: all attempts do the same
     */
    public HedgeBuilder<R> over(Targets<?> value) {
        targets = Require.nonNull(value, "targets");
        return this;
    }

    /**
     * Changes what is a failure. In a reconfiguration, {@code classify(so -> so)} goes back to the defaults.
     *
     * @param <S> the results that the rules look at from now on
     * @param change gets the classifier so far, which starts as {@link Classifier#standard()} with every {@link Error} ignored, and refusals
     *     of other policies as failures; in a reconfiguration it starts so again
     * @return this builder, under its new type
     */
    @SuppressWarnings("unchecked") // The builder of the narrower type is the same object; its rules are wider.
    public <S extends R> HedgeBuilder<S> classify(
            Function<? super Classifier<R>, ? extends Classifier<? super S>> change) {
        Classifier<? super R> before = replacesRules ? Hedge.FAILED : classifier;
        Classifier<? super S> changed = Require.nonNull(change, "change").apply((Classifier<R>) before);
        replacesRules = false;
        HedgeBuilder<S> narrowed = (HedgeBuilder<S>) this;
        narrowed.classifier = Hedge.FAILED.<S>with(Require.nonNull(changed, "classifier"));
        return narrowed;
    }

    /**
     * Changes what is a failure by rules that others use as well, which are asked before those that are there.
     *
     * @param <S> the results that the rules look at from now on
     * @param rules what there is to know of outcomes
     * @return this builder, under its new type
     */
    public <S extends R> HedgeBuilder<S> classify(Classifier<? super S> rules) {
        Require.nonNull(rules, "rules");
        return this.<S>classify(so -> so.<S>with(rules));
    }

    /**
     * Builds the hedge.
     *
     * @return a new hedge
     * @throws IllegalArgumentException if nobody has said which calls may be made twice, or the budget belongs to policies of another
     *     environment
     */
    public Hedge<R> build() {
        HedgeBuilder<R> settings = copy();
        if (hasUsualBudget) {
            settings.budget = usualBudget();
        }
        settings.complete(null);
        return new Hedge<>(settings);
    }

    private static Budget usualBudget() {
        return Budget.of(10, 0.05, 0);
    }

    // ---- For the hedge ----------------------------------------------------------------------------------------------

    /** Ready for use, after those settings. */
    void complete(@Nullable HedgeBuilder<R> before) {
        if (repeatable == null) {
            throw new IllegalArgumentException(
                    "repeatable: missing (expected: which calls may be made twice, by repeatable() or repeatableIf(...))");
        }
        // Settings that come one by one may cross.
        late = late.ready(before == null ? null : before.late, environment::nanoTime);
        if (before != null && before.looksAtCalls() != looksAtCalls()) {
            throw new IllegalArgumentException("repeatableIf, or after what a call says: "
                    + (looksAtCalls() ? "new" : "gone") + " (expected: as when the hedge was built)");
        }
        if (budget != null) {
            budget.bind(environment);
        }
    }

    /** Whether calls need a context for these rules: pipelines have to know when they are built. */
    boolean looksAtCalls() {
        return delays != null || repeatable != ALL_REPEATABLE;
    }

    boolean mayRepeat(@Nullable Call call) {
        Predicate<? super Call> rule = repeatable;
        return rule == ALL_REPEATABLE || (rule != null && call != null && rule.test(call));
    }

    /** Nanoseconds, or {@link Long#MAX_VALUE}. */
    long delay(@Nullable Call call) {
        if (delays != null) {
            Duration given = delays.apply(Require.nonNull(call, "call"));
            return given == null || given.isNegative() ? NEVER : Require.saturatedNanos(given);
        }
        return late.nanos();
    }

    /** For a reconfiguration: the first rule that it gives takes the place of all that are there. */
    HedgeBuilder<R> replacingRules() {
        replacesRules = true;
        return this;
    }

    /** These rules, and nothing that was said before. */
    void replaceRules(Classifier<? super R> rules) {
        classifier = Hedge.FAILED.<R>with(rules);
        replacesRules = false;
    }

    HedgeBuilder<R> copy() {
        HedgeBuilder<R> copy = new HedgeBuilder<>(name, classifier);
        copy.environment = environment;
        copy.extras = extras;
        copy.late = late;
        copy.afterFailure = afterFailure;
        copy.delays = delays;
        copy.repeatable = repeatable;
        copy.budget = budget;
        copy.hasUsualBudget = hasUsualBudget;
        copy.executor = executor;
        copy.targets = targets;
        return copy;
    }

    @Override
    public String toString() {
        return "up to " + extras + " extra, " + (delays != null ? "after what its call says" : late);
    }
}
