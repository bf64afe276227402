// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** The work that is wrapped, the same for all libraries, and what keeps it honest. */
final class Work {
    static final Supplier<String> ANSWER = () -> "answer";
    static final CompletableFuture<String> ANSWERED = CompletableFuture.completedFuture("answer");
    /** Always the same stage: what is allocated is allocated by the library. */
    static final Supplier<CompletionStage<String>> STAGE = () -> ANSWERED;

    static final Failure FAILURE = new Failure();

    /**
     * Bodies of several classes and results, one of which fails: one in seven, or three in nine with a retry around it, so
     * no breaker opens at half.
     */
    static final List<Supplier<Object>> BODIES =
            List.of(() -> "one", () -> 2, () -> 3L, () -> 'c', new Constant(5.0), Object::new, () -> {
                throw FAILURE;
            });

    /** How often each body goes through each policy that is polluted: enough for the compiler to have done its last step. */
    static final int ROUNDS = 5_000;

    private Work() {}

    /**
     * Runs bodies of several classes through what wraps them, so that the code is compiled for an application, in which no
     * call site knows what it will call, and not for one benchmark.
     *
     * @param rounds how often each body
     */
    static void pollute(int rounds, Wrapper wrapper) {
        for (int i = 0; i < rounds; i++) {
            for (Supplier<Object> body : BODIES) {
                try {
                    wrapper.call(body);
                } catch (Failure expected) {
                    // Failures are part of an application, too.
                }
            }
        }
    }

    /** What a call gives, or another answer where it fails. */
    static <T> Object answerOf(Supplier<T> call) {
        try {
            return call.get();
        } catch (Failure expected) {
            return "down";
        }
    }

    /** A policy or pipeline, seen as something that runs work. */
    @FunctionalInterface
    interface Wrapper {
        Object call(Supplier<Object> work);
    }

    /** What fails: thrown over and over, so its trace would say nothing, and nobody may hang other failures onto it. */
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Failure() {
            super("down", null, false, false);
        }
    }

    private record Constant(Object value) implements Supplier<Object> {
        @Override
        public Object get() {
            return value;
        }
    }

    /** Fails once in so many calls. One for each thread. */
    static final class FailsOnceIn implements Supplier<String> {
        private final int calls;
        private int left = 1;

        FailsOnceIn(int calls) {
            this.calls = calls;
        }

        @Override
        public String get() {
            if (--left == 0) {
                left = calls;
                throw FAILURE;
            }
            return "answer";
        }
    }
}
