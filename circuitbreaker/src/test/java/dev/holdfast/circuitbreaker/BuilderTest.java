// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Classifier;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BuilderTest extends BreakerTest {
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);
    private static final String FRACTION = " (expected: more than 0 and at most 1)";
    private static final String LONGER = " (expected: longer than zero)";
    private static final String VALUE = ": null (expected: a value)";

    private static Arguments bad(String message, Consumer<CircuitBreakerBuilder> setter) {
        return Arguments.of(message, setter);
    }

    static Stream<Arguments> badSettings() {
        List<Arguments> all = new ArrayList<>(List.of(
                bad("environment" + VALUE, b -> b.environment(null)),
                bad("window" + VALUE, b -> b.over(null)),
                bad("openFor" + VALUE, b -> b.openFor((Duration) null)),
                bad("openFor" + VALUE, b -> b.openFor((Backoff) null)),
                bad("trialTimeout" + VALUE, b -> b.trialTimeout(null)),
                bad("limit of slowCalls" + VALUE, b -> b.slowCalls(null, 0.5)),
                bad("change" + VALUE, b -> b.classify((UnaryOperator<Classifier<Object>>) null)),
                bad("classifier" + VALUE, b -> b.classify(standard -> null)),
                bad("ramp" + VALUE, b -> b.ramp((double[]) null)),
                bad("length" + VALUE, b -> b.over(Window.time(null))),
                bad("openFor: PT0S" + LONGER, b -> b.openFor(Duration.ZERO)),
                bad("openFor: PT-1S" + LONGER, b -> b.openFor(Duration.ofSeconds(-1))),
                bad("trialTimeout: PT0S" + LONGER, b -> b.trialTimeout(Duration.ZERO)),
                bad("trialTimeout: PT-1S" + LONGER, b -> b.trialTimeout(Duration.ofSeconds(-1))),
                bad("limit of slowCalls: PT0S" + LONGER, b -> b.slowCalls(Duration.ZERO, 0.5)),
                bad("limit of slowCalls: PT-1S" + LONGER, b -> b.slowCalls(Duration.ofSeconds(-1), 0.5)),
                bad("minimumCalls: 0 (expected: 1 to 2147483647)", b -> b.minimumCalls(0)),
                bad("minimumCalls: -1 (expected: 1 to 2147483647)", b -> b.minimumCalls(-1)),
                bad("consecutiveFailures: -1 (expected: 0 to 2147483647)", b -> b.consecutiveFailures(-1)),
                bad("failureCount: -1 (expected: 0 to 2147483647)", b -> b.failureCount(-1)),
                bad("trials: 0 (expected: 1 to 10000)", b -> b.trials(0)),
                bad("trials: -1 (expected: 1 to 10000)", b -> b.trials(-1)),
                bad("trials: 10001 (expected: 1 to 10000)", b -> b.trials(10_001)),
                bad("trialSuccesses: 0 (expected: 1 to 10000)", b -> b.trialSuccesses(0)),
                bad("trialSuccesses: 10001 (expected: 1 to 10000)", b -> b.trialSuccesses(10_001)),
                bad("ramp: 0.5 after 0.5 (expected: rising shares)", b -> b.ramp(0.1, 0.5, 0.5)),
                bad("ramp: 0.2 after 0.3 (expected: rising shares)", b -> b.ramp(0.3, 0.2)),
                bad("size: 0 (expected: 1 to 100000)", b -> b.over(Window.calls(0))),
                bad("size: -1 (expected: 1 to 100000)", b -> b.over(Window.calls(-1))),
                bad("size: 100001 (expected: 1 to 100000)", b -> b.over(Window.calls(100_001))),
                bad("length: PT0S (expected: at least PT0.001S)", b -> b.over(Window.time(Duration.ZERO))),
                bad("length: PT-1S (expected: at least PT0.001S)", b -> b.over(Window.time(Duration.ofSeconds(-1)))),
                bad("length: PT0.000999999S (expected: at least PT0.001S)", b -> b.over(Window.time(nanos(999_999)))),
                bad("buckets: 0 (expected: 1 to 1000)", b -> b.over(Window.time(WAIT, 0))),
                bad("buckets: 1001 (expected: 1 to 1000)", b -> b.over(Window.time(WAIT, 1_001)))));
        DoubleStream.of(0, -0.0, -0.1, 1.0000001, 100, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)
                .forEach(rate -> {
                    all.add(bad("failureRate: " + rate + FRACTION, b -> b.failureRate(rate)));
                    all.add(bad("rate of slowCalls: " + rate + FRACTION, b -> b.slowCalls(WAIT, rate)));
                    all.add(bad("ramp: " + rate + FRACTION, b -> b.ramp(rate)));
                });
        return all.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badSettings")
    @DisplayName("XC-7 a bad setting is refused at once, by name, value and what was expected, and changes nothing")
    void badSettingIsRefused(String message, Consumer<CircuitBreakerBuilder> setter) {
        CircuitBreakerBuilder builder = tripping();
        assertThatThrownBy(() -> setter.accept(builder))
                .hasMessage(message)
                .isInstanceOf(message.contains("null") ? NullPointerException.class : IllegalArgumentException.class);
        assertThat(builder).usingRecursiveComparison().ignoringFields("rules").isEqualTo(tripping());
    }

    static Stream<Arguments> contradictions() {
        return Stream.of(
                bad(
                        "minimumCalls: 11 (expected: at most the 10 calls of the window)",
                        b -> b.over(Window.calls(10)).minimumCalls(11)),
                bad(
                        "failureCount: 11 (expected: at most the 10 calls of the window)",
                        b -> b.failureCount(11).over(Window.calls(10))),
                bad(
                        "trialSuccesses: 4 (expected: at most the 3 trials)",
                        b -> b.trialSuccesses(4).trials(3)),
                bad(
                        "rules: none (expected: at least one, or the breaker never opens)",
                        b -> b.consecutiveFailures(0).noFailureRate().noSlowCalls()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("contradictions")
    @DisplayName("XC-7 settings that contradict each other are refused when the breaker is built")
    void contradictionIsRefused(String message, Consumer<CircuitBreakerBuilder> setter) {
        CircuitBreakerBuilder builder = tripping();
        setter.accept(builder);
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    @DisplayName("XC-7 a bad name is refused, in one line")
    void badNameIsRefused() {
        assertThatThrownBy(() -> CircuitBreaker.builder(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("name" + VALUE);
        for (String name : new String[] {"", " ", "\n\t", "x".repeat(257)}) {
            assertThatThrownBy(() -> CircuitBreaker.ofDefaults(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageMatching("name: '.{0,40}' \\(expected: 1 to 256 characters, not blank\\)");
        }
        assertThat(CircuitBreaker.ofDefaults("x".repeat(256)).name()).hasSize(256);
    }

    @Test
    @DisplayName("XC-7 the ends of every range are accepted, and work")
    void endsOfRangesWork() {
        CircuitBreaker breaker = CircuitBreaker.builder("ends")
                .environment(time)
                .over(Window.calls(100_000))
                .minimumCalls(100_000)
                .failureRate(1e-9)
                .slowCalls(FOREVER, Double.MIN_VALUE)
                .failureCount(100_000)
                .consecutiveFailures(Integer.MAX_VALUE)
                .openFor(FOREVER)
                .trials(10_000)
                .trialSuccesses(10_000)
                .trialTimeout(FOREVER)
                .ramp(1e-9, 1)
                .build();
        fail(breaker);
        times(99_998, () -> succeed(breaker));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        breaker.transitionTo(State.HALF_OPEN);
        times(10_000, () -> succeed(breaker));
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        times(1_000, () -> assertRefuses(breaker));

        CircuitBreaker smallest = CircuitBreaker.builder("smallest")
                .environment(time)
                .over(Window.time(Duration.ofMillis(1), 1_000))
                .minimumCalls(1)
                .slowCalls(nanos(1), 1)
                .openFor(nanos(1))
                .trialTimeout(nanos(1))
                .build();
        fail(smallest);
        assertThat(smallest.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("XC-7 the defaults are what the documentation says")
    void defaults() {
        CircuitBreaker breaker =
                CircuitBreaker.builder("defaults").environment(time).build();
        times(5, () -> succeed(breaker));
        times(4, () -> fail(breaker));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.report().untilNextTrial()).isBetween(Duration.ofMillis(70), Duration.ofMillis(130));
        time.advance(Duration.ofMillis(130));
        fail(breaker);
        assertThat(breaker.report().untilNextTrial()).isBetween(Duration.ofMillis(140), Duration.ofMillis(260));
        time.advance(Duration.ofMillis(260));
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        times(300, () -> succeed(breaker));
        assertThat(breaker.report().calls()).isEqualTo(20);
    }

    @Test
    @DisplayName("a window tells what it holds")
    void windowsAsText() {
        assertThat(Window.calls(100)).hasToString("100 calls");
        assertThat(Window.time(Duration.ofSeconds(10))).hasToString("10s");
    }

    @Test
    @DisplayName("XC-7 one builder may build many breakers, which share nothing")
    void builderMayBeUsedAgain() {
        CircuitBreakerBuilder builder = tripping();
        CircuitBreaker first = builder.build();
        CircuitBreaker second = builder.openFor(Duration.ofSeconds(1)).build();
        fail(first);
        assertThat(first.report().untilNextTrial()).isEqualTo(WAIT);
        assertThat(second.state()).isEqualTo(State.CLOSED);
        fail(second);
        assertThat(second.report().untilNextTrial()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    @DisplayName("XC-7 a ramp's array that is changed later changes nothing")
    void rampIsCopied() {
        double[] shares = {1};
        CircuitBreakerBuilder builder = tripping().ramp(shares);
        shares[0] = 0.001;
        CircuitBreaker breaker = halfOpen(builder);
        succeed(breaker);
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("XC-7 no state, event or change is accepted as null")
    void nullIsRefusedByTheBreaker() {
        CircuitBreaker breaker = tripping().build();
        assertThatThrownBy(() -> breaker.transitionTo(null)).hasMessage("state" + VALUE);
        assertThatThrownBy(() -> breaker.reconfigure(null)).hasMessage("change" + VALUE);
        assertThatThrownBy(() -> breaker.on(null, event -> {})).hasMessage("type" + VALUE);
        assertThatThrownBy(() -> breaker.on(CircuitBreaker.StateChanged.class, null))
                .hasMessage("listener" + VALUE);
    }
}
