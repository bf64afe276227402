// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.UnavailableException;
import dev.holdfast.retry.Way.Outcome;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ThrowingRulesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final List<Throwable> THROWN = List.of(
            new IllegalStateException("rule"),
            new IOException("rule"),
            new StackOverflowError("rule"),
            new OutOfMemoryError("rule"));

    private final VirtualTime time = VirtualTime.create();
    private final IOException failure = new IOException("no");

    /** Rules that throw, by name. */
    private static Map<String, Function<RetryBuilder<Object>, RetryBuilder<Object>>> rules(Throwable thrown) {
        Map<String, Function<RetryBuilder<Object>, RetryBuilder<Object>>> rules = new LinkedHashMap<>();
        rules.put("predicate on exceptions", retry -> retry.classify(so -> so.failIf(any -> doThrow(thrown))));
        rules.put("condition", retry -> retry.retryIf(any -> doThrow(thrown)));
        rules.put("backoff", retry -> retry.backoff(Backoff.custom(any -> doThrow(thrown), SECOND)));
        return rules;
    }

    private static <T> T doThrow(Throwable thrown) {
        throw Backend.sneaky(thrown);
    }

    private RetryBuilder<Object> retry() {
        return Retry.builder("r").withoutBudget().environment(time).maxAttempts(5);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "RT-7 a rule that throws ends the call with the failure that it looked at, what it threw suppressed, after one attempt")
    void rulesThatThrow(Way way) {
        for (Throwable thrown : THROWN) {
            rules(thrown).forEach((name, rule) -> {
                IOException own = new IOException("no");
                Backend backend = new Backend(time).fails(own);

                Outcome outcome = way.call(rule.apply(retry()).build(), time, backend);

                assertThat(outcome.thrown()).as("%s, %s", name, thrown).isSameAs(own);
                assertThat(own.getSuppressed()).as(name).containsExactly(thrown);
                assertThat(backend.calls()).isEqualTo(1);
                assertThat(time.pendingTimers()).isZero();
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "RT-7 XC-20 a rule that throws at a result ends the call with it, whatever the result, and the work is not repeated")
    void resultPredicate(Way way) {
        for (Throwable thrown : THROWN) {
            for (Object result : new Object[] {null, "yes"}) {
                Backend backend = new Backend(time).gives(result);
                Retry<Object> retry =
                        retry().retryOnResult(value -> doThrow(thrown)).build();

                assertThat(way.call(retry, time, backend)).isEqualTo(new Outcome(result, null));
                assertThat(backend.calls()).isEqualTo(1);
                for (String name : List.of("condition", "backoff")) {
                    Backend another = new Backend(time).gives(result);
                    Retry<Object> broken = rules(thrown)
                            .get(name)
                            .apply(retry())
                            .retryOnResult(value -> true)
                            .build();
                    assertThat(way.call(broken, time, another)).as(name).isEqualTo(new Outcome(result, null));
                    assertThat(another.calls()).isEqualTo(1);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 a rule that throws at a later attempt keeps the failures of all attempts")
    void laterAttempts(Way way) {
        List<IOException> failures = List.of(new IOException("1"), new IOException("2"), new IOException("3"));
        IllegalStateException thrown = new IllegalStateException("rule");
        Backend backend = new Backend(time).fails(failures.toArray(Throwable[]::new));
        Retry<Object> retry = retry().retryIf(attempt -> attempt.number() == 3 ? doThrow(thrown) : true)
                .build();

        assertThat(way.call(retry, time, backend).thrown()).isSameAs(failures.get(2));
        assertThat(failures.get(2).getSuppressed()).containsExactlyInAnyOrder(failures.get(0), failures.get(1), thrown);
        assertThat(retry.counts()).isEqualTo(new Retry.Counts(0, 0, 2, 1, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 a failure that all calls share does not grow by what rules throw, from call to call")
    void sharedByRules(Way way) {
        for (int i = 0; i < 50; i++) {
            rules(new IllegalStateException("rule " + i))
                    .values()
                    .forEach(rule -> way.call(rule.apply(retry()).build(), time, new Backend(time).fails(failure)));
        }

        assertThat(failure.getSuppressed().length).isBetween(1, 10);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-9 advice on delays that throws is none: the backoff decides, as often as there are attempts")
    void adviceThatThrows(Way way) {
        for (Throwable thrown : THROWN) {
            Backend backend = new Backend(time).fails(failure);
            Retry<Object> retry = retry().backoff(Backoff.fixed(SECOND))
                    .delayFrom(any -> doThrow(thrown), SECOND)
                    .build();

            assertThat(way.call(retry, time, backend).thrown()).isSameAs(failure);
            assertThat(backend.gaps())
                    .containsExactly(SECOND.toNanos(), SECOND.toNanos(), SECOND.toNanos(), SECOND.toNanos());
        }
        assertThat(failure.getSuppressed()).isEmpty();
    }

    @Test
    @DisplayName("XC-20 a broken rule is logged with the policy's name, once a minute")
    void logged() throws IOException {
        String name = "broken rule " + System.nanoTime();
        Retry<Object> retry = Retry.builder(name)
                .withoutBudget()
                .environment(time)
                .backoff(Backoff.none())
                .delayFrom(any -> doThrow(new IllegalStateException("advice")), SECOND)
                .build();
        for (int second = 0; second < 120; second++) {
            Way.SYNC.call(retry, time, new Backend(time).fails(failure));
            time.advance(SECOND);
        }

        assertThat(Files.readAllLines(Path.of("target", "test.log")))
                .filteredOn(line -> line.contains(name))
                .hasSize(2)
                .allSatisfy(line ->
                        assertThat(line).contains("WARN", "Retry '" + name + "': a rule", "the backoff decides"));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 a backoff that gives nonsense ends the call, whose failure carries a clear error")
    void nonsense(Way way) {
        Backend backend = new Backend(time).fails(failure);
        Retry<Object> nothing =
                retry().backoff(Backoff.custom(attempt -> null, SECOND)).build();
        Retry<Object> negative = retry().backoff(Backoff.custom(attempt -> SECOND.negated(), SECOND))
                .build();

        assertThat(way.call(nothing, time, backend).thrown()).isSameAs(failure);
        assertThat(way.call(negative, time, backend).thrown()).isSameAs(failure);
        assertThat(failure.getSuppressed())
                .satisfiesExactly(
                        first -> assertThat(first)
                                .isInstanceOf(NullPointerException.class)
                                .hasMessageContaining("delay of backoff"),
                        second -> assertThat(second)
                                .isInstanceOf(IllegalArgumentException.class)
                                .hasMessageContainingAll("delay of backoff", "PT-1S"));
        assertThat(backend.calls()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 XC-1 a listener that throws, whatever it throws, changes nothing")
    void listeners(Way way) {
        for (Throwable thrown : THROWN) {
            AtomicInteger told = new AtomicInteger();
            Retry<Object> retry = retry().build();
            retry.on(Event.class, event -> doThrow(thrown));
            retry.on(Event.class, event -> told.incrementAndGet());
            Backend backend = new Backend(time).fails(failure);

            assertThat(way.call(retry, time, backend).thrown()).isSameAs(failure);
            assertThat(backend.calls()).isEqualTo(5);
            assertThat(told).hasValue(5);
            assertThat(failure.getSuppressed()).isEmpty();
        }
    }

    @Test
    @SuppressWarnings("unchecked") // The mock's type has an argument.
    @DisplayName("RT-7 work that is no stage, or a stage that refuses callbacks, completes the future once")
    void brokenStages() {
        AtomicInteger completions = new AtomicInteger();
        CompletableFuture<Object> nothing = retry().maxAttempts(1).build().callAsync(() -> null);
        CompletableFuture<Object> nothingTold = nothing.whenComplete((value, thrown) -> completions.incrementAndGet());
        assertThat(Way.join(time, nothing).thrown())
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("stage");

        Way.join(time, nothingTold);

        CompletionStage<Object> refusing = mock(any -> doThrow(new UnsupportedOperationException("no callbacks")));
        CompletableFuture<Object> future = retry().maxAttempts(2).build().callAsync(() -> refusing);
        CompletableFuture<Object> told = future.whenComplete((value, thrown) -> completions.incrementAndGet());
        assertThat(Way.join(time, future).thrown()).hasMessage("no callbacks");
        // What hangs on a future may run after who waits for it has gone on.
        Way.join(time, told);
        assertThat(completions).hasValue(2);
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 a timer that refuses the delay ends the call at once with a refusal, not after more attempts")
    void refusingTimer(Way way) {
        RejectedExecutionException refusal = new RejectedExecutionException("shut down");
        Environment broken = new Environment() {
            @Override
            public long nanoTime() {
                return time.nanoTime();
            }

            @Override
            public Timer schedule(Runnable task, long delayNanos) {
                throw refusal;
            }

            @Override
            public boolean await(BooleanSupplier done, long nanos) {
                throw refusal;
            }

            @Override
            public long nextLong(long bound) {
                return 0;
            }
        };
        Budget budget = Budget.of(100, 0, 0);
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(broken)
                .maxAttempts(50)
                .budget(budget)
                .backoff(Backoff.fixed(SECOND))
                .build();
        Backend backend = new Backend(time).fails(failure);

        assertThat(way.call(retry, time, backend).thrown())
                .isInstanceOf(UnavailableException.class)
                .hasCause(refusal)
                .hasSuppressedException(failure);
        assertThat(backend.calls()).isEqualTo(1);
        assertThat(budget.available()).isGreaterThanOrEqualTo(99);
    }
}
