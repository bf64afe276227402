// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a policy under test: calls one after the other, what their work does, and when their callers give up.
 *
 * @param name for messages
 * @param calls how many
 * @param script writes down what the work does, and gets the result to give
 * @param givenUpAfter when callers are interrupted, or cancel; {@code null}: never
 * @param refuses whether the gate inside refuses all calls
 * @param isDeaf whether the work notices nothing, so that a blocking call may take longer than an asynchronous one
 */
record Scenario(
        String name,
        int calls,
        BiConsumer<Script<Object>, Object> script,
        @Nullable Duration givenUpAfter,
        boolean refuses,
        boolean isDeaf) {
    static final Duration SHORT = Duration.ofMillis(1);
    /** Longer than deadlines under test usually are. */
    static final Duration LONG = Duration.ofHours(1);

    private static Scenario of(String name, BiConsumer<Script<Object>, Object> script) {
        return new Scenario(name, 1, script, null, false, false);
    }

    private Scenario givenUp(Duration after) {
        return new Scenario(name + "; its caller gives up after " + after, calls, script, after, refuses, isDeaf);
    }

    static List<Scenario> all() {
        List<Scenario> all = new ArrayList<>();
        for (Duration takes : List.of(Duration.ZERO, SHORT, LONG)) {
            all.add(of(
                    "work gives a result after " + takes,
                    (script, result) -> script.gives(result).after(takes)));
        }
        for (Duration takes : List.of(Duration.ZERO, SHORT)) {
            for (Supplier<Throwable> failures : FAILURES) {
                String kind = failures.get().getClass().getSimpleName();
                all.add(of(
                        "work fails with " + kind + " after " + takes,
                        (script, result) -> script.fails(failures.get()).after(takes)));
            }
        }
        Scenario hangs =
                of("work hangs at first", (script, result) -> script.hangs().gives(result));
        Scenario fails =
                of("work fails", (script, result) -> script.fails(new Failure()).after(SHORT));
        for (Duration after : List.of(Duration.ZERO, SHORT.dividedBy(2), SHORT.multipliedBy(2), LONG)) {
            all.add(hangs.givenUp(after));
            all.add(fails.givenUp(after));
        }
        all.add(of(
                "work fails twice, then gives a result",
                (script, result) ->
                        script.fails(new Failure()).after(SHORT).times(2).gives(result)));
        all.add(new Scenario("a gate inside refuses", 1, (script, result) -> script.gives(result), null, true, false));
        all.add(new Scenario(
                "work does not notice that it is given up",
                1,
                (script, result) -> script.gives(result).after(LONG).deaf(),
                null,
                false,
                true));
        all.add(new Scenario(
                "40 calls of work that fails 20 times",
                40,
                (script, result) -> script.gives(result)
                        .fails(new Failure())
                        .after(SHORT)
                        .times(20)
                        .gives(result)
                        .after(SHORT),
                null,
                false,
                false));
        return all;
    }

    /** Those to try in an environment that fails. */
    static List<Scenario> simple() {
        return List.of(
                of(
                        "work gives a result after " + SHORT,
                        (script, result) -> script.gives(result).after(SHORT)),
                of("work fails", (script, result) -> script.fails(new Failure()).after(SHORT)),
                of(
                        "work takes " + LONG,
                        (script, result) -> script.gives(result).after(LONG)));
    }

    private static final List<Supplier<Throwable>> FAILURES = List.of(
            Failure::new,
            () -> new IllegalStateException("thrown by the test's work"),
            () -> new AssertionError("thrown by the test's work"),
            () -> new StackOverflowError("thrown by the test's work"),
            () -> new CancellationException("thrown by the test's work"),
            () -> new InterruptedException("thrown by the test's work"));

    /** What the work fails with. */
    static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;

        Failure() {
            super("thrown by the test's work");
        }
    }
}
