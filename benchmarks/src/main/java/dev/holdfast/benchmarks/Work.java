// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.Policy;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;

/** The work that is wrapped, and what keeps it honest. */
final class Work {
    static final Supplier<String> ANSWER = () -> "answer";
    static final RuntimeException FAILURE = new IllegalStateException("down", null) {
        private static final long serialVersionUID = 1L;

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this; // thrown over and over: its trace would say nothing
        }
    };

    private Work() {}

    /**
     * Runs many bodies of several shapes through a policy, so that the code is compiled for an application, in which no
     * call site knows what it will call, and not for one benchmark.
     */
    static void pollute(Policy<Object> policy) {
        Function<Integer, Integer> function = policy.function(n -> n + 1);
        Callable<Integer> callable = policy.callable(() -> 2);
        Runnable runnable = policy.runnable(() -> {});
        for (int i = 0; i < 20_000; i++) {
            function.apply(i);
            runnable.run();
            policy.call(() -> "one");
            policy.call(() -> 2);
            policy.callChecked(() -> 3L);
            try {
                callable.call();
                policy.run(() -> {
                    throw FAILURE;
                });
            } catch (Exception expected) {
                // Failures are part of an application, too.
            }
        }
    }
}
