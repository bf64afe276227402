// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Budget;
import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

// More than 300 lines, because each setting has its Javadoc.
/**
 * The settings of a failover: see {@link Failover#builder}. Not thread-safe; a failover keeps a copy. Methods that change the type must be used
 * by what they return.
 *
 * @param <R> the results that the rules look at
 */
public final class FailoverBuilder<R extends @Nullable Object> {
    static final Predicate<@Nullable Call> ALL = call -> true;
    static final Predicate<@Nullable Call> NONE = call -> false;

    final String name;
    Environment environment = Environment.standard();
    int attempts = 3;
    long minimum = Duration.ofMillis(1).toNanos();
    Classifier<? super R> classifier;

    @Nullable Replicas<?> replicas;

    @Nullable Duration nextAfter;

    @Nullable Budget budget = Budget.ofDefaults();

    @Nullable Executor executor;

    private Predicate<? super Call> repeatable = NONE;
    private Predicate<? super Throwable> notSent = failure -> false;
    /** Whether each failover that is built gets a budget of its own. */
    private boolean hasUsualBudget = true;
    /** Whether the next rule takes the place of those that are there. */
    private boolean replacesRules;

    FailoverBuilder(String name, Classifier<? super R> classifier) {
        this.name = Require.name(name);
        this.classifier = classifier;
    }

    /**
     * Where time, timers and threads come from.
     *
     * @param value default: {@link Environment#standard()}; has to be that of the replicas; cannot be changed by a reconfiguration
     * @return this builder
     */
    public FailoverBuilder<R> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * The nodes between which it goes.
     *
     * @param value calls are made by {@link Replicas#through}; cannot be changed by a reconfiguration, but its list can by {@link Replicas#replace}
     * @return this builder; a failover has to be told this
     */
    public FailoverBuilder<R> over(Replicas<?> value) {
        replicas = Require.nonNull(value, "replicas");
        return this;
    }

    /**
     * How many nodes a call may come to at most. Those that refuse it are none of them.
     *
     * @param value 1, for no further one, to 15; default: 3
     * @return this builder
     */
    public FailoverBuilder<R> attempts(int value) {
        attempts = Require.range(value, 1, Failover.MOST, "attempts");
        return this;
    }

    /**
     * Says that all calls may be made twice: every failure leads to another node, timeouts included.
     *
     * @return this builder; default: only calls that have not arrived go elsewhere
     */
    public FailoverBuilder<R> repeatable() {
        repeatable = ALL;
        return this;
    }

    /**
     * Says which calls may be made twice.
     *
     * @param value gets the call's context, several times for one call, and always has to give the same answer; must not block; if it throws,
     *     which is logged, no other attempt is started
     * @return this builder
     */
    public FailoverBuilder<R> repeatableIf(Predicate<? super Call> value) {
        repeatable = Require.nonNull(value, "repeatableIf");
        return this;
    }

    /**
     * Says by which failures it is sure that a call has not arrived, so that it may go to another node also if it must not be made twice.
     *
     * <p>Where a retry, a fallback or another race stands inside of the failover or at the node, what they give says nothing once the work has begun.
     *
     * @param value is asked of what is no refusal and no {@link ConnectException}, which need not be said; must not block; if it throws, which is
     *     logged, no other attempt is started
     * @return this builder
     */
    public FailoverBuilder<R> notSent(Predicate<? super Throwable> value) {
        notSent = Require.nonNull(value, "notSent");
        return this;
    }

    /**
     * Starts a further attempt at another node also while one takes long, and takes the first success, as Happy Eyeballs does for connections
     * (RFC 8305). For calls that may be made twice. An attempt that is called off because another one has won is no failure of its node: so give each attempt a
     * timeout as well, inside of the failover, and pick by {@link Pick#leastLoaded()}.
     *
     * @param delay longer than zero; default: only when one has failed
     * @return this builder
     */
    public FailoverBuilder<R> nextAfter(Duration delay) {
        Require.positiveNanos(delay, "nextAfter");
        nextAfter = delay;
        return this;
    }

    /**
     * Starts a further attempt only when one has failed.
     *
     * @return this builder
     */
    public FailoverBuilder<R> nextAfterFailure() {
        nextAfter = null;
        return this;
    }

    /**
     * How much time has to be left for a further attempt.
     *
     * @param value zero or longer; default: 1 ms
     * @return this builder
     */
    public FailoverBuilder<R> minimumTime(Duration value) {
        minimum = Require.nanosAtLeast(value, Duration.ZERO, "minimumTime");
        return this;
    }

    /**
     * The budget that further attempts are taken from. When it is empty, a call ends with the failure that it has.
     *
     * @param value shared by all policies that make further attempts at the same dependency, in one environment; default: one for each
     *     failover, {@link Budget#ofDefaults()}
     * @return this builder
     */
    public FailoverBuilder<R> budget(Budget value) {
        hasUsualBudget = false;
        budget = Require.nonNull(value, "budget");
        return this;
    }

    /**
     * Starts further attempts however many there are: where something else limits them.
     *
     * @return this builder
     */
    public FailoverBuilder<R> withoutBudget() {
        hasUsualBudget = false;
        budget = null;
        return this;
    }

    /**
     * Where attempts of blocking calls run that start while another is under way. It must not keep them waiting.
     *
     * @param value refuses what it has no thread for; stays the caller's; default: threads that all races share, 256 at most, which end when
     *     they have been idle for ten seconds
     * @return this builder
     */
    public FailoverBuilder<R> runOn(Executor value) {
        executor = Require.nonNull(value, "executor");
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
    public <S extends R> FailoverBuilder<S> classify(
            Function<? super Classifier<R>, ? extends Classifier<? super S>> change) {
        Classifier<? super R> before = replacesRules ? Failover.FAILED : classifier;
        Classifier<? super S> changed = Require.nonNull(change, "change").apply((Classifier<R>) before);
        replacesRules = false;
        FailoverBuilder<S> narrowed = (FailoverBuilder<S>) this;
        narrowed.classifier = Failover.FAILED.<S>with(Require.nonNull(changed, "classifier"));
        return narrowed;
    }

    /**
     * Changes what is a failure by rules that others use as well, which are asked before those that are there.
     *
     * @param <S> the results that the rules look at from now on
     * @param rules what there is to know of outcomes
     * @return this builder, under its new type
     */
    public <S extends R> FailoverBuilder<S> classify(Classifier<? super S> rules) {
        Require.nonNull(rules, "rules");
        return this.<S>classify(so -> so.<S>with(rules));
    }

    /**
     * Builds the failover.
     *
     * @return a new failover
     * @throws IllegalArgumentException if there are no replicas, they are of another environment, or the budget is; or if a further attempt is to start
     *     while one is under way and no call may be made twice
     */
    public Failover<R> build() {
        FailoverBuilder<R> settings = copy();
        if (hasUsualBudget) {
            settings.budget = Budget.ofDefaults();
        }
        settings.complete(null);
        return new Failover<>(settings, Require.nonNull(replicas, "replicas"));
    }

    // ---- For the failover -------------------------------------------------------------------------------------------

    /** Ready for use, after those settings. */
    void complete(@Nullable FailoverBuilder<R> before) {
        if (replicas == null) {
            throw new IllegalArgumentException(
                    "over: missing (expected: nodes, which are given in code, by over(...))");
        }
        Require.same(replicas.environment(), environment, "environment of " + replicas);
        if (nextAfter != null && repeatable == NONE) {
            throw new IllegalArgumentException(
                    "nextAfter: " + Durations.write(nextAfter)
                            + " (expected: not without saying which calls may be made twice, by repeatable() or repeatableIf(...))");
        }
        if (before != null && before.looksAtCalls() != looksAtCalls()) {
            throw new IllegalArgumentException("repeatableIf: " + (looksAtCalls() ? "new" : "gone")
                    + " (expected: as when the failover was built)");
        }
        if (budget != null) {
            budget.bind(environment);
        }
    }

    /** Whether calls need a context for these rules: pipelines have to know when they are built. */
    boolean looksAtCalls() {
        return repeatable != ALL && repeatable != NONE;
    }

    boolean mayRepeat(@Nullable Call call) {
        return repeatable == ALL || (repeatable != NONE && call != null && repeatable.test(call));
    }

    boolean isNotSent(Throwable failure) {
        return failure instanceof ConnectException || notSent.test(failure);
    }

    /** For a reconfiguration: the first rule that it gives takes the place of all that are there. */
    FailoverBuilder<R> replacingRules() {
        replacesRules = true;
        return this;
    }

    /** These rules, and nothing that was said before. */
    void replaceRules(Classifier<? super R> rules) {
        classifier = Failover.FAILED.<R>with(rules);
        replacesRules = false;
    }

    FailoverBuilder<R> copy() {
        FailoverBuilder<R> copy = new FailoverBuilder<>(name, classifier);
        copy.environment = environment;
        copy.attempts = attempts;
        copy.minimum = minimum;
        copy.replicas = replicas;
        copy.nextAfter = nextAfter;
        copy.budget = budget;
        copy.executor = executor;
        copy.repeatable = repeatable;
        copy.notSent = notSent;
        copy.hasUsualBudget = hasUsualBudget;
        return copy;
    }

    @Override
    public String toString() {
        return attempts + " attempts, "
                + (nextAfter == null ? "after a failure" : "after a failure or " + Durations.write(nextAfter));
    }
}
