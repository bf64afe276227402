// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A policy, and every way to make a call through it. A single policy is a pipeline of one.
 *
 * <p>Three families of methods, each with a name of its own for each functional shape, so that lambdas compile:
 * <ul>
 *   <li>{@code call...} and {@code run...} make a call now, on the calling thread;
 *   <li>{@link #supplier}, {@link #function}, ... give back the same shape with this policy around it;
 *   <li>{@code ...Async} do the same for work that gives a {@link CompletionStage}. The calling thread never waits in
 *       them, nothing is thrown from them, and cancelling the future that they return ends what is under way.
 * </ul>
 *
 * <p>A call throws what its work throws, as it is; a {@link RejectedException} when a policy refuses it; a
 * {@link CallInterruptedException} when the thread is interrupted while a policy makes it wait.
 *
 * <p>Policies are safe to share between threads. A policy decides and keeps count; it never sleeps, schedules, starts a
 * thread or calls user code under a lock. Its shape - {@link Gate}, {@link Loop}, {@link Deadline}, {@link Recovery}, {@link Race} or {@link Around} -
 * is what the engines know of it.
 *
 * @param <R> the results that the policy looks at; {@code Object} for policies that do not care. A call's result type
 *     must be {@code R} or below it.
 */
public abstract sealed class Policy<R extends @Nullable Object>
        permits Gate, Loop, Deadline, Recovery, Race, Around, Pipeline {
    private final String name;
    private final Environment environment;
    private final Listeners listeners;
    private @Nullable Chain chain;

    Policy(String name, Environment environment) {
        this.name = Require.name(name);
        this.environment = Require.nonNull(environment, "environment");
        this.listeners = new Listeners();
    }

    /** Another view of a policy: with its name, environment and listeners. */
    Policy(Policy<?> shared) {
        this.name = shared.name;
        this.environment = shared.environment;
        this.listeners = shared.listeners;
    }

    /**
     * The policy's name.
     *
     * @return as it was given to the builder
     */
    public final String name() {
        return name;
    }

    /**
     * The policy's name for logs and messages.
     *
     * @return the name in quotes, with line breaks and other control characters escaped
     */
    protected final String quotedName() {
        return Names.quoted(name);
    }

    /**
     * Where the policy's time, timers and randomness come from.
     *
     * @return as it was given to the builder
     */
    public final Environment environment() {
        return environment;
    }

    /**
     * Listens to one type of event. {@code Event.class} listens to all.
     *
     * @param <E> the type of event
     * @param type which events
     * @param listener runs as {@link Event} says
     * @return a handle to stop listening
     * @throws IllegalArgumentException if this policy never tells such an event
     */
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        Require.nonNull(type, "type");
        Require.nonNull(listener, "listener");
        List<Class<? extends Event>> heard =
                events().stream().filter(type::isAssignableFrom).toList();
        if (heard.isEmpty()) {
            throw new IllegalArgumentException(
                    "type: " + type.getName() + " (expected: an event of " + this + ", which are " + events() + ")");
        }
        return listeners.add(type, listener, heard.stream().anyMatch(Event.OfCall.class::isAssignableFrom));
    }

    /**
     * The events that this policy tells.
     *
     * @return event classes
     */
    protected abstract Set<Class<? extends Event>> events();

    /**
     * Whether somebody listens to a type of event: ask before building one.
     *
     * @param type the type of event
     * @return whether {@link #tell} would reach anybody
     */
    protected final boolean isWatched(Class<? extends Event> type) {
        return listeners.watch(type);
    }

    /**
     * Tells listeners. What they throw is logged and goes no further.
     *
     * @param event what happened
     */
    protected final void tell(Event event) {
        listeners.tell(event);
    }

    /**
     * Does something on the side, such as logging, whose failure must not change what happens to a call.
     *
     * @param aside what to do; what it throws is dropped
     */
    protected static void tryTo(Runnable aside) {
        try {
            aside.run();
        } catch (Throwable dropped) {
            // Out of memory or stack, or a broken logger: the one place to report it is what has just failed.
        }
    }

    /**
     * Logs what code of the user's threw that this policy has asked for its opinion, such as a predicate: as a warning with the
     * policy's name, once a minute at most. Such a throw is never the outcome of a call.
     *
     * @param thrown what it threw
     * @param instead what happens instead, to be read after "... threw;"
     */
    protected final void ruleThrew(Throwable thrown, String instead) {
        tryTo(() -> listeners.warnOfRule(this, thrown, instead));
    }

    /** The same, of a rule that has looked at an outcome, which stands; if that is a failure, it carries what the rule threw. */
    final void outcomeStands(Throwable broken, @Nullable Throwable own) {
        ruleThrew(broken, "the outcome that it looked at stands");
        if (own != null) {
            tryTo(() -> Failures.suppress(own, broken));
        }
    }

    /** Whether who listens to the other one hears what happens here. */
    final boolean tellsTheSame(Policy<?> other) {
        return listeners == other.listeners;
    }

    /** Whether anybody listens to what happens to calls here, so that a call has to carry its context. */
    final boolean isCallWatched() {
        return listeners.wantCall();
    }

    /**
     * Whether this policy looks at the context of every call, even if nobody listens. It costs an allocation a call.
     *
     * @return by default no
     */
    protected boolean wantsCall() {
        return false;
    }

    /**
     * Whether this policy looks at the context of calls that have an argument, even if nobody listens. It costs each of them an
     * allocation.
     *
     * @return by default no
     */
    protected boolean wantsArgument() {
        return false;
    }

    /**
     * What is usually a mistake about this policy's place in a pipeline. A pipeline asks when it is built, and logs what it
     * is told as a warning, as {@link Pipeline} says.
     *
     * @param outside the policies around this one, outermost first
     * @param inside the policies inside of this one, outermost first
     * @return what goes wrong there and who has to move where, by name, to be read after this policy; by default {@code null},
     *     nothing
     */
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        return null;
    }

    /**
     * The first policy of a kind, for {@link #misplaced}.
     *
     * @param policies where to look
     * @param kind {@link Gate}, {@link Loop}, {@link Deadline}, {@link Recovery}, {@link Race}, {@link Around}, or a class below one of
     *     them
     * @return the policy, or {@code null} if there is none
     */
    protected static @Nullable Policy<?> first(List<Policy<?>> policies, Class<?> kind) {
        for (Policy<?> policy : policies) {
            if (kind.isInstance(policy)) {
                return policy;
            }
        }
        return null;
    }

    /**
     * What a policy is called in the log.
     *
     * @param policy the policy
     * @return what it is, and its name in quotes
     */
    protected static String title(Policy<?> policy) {
        String kind = policy.getClass().getSimpleName();
        return kind.isEmpty() ? policy.quotedName() : kind + " " + policy.quotedName();
    }

    /** Logs what is wrong with this place, unless it has been said. */
    final void warnIfMisplaced(String pipeline, List<Policy<?>> outside, List<Policy<?>> inside) {
        String mistake = misplaced(outside, inside);
        if (mistake != null) {
            Hints.ORDER.give(this, mistake, () -> "Pipeline " + Names.quoted(pipeline) + ": ");
        }
    }

    /**
     * Logs, as a warning, that this policy is used in a way that is usually a mistake: once for each name and mistake.
     *
     * @param mistake what goes wrong and what would be right, to be read after this policy's kind and name
     */
    protected final void hint(String mistake) {
        tryTo(() -> Hints.USE.give(this, mistake, () -> ""));
    }

    Chain newChain() {
        return new Chain(this);
    }

    final Chain chain() {
        // Two threads may both make one: they are equal, and a chain's fields are final.
        Chain made = chain;
        if (made == null) {
            made = newChain();
            chain = made;
        }
        return made;
    }

    /**
     * Makes a call.
     *
     * @param <T> the result
     * @param work what to call
     * @return what the work gave, or what a policy put in its place
     */
    public final <T extends R> T call(Supplier<? extends T> work) {
        return unchecked(Work.SUPPLIER, work, null, null);
    }

    /**
     * Makes a call without a result.
     *
     * @param work what to run
     */
    public final void run(Runnable work) {
        unchecked(Work.RUNNABLE, work, null, null);
    }

    /**
     * Makes a call whose work wants to know its attempt and the time left.
     *
     * @param <T> the result
     * @param work what to call
     * @return what the work gave, or what a policy put in its place
     */
    public final <T extends R> T callWith(Function<? super Call, ? extends T> work) {
        return unchecked(Work.WITH_CALL, work, null, null);
    }

    /**
     * Makes a call whose work throws checked exceptions.
     *
     * @param <T> the result
     * @param <X> what the work throws
     * @param work what to call
     * @return what the work gave, or what a policy put in its place
     * @throws X when the work throws it
     */
    public final <T extends R, X extends Exception> T callChecked(Checked.Supplier<? extends T, X> work) throws X {
        return unchecked(Work.CHECKED_SUPPLIER, work, null, null);
    }

    /**
     * Makes a call without a result, whose work throws checked exceptions.
     *
     * @param <X> what the work throws
     * @param work what to run
     * @throws X when the work throws it
     */
    public final <X extends Exception> void runChecked(Checked.Runnable<X> work) throws X {
        unchecked(Work.CHECKED_RUNNABLE, work, null, null);
    }

    /**
     * Makes an asynchronous call.
     *
     * @param <T> the result
     * @param work starts the call; for a retry, once an attempt
     * @return completes exactly once, with what the stage gave or what a policy put in its place; a
     *     {@link java.util.concurrent.CompletionException} that the stage has put around its failure is taken off;
     *     cancelling it ends waits, timers and the stage that is under way
     */
    public final <T extends R> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<? extends T>> work) {
        return async(Work.SUPPLIER, work, null, null);
    }

    /**
     * Makes an asynchronous call whose work wants to know its attempt and the time left.
     *
     * @param <T> the result
     * @param work starts the call; for a retry, once an attempt
     * @return as {@link #callAsync}
     */
    public final <T extends R> CompletableFuture<T> callAsyncWith(
            Function<? super Call, ? extends CompletionStage<? extends T>> work) {
        return async(Work.WITH_CALL, work, null, null);
    }

    /**
     * Makes an asynchronous call without a result: what its stage gives is nobody's business, and no rule on results is asked
     * about it.
     *
     * @param work starts the call; for a retry, once an attempt
     * @return as {@link #callAsync}; gives {@code null}
     */
    public final CompletableFuture<@Nullable Void> runAsync(Supplier<? extends CompletionStage<?>> work) {
        return async(Work.RUN_STAGE, work, null, null);
    }

    /**
     * Puts this policy around a supplier.
     *
     * @param <T> the result
     * @param work what to call
     * @return a supplier to call any number of times, from any thread
     */
    public final <T extends R> Supplier<T> supplier(Supplier<? extends T> work) {
        Require.nonNull(work, "work");
        return () -> unchecked(Work.SUPPLIER, work, null, null);
    }

    /**
     * Puts this policy around a callable.
     *
     * @param <T> the result
     * @param work what to call
     * @return a callable to call any number of times, from any thread
     */
    public final <T extends R> Callable<T> callable(Callable<? extends T> work) {
        Require.nonNull(work, "work");
        return () -> unchecked(Work.CALLABLE, work, null, null);
    }

    /**
     * Puts this policy around a runnable.
     *
     * @param work what to run
     * @return a runnable to run any number of times, from any thread
     */
    public final Runnable runnable(Runnable work) {
        Require.nonNull(work, "work");
        return () -> unchecked(Work.RUNNABLE, work, null, null);
    }

    /**
     * Puts this policy around a function.
     *
     * @param <A> the argument
     * @param <T> the result
     * @param work what to call
     * @return a function to call any number of times, from any thread
     */
    public final <A extends @Nullable Object, T extends R> Function<A, T> function(
            Function<? super A, ? extends T> work) {
        Require.nonNull(work, "work");
        return argument -> unchecked(Work.FUNCTION, work, argument, null);
    }

    /**
     * Puts this policy around a function of two arguments.
     *
     * @param <A> the first argument
     * @param <B> the second argument
     * @param <T> the result
     * @param work what to call
     * @return a function to call any number of times, from any thread
     */
    public final <A extends @Nullable Object, B extends @Nullable Object, T extends R> BiFunction<A, B, T> biFunction(
            BiFunction<? super A, ? super B, ? extends T> work) {
        Require.nonNull(work, "work");
        return (first, second) -> unchecked(Work.BI_FUNCTION, work, first, second);
    }

    /**
     * Puts this policy around a consumer.
     *
     * @param <A> the argument
     * @param work what to call
     * @return a consumer to call any number of times, from any thread
     */
    public final <A extends @Nullable Object> Consumer<A> consumer(Consumer<? super A> work) {
        Require.nonNull(work, "work");
        return argument -> unchecked(Work.CONSUMER, work, argument, null);
    }

    /**
     * Puts this policy around a supplier that throws checked exceptions.
     *
     * @param <T> the result
     * @param <X> what the work throws
     * @param work what to call
     * @return a supplier to call any number of times, from any thread
     */
    public final <T extends R, X extends Exception> Checked.Supplier<T, X> checkedSupplier(
            Checked.Supplier<? extends T, X> work) {
        Require.nonNull(work, "work");
        return () -> unchecked(Work.CHECKED_SUPPLIER, work, null, null);
    }

    /**
     * Puts this policy around a runnable that throws checked exceptions.
     *
     * @param <X> what the work throws
     * @param work what to run
     * @return a runnable to run any number of times, from any thread
     */
    public final <X extends Exception> Checked.Runnable<X> checkedRunnable(Checked.Runnable<X> work) {
        Require.nonNull(work, "work");
        return () -> unchecked(Work.CHECKED_RUNNABLE, work, null, null);
    }

    /**
     * Puts this policy around a function that throws checked exceptions.
     *
     * @param <A> the argument
     * @param <T> the result
     * @param <X> what the work throws
     * @param work what to call
     * @return a function to call any number of times, from any thread
     */
    public final <A extends @Nullable Object, T extends R, X extends Exception>
            Checked.Function<A, T, X> checkedFunction(Checked.Function<? super A, ? extends T, X> work) {
        Require.nonNull(work, "work");
        return argument -> unchecked(Work.CHECKED_FUNCTION, work, argument, null);
    }

    /**
     * Puts this policy around a function of two arguments that throws checked exceptions.
     *
     * @param <A> the first argument
     * @param <B> the second argument
     * @param <T> the result
     * @param <X> what the work throws
     * @param work what to call
     * @return a function to call any number of times, from any thread
     */
    public final <A extends @Nullable Object, B extends @Nullable Object, T extends R, X extends Exception>
            Checked.BiFunction<A, B, T, X> checkedBiFunction(
                    Checked.BiFunction<? super A, ? super B, ? extends T, X> work) {
        Require.nonNull(work, "work");
        return (first, second) -> unchecked(Work.CHECKED_BI_FUNCTION, work, first, second);
    }

    /**
     * Puts this policy around a consumer that throws checked exceptions.
     *
     * @param <A> the argument
     * @param <X> what the work throws
     * @param work what to call
     * @return a consumer to call any number of times, from any thread
     */
    public final <A extends @Nullable Object, X extends Exception> Checked.Consumer<A, X> checkedConsumer(
            Checked.Consumer<? super A, X> work) {
        Require.nonNull(work, "work");
        return argument -> unchecked(Work.CHECKED_CONSUMER, work, argument, null);
    }

    /**
     * Puts this policy around a supplier of stages.
     *
     * @param <T> the result
     * @param work starts the call; for a retry, once an attempt
     * @return a supplier whose futures behave as those of {@link #callAsync}
     */
    public final <T extends R> Supplier<CompletableFuture<T>> asyncSupplier(
            Supplier<? extends CompletionStage<? extends T>> work) {
        Require.nonNull(work, "work");
        return () -> async(Work.SUPPLIER, work, null, null);
    }

    /**
     * Puts this policy around a function that gives stages.
     *
     * @param <A> the argument
     * @param <T> the result
     * @param work starts the call; for a retry, once an attempt
     * @return a function whose futures behave as those of {@link #callAsync}
     */
    public final <A extends @Nullable Object, T extends R> Function<A, CompletableFuture<T>> asyncFunction(
            Function<? super A, ? extends CompletionStage<? extends T>> work) {
        Require.nonNull(work, "work");
        return argument -> async(Work.FUNCTION, work, argument, null);
    }

    /**
     * Puts this policy around a function that gives stages without a result, as {@link #runAsync} says.
     *
     * @param <A> the argument
     * @param work starts the call; for a retry, once an attempt
     * @return a function whose futures behave as those of {@link #runAsync}
     */
    public final <A extends @Nullable Object> Function<A, CompletableFuture<@Nullable Void>> asyncConsumer(
            Function<? super A, ? extends CompletionStage<?>> work) {
        Require.nonNull(work, "work");
        return argument -> async(Work.CONSUME_STAGE, work, argument, null);
    }

    /**
     * Puts this policy around a function of two arguments that gives stages.
     *
     * @param <A> the first argument
     * @param <B> the second argument
     * @param <T> the result
     * @param work starts the call; for a retry, once an attempt
     * @return a function whose futures behave as those of {@link #callAsync}
     */
    public final <A extends @Nullable Object, B extends @Nullable Object, T extends R>
            BiFunction<A, B, CompletableFuture<T>> asyncBiFunction(
                    BiFunction<? super A, ? super B, ? extends CompletionStage<? extends T>> work) {
        Require.nonNull(work, "work");
        return (first, second) -> async(Work.BI_FUNCTION, work, first, second);
    }

    // The result is the work's own, or a policy's that is typed to it, and may be null where its type says so.
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals", "NullAway"})
    private <T extends @Nullable Object> T unchecked(int shape, Object work, @Nullable Object a, @Nullable Object b) {
        Require.nonNull(work, "work");
        try {
            return (T) BlockingEngine.call(this, chain(), shape, work, a, b);
        } catch (Throwable thrown) {
            throw Failures.<RuntimeException>asThrown(thrown);
        }
    }

    private <T extends @Nullable Object> CompletableFuture<T> async(
            int shape, Object work, @Nullable Object a, @Nullable Object b) {
        return AsyncEngine.call(chain(), shape, Require.nonNull(work, "work"), a, b);
    }
}
