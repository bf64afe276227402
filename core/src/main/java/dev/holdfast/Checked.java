// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/**
 * The functional shapes of {@code java.util.function}, for work that throws checked exceptions. The exception type is
 * a parameter, so that a guarded call throws what its work throws and nothing wider.
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
