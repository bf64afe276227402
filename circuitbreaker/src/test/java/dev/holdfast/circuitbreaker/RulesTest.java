// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RulesTest extends BreakerTest {
    private CircuitBreaker consecutive(int count, Window window) {
        return CircuitBreaker.builder("consecutive")
                .environment(time)
                .over(window)
                .noFailureRate()
                .consecutiveFailures(count)
                .build();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 200})
    @DisplayName("CB-7 opens at the n-th failure in a row, whatever the window holds")
    void opensAtTheNthFailureInARow(int count) {
        for (Window window : new Window[] {Window.calls(3), Window.time(Duration.ofMillis(1))}) {
            CircuitBreaker breaker = consecutive(count, window);
            times(count - 1, () -> {
                fail(breaker);
                time.advance(Duration.ofSeconds(1));
            });
            assertThat(breaker.state()).isEqualTo(State.CLOSED);
            fail(breaker);
            assertThat(breaker.state()).isEqualTo(State.OPEN);
        }
    }

    @Test
    @DisplayName("CB-7 a success ends a row of failures, an ignored call does not")
    void aSuccessEndsARow() {
        CircuitBreaker breaker = consecutive(3, Window.calls(10));
        times(5, () -> {
            times(2, () -> fail(breaker));
            succeed(breaker);
        });
        times(2, () -> fail(breaker));
        ignore(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-7 a success ends a row of failures also when the window is full of successes")
    void aSuccessEndsARowInASaturatedWindow() {
        CircuitBreaker breaker = consecutive(2, Window.calls(1));
        times(5, () -> {
            fail(breaker);
            succeed(breaker);
            succeed(breaker);
        });
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-7 a row of failures starts anew after a closing")
    void aRowStartsAnewAfterAClosing() {
        CircuitBreaker breaker = consecutive(2, Window.calls(10));
        times(2, () -> fail(breaker));
        breaker.transitionTo(State.HALF_OPEN);
        times(3, () -> succeed(breaker));
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-7 opens when the window holds so many failures, however many calls there were")
    void opensAtTheFailureCount() {
        CircuitBreaker breaker = CircuitBreaker.builder("count")
                .environment(time)
                .over(Window.calls(10))
                .noFailureRate()
                .failureCount(3)
                .build();
        for (int i = 0; i < 10; i++) {
            times(2, () -> fail(breaker));
            times(9, () -> succeed(breaker));
            assertThat(breaker.state()).isEqualTo(State.CLOSED);
        }
        succeed(breaker);
        times(2, () -> fail(breaker));
        times(7, () -> succeed(breaker));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-8 a failure count over time forgets failures that have left the window")
    void failureCountOverTime() {
        CircuitBreaker breaker = CircuitBreaker.builder("count")
                .environment(time)
                .over(Window.time(Duration.ofSeconds(10)))
                .noFailureRate()
                .failureCount(3)
                .build();
        times(10, () -> {
            fail(breaker);
            time.advance(Duration.ofSeconds(5));
        });
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        times(2, () -> fail(breaker));
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-7 any one of several rules opens")
    void anyRuleOpens() {
        CircuitBreakerBuilder builder = CircuitBreaker.builder("several")
                .environment(time)
                .over(Window.calls(100))
                .minimumCalls(20)
                .failureRate(0.5)
                .failureCount(12)
                .consecutiveFailures(4);
        CircuitBreaker inARow = builder.build();
        times(4, () -> fail(inARow));
        assertThat(inARow.state()).isEqualTo(State.OPEN);
        CircuitBreaker byRate = builder.build();
        times(9, () -> fail(byRate, 1));
        assertThat(byRate.state()).isEqualTo(State.CLOSED);
        times(1, () -> fail(byRate, 1));
        assertThat(byRate.state()).isEqualTo(State.OPEN);
        CircuitBreaker byCount = builder.build();
        times(11, () -> fail(byCount, 2));
        assertThat(byCount.state()).isEqualTo(State.CLOSED);
        fail(byCount);
        assertThat(byCount.state()).isEqualTo(State.OPEN);
    }

    private static void fail(CircuitBreaker breaker, int successesBefore) {
        times(successesBefore, () -> succeed(breaker));
        fail(breaker);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-7 what the classifier calls success, failure and ignored is what counts, in every form")
    void classifierDecides(Form form) {
        CircuitBreaker breaker = counting()
                .classify(standard -> standard.ignore(IllegalArgumentException.class)
                        .succeedOn(ArithmeticException.class)
                        .failOnResult("done"::equals))
                .build();
        form.call(breaker, NOTHING, new IllegalArgumentException());
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
        form.call(breaker, NOTHING, new ArithmeticException());
        assertThat(window(breaker)).containsExactly(1L, 0L, 0L);
        assertThat(form.call(breaker, NOTHING, null)).isNull();
        assertThat(window(breaker)).containsExactly(2L, 1L, 0L);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-7 refusals of other policies, interrupts and cancellations count in no rate")
    void refusalsAndCancellationsDoNotCount(Form form) {
        CircuitBreaker breaker = counting().build();
        CircuitBreaker other = tripping().build();
        other.transitionTo(State.FORCED_OPEN);
        form.call(breaker, NOTHING, form.call(other, NOTHING, null));
        form.call(breaker, NOTHING, new InterruptedException());
        form.call(breaker, NOTHING, new java.util.concurrent.CancellationException());
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
        assertThat(breaker.counts().ignored()).isEqualTo(3);
        assertThat(breaker.counts().calls()).isEqualTo(3);
    }
}
