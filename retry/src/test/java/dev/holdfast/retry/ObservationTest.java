// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Classifier;
import dev.holdfast.Event;
import dev.holdfast.Subscription;
import dev.holdfast.retry.Way.Outcome;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a retry tells about itself, and how it is changed while it is used. */
class ObservationTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final IOException failure = new IOException("no");

    private RetryBuilder<Object> retry() {
        return Retry.builder("r").withoutBudget().environment(time).backoff(Backoff.fixed(SECOND));
    }

    private Backend backend() {
        return new Backend(time);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("counts first successes, later successes, retries, and calls that failed for good")
    void counts(Way way) {
        Retry<Object> retry = retry().retryOnResult("busy"::equals).build();

        way.call(retry, time, backend().gives("yes"));
        way.call(retry, time, backend().fails(failure).gives("yes"));
        way.call(retry, time, backend().gives("busy", "busy", "yes"));
        way.call(retry, time, backend().fails(failure));
        way.call(retry, time, backend().gives("busy"));
        way.call(retry, time, backend().fails(new AssertionError("not repeated")));

        assertThat(retry.counts()).isEqualTo(new Retry.Counts(1, 2, 7, 2, 0, 1));
    }

    @Test
    @DisplayName("the defaults are three attempts with full jitter from 100 ms to 10 s")
    void defaults() {
        assertThat(Retry.ofDefaults("r")).hasToString("Retry['r' up to 3 attempts, 100ms..10s full]");
    }

    @Test
    @DisplayName("a retry counts from the moment at which it is decided on, even if it is cancelled while it waits")
    void countsDecisions() {
        Retry<Object> retry = retry().build();
        CompletableFuture<Object> future =
                retry.callAsync(() -> backend().fails(failure).answerAsync(false));
        future.cancel(true);
        time.advance(SECOND.multipliedBy(9));

        assertThat(retry.counts()).isEqualTo(new Retry.Counts(0, 0, 1, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("tells each retry with its attempt, delay and outcome, and that it gave up")
    void events(Way way) {
        Retry<Object> retry = retry().retryOnResult("busy"::equals).build();
        List<String> told = new ArrayList<>();
        retry.on(
                Event.RetryScheduled.class,
                event -> told.add(
                        event.policy() + " after attempt " + event.call().attempt() + " in " + event.delay() + ": "
                                + event.outcome().result().orElse(null) + "/"
                                + event.outcome().failure()));
        retry.on(
                Event.RetriesExhausted.class,
                event -> told.add(event.policy() + " gave up after attempt "
                        + event.call().attempt() + ": "
                        + event.outcome().result().orElse(null) + "/"
                        + event.outcome().failure()));

        way.call(retry, time, backend().fails(failure).gives("busy"));
        way.call(retry, time, backend().gives("yes"));

        assertThat(told)
                .containsExactly(
                        "r after attempt 1 in PT1S: null/" + failure,
                        "r after attempt 2 in PT1S: busy/null",
                        "r gave up after attempt 3: busy/null");
    }

    @Test
    @DisplayName("listeners get what they asked for, until they cancel")
    void subscriptions() {
        Retry<Object> retry = retry().build();
        List<Event> all = new ArrayList<>();
        List<Event> exhausted = new ArrayList<>();
        Subscription everything = retry.on(Event.class, all::add);
        retry.on(Event.RetriesExhausted.class, exhausted::add);

        Way.SYNC.call(retry, time, backend().fails(failure));
        everything.cancel();
        everything.cancel();
        Way.SYNC.call(retry, time, backend().fails(failure));

        assertThat(all).hasSize(3);
        assertThat(exhausted).hasSize(2);
        assertThatThrownBy(() -> retry.on(Event.CallRejected.class, event -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("CallRejected");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a reconfiguration reaches calls that are under way, and keeps the counts")
    void reconfigured(Way way) {
        Retry<Object> retry = retry().maxAttempts(100).build();
        Backend backend = backend().fails(failure);
        backend.onCall(() -> {
            if (backend.calls() == 3) {
                retry.reconfigure(rules -> rules.maxAttempts(5).backoff(Backoff.none()));
            }
        });

        way.call(retry, time, backend);

        assertThat(backend.gaps()).containsExactly(SECOND.toNanos(), SECOND.toNanos(), 0L, 0L);
        assertThat(retry.counts().retries()).isEqualTo(4);
        assertThat(retry).hasToString("Retry['r' up to 5 attempts, none]");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a limit on the duration that is changed meanwhile reaches them if they began with one")
    void reconfiguredDuration(Way way) {
        assertThat(attemptsWithChangedDuration(way, retry().maxDuration(SECOND.multipliedBy(50))))
                .isEqualTo(5);
        assertThat(attemptsWithChangedDuration(way, retry().maxDuration(SECOND.multipliedBy(3))))
                .isEqualTo(5);
        assertThat(attemptsWithChangedDuration(way, retry())).isEqualTo(10);
    }

    /** One a second, of ten at most; during the second attempt the limit becomes five seconds. */
    private int attemptsWithChangedDuration(Way way, RetryBuilder<Object> rules) {
        Retry<Object> retry = rules.maxAttempts(10).build();
        Backend backend = backend().fails(failure);
        backend.onCall(() -> {
            if (backend.calls() == 2) {
                retry.reconfigure(changed -> changed.maxDuration(SECOND.multipliedBy(5)));
            }
        });
        way.call(retry, time, backend);
        return backend.calls();
    }

    @Test
    @DisplayName("XC-7 a reconfiguration that fails changes nothing, and what it got cannot be used later")
    void failedReconfiguration() {
        Retry<Object> retry = retry().build();
        List<RetryBuilder<Object>> leaked = new ArrayList<>();

        assertThatThrownBy(() -> retry.reconfigure(rules -> rules.maxAttempts(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxAttempts: 0 (expected: 1 to 2147483647)");
        assertThatThrownBy(() -> retry.reconfigure(rules -> null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> retry.reconfigure(rules -> rules.maxAttempts(7).environment(VirtualTime.create())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("environment");
        retry.reconfigure(rules -> {
            leaked.add(rules);
            return rules;
        });
        leaked.get(0).maxAttempts(9);

        assertThat(retry).hasToString("Retry['r' up to 3 attempts, 1s]");
    }

    @Test
    @DisplayName(
            "CF-1 rules of a reconfiguration take the place of the builder's, at once and every time; without any, those stay")
    void reconfiguredRules() {
        Retry<Object> retry = retry().backoff(Backoff.none())
                .retryOnResult("busy"::equals)
                .classify(so -> so.ignore(IOException.class).ignoreIf(IllegalStateException.class::isInstance))
                .build();
        assertThat(attempts(retry, "busy", null)).isEqualTo(3);
        retry.reconfigure(rules -> rules.maxAttempts(4));
        assertThat(attempts(retry, "busy", null)).as("no rule was given").isEqualTo(4);
        assertThat(attempts(retry, null, failure)).isEqualTo(1);

        AtomicInteger asked = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            retry.reconfigure(rules -> rules.retryRejections().retryOnResult(value -> asked.incrementAndGet() < 0));
        }
        assertThat(attempts(retry, "busy", null)).isEqualTo(1);
        assertThat(asked).as("nothing accumulates").hasValue(1);
        assertThat(attempts(retry, null, failure)).isEqualTo(4);
        assertThat(attempts(retry, null, new IllegalStateException())).isEqualTo(4);
        assertThat(attempts(retry, null, new Refusal()))
                .as("several rules of one change")
                .isEqualTo(4);

        retry.reconfigure(rules -> rules.classify(so -> so));
        assertThat(attempts(retry, null, new Refusal())).as("the defaults").isEqualTo(1);
        assertThat(attempts(retry, null, new Error())).as("the defaults").isEqualTo(1);
    }

    private int attempts(Retry<Object> retry, Object gives, Throwable fails) {
        Backend backend = fails == null
                ? backend().gives(gives, gives, gives, gives, gives)
                : backend().fails(fails);
        Way.SYNC.call(retry, time, backend);
        return backend.calls();
    }

    @Test
    @DisplayName("CF-1 each setting can be taken back")
    void opposites() {
        Budget budget = Budget.of(1, 0, 0);
        Retry<Object> retry = retry().backoff(Backoff.none())
                .maxDuration(Duration.ofNanos(1))
                .budget(budget)
                .retryIf(attempt -> false)
                .delayFrom(attempt -> SECOND, SECOND)
                .retryOnResult("busy"::equals)
                .throwOnExhaustedResult()
                .build();
        assertThat(attempts(retry, null, failure)).isEqualTo(1);

        retry.reconfigure(rules -> rules.withoutMaxDuration()
                .withoutBudget()
                .withoutRetryIf()
                .withoutDelayFrom()
                .returnExhaustedResult());
        Backend backend = backend().gives("busy", "busy", "busy");
        assertThat(Way.SYNC.call(retry, time, backend)).isEqualTo(new Outcome("busy", null));
        assertThat(backend.gaps()).containsExactly(0L, 0L);
        assertThat(budget.available()).isEqualTo(1);
    }

    @Test
    @DisplayName("XC-7 a budget belongs to one environment: the readings of two clocks are not compared")
    void budgetOfTwoEnvironments() {
        Budget budget = Budget.of(1, 0, 1);
        retry().budget(budget).build();
        retry().budget(budget).build();
        VirtualTime another = VirtualTime.create();
        assertThatThrownBy(() -> Retry.builder("r")
                        .withoutBudget()
                        .environment(another)
                        .budget(budget)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("environment of a policy with Budget");
        Retry<Object> elsewhere =
                Retry.builder("r").withoutBudget().environment(another).build();
        assertThatThrownBy(() -> elsewhere.reconfigure(rules -> rules.budget(budget)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("XC-7 a builder that is changed after build() changes nothing")
    void builtOnce() {
        RetryBuilder<Object> rules = retry().maxAttempts(2);
        Retry<Object> retry = rules.build();
        rules.maxAttempts(9)
                .backoff(Backoff.none())
                .maxDuration(Duration.ofNanos(1))
                .retryIf(attempt -> false)
                .budget(Budget.of(1, 0, 0))
                .delayFrom(attempt -> Duration.ZERO, SECOND)
                .classify(so -> so.ignore(IOException.class))
                .throwOnExhaustedResult();
        Backend backend = backend().fails(failure);

        Way.SYNC.call(retry, time, backend);

        assertThat(backend.gaps()).containsExactly(SECOND.toNanos());
    }

    @Test
    @DisplayName("XC-7 every bound is checked where it is set, and named with its value")
    void bounds() {
        RetryBuilder<Object> rules = retry();
        assertThatThrownBy(() -> Retry.builder(" ").withoutBudget())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name: ' '");
        assertThatThrownBy(() -> rules.maxAttempts(-3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxAttempts: -3 (expected: 1 to 2147483647)");
        assertThatThrownBy(() -> rules.maxDuration(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxDuration: PT0S (expected: longer than zero)");
        assertThatThrownBy(() -> rules.maxDuration(SECOND.negated())).hasMessageContaining("maxDuration: PT-1S");
        assertThatThrownBy(() -> rules.delayFrom(attempt -> null, SECOND.negated()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("delayFrom", "PT-1S");
        List<Runnable> nulls = List.of(
                () -> Retry.builder(null).withoutBudget(),
                () -> rules.environment(null),
                () -> rules.maxDuration(null),
                () -> rules.backoff(null),
                () -> rules.delayFrom(null, SECOND),
                () -> rules.delayFrom(a -> null, null),
                () -> rules.classify((UnaryOperator<Classifier<Object>>) null),
                () -> rules.classify(so -> null),
                () -> rules.retryOnResult(null),
                () -> rules.retryIf(null),
                () -> rules.budget(null),
                () -> rules.build().reconfigure(null),
                () -> rules.build().call(null),
                () -> rules.build().callAsync(null));
        for (Runnable wrong : nulls) {
            assertThatThrownBy(wrong::run)
                    .isInstanceOf(NullPointerException.class)
                    .hasMessageContaining(": null (expected: a value)");
        }
    }
}
