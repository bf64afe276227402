// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.holdfast.Backoff;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.Registry;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreakerBuilder;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.retry.Retry;
import dev.holdfast.retry.RetryBudget;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SettingsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUS = Duration.ofNanos(-1);

    private final VirtualTime time = VirtualTime.create();

    private static CircuitBreakerBuilder breaker() {
        return CircuitBreaker.builder("b");
    }

    private static RetryBuilder<Object> retry() {
        return Retry.builder("r");
    }

    private static Stream<Arguments> wrongNumbers() {
        return Stream.of(
                arguments("minimumCalls: 0", (ThrowingCallable) () -> breaker().minimumCalls(0)),
                arguments("minimumCalls: 101", (ThrowingCallable) () -> breaker().minimumCalls(101).build()),
                arguments("failureRate: 0.0", (ThrowingCallable) () -> breaker().failureRate(0)),
                arguments("failureRate: -0.5", (ThrowingCallable) () -> breaker().failureRate(-0.5)),
                arguments("failureRate: 1.0000001", (ThrowingCallable) () -> breaker().failureRate(1.0000001)),
                arguments("failureRate: NaN", (ThrowingCallable) () -> breaker().failureRate(Double.NaN)),
                arguments("failureRate: Infinity",
                        (ThrowingCallable) () -> breaker().failureRate(Double.POSITIVE_INFINITY)),
                arguments("limit of slowCalls: PT0S", (ThrowingCallable) () -> breaker().slowCalls(Duration.ZERO, 0.5)),
                arguments("rate of slowCalls: 2.0", (ThrowingCallable) () -> breaker().slowCalls(SECOND, 2)),
                arguments("rate of slowCalls: NaN", (ThrowingCallable) () -> breaker().slowCalls(SECOND, Double.NaN)),
                arguments("consecutiveFailures: -1", (ThrowingCallable) () -> breaker().consecutiveFailures(-1)),
                arguments("failureCount: -1", (ThrowingCallable) () -> breaker().failureCount(-1)),
                arguments("failureCount: 101", (ThrowingCallable) () -> breaker().failureCount(101).build()),
                arguments("openFor: PT0S", (ThrowingCallable) () -> breaker().openFor(Duration.ZERO)),
                arguments("openFor: " + MINUS, (ThrowingCallable) () -> breaker().openFor(MINUS)),
                arguments("trials: 0", (ThrowingCallable) () -> breaker().trials(0)),
                arguments("trials: 10001", (ThrowingCallable) () -> breaker().trials(10_001)),
                arguments("trialSuccesses: 0", (ThrowingCallable) () -> breaker().trialSuccesses(0)),
                arguments("trialSuccesses: 4", (ThrowingCallable) () -> breaker().trialSuccesses(4).build()),
                arguments("trialTimeout: PT0S", (ThrowingCallable) () -> breaker().trialTimeout(Duration.ZERO)),
                arguments("ramp: 0.0", (ThrowingCallable) () -> breaker().ramp(0)),
                arguments("ramp: 1.5", (ThrowingCallable) () -> breaker().ramp(0.5, 1.5)),
                arguments("ramp: 0.5", (ThrowingCallable) () -> breaker().ramp(0.5, 0.5)),
                arguments("ramp: NaN", (ThrowingCallable) () -> breaker().ramp(Double.NaN)),
                arguments("rules: none", (ThrowingCallable) () -> breaker().noFailureRate().build()),
                arguments("size: 0", (ThrowingCallable) () -> Window.calls(0)),
                arguments("size: 100001", (ThrowingCallable) () -> Window.calls(100_001)),
                arguments("length: PT0.000999999S", (ThrowingCallable) () -> Window.time(Duration.ofNanos(999_999))),
                arguments("buckets: 0", (ThrowingCallable) () -> Window.time(SECOND, 0)),
                arguments("buckets: 1001", (ThrowingCallable) () -> Window.time(SECOND, 1001)),
                arguments("maxAttempts: 0", (ThrowingCallable) () -> retry().maxAttempts(0)),
                arguments("maxAttempts: -2147483648", (ThrowingCallable) () -> retry().maxAttempts(Integer.MIN_VALUE)),
                arguments("maxDuration: PT0S", (ThrowingCallable) () -> retry().maxDuration(Duration.ZERO)),
                arguments("max of delayFrom: " + MINUS, (ThrowingCallable) () -> retry().delayFrom(any -> null, MINUS)),
                arguments("capacity: 0", (ThrowingCallable) () -> RetryBudget.of(0, 0.1, 0)),
                arguments("ratio: 1.1", (ThrowingCallable) () -> RetryBudget.of(1, 1.1, 0)),
                arguments("minimumPerSecond: -1", (ThrowingCallable) () -> RetryBudget.of(1, 0.1, -1)),
                arguments("delay: " + MINUS, (ThrowingCallable) () -> Backoff.fixed(MINUS)),
                arguments("first: " + MINUS, (ThrowingCallable) () -> Backoff.linear(MINUS, SECOND, SECOND)),
                arguments("step: " + MINUS, (ThrowingCallable) () -> Backoff.linear(SECOND, MINUS, SECOND)),
                arguments("first: PT0S", (ThrowingCallable) () -> Backoff.exponential(Duration.ZERO, SECOND)),
                arguments("cap: PT0S", (ThrowingCallable) () -> Backoff.exponential(SECOND, Duration.ZERO)),
                arguments("factor: 0.99", (ThrowingCallable) () -> Backoff.exponential(SECOND, 0.99, SECOND)),
                arguments("factor: 1000.5", (ThrowingCallable) () -> Backoff.exponential(SECOND, 1000.5, SECOND)),
                arguments("factor: NaN", (ThrowingCallable) () -> Backoff.exponential(SECOND, Double.NaN, SECOND)),
                arguments("first: PT0S", (ThrowingCallable) () -> Backoff.fibonacci(Duration.ZERO, SECOND)),
                arguments("cap: " + MINUS, (ThrowingCallable) () -> Backoff.custom(any -> SECOND, MINUS)),
                arguments("fraction: 0.0", (ThrowingCallable) () -> Backoff.fixed(SECOND).spread(0)),
                arguments("fraction: NaN", (ThrowingCallable) () -> Backoff.fixed(SECOND).spread(Double.NaN)),
                arguments("capacity: 0", (ThrowingCallable) () -> Registry.of(0, name -> name)),
                arguments("name: ''", (ThrowingCallable) () -> CircuitBreaker.builder("")),
                arguments("name: '\\n'", (ThrowingCallable) () -> Retry.builder("\n")),
                arguments("name: 'xxx", (ThrowingCallable) () -> Pipeline.of().named("x".repeat(257))),
                arguments("duration: " + MINUS, (ThrowingCallable) () -> VirtualTime.create().advance(MINUS)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongNumbers")
    @DisplayName("XC-7 every bound is checked at the earliest point, and the message names what it is and its value")
    void boundsAreChecked(String start, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class)
                .message().startsWith(start).contains("(expected: ");
    }

    @Test
    @DisplayName("XC-7 bounds themselves, and durations beyond all bounds, are accepted")
    void extremes() {
        Duration ever = Duration.ofSeconds(Long.MAX_VALUE);
        breaker().over(Window.calls(1)).minimumCalls(1).failureRate(1).trials(10_000).trialSuccesses(10_000)
                .ramp(1e-9, 1).openFor(ever).trialTimeout(ever).slowCalls(ever, 1e-12).build();
        breaker().over(Window.calls(100_000)).minimumCalls(100_000).failureCount(100_000).build();
        breaker().over(Window.time(Duration.ofMillis(1), 1000)).minimumCalls(Integer.MAX_VALUE).build();
        breaker().over(Window.time(ever, 1)).consecutiveFailures(Integer.MAX_VALUE).build();
        retry().maxAttempts(Integer.MAX_VALUE).maxDuration(ever).delayFrom(any -> null, Duration.ZERO)
                .backoff(Backoff.exponential(ever, 1000, ever)).budget(RetryBudget.of(1_000_000, 1, 1_000_000)).build();
        assertThat(Pipeline.of().named("x".repeat(256)).name()).hasSize(256);
    }

    @Test
    @DisplayName("XC-7 a breaker's builder that is changed after build() changes nothing")
    void breakerIsBuiltOnce() {
        double[] ramp = {0.5};
        CircuitBreakerBuilder settings = breaker().environment(time).over(Window.calls(2)).minimumCalls(2)
                .openFor(SECOND).trials(1).ramp(ramp);
        CircuitBreaker breaker = settings.build();
        settings.over(Window.calls(50)).minimumCalls(50).failureRate(1).openFor(Duration.ofHours(1)).trials(9).ramp()
                .classify(so -> so.ignore(Throwable.class)).trialTimeout(Duration.ofNanos(1));
        ramp[0] = 1;

        for (int i = 0; i < 2; i++) {
            catchThrowable(() -> breaker.callChecked(() -> {
                throw new IOException("no");
            }));
        }
        assertThat(breaker.report().untilNextTrial()).isEqualTo(SECOND);
        time.advance(SECOND);
        breaker.run(() -> {});

        // One trial was enough for the next step, which lets every second call through.
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        assertThat(catchThrowable(() -> breaker.run(() -> {}))).hasMessageContaining("HALF_OPEN");
    }

    @Test
    @DisplayName("XC-7 two policies of one builder share nothing")
    void buildersAreReusable() {
        CircuitBreakerBuilder settings = breaker().environment(time);
        CircuitBreaker one = settings.build();
        CircuitBreaker other = settings.failureRate(0.1).build();
        one.transitionTo(State.FORCED_OPEN);
        other.run(() -> {});

        assertThat(other.state()).isEqualTo(State.CLOSED);
        assertThat(one.counts().calls()).isZero();
    }

    @Test
    @DisplayName("XC-7 classifiers and backoffs are not changed by what is made of them")
    void valuesAreImmutable() {
        IOException failure = new IOException("no");
        Classifier<Object> standard = Classifier.standard();
        standard.ignore(IOException.class).succeedIf(any -> true).failOnResult(any -> true);
        assertThat(standard.classify(null, failure)).isEqualTo(Ending.FAILURE);
        assertThat(standard.classify("", null)).isEqualTo(Ending.SUCCESS);

        Backoff backoff = Backoff.exponential(SECOND, SECOND.multipliedBy(8));
        backoff.jitter(Backoff.Jitter.FULL);
        backoff.spread(0.5);
        assertThat(backoff.nanos(3, 0, time)).isEqualTo(SECOND.toNanos() * 4);
        assertThatThrownBy(() -> Pipeline.of(retry().build()).policies().clear())
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    @DisplayName("XC-7 policies of different environments do not go into one pipeline, and the message says which")
    void oneEnvironment() {
        CircuitBreaker virtual = breaker().environment(time).build();
        assertThatThrownBy(() -> Pipeline.of(retry().build(), virtual)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("environment of", "CircuitBreaker['b'", "VirtualTime", "Environment.system()");
        assertThat(Environment.system()).isSameAs(Environment.system());
    }
}
