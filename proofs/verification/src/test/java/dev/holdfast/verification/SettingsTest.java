// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Registry;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreakerBuilder;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.fallback.FallbackBuilder;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.ratelimiter.RateLimiterBuilder;
import dev.holdfast.retry.Retry;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.function.UnaryOperator;
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
        return Retry.builder("r").withoutBudget();
    }

    private static BulkheadBuilder bulkhead() {
        return Bulkhead.builder("h");
    }

    private static RateLimiterBuilder limiter() {
        return RateLimiter.builder("l").limit(10, SECOND);
    }

    private static FallbackBuilder<Object> fallback() {
        return Fallback.builder("f", Object.class);
    }

    private static Arguments wrong(String start, ThrowingCallable call) {
        return arguments(start, call);
    }

    private static Stream<Arguments> wrongNumbers() {
        return Stream.of(
                wrong("minimumCalls: 0", () -> breaker().minimumCalls(0)),
                wrong("minimumCalls: 101", () -> breaker().minimumCalls(101).build()),
                wrong("failureRate: 0.0", () -> breaker().failureRate(0)),
                wrong("failureRate: -0.5", () -> breaker().failureRate(-0.5)),
                wrong("failureRate: 1.0000001", () -> breaker().failureRate(1.0000001)),
                wrong("failureRate: NaN", () -> breaker().failureRate(Double.NaN)),
                wrong("failureRate: Infinity", () -> breaker().failureRate(Double.POSITIVE_INFINITY)),
                wrong("limit of slowCalls: PT0S", () -> breaker().slowCalls(Duration.ZERO, 0.5)),
                wrong("rate of slowCalls: 2.0", () -> breaker().slowCalls(SECOND, 2)),
                wrong("rate of slowCalls: NaN", () -> breaker().slowCalls(SECOND, Double.NaN)),
                wrong("consecutiveFailures: -1", () -> breaker().consecutiveFailures(-1)),
                wrong("failureCount: -1", () -> breaker().failureCount(-1)),
                wrong("failureCount: 101", () -> breaker().failureCount(101).build()),
                wrong("openFor: PT0S", () -> breaker().openFor(Duration.ZERO)),
                wrong("openFor: " + MINUS, () -> breaker().openFor(MINUS)),
                wrong("trials: 0", () -> breaker().trials(0)),
                wrong("trials: 10001", () -> breaker().trials(10_001)),
                wrong("trialSuccesses: 0", () -> breaker().trialSuccesses(0)),
                wrong("trialSuccesses: 4", () -> breaker().trialSuccesses(4).build()),
                wrong("trialTimeout: PT0S", () -> breaker().trialTimeout(Duration.ZERO)),
                wrong("ramp: 0.0", () -> breaker().ramp(0)),
                wrong("ramp: 1.5", () -> breaker().ramp(0.5, 1.5)),
                wrong("ramp: 0.5", () -> breaker().ramp(0.5, 0.5)),
                wrong("ramp: NaN", () -> breaker().ramp(Double.NaN)),
                wrong("rules: none", () -> breaker().noFailureRate().build()),
                wrong("size: 0", () -> Window.calls(0)),
                wrong("size: 100001", () -> Window.calls(100_001)),
                wrong("length: PT0.000999999S", () -> Window.time(Duration.ofNanos(999_999))),
                wrong("buckets: 0", () -> Window.time(SECOND, 0)),
                wrong("buckets: 1001", () -> Window.time(SECOND, 1001)),
                wrong("maxAttempts: 0", () -> retry().maxAttempts(0)),
                wrong("maxAttempts: -2147483648", () -> retry().maxAttempts(Integer.MIN_VALUE)),
                wrong("maxDuration: PT0S", () -> retry().maxDuration(Duration.ZERO)),
                wrong("max of delayFrom: " + MINUS, () -> retry().delayFrom(any -> null, MINUS)),
                wrong("capacity: 0", () -> Budget.of(0, 0.1, 0)),
                wrong("ratio: 1.1", () -> Budget.of(1, 1.1, 0)),
                wrong("minimumPerSecond: -1", () -> Budget.of(1, 0.1, -1)),
                wrong("limit: -1", () -> bulkhead().limit(-1)),
                wrong("limit: -1", () -> Bulkhead.of("h", -1)),
                wrong("queue: -1", () -> bulkhead().queue(-1)),
                wrong("queue: 0", () -> bulkhead().waitUpTo(SECOND).build()),
                wrong("queue: 0", () -> bulkhead().partition("p", 0.5).build()),
                wrong("waitUpTo: PT0S", () -> bulkhead().waitUpTo(Duration.ZERO)),
                wrong("waitUpTo: " + MINUS, () -> bulkhead().waitUpTo(MINUS)),
                wrong("share of 'p': 0.0", () -> bulkhead().partition("p", 0)),
                wrong("share of 'p': 1.5", () -> bulkhead().partition("p", 1.5)),
                wrong("share of 'p': NaN", () -> bulkhead().partition("p", Double.NaN)),
                wrong("name: ''", () -> bulkhead().partition("", 0.5)),
                wrong(
                        "shares of partitions: 1.2",
                        () -> bulkhead()
                                .queue(1)
                                .partition("p", 0.6)
                                .partition("q", 0.6)
                                .build()),
                wrong(
                        "partition: 'q'",
                        () -> bulkhead().queue(1).partition("p", 0.6).build().partition("q")),
                wrong("min: 0", () -> Limits.between(0, 5)),
                wrong("max: 4", () -> Limits.between(5, 4)),
                wrong("startAt: 6", () -> Limits.between(1, 5).startAt(6)),
                wrong("healthyUpTo: PT0S", () -> Limits.between(1, 5).healthyUpTo(Duration.ZERO)),
                wrong("healthyUpTo: " + MINUS, () -> Limits.between(1, 5).healthyUpTo(MINUS)),
                wrong("backoff: 1.0", () -> Limits.between(1, 5).aimd(1, SECOND)),
                wrong("backoff: NaN", () -> Limits.between(1, 5).aimd(Double.NaN, SECOND)),
                wrong("tooLong: PT0S", () -> Limits.between(1, 5).aimd(0.5, Duration.ZERO)),
                wrong("tolerance: 0.9", () -> Limits.between(1, 5).gradient2(0.9, 10)),
                wrong("tolerance: NaN", () -> Limits.between(1, 5).gradient2(Double.NaN, 10)),
                wrong("window: 9", () -> Limits.between(1, 5).gradient2(1.5, 9)),
                wrong("limit: -1", () -> limiter().limit(-1, SECOND)),
                wrong("period: PT0S", () -> limiter().limit(1, Duration.ZERO)),
                wrong("period: " + MINUS, () -> limiter().and(1, MINUS)),
                wrong("burst: 0", () -> limiter().burst(0)),
                wrong("warmUp: PT0S", () -> limiter().warmUp(Duration.ZERO, 3)),
                wrong("coldFactor: 0.5", () -> limiter().warmUp(SECOND, 0.5)),
                wrong("coldFactor: NaN", () -> limiter().warmUp(SECOND, Double.NaN)),
                wrong("burst: 2", () -> limiter().warmUp(SECOND, 3).burst(2).build()),
                wrong(
                        "limit of a window: 1048576",
                        () -> limiter().limit(1_048_576, SECOND).slidingWindow()),
                wrong(
                        "limit of a window: 1099511627776",
                        () -> limiter().limit(1L << 40, SECOND).fixedWindow()),
                wrong("waitUpTo: " + MINUS, () -> limiter().waitUpTo(MINUS)),
                wrong("maximumKeys: 0", () -> limiter().keyed(0)),
                wrong("permits: 0", () -> limiter().build().permits(0)),
                wrong("permits: 11", () -> limiter().build().permits(11)),
                wrong("limits: of no limit", () -> RateLimiter.builder("l").build()),
                wrong("burst: of no limit", () -> RateLimiter.builder("l").burst(5)),
                wrong("limits: one more", () -> {
                    RateLimiterBuilder eight = limiter();
                    for (int i = 0; i < 8; i++) {
                        eight.and(i + 1, SECOND);
                    }
                }),
                wrong("age: " + MINUS, () -> fallback().lastGood(MINUS)),
                wrong("age: " + MINUS, () -> fallback().lastGoodPerArgument(MINUS, 1)),
                wrong("arguments: 0", () -> fallback().lastGoodPerArgument(SECOND, 0)),
                wrong("steps: none", () -> fallback().build()),
                wrong("name: ''", () -> Bulkhead.builder("")),
                wrong("name: ''", () -> RateLimiter.builder("")),
                wrong("name: ''", () -> Timeout.of("", SECOND)),
                wrong("name: ''", () -> Fallback.of("", Integer.class, 1)),
                wrong("delay: " + MINUS, () -> Backoff.fixed(MINUS)),
                wrong("first: " + MINUS, () -> Backoff.linear(MINUS, SECOND, SECOND)),
                wrong("step: " + MINUS, () -> Backoff.linear(SECOND, MINUS, SECOND)),
                wrong("first: PT0S", () -> Backoff.exponential(Duration.ZERO, SECOND)),
                wrong("cap: PT0S", () -> Backoff.exponential(SECOND, Duration.ZERO)),
                wrong("factor: 0.99", () -> Backoff.exponential(SECOND, 0.99, SECOND)),
                wrong("factor: 1000.5", () -> Backoff.exponential(SECOND, 1000.5, SECOND)),
                wrong("factor: NaN", () -> Backoff.exponential(SECOND, Double.NaN, SECOND)),
                wrong("first: PT0S", () -> Backoff.fibonacci(Duration.ZERO, SECOND)),
                wrong("cap: " + MINUS, () -> Backoff.custom(any -> SECOND, MINUS)),
                wrong("fraction: 0.0", () -> Backoff.fixed(SECOND).spread(0)),
                wrong("fraction: NaN", () -> Backoff.fixed(SECOND).spread(Double.NaN)),
                wrong("capacity: 0", () -> Registry.of(0, name -> name)),
                wrong("name: ''", () -> CircuitBreaker.builder("")),
                wrong("name: '\\n'", () -> Retry.builder("\n").withoutBudget()),
                wrong("name: 'xxx", () -> Pipeline.of().named("x".repeat(257))),
                wrong("duration: " + MINUS, () -> VirtualTime.create().advance(MINUS)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongNumbers")
    @DisplayName("XC-7 every bound is checked at the earliest point, and the message names what it is and its value")
    void boundsAreChecked(String start, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .startsWith(start)
                .contains("(expected: ");
    }

    private static Stream<Arguments> nulls() {
        return Stream.of(
                wrong("openFor", () -> breaker().openFor((Duration) null)),
                wrong("backoff", () -> retry().backoff(null)),
                wrong("waitUpTo", () -> bulkhead().waitUpTo(null)),
                wrong("adaptive", () -> bulkhead().adaptive(null)),
                wrong("runOn", () -> bulkhead().runOn(null)),
                wrong("environment", () -> bulkhead().environment(null)),
                wrong("period", () -> limiter().limit(1, null)),
                wrong("waitUpTo", () -> limiter().waitUpTo(null)),
                wrong("environment", () -> limiter().environment(null)),
                wrong("key", () -> limiter().keyed(1).get(null)),
                wrong("duration", () -> Timeout.of("t", null)),
                wrong("executor", () -> Timeout.builder("t", SECOND).runOn(null)),
                wrong("environment", () -> Timeout.builder("t", SECOND).environment(null)),
                wrong("function", () -> fallback().apply(null)),
                wrong("other", () -> fallback().call(null)),
                wrong("other", () -> fallback().callAsync(null)),
                wrong("age", () -> fallback().lastGood(null)),
                wrong("change", () -> fallback().classify((UnaryOperator<Classifier<Object>>) null)),
                wrong("environment", () -> fallback().environment(null)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nulls")
    @DisplayName("XC-7 null is refused at the earliest point, and the message names what it is")
    void nullIsRefused(String start, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(NullPointerException.class)
                .message()
                .startsWith(start + ": null")
                .contains("(expected: ");
    }

    @Test
    @DisplayName("XC-7 bounds themselves, and durations beyond all bounds, are accepted")
    void extremes() {
        Duration ever = Duration.ofSeconds(Long.MAX_VALUE);
        breaker()
                .over(Window.calls(1))
                .minimumCalls(1)
                .failureRate(1)
                .trials(10_000)
                .trialSuccesses(10_000)
                .ramp(1e-9, 1)
                .openFor(ever)
                .trialTimeout(ever)
                .slowCalls(ever, 1e-12)
                .build();
        breaker()
                .over(Window.calls(100_000))
                .minimumCalls(100_000)
                .failureCount(100_000)
                .build();
        breaker()
                .over(Window.time(Duration.ofMillis(1), 1000))
                .minimumCalls(Integer.MAX_VALUE)
                .build();
        breaker()
                .over(Window.time(ever, 1))
                .consecutiveFailures(Integer.MAX_VALUE)
                .build();
        retry().maxAttempts(Integer.MAX_VALUE)
                .maxDuration(ever)
                .delayFrom(any -> null, Duration.ZERO)
                .backoff(Backoff.exponential(ever, 1000, ever))
                .budget(Budget.of(1_000_000, 1, 1_000_000))
                .build();
        bulkhead()
                .limit(Integer.MAX_VALUE)
                .queue(Integer.MAX_VALUE)
                .waitUpTo(ever)
                .partition("p", 1)
                .build();
        bulkhead()
                .adaptive(Limits.between(1, Integer.MAX_VALUE).aimd(1e-9, ever))
                .build();
        bulkhead()
                .adaptive(Limits.between(Integer.MAX_VALUE, Integer.MAX_VALUE).gradient2(10, 1_000_000))
                .build();
        limiter().limit(1, ever).waitUpTo(ever).build();
        limiter().limit(Long.MAX_VALUE, Duration.ofNanos(1)).waitUpTo(ever).keyed(Long.MAX_VALUE);
        limiter()
                .limit(1_048_575, Duration.ofDays(50_000))
                .slidingWindow()
                .and((1L << 40) - 1, ever)
                .fixedWindow()
                .build();
        limiter().warmUp(Duration.ofDays(50_000), 1).build();
        Timeout.of("t", ever);
        Timeout.of("t", ever.negated());
        fallback()
                .lastGood(ever)
                .lastGoodPerArgument(Duration.ZERO, Integer.MAX_VALUE)
                .build();
        assertThat(Pipeline.of().named("x".repeat(256)).name()).hasSize(256);
    }

    @Test
    @DisplayName("XC-7 the other builders, changed after build(), change nothing either")
    void allAreBuiltOnce() {
        BulkheadBuilder halves = bulkhead().environment(time).limit(1).queue(1).partition("p", 0.5);
        Bulkhead bulkhead = halves.build();
        halves.limit(9).queue(5).partition("q", 0.5).lifo().runOn(Runnable::run);
        assertThat(bulkhead.report().limit()).isEqualTo(1);
        assertThatThrownBy(() -> bulkhead.partition("q")).isInstanceOf(IllegalArgumentException.class);

        RateLimiterBuilder slow = limiter().environment(time).limit(1, SECOND);
        RateLimiter limiter = slow.build();
        slow.and(1, Duration.ofHours(1)).burst(1).waitUpTo(SECOND);
        for (int i = 0; i < 3; i++) {
            assertThat(limiter.tryAcquire()).isNotNull();
            assertThat(limiter.tryAcquire()).isNull();
            time.advance(SECOND);
        }

        FallbackBuilder<Object> one = fallback().environment(time).call(() -> {
            throw new IllegalStateException("nothing");
        });
        Fallback<Object> fallback = one.build();
        one.value("another step").onRejectionsOnly();
        assertThatThrownBy(() -> fallback.callChecked(() -> {
                    throw new IOException("no");
                }))
                .hasMessage("nothing");
    }

    @Test
    @DisplayName("XC-7 a breaker's builder that is changed after build() changes nothing")
    void breakerIsBuiltOnce() {
        double[] ramp = {0.5};
        CircuitBreakerBuilder settings = breaker()
                .environment(time)
                .over(Window.calls(2))
                .minimumCalls(2)
                .openFor(SECOND)
                .trials(1)
                .ramp(ramp);
        CircuitBreaker breaker = settings.build();
        settings.over(Window.calls(50))
                .minimumCalls(50)
                .failureRate(1)
                .openFor(Duration.ofHours(1))
                .trials(9)
                .ramp()
                .classify(so -> so.ignore(Throwable.class))
                .trialTimeout(Duration.ofNanos(1));
        ramp[0] = 1;

        for (int i = 0; i < 2; i++) {
            catchThrowable(() -> breaker.callChecked(() -> {
                throw new IOException("no");
            }));
        }
        assertThat(breaker.report().untilNextTrial()).isEqualTo(SECOND);
        time.advance(SECOND);
        breaker.run(() -> {});

        // One trial was enough for the next step, which lets half of the calls through.
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        int refused = 0;
        for (int i = 0; i < 100; i++) {
            Permit permit = breaker.tryAcquire();
            if (permit == null) {
                refused++;
            } else {
                permit.ignored();
            }
        }
        assertThat(refused).isBetween(20, 80);
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
        assertThatThrownBy(() -> Pipeline.of(retry().build(), virtual))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("environment of", "CircuitBreaker['b'", "VirtualTime", "Environment.system()");
        assertThat(Environment.system()).isSameAs(Environment.system());
    }
}
