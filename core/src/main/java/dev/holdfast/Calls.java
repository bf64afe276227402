// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Every way to make a call through a {@link Policy}, which is a pipeline of one.
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
 * <p>Longer than most files: each functional shape has a method, and each of these says what it is for.
 *
 * @param <R> the results that the policy looks at. A call's result type must be {@code R} or below it.
 */
public abstract sealed class Calls<R extends @Nullable Object> permits Policy {
    Calls() {}

    /** What the engines know of the policy. */
    abstract Chain chain();

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
     * Makes a call whose work throws {@link InterruptedException} beside other checked exceptions, or may:
     * {@code HttpResponse<String> reply = pipeline.callInterruptibly(() -> http.send(request, body))} throws {@code IOException} and
     * {@code InterruptedException}.
     *
     * @param <T> the result
     * @param <X> what the work throws besides
     * @param work what to call
     * @return what the work gave, or what a policy put in its place
     * @throws X when the work throws it
     * @throws InterruptedException when the work throws it
     */
    @SuppressWarnings({"RedundantThrows", "NullAway"
    }) // It is thrown by the work, whose result is null only where its type says so.
    public final <T extends R, X extends Exception> T callInterruptibly(Checked.Interruptible<? extends T, X> work)
            throws X, InterruptedException {
        Require.nonNull(work, "work");
        return unchecked(Work.CALLABLE, (Callable<T>) work::get, null, null);
    }

    /**
     * {@link #callWith} for work that throws checked exceptions.
     *
     * @param <T> the result
     * @param <X> what the work throws
     * @param work what to call
     * @return what the work gave, or what a policy put in its place
     * @throws X when the work throws it
     */
    public final <T extends R, X extends Exception> T callCheckedWith(
            Checked.Function<? super Call, ? extends T, X> work) throws X {
        return unchecked(Work.WITH_CALL, unchecked(work), null, null);
    }

    /**
     * {@link #callWith} for work without a result.
     *
     * @param work what to run
     */
    public final void runWith(Consumer<? super Call> work) {
        Require.nonNull(work, "work");
        unchecked(Work.RUN_WITH_CALL, without(work), null, null);
    }

    /**
     * {@link #runWith} for work that throws checked exceptions.
     *
     * @param <X> what the work throws
     * @param work what to run
     * @throws X when the work throws it
     */
    public final <X extends Exception> void runCheckedWith(Checked.Consumer<? super Call, X> work) throws X {
        Require.nonNull(work, "work");
        Checked.Function<Call, Boolean, X> function = call -> {
            work.accept(call);
            return true; // Which nobody sees: the call has no result.
        };
        unchecked(Work.RUN_WITH_CALL, unchecked(function), null, null);
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
     * Makes an asynchronous call without a result, whose work wants to know its attempt and the time left.
     *
     * @param work starts the call; for a retry, once an attempt
     * @return as {@link #callAsync}; gives {@code null}
     */
    public final CompletableFuture<@Nullable Void> runAsyncWith(
            Function<? super Call, ? extends CompletionStage<?>> work) {
        return async(Work.RUN_STAGE_WITH_CALL, work, null, null);
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
     * Puts this policy around a function that throws {@link InterruptedException} beside another checked exception:
     * {@code pipeline.interruptibleFunction(request -> http.send(request, body))}.
     *
     * @param <A> the argument
     * @param <T> the result
     * @param <X> what the work throws besides
     * @param work what to call
     * @return a function to call any number of times, from any thread
     */
    public final <A extends @Nullable Object, T extends R, X extends Exception>
            Checked.InterruptibleFunction<A, T, X> interruptibleFunction(
                    Checked.InterruptibleFunction<? super A, ? extends T, X> work) {
        Require.nonNull(work, "work");
        Interrupted<A, T> function = new Interrupted<>(work, work);
        return argument -> unchecked(Work.CHECKED_FUNCTION, function, argument, null);
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
     * Puts this policy around a function that wants to know its attempt and the time left, too.
     *
     * @param <A> the argument, which {@link Call#argument()} has as well
     * @param <T> the result
     * @param work what to call
     * @return a function to call any number of times, from any thread
     */
    public final <A extends @Nullable Object, T extends R> Function<A, T> functionWith(
            BiFunction<? super Call, ? super A, ? extends T> work) {
        Require.nonNull(work, "work");
        return argument -> unchecked(Work.FUNCTION_WITH_CALL, work, argument, null);
    }

    /**
     * {@link #functionWith} for work that throws checked exceptions.
     *
     * @param <A> the argument, which {@link Call#argument()} has as well
     * @param <T> the result
     * @param <X> what the work throws
     * @param work what to call
     * @return a function to call any number of times, from any thread
     */
    public final <A extends @Nullable Object, T extends R, X extends Exception>
            Checked.Function<A, T, X> checkedFunctionWith(
                    Checked.BiFunction<? super Call, ? super A, ? extends T, X> work) {
        Require.nonNull(work, "work");
        Adapter<A, T> function = new Adapter<>(work, work);
        return argument -> unchecked(Work.FUNCTION_WITH_CALL, function, argument, null);
    }

    /**
     * {@link #functionWith} for work without a result.
     *
     * @param <A> the argument, which {@link Call#argument()} has as well
     * @param work what to call
     * @return a consumer to call any number of times, from any thread
     */
    public final <A extends @Nullable Object> Consumer<A> consumerWith(BiConsumer<? super Call, ? super A> work) {
        Require.nonNull(work, "work");
        Adapter<A, Boolean> function = new Adapter<>(work, (call, argument) -> {
            work.accept(call, argument);
            return true; // Which nobody sees: the call has no result.
        });
        return argument -> unchecked(Work.CONSUME_WITH_CALL, function, argument, null);
    }

    /**
     * {@link #functionWith} for asynchronous work.
     *
     * @param <A> the argument, which {@link Call#argument()} has as well
     * @param <T> the result
     * @param work starts the call; for a retry, once an attempt
     * @return a function to call any number of times, from any thread; gives futures as {@link #callAsync} does
     */
    public final <A extends @Nullable Object, T extends R> Function<A, CompletableFuture<T>> asyncFunctionWith(
            BiFunction<? super Call, ? super A, ? extends CompletionStage<? extends T>> work) {
        Require.nonNull(work, "work");
        return argument -> async(Work.FUNCTION_WITH_CALL, work, argument, null);
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

    /** Work that wants its call and an argument, in the one form that the engines know. */
    private record Adapter<A extends @Nullable Object, T extends @Nullable Object>(
            Object original, Checked.BiFunction<? super Call, ? super A, ? extends T, ?> work)
            implements BiFunction<Call, A, T>, Work.Adapted {
        @Override
        public T apply(Call call, A argument) {
            try {
                return work.apply(call, argument);
            } catch (Exception thrown) {
                throw Failures.<RuntimeException>asThrown(thrown);
            }
        }
    }

    /** A function that may be interrupted, in a form that the engines know. */
    private record Interrupted<A extends @Nullable Object, T extends @Nullable Object>(
            Object original, Checked.InterruptibleFunction<? super A, ? extends T, ?> work)
            implements Checked.Function<A, T, Exception>, Work.Adapted {
        @Override
        public T apply(A argument) throws Exception {
            return work.apply(argument);
        }
    }

    private static <T extends @Nullable Object> Function<Call, T> unchecked(
            Checked.Function<? super Call, ? extends T, ?> work) {
        Require.nonNull(work, "work");
        return call -> {
            try {
                return work.apply(call);
            } catch (Exception thrown) {
                throw Failures.<RuntimeException>asThrown(thrown);
            }
        };
    }

    private static Function<Call, @Nullable Object> without(Consumer<? super Call> work) {
        return call -> {
            work.accept(call);
            return null;
        };
    }

    // The result is the work's own, or a policy's that is typed to it, and may be null where its type says so.
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals", "NullAway"})
    private <T extends @Nullable Object> T unchecked(int shape, Object work, @Nullable Object a, @Nullable Object b) {
        Require.nonNull(work, "work");
        try {
            return (T) BlockingEngine.call((Policy<?>) this, chain(), shape, work, a, b);
        } catch (Throwable thrown) {
            throw Failures.<RuntimeException>asThrown(thrown);
        }
    }

    private <T extends @Nullable Object> CompletableFuture<T> async(
            int shape, Object work, @Nullable Object a, @Nullable Object b) {
        return AsyncEngine.call(chain(), shape, Require.nonNull(work, "work"), a, b);
    }
}
