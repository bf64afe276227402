// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A breaker from settings without code, and what it tells of itself: its numbers, and its changes. */
class TypeAndMetersTest extends BreakerTest {
    private static final CircuitBreakerType TYPE = new CircuitBreakerType();

    @Test
    @DisplayName("settings are shown as they were written, and what is shown builds the same again")
    void settings() {
        Map<String, Object> given = Map.of(
                "over",
                "30s in 20",
                "minimum-calls",
                7,
                "failure-rate",
                "25%",
                "slow-calls",
                "75% over 250ms",
                "consecutive-failures",
                9,
                "failure-count",
                12,
                "trials",
                4,
                "trial-successes",
                3,
                "trial-timeout",
                "3s",
                "ramp",
                List.of("25%", "50%"));
        Map<String, String> shown = TYPE.settings(TYPE.make("b", given));
        assertThat(shown)
                .contains(
                        entry("over", "30s in 20"),
                        entry("minimum-calls", "7"),
                        entry("consecutive-failures", "9"),
                        entry("failure-count", "12"),
                        entry("trials", "4"),
                        entry("trial-successes", "3"),
                        entry("trial-timeout", "3s"));
        assertThat(shown.get("slow-calls")).contains("0.75", "250ms");
        assertThat(shown).containsEntry("ramp", "0.25, 0.5");
        CircuitBreaker copied = CircuitBreaker.ofDefaults("b");
        TYPE.apply(copied, given);
        assertThat(TYPE.settings(copied)).isEqualTo(shown);
        assertThat(TYPE.defaults()).containsEntry("trial-successes", "none").containsEntry("failure-count", "0");
        TYPE.apply(copied, Map.of("trials", 2));
        assertThat(TYPE.settings(copied)).containsEntry("trial-successes", "none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"20 calls", "10s", "10s in 20"})
    @DisplayName("a window is read as it is written")
    void windows(String text) {
        assertThat(Window.read(text)).hasToString(text);
    }

    private static double meter(CircuitBreaker breaker, String name, String state) {
        return breaker.meters().stream()
                .filter(meter -> meter.name().equals("holdfast.circuitbreaker." + name))
                .filter(meter -> state.isEmpty() || state.equals(meter.labels().get("holdfast.state")))
                .findFirst()
                .orElseThrow()
                .value();
    }

    @Test
    @DisplayName("the numbers: the state, how often each was entered, the window, and results that came late")
    void meters() {
        CircuitBreaker breaker = CircuitBreaker.builder("numbers")
                .environment(time)
                .over(Window.calls(4))
                .minimumCalls(4)
                .slowCalls(nanos(10), 1)
                .openFor(WAIT)
                .build();
        assertThat(meter(breaker, "transitions", "open")).isZero();
        assertThat(meter(breaker, "failure.ratio", "")).isNaN();
        Permit late = admitted(breaker);
        Permit slow = admitted(breaker);
        time.advance(nanos(11));
        slow.succeeded();
        succeed(breaker);
        fail(breaker);
        assertThat(meter(breaker, "window.calls", "")).isEqualTo(3);
        assertThat(meter(breaker, "slow.ratio", "")).isEqualTo(0.5);
        fail(breaker);
        assertThat(meter(breaker, "failure.ratio", "")).isEqualTo(0.5);
        assertThat(meter(breaker, "state", "open")).isOne();
        assertThat(meter(breaker, "state", "closed")).isZero();
        late.failed();
        assertThat(meter(breaker, "late.results", "")).isOne();
        for (int i = 0; i < 2; i++) {
            breaker.transitionTo(State.FORCED_OPEN);
            breaker.transitionTo(State.OPEN);
        }
        assertThat(meter(breaker, "transitions", "open")).isEqualTo(3);
        assertThat(meter(breaker, "transitions", "forced_open")).isEqualTo(2);
        assertThat(meter(breaker, "transitions", "closed")).isZero();
    }

    private static void failTrials(CircuitBreaker breaker) {
        while (breaker.state() == State.HALF_OPEN) {
            fail(breaker);
        }
    }

    @Test
    @DisplayName(
            "an opening is a warning, also by hand and after trials that began by hand; a trial that fails in an outage is none")
    void levels() {
        CircuitBreaker breaker =
                CircuitBreaker.builder("told").environment(time).trials(3).build();
        List<String> levels = new ArrayList<>();
        breaker.on(StateChanged.class, change -> levels.add(change.from() + " " + change.to() + " " + change.level()));
        while (breaker.state() == State.CLOSED) {
            fail(breaker);
        }
        time.advance(Duration.ofHours(1));
        fail(breaker);
        failTrials(breaker);
        breaker.transitionTo(State.HALF_OPEN);
        breaker.transitionTo(State.OPEN);
        breaker.transitionTo(State.HALF_OPEN);
        breaker.transitionTo(State.FORCED_OPEN);
        breaker.transitionTo(State.CLOSED);
        breaker.transitionTo(State.HALF_OPEN);
        failTrials(breaker);
        breaker.transitionTo(State.DISABLED);
        assertThat(levels)
                .containsExactly(
                        "CLOSED OPEN WARNING",
                        "OPEN HALF_OPEN DEBUG",
                        "HALF_OPEN OPEN DEBUG",
                        "OPEN HALF_OPEN DEBUG",
                        "HALF_OPEN OPEN WARNING",
                        "OPEN HALF_OPEN DEBUG",
                        "HALF_OPEN FORCED_OPEN WARNING",
                        "FORCED_OPEN CLOSED INFO",
                        "CLOSED HALF_OPEN DEBUG",
                        "HALF_OPEN OPEN WARNING",
                        "OPEN DISABLED INFO");
    }

    @Test
    @DisplayName("a change says its parts")
    void parts() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("told");
        StateChanged change = new StateChanged(
                breaker, State.CLOSED, State.OPEN, breaker.report(), new Error("why"), System.Logger.Level.WARNING);
        assertThat(change.details())
                .contains(entry("from", State.CLOSED), entry("to", State.OPEN), entry("failures", 0L))
                .containsKey("cause");
        assertThat(change.toString()).contains("told", "CLOSED", "OPEN");
    }

    @Test
    @DisplayName(
            "a breaker does not give its own refusal as the cause of its opening, however deep, but that of others")
    void ownRefusal() {
        CircuitOpenException own = new CircuitOpenException("tripping", State.OPEN, 0, null);
        CircuitOpenException others = new CircuitOpenException("others", State.OPEN, 0, null);
        assertThat(causeOfOpening(own)).isNull();
        assertThat(causeOfOpening(new IllegalStateException(new RuntimeException(own))))
                .isNull();
        assertThat(causeOfOpening(others)).isSameAs(others);
        // A chain that has no end is looked at so far only.
        RuntimeException first = new RuntimeException();
        RuntimeException second = new RuntimeException(first);
        first.initCause(second);
        assertThat(causeOfOpening(second)).isSameAs(second);
        Throwable deep = own;
        for (int i = 0; i < 15; i++) {
            deep = new RuntimeException(deep);
        }
        assertThat(causeOfOpening(deep)).isNull();
        deep = new RuntimeException(deep);
        assertThat(causeOfOpening(deep)).isSameAs(deep);
    }

    private Throwable causeOfOpening(Throwable failure) {
        CircuitBreaker breaker =
                tripping().classify(rules -> rules.failIf(any -> true)).build();
        List<StateChanged> told = new ArrayList<>();
        breaker.on(StateChanged.class, told::add);
        admitted(breaker).ended(null, failure);
        assertThat(told).hasSize(1);
        return told.get(0).cause();
    }
}
