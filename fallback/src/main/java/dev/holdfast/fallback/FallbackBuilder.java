// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.RejectedException;
import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a fallback, and its steps in the order in which they are tried: see {@link Fallback#builder}. Not
 * thread-safe.
 *
 * <p>Longer than most files, because each setting has its Javadoc.
 *
 * @param <R> the results of the calls
 */
public final class FallbackBuilder<R extends @Nullable Object> {
    final String name;
    Environment environment = Environment.standard();
    Classifier<? super R> classifier = Fallback.REPLACED;
    /** Each makes a step for one fallback, because a step may keep results. */
    private final List<Supplier<Step<R>>> steps = new ArrayList<>();

    private @Nullable String lastGoodText;

    FallbackBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * Where time comes from, and the context that goes along with asynchronous calls.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public FallbackBuilder<R> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * A step that gives a value. It never fails, so it is the last one.
     *
     * @param value the value; may be {@code null}
     * @return this builder
     */
    public FallbackBuilder<R> value(R value) {
        steps.add(() -> new Step.Constant<>(value));
        return this;
    }

    /**
     * A step that gives what a function makes of the failure.
     *
     * @param function gets what is replaced; if it throws, the next step is tried
     * @return this builder
     */
    public FallbackBuilder<R> apply(Function<? super Outcome<R>, ? extends R> function) {
        Require.nonNull(function, "function");
        return step("function", false, (replaced, call) -> CompletableFuture.completedFuture(function.apply(replaced)));
    }

    /**
     * A step that makes another call. Guard it by a pipeline of its own: {@code call(backup.supplier(() -> ...))}.
     *
     * @param other gives a result; if it throws, the next step is tried; it blocks the thread that is there
     * @return this builder
     */
    public FallbackBuilder<R> call(Supplier<? extends R> other) {
        Require.nonNull(other, "other");
        return step("call", false, (replaced, call) -> CompletableFuture.completedFuture(other.get()));
    }

    /**
     * A step that makes another call for the same argument, or in the time that is left. Costs an allocation a call,
     * also of calls that succeed.
     *
     * @param other gets the context of the call that failed, and gives a result; as for {@link #call}
     * @return this builder
     */
    public FallbackBuilder<R> callWith(Function<? super Call, ? extends R> other) {
        Require.nonNull(other, "other");
        return step(
                "call",
                true,
                (replaced, call) -> CompletableFuture.completedFuture(other.apply(Require.nonNull(call, "call"))));
    }

    /**
     * A step that makes another, asynchronous call. A blocking call waits for it; when it is interrupted, or an
     * asynchronous call is cancelled, the stage is cancelled.
     *
     * @param other gives a stage; if it throws, gives {@code null} or its stage fails, the next step is tried
     * @return this builder
     */
    public FallbackBuilder<R> callAsync(Supplier<? extends CompletionStage<? extends R>> other) {
        Require.nonNull(other, "other");
        return step("async call", false, (replaced, call) -> Require.nonNull(other.get(), "stage of the fallback"));
    }

    /**
     * A step that makes another, asynchronous call for the same argument, or in the time that is left. Costs an
     * allocation a call, also of calls that succeed.
     *
     * @param other gets the context of the call that failed, and gives a stage; as for {@link #callAsync}
     * @return this builder
     */
    public FallbackBuilder<R> callAsyncWith(Function<? super Call, ? extends CompletionStage<? extends R>> other) {
        Require.nonNull(other, "other");
        return step(
                "async call",
                true,
                (replaced, call) ->
                        Require.nonNull(other.apply(Require.nonNull(call, "call")), "stage of the fallback"));
    }

    /**
     * A step that gives the last good result, if it is young enough. Good is what came from inside and
     * was not replaced, also if another fallback further in had put it in the place of a failure: so that one belongs outside.
     * Listeners get {@link Fallback.StaleServed}. Costs a clock reading and a small allocation a
     * success.
     *
     * <p>For work that asks for the same at each call. A call with an argument (of a {@code function}, {@code biFunction} or
     * {@code consumer}) is neither kept nor given anything here, which is said once in the log: what is right for one argument is not for
     * another. What a lambda takes from around it, such as a customer's number, nobody can see: then it has to be a key.
     *
     * @param age the oldest that is given, zero or longer
     * @return this builder
     * @see #lastGoodPerArgument
     * @see #lastGood(Duration, int, Function)
     */
    public FallbackBuilder<R> lastGood(Duration age) {
        long maxAge = Require.nanosAtLeast(age, Duration.ZERO, "age");
        steps.add(() -> LastGood.ofCallsWithoutArgument(maxAge));
        lastGoodText = Durations.write(age);
        return this;
    }

    /**
     * A step that gives the last good result of any call, also of one with another argument, if it is young enough; otherwise as
     * {@link #lastGood(Duration)}. For answers that are the same for all, such as a list of countries.
     *
     * @param age the oldest that is given, zero or longer
     * @return this builder
     */
    public FallbackBuilder<R> lastGoodOfAnyCall(Duration age) {
        long maxAge = Require.nanosAtLeast(age, Duration.ZERO, "age");
        steps.add(() -> LastGood.ofAnyCall(maxAge));
        return this;
    }

    /**
     * A step that gives the last good result of a call with an equal key, if it is young enough; otherwise as
     * {@link #lastGood(Duration)}. Costs each call an allocation more, and the function.
     *
     * @param age the oldest that is given, zero or longer
     * @param keys how many keys are kept at most, from 1 up; those used most, and most recently, are
     * @param key gives the key of a call, for instance of its argument and of the tenant that is bound to the thread; {@code null} for
     *     a call that is neither kept nor given anything. Must not block. What it, or a key's own {@code equals} or {@code hashCode},
     *     throws is logged, and the call has no key. Keys must not change; {@link dev.holdfast.MapKey} says which of them users may
     *     choose
     * @return this builder
     */
    public FallbackBuilder<R> lastGood(Duration age, int keys, Function<? super Call, ? extends @Nullable Object> key) {
        long maxAge = Require.nanosAtLeast(age, Duration.ZERO, "age");
        Require.range(keys, 1, Integer.MAX_VALUE, "keys");
        Require.nonNull(key, "key");
        steps.add(() -> LastGood.perKey(maxAge, keys, key));
        return this;
    }

    /**
     * A step that gives the last good result of the same {@linkplain Call#operation operation} for an equal argument, if it is young enough;
     * otherwise as {@link #lastGood(Duration)}. Functions that are written at different places are different operations: wrap each
     * once, and keep what comes. For {@code function} and {@code biFunction}: a call that has no argument, such as
     * {@code call(() -> client.stock(sku))}, or {@code null}, is neither kept nor given anything here, which is said once in the log.
     * Arguments are kept as they are, and must not change; {@link dev.holdfast.MapKey} says which of them users may choose. What they
     * throw is logged.
     *
     * @param age the oldest that is given, zero or longer
     * @param arguments how many arguments are kept at most, from 1 up; those used most, and most recently, are
     * @return this builder
     */
    public FallbackBuilder<R> lastGoodPerArgument(Duration age, int arguments) {
        long maxAge = Require.nanosAtLeast(age, Duration.ZERO, "age");
        Require.range(arguments, 1, Integer.MAX_VALUE, "arguments");
        steps.add(() -> LastGood.perArgument(maxAge, arguments));
        lastGoodText = Durations.write(age) + " of " + arguments;
        return this;
    }

    private FallbackBuilder<R> step(String what, boolean wantsCall, Step.Code<R> code) {
        Step<R> step = new Step.OfUser<>(what, wantsCall, code);
        steps.add(() -> step);
        return this;
    }

    /**
     * Changes what is replaced: what the classifier takes for a failure.
     *
     * @param change gets the classifier so far, which starts as {@link Classifier#standard()} with every {@link Error}
     *     ignored and every {@link RejectedException} a failure, as is every {@link dev.holdfast.DeadlineExceededException}, whoever's
     *     time was over
     * @return this builder
     */
    @SuppressWarnings("unchecked") // A classifier of wider results accepts these, too.
    public FallbackBuilder<R> classify(Function<? super Classifier<R>, ? extends Classifier<? super R>> change) {
        Classifier<? super R> changed = Require.nonNull(change, "change").apply((Classifier<R>) classifier);
        classifier = Fallback.REPLACED.<R>with(Require.nonNull(changed, "classifier"));
        return this;
    }

    /**
     * Changes what is replaced by rules that others use as well, which are asked before those that are there.
     *
     * @param rules what there is to know of outcomes; what it has from {@link Classifier#standard()} is no rule of its own
     * @return this builder
     */
    public FallbackBuilder<R> classify(Classifier<? super R> rules) {
        Require.nonNull(rules, "rules");
        return classify(so -> so.<R>with(rules));
    }

    /**
     * Replaces results that a predicate accepts, too.
     *
     * @param predicate gets a result, which may be {@code null}
     * @return this builder
     */
    public FallbackBuilder<R> onResult(Predicate<? super R> predicate) {
        return classify(so -> so.failOnResult(predicate));
    }

    /**
     * Replaces the refusals of other policies only, whatever was said before: what the dependency itself gives or throws
     * passes, unless {@link #onResult} or {@link #classify} say otherwise from here on.
     *
     * @return this builder
     */
    public FallbackBuilder<R> onRejectionsOnly() {
        classifier = Classifier.standard().ignore(Throwable.class).failOn(RejectedException.class);
        return this;
    }

    /** These rules, and nothing that was said before. */
    void replaceRules(Classifier<@Nullable Object> rules) {
        classifier = Fallback.REPLACED.<R>with(rules);
    }

    /** For settings that come as text: {@code 1m}, or {@code 1m of 1000}. */
    void setLastGood(@Nullable String text) {
        if (text == null) {
            return;
        }
        String[] parts = text.split("\\s+of\\s+", 2);
        if (parts.length == 1) {
            lastGood(Durations.read(parts[0]));
        } else {
            lastGoodPerArgument(Durations.read(parts[0]), Integer.parseInt(parts[1]));
        }
    }

    @Nullable String lastGoodText() {
        return lastGoodText;
    }

    /** For a change: with the rules of now, and without steps, which stay as they are. */
    FallbackBuilder<R> forChange() {
        FallbackBuilder<R> copy = new FallbackBuilder<>(name);
        copy.environment = environment;
        copy.classifier = classifier;
        copy.lastGoodText = lastGoodText;
        return copy;
    }

    boolean hasSteps() {
        return !steps.isEmpty();
    }

    /**
     * Builds the fallback. Two that are built by the same builder share no results.
     *
     * @return a new fallback
     * @throws IllegalArgumentException if it has no step
     */
    public Fallback<R> build() {
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("steps: none (expected: a value, function, call or last good result)");
        }
        return new Fallback<>(this, steps.stream().map(Supplier::get).toList());
    }
}
