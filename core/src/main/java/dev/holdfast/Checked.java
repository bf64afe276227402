// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/**
 * The functional shapes of {@code java.util.function}, for work that throws checked exceptions. The exception type is
 * a parameter, so that a guarded call throws what its work throws and nothing wider.
 *
 * <p>Where a lambda throws two checked types that have nothing in common, Java takes {@link Exception} for it. If one of them is
 * {@link InterruptedException}, {@link Calls#callInterruptibly} keeps both apart. For any other two, catch one inside, or let the method
 * around throw {@code Exception}:
 *
 * <pre>{@code
 * Row row = pipeline.callChecked(() -> {
 *     try {
 *         return database.row(file.read());           // throws SQLException, and IOException
 *     } catch (IOException unreadable) {
 *         throw new UncheckedIOException(unreadable);  // policies look through it, and see the IOException
 *     }
 * });
 * }</pre>
 */
public final class Checked {
    private Checked() {}

    /**
     * Gives a result or throws.
     *
     * @param <T> the result
     * @param <X> what it throws
     */
    @FunctionalInterface
    public interface Supplier<T extends @Nullable Object, X extends Exception> {
        /**
         * Does the work.
         *
         * @return the result
         * @throws X when the work fails
         */
        T get() throws X;
    }

    /**
     * Gives a result, throws, or is interrupted: for work that throws {@link InterruptedException} beside exceptions of its own, as
     * {@code HttpClient.send} does. A type of its own, because Java finds one exception type for a lambda that throws two: their common
     * supertype {@link Exception}.
     *
     * @param <T> the result
     * @param <X> what it throws besides
     */
    @FunctionalInterface
    public interface Interruptible<T extends @Nullable Object, X extends Exception> {
        /**
         * Does the work.
         *
         * @return the result
         * @throws X when the work fails
         * @throws InterruptedException when the thread is interrupted
         */
        T get() throws X, InterruptedException;
    }

    /**
     * Maps an argument to a result, throws, or is interrupted: see {@link Interruptible}.
     *
     * @param <A> the argument
     * @param <T> the result
     * @param <X> what it throws besides
     */
    @FunctionalInterface
    public interface InterruptibleFunction<
            A extends @Nullable Object, T extends @Nullable Object, X extends Exception> {
        /**
         * Does the work.
         *
         * @param argument the argument
         * @return the result
         * @throws X when the work fails
         * @throws InterruptedException when the thread is interrupted
         */
        T apply(A argument) throws X, InterruptedException;
    }

    /**
     * Does work without a result, or throws.
     *
     * @param <X> what it throws
     */
    @FunctionalInterface
    @SuppressWarnings("JavaLangClash") // Always written as Checked.Runnable.
    public interface Runnable<X extends Exception> {
        /**
         * Does the work.
         *
         * @throws X when the work fails
         */
        void run() throws X;
    }

    /**
     * Maps an argument to a result or throws.
     *
     * @param <A> the argument
     * @param <T> the result
     * @param <X> what it throws
     */
    @FunctionalInterface
    public interface Function<A extends @Nullable Object, T extends @Nullable Object, X extends Exception> {
        /**
         * Does the work.
         *
         * @param argument the argument
         * @return the result
         * @throws X when the work fails
         */
        T apply(A argument) throws X;
    }

    /**
     * Maps two arguments to a result or throws.
     *
     * @param <A> the first argument
     * @param <B> the second argument
     * @param <T> the result
     * @param <X> what it throws
     */
    @FunctionalInterface
    public interface BiFunction<
            A extends @Nullable Object, B extends @Nullable Object, T extends @Nullable Object, X extends Exception> {
        /**
         * Does the work.
         *
         * @param first the first argument
         * @param second the second argument
         * @return the result
         * @throws X when the work fails
         */
        T apply(A first, B second) throws X;
    }

    /**
     * Consumes an argument or throws.
     *
     * @param <A> the argument
     * @param <X> what it throws
     */
    @FunctionalInterface
    public interface Consumer<A extends @Nullable Object, X extends Exception> {
        /**
         * Does the work.
         *
         * @param argument the argument
         * @throws X when the work fails
         */
        void accept(A argument) throws X;
    }
}
