// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Event;
import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class UserCodeThatThrowsTest extends BreakerTest {
    private static final Duration FALLBACK_WAIT = Duration.ofSeconds(30);

    static Stream<Throwable> unchecked() {
        return throwables().filter(thrown -> thrown instanceof RuntimeException || thrown instanceof Error);
    }

    static Stream<Arguments> everyFormAndUnchecked() {
        return Stream.of(Form.values()).flatMap(form -> unchecked().map(thrown -> Arguments.of(form, thrown)));
    }

    private static void raise(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) thrown;
    }

    private static Backoff throwing(Throwable thrown) {
        return Backoff.custom(
                opening -> {
                    raise(thrown);
                    return WAIT;
                },
                WAIT);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("everyFormAndUnchecked")
    @DisplayName("CB-9 XC-1: listeners that throw change neither the outcome nor the state, and stop no other listener")
    void listenersThatThrowChangeNothing(Form form, Throwable thrown) {
        CircuitBreaker breaker = tripping().build();
        List<Event> heard = new ArrayList<>();
        breaker.on(Event.class, event -> raise(thrown));
        breaker.on(Event.class, heard::add);
        Throwable down = new IllegalStateException("down");
        assertThat(form.call(breaker, NOTHING, down)).isSameAs(down);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(form.call(breaker, NOTHING, null)).isInstanceOf(CircuitOpenException.class);
        time.advance(WAIT);
        assertThat(form.call(breaker, NOTHING, null)).isNull();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(heard).filteredOn(StateChanged.class::isInstance).hasSize(3);
        assertThat(breaker.counts().calls()).isEqualTo(3);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("everyFormAndUnchecked")
    @DisplayName("CB-4 XC-20 a predicate that throws is no ending of the call, and gives the trial's place back")
    void predicateThatThrowsFreesTheTrial(Form form, Throwable thrown) {
        boolean[] broken = {true};
        CircuitBreaker breaker = halfOpen(tripping()
                .classify(standard -> standard.failOnResult(value -> {
                    if (broken[0]) {
                        raise(thrown);
                    }
                    return false;
                })));
        for (int i = 0; i < 3; i++) {
            assertThat(form.call(breaker, NOTHING, null)).isNull();
            assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
            assertThat(breaker.report().trialsRunning()).isZero();
        }
        broken[0] = false;
        assertThat(form.call(breaker, NOTHING, null)).isNull();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(breaker.counts().ignored()).isEqualTo(3);
    }

    private static void sneak(Throwable thrown) throws Throwable {
        if (thrown != null) {
            throw thrown;
        }
    }

    @ParameterizedTest
    @MethodSource("unchecked")
    @DisplayName("CB-5 a backoff that throws opens for 30 seconds, and the caller gets its own failure")
    void backoffThatThrowsOpensAllTheSame(Throwable thrown) {
        for (Form form : Form.values()) {
            CircuitBreaker breaker = tripping().openFor(throwing(thrown)).build();
            Throwable down = new IllegalStateException("down");
            assertThat(form.call(breaker, NOTHING, down)).isSameAs(down);
            assertOpenForTheFallbackWait(breaker);
        }
    }

    private void assertOpenForTheFallbackWait(CircuitBreaker breaker) {
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.report().untilNextTrial()).isEqualTo(FALLBACK_WAIT);
        time.advance(FALLBACK_WAIT);
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @ParameterizedTest
    @MethodSource("unchecked")
    @DisplayName("CB-4 a backoff that throws while the last trial is judged is no trap")
    void backoffThatThrowsInHalfOpenIsNoTrap(Throwable thrown) {
        CircuitBreaker breaker = halfOpen(tripping().openFor(throwing(thrown)));
        assertThatCode(() -> fail(breaker)).doesNotThrowAnyException();
        assertOpenForTheFallbackWait(breaker);
    }

    @ParameterizedTest
    @MethodSource("unchecked")
    @DisplayName("CB-5 a backoff that throws does not stop a manual opening")
    void backoffThatThrowsDoesNotStopAManualOpening(Throwable thrown) {
        CircuitBreaker breaker = tripping().openFor(throwing(thrown)).build();
        assertThatCode(() -> breaker.transitionTo(State.OPEN)).doesNotThrowAnyException();
        assertOpenForTheFallbackWait(breaker);
    }

    @Test
    @DisplayName("CB-5 a backoff that gives nothing, or less than nothing, opens for 30 seconds")
    void backoffThatGivesNonsense() {
        for (Duration nonsense : new Duration[] {null, Duration.ofSeconds(-1)}) {
            CircuitBreaker breaker = tripping()
                    .openFor(Backoff.custom(opening -> nonsense, WAIT))
                    .build();
            fail(breaker);
            assertOpenForTheFallbackWait(breaker);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSED", "HALF_OPEN"})
    @DisplayName("CB-4 a backoff that changes settings does not prevent the opening that asks it")
    void backoffThatReconfigures(State state) {
        CircuitBreaker[] breaker = new CircuitBreaker[1];
        Backoff meddling = Backoff.custom(
                opening -> {
                    breaker[0].reconfigure(settings -> settings.trialTimeout(Duration.ofSeconds(7)));
                    return Duration.ofSeconds(1);
                },
                WAIT);
        breaker[0] = tripping().openFor(meddling).build();
        breaker[0].transitionTo(state);
        fail(breaker[0]);
        assertThat(breaker[0].state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-9 a listener may use the breaker that tells it")
    void listenerMayUseTheBreaker() {
        CircuitBreaker breaker = tripping().build();
        List<String> edges = edges(breaker);
        breaker.on(StateChanged.class, event -> {
            if (event.to() == State.OPEN) {
                assertRefuses(breaker);
                breaker.reset();
            }
        });
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(edges).containsExactly("CLOSED>OPEN", "OPEN>CLOSED");
        succeed(breaker);
    }

    @ParameterizedTest
    @MethodSource("unchecked")
    @DisplayName("CB-4 a clock that throws loses no trial")
    void clockThatThrowsLosesNoTrial(Throwable thrown) {
        HookedTime hooked = new HookedTime();
        CircuitBreaker breaker = tripping().environment(hooked).build();
        breaker.transitionTo(State.HALF_OPEN);
        for (Form form : Form.values()) {
            hooked.afterNextReading(() -> raise(thrown));
            assertThatThrownBy(() -> sneak(form.call(breaker, NOTHING, null))).isSameAs(thrown);
            assertThat(form.call(breaker, () -> hooked.afterNextReading(() -> raise(thrown)), null))
                    .isNull();
            assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
            assertThat(breaker.report().trialsRunning()).as("%s", form).isZero();
        }
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-7 a clock that throws at the end of a watched call leaves no call running")
    void clockThatThrowsLeavesNoCallRunning() {
        HookedTime hooked = new HookedTime();
        CircuitBreaker breaker = counting()
                .environment(hooked)
                .slowCalls(Duration.ofMillis(1), 1)
                .build();
        Permit permit = admitted(breaker);
        hooked.time.advance(Duration.ofSeconds(1));
        hooked.afterNextReading(() -> raise(new IllegalStateException("clock")));
        assertThat(permit.succeeded()).isTrue();
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
        assertThat(breaker.counts().ignored()).isEqualTo(1);
    }

    @Test
    @DisplayName("CB-9 a clock that throws builds no breaker, and changes no state by hand")
    void clockThatThrowsChangesNothing() {
        HookedTime hooked = new HookedTime();
        CircuitBreakerBuilder builder = tripping().environment(hooked);
        CircuitBreaker breaker = builder.build();
        hooked.afterEachReading(() -> raise(new IllegalStateException("clock")));
        assertThatThrownBy(builder::build).hasMessage("clock");
        assertThatThrownBy(() -> breaker.transitionTo(State.OPEN)).hasMessage("clock");
        assertThatThrownBy(breaker::reset).hasMessage("clock");
        assertThatThrownBy(() -> breaker.reconfigure(settings -> settings)).hasMessage("clock");
        hooked.afterEachReading(NOTHING);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }
}
