// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.UnavailableException;
import dev.holdfast.Event;
import dev.holdfast.retry.Way.Outcome;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
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
            new IllegalStateException("rule"), new IOException("rule"), new StackOverflowError("rule"),
            new OutOfMemoryError("rule"));

    private final VirtualTime time = VirtualTime.create();
    private final IOException failure = new IOException("no");

    /** Rules that throw, by name. */
    private static Map<String, Function<RetryBuilder<Object>, RetryBuilder<Object>>> rules(Throwable thrown) {
        Map<String, Function<RetryBuilder<Object>, RetryBuilder<Object>>> rules = new LinkedHashMap<>();
        rules.put("predicate on exceptions", retry -> retry.classify(so -> so.failIf(any -> doThrow(thrown))));
        rules.put("condition", retry -> retry.retryIf(any -> doThrow(thrown)));
        rules.put("delay from the outcome", retry -> retry.delayFrom(any -> doThrow(thrown), SECOND));
        rules.put("backoff", retry -> retry.backoff(Backoff.custom(any -> doThrow(thrown), SECOND)));
        return rules;
    }

    private static <T> T doThrow(Throwable thrown) {
        throw Backend.sneaky(thrown);
    }

    private RetryBuilder<Object> retry() {
        return Retry.builder("r").environment(time).maxAttempts(5);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 a rule that throws ends the call with exactly that, the failure suppressed, after one attempt")
    void rulesThatThrow(Way way) {
        for (Throwable thrown : THROWN) {
            rules(thrown).forEach((name, rule) -> {
                Backend backend = new Backend(time).fails(new IOException("no"));

                Outcome outcome = way.call(rule.apply(retry()).build(), time, backend);

                assertThat(outcome.thrown()).as("%s, %s", name, thrown).isSameAs(thrown);
                assertThat(thrown.getSuppressed()).as(name).isNotEmpty().allMatch(IOException.class::isInstance);
                assertThat(backend.calls()).isEqualTo(1);
                assertThat(time.pendingTimers()).isZero();
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 a predicate on results that throws ends the call, whatever the result")
    void resultPredicate(Way way) {
        for (Throwable thrown : THROWN) {
            for (Object result : new Object[] {null, "yes"}) {
                Backend backend = new Backend(time).gives(result);
                Retry<Object> retry = retry().retryOnResult(value -> doThrow(thrown)).build();

                assertThat(way.call(retry, time, backend)).isEqualTo(new Outcome(null, thrown));
                assertThat(backend.calls()).isEqualTo(1);
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
        Retry<Object> retry = retry().retryIf(attempt -> attempt.number() == 3 ? doThrow(thrown) : true).build();

        assertThat(way.call(retry, time, backend).thrown()).isSameAs(thrown);
        assertThat(thrown.getSuppressed()).containsExactlyInAnyOrderElementsOf(failures);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 a shared exception that a rule throws does not grow from call to call")
    void sharedByRules(Way way) {
        RuntimeException shared = new IllegalStateException("rule");
        rules(shared).values().forEach(rule -> {
            for (int i = 0; i < 50; i++) {
                way.call(rule.apply(retry()).build(), time, new Backend(time).fails(new IOException("no " + i)));
            }
        });

        assertThat(shared.getSuppressed().length).isBetween(1, 10);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 a backoff that gives nonsense ends the call with a clear error")
    void nonsense(Way way) {
        Backend backend = new Backend(time).fails(failure);
        Retry<Object> nothing = retry().backoff(Backoff.custom(attempt -> null, SECOND)).build();
        Retry<Object> negative = retry().backoff(Backoff.custom(attempt -> SECOND.negated(), SECOND)).build();

        assertThat(way.call(nothing, time, backend).thrown()).isInstanceOf(NullPointerException.class)
                .hasMessageContaining("delay of backoff").hasSuppressedException(failure);
        assertThat(way.call(negative, time, backend).thrown()).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("delay of backoff", "PT-1S").hasSuppressedException(failure);
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
        nothing.whenComplete((value, thrown) -> completions.incrementAndGet());
        assertThat(Way.join(time, nothing).thrown()).isInstanceOf(NullPointerException.class)
                .hasMessageContaining("stage");

        CompletionStage<Object> refusing = mock(any -> doThrow(new UnsupportedOperationException("no callbacks")));
        CompletableFuture<Object> future = retry().maxAttempts(2).build().callAsync(() -> refusing);
        future.whenComplete((value, thrown) -> completions.incrementAndGet());
        assertThat(Way.join(time, future).thrown()).hasMessage("no callbacks");
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
        RetryBudget budget = RetryBudget.of(100, 0, 0);
        Retry<Object> retry = Retry.builder("r").environment(broken).maxAttempts(50).budget(budget)
                .backoff(Backoff.fixed(SECOND)).build();
        Backend backend = new Backend(time).fails(failure);

        assertThat(way.call(retry, time, backend).thrown())
                .isInstanceOf(UnavailableException.class)
                .hasCause(refusal)
                .hasSuppressedException(failure);
        assertThat(backend.calls()).isEqualTo(1);
        assertThat(budget.available()).isGreaterThanOrEqualTo(99);
    }
}
