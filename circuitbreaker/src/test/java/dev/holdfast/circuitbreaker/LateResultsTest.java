// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Ending;
import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.Report;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LateResultsTest extends BreakerTest {
    static Stream<Arguments> everyFormAndEnding() {
        return Stream.of(Form.values())
                .flatMap(form -> Stream.of(Ending.values()).map(ending -> Arguments.of(form, ending)));
    }

    static Stream<Arguments> everyEndingAndState() {
        return Stream.of(Ending.values())
                .flatMap(ending -> Stream.of(State.values()).map(state -> Arguments.of(ending, state)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("everyFormAndEnding")
    @DisplayName("CB-1 P1: a result admitted while closed changes nothing in a half-open breaker")
    void resultOfClosedChangesNothingInHalfOpen(Form form, Ending ending) {
        CircuitBreaker breaker = tripping().build();
        List<String> edges = edges(breaker);
        Permit[] trial = new Permit[1];
        Report[] before = new Report[1];

        form.call(
                breaker,
                () -> {
                    fail(breaker);
                    time.advance(WAIT);
                    trial[0] = admitted(breaker);
                    before[0] = breaker.report();
                },
                thrownFor(ending));

        Report after = breaker.report();
        assertThat(after.late()).isEqualTo(1);
        assertThat(after).usingRecursiveComparison().ignoringFields("late").isEqualTo(before[0]);
        assertThat(after.state()).isEqualTo(State.HALF_OPEN);
        assertThat(after.trialsRunning()).isEqualTo(1);
        assertRefuses(breaker);
        assertThat(edges).containsExactly("CLOSED>OPEN", "OPEN>HALF_OPEN");

        trial[0].succeeded();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-1 P2: ignored results admitted while closed free no trial")
    void ignoredResultsOfClosedFreeNoTrial(Form form) {
        CircuitBreaker breaker = tripping().build();
        Permit[] trial = new Permit[1];

        nested(form, breaker, 5, () -> {
            fail(breaker);
            time.advance(WAIT);
            trial[0] = admitted(breaker);
        });

        assertThat(breaker.report().late()).isEqualTo(5);
        times(6, () -> assertRefuses(breaker));
        trial[0].ignored();
        admitted(breaker);
        assertRefuses(breaker);
    }

    private static void nested(Form form, CircuitBreaker breaker, int depth, Runnable innermost) {
        Runnable meanwhile = depth == 1 ? innermost : () -> nested(form, breaker, depth - 1, innermost);
        form.call(breaker, meanwhile, new CancellationException("gone"));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("everyEndingAndState")
    @DisplayName("CB-1 a result of an earlier stay changes nothing in any state")
    void lateResultChangesNothingInAnyState(Ending ending, State state) {
        CircuitBreaker breaker = tripping().build();
        Permit late = admitted(breaker);
        breaker.transitionTo(state == State.DISABLED ? State.METRICS_ONLY : State.DISABLED);
        breaker.transitionTo(state);
        time.advance(Duration.ofSeconds(1));
        Report before = breaker.report();
        List<String> edges = edges(breaker);

        end(late, ending);

        assertThat(breaker.report())
                .usingRecursiveComparison()
                .ignoringFields("late")
                .isEqualTo(before);
        assertThat(breaker.report().late()).isEqualTo(1);
        assertThat(edges).isEmpty();
    }

    @Test
    @DisplayName("CB-1 a failure admitted before a reset is not in the new window")
    void resetMakesCallsLate() {
        CircuitBreaker breaker = tripping().build();
        Permit late = admitted(breaker);
        breaker.reset();
        late.failed();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-1 a trial of one half-open stay changes nothing in the next")
    void trialOfAnEarlierHalfOpenStayIsLate() {
        CircuitBreaker breaker = halfOpen(tripping().trials(3).trialSuccesses(2));
        Permit late = admitted(breaker);
        fail(breaker);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        time.advance(WAIT);
        succeed(breaker);
        late.succeeded();
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        assertThat(window(breaker)).containsExactly(1L, 0L, 0L);
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-1 late results are counted as calls all the same")
    void lateResultsAreInTheCumulativeCounts() {
        CircuitBreaker breaker = tripping().build();
        Permit late = admitted(breaker);
        breaker.reset();
        late.failed();
        assertThat(breaker.counts().failures()).isEqualTo(1);
        assertThat(breaker.counts().calls()).isEqualTo(1);
    }
}
