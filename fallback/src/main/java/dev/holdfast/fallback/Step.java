// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import dev.holdfast.Call;
import dev.holdfast.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One way to replace a failure. Prints as what it is. */
interface Step<R extends @Nullable Object> {
    /**
     * Starts it, on the thread that is there.
     *
     * @return what it will give, or {@code null} if it has nothing to give
     */
    @Nullable CompletionStage<? extends @Nullable R> go(Fallback<R> fallback, Outcome<R> replaced, @Nullable Call call)
            throws Exception;

    /** Whether it looks at the context of every call. */
    boolean wantsCall();

    /** Whether it looks at the context of calls with an argument. */
    default boolean wantsArgument() {
        return false;
    }

    /** A step that gives the same to all. */
    record Constant<R extends @Nullable Object>(R value) implements Step<R> {
        @Override
        public CompletionStage<? extends @Nullable R> go(
                Fallback<R> fallback, Outcome<R> replaced, @Nullable Call call) {
            return CompletableFuture.completedFuture(value);
        }

        @Override
        public boolean wantsCall() {
            return false;
        }

        @Override
        public String toString() {
            return "value";
        }
    }

    /** A step that runs code of the user's. */
    record OfUser<R extends @Nullable Object>(String what, boolean wantsCall, Code<R> code) implements Step<R> {
        @Override
        public @Nullable CompletionStage<? extends @Nullable R> go(
                Fallback<R> fallback, Outcome<R> replaced, @Nullable Call call) throws Exception {
            return code.run(replaced, call);
        }

        @Override
        public String toString() {
            return what;
        }
    }

    /** Code of the user's. */
    interface Code<R extends @Nullable Object> {
        CompletionStage<? extends @Nullable R> run(Outcome<R> replaced, @Nullable Call call) throws Exception;
    }
}
