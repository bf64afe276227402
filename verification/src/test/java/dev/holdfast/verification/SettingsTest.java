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
import dev.holdfast.retry.RetryBudget;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
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

    private static BulkheadBuilder bulkhead() {
        return Bulkhead.builder("h");
    }

    private static RateLimiterBuilder limiter() {
        return RateLimiter.builder("l").limit(10, SECOND);
    }

    private static FallbackBuilder<Object> fallback() {
        return Fallback.builder("f", Object.class);
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
                arguments("limit: -1", (ThrowingCallable) () -> bulkhead().limit(-1)),
                arguments("limit: -1", (ThrowingCallable) () -> Bulkhead.of("h", -1)),
                arguments("queue: -1", (ThrowingCallable) () -> bulkhead().queue(-1)),
                arguments("queue: 0", (ThrowingCallable) () -> bulkhead().waitUpTo(SECOND).build()),
                arguments("queue: 0", (ThrowingCallable) () -> bulkhead().partition("p", 0.5).build()),
                arguments("waitUpTo: PT0S", (ThrowingCallable) () -> bulkhead().waitUpTo(Duration.ZERO)),
                arguments("waitUpTo: " + MINUS, (ThrowingCallable) () -> bulkhead().waitUpTo(MINUS)),
                arguments("share of 'p': 0.0", (ThrowingCallable) () -> bulkhead().partition("p", 0)),
                arguments("share of 'p': 1.5", (ThrowingCallable) () -> bulkhead().partition("p", 1.5)),
                arguments("share of 'p': NaN", (ThrowingCallable) () -> bulkhead().partition("p", Double.NaN)),
                arguments("name: ''", (ThrowingCallable) () -> bulkhead().partition("", 0.5)),
                arguments("shares of partitions: 1.2", (ThrowingCallable) () ->
                        bulkhead().queue(1).partition("p", 0.6).partition("q", 0.6).build()),
                arguments("partition: 'q'", (ThrowingCallable) () ->
                        bulkhead().queue(1).partition("p", 0.6).build().partition("q")),
                arguments("min: 0", (ThrowingCallable) () -> Limits.between(0, 5)),
                arguments("max: 4", (ThrowingCallable) () -> Limits.between(5, 4)),
                arguments("startAt: 6", (ThrowingCallable) () -> Limits.between(1, 5).startAt(6)),
                arguments("healthyUpTo: PT0S", (ThrowingCallable) () -> Limits.between(1, 5).healthyUpTo(Duration.ZERO)),
                arguments("healthyUpTo: " + MINUS, (ThrowingCallable) () -> Limits.between(1, 5).healthyUpTo(MINUS)),
                arguments("backoff: 1.0", (ThrowingCallable) () -> Limits.between(1, 5).aimd(1, SECOND)),
                arguments("backoff: NaN", (ThrowingCallable) () -> Limits.between(1, 5).aimd(Double.NaN, SECOND)),
                arguments("tooLong: PT0S", (ThrowingCallable) () -> Limits.between(1, 5).aimd(0.5, Duration.ZERO)),
                arguments("tolerance: 0.9", (ThrowingCallable) () -> Limits.between(1, 5).gradient2(0.9, 10)),
                arguments("tolerance: NaN", (ThrowingCallable) () -> Limits.between(1, 5).gradient2(Double.NaN, 10)),
                arguments("window: 9", (ThrowingCallable) () -> Limits.between(1, 5).gradient2(1.5, 9)),
                arguments("limit: -1", (ThrowingCallable) () -> limiter().limit(-1, SECOND)),
                arguments("period: PT0S", (ThrowingCallable) () -> limiter().limit(1, Duration.ZERO)),
                arguments("period: " + MINUS, (ThrowingCallable) () -> limiter().and(1, MINUS)),
                arguments("burst: 0", (ThrowingCallable) () -> limiter().burst(0)),
                arguments("warmUp: PT0S", (ThrowingCallable) () -> limiter().warmUp(Duration.ZERO, 3)),
                arguments("coldFactor: 0.5", (ThrowingCallable) () -> limiter().warmUp(SECOND, 0.5)),
                arguments("coldFactor: NaN", (ThrowingCallable) () -> limiter().warmUp(SECOND, Double.NaN)),
                arguments("burst: 2", (ThrowingCallable) () -> limiter().warmUp(SECOND, 3).burst(2).build()),
                arguments("limit of a window: 1048576", (ThrowingCallable) () ->
                        limiter().limit(1_048_576, SECOND).slidingWindow()),
                arguments("limit of a window: 1099511627776", (ThrowingCallable) () ->
                        limiter().limit(1L << 40, SECOND).fixedWindow()),
                arguments("waitUpTo: " + MINUS, (ThrowingCallable) () -> limiter().waitUpTo(MINUS)),
                arguments("maximumKeys: 0", (ThrowingCallable) () -> limiter().keyed(0)),
                arguments("permits: 0", (ThrowingCallable) () -> limiter().build().permits(0)),
                arguments("permits: 11", (ThrowingCallable) () -> limiter().build().permits(11)),
                arguments("limits: of no limit", (ThrowingCallable) () -> RateLimiter.builder("l").build()),
                arguments("burst: of no limit", (ThrowingCallable) () -> RateLimiter.builder("l").burst(5)),
                arguments("limits: one more", (ThrowingCallable) () -> {
                    RateLimiterBuilder eight = limiter();
                    for (int i = 0; i < 8; i++) {
                        eight.and(i + 1, SECOND);
                    }
                }),
                arguments("age: " + MINUS, (ThrowingCallable) () -> fallback().lastGood(MINUS)),
                arguments("age: " + MINUS, (ThrowingCallable) () -> fallback().lastGoodPerArgument(MINUS, 1)),
                arguments("arguments: 0", (ThrowingCallable) () -> fallback().lastGoodPerArgument(SECOND, 0)),
                arguments("steps: none", (ThrowingCallable) () -> fallback().build()),
                arguments("name: ''", (ThrowingCallable) () -> Bulkhead.builder("")),
                arguments("name: ''", (ThrowingCallable) () -> RateLimiter.builder("")),
                arguments("name: ''", (ThrowingCallable) () -> Timeout.of("", SECOND)),
                arguments("name: ''", (ThrowingCallable) () -> Fallback.of("", Integer.class, 1)),
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

    private static Stream<Arguments> nulls() {
        return Stream.of(
                arguments("openFor", (ThrowingCallable) () -> breaker().openFor((Duration) null)),
                arguments("backoff", (ThrowingCallable) () -> retry().backoff(null)),
                arguments("waitUpTo", (ThrowingCallable) () -> bulkhead().waitUpTo(null)),
                arguments("adaptive", (ThrowingCallable) () -> bulkhead().adaptive(null)),
                arguments("runOn", (ThrowingCallable) () -> bulkhead().runOn(null)),
                arguments("environment", (ThrowingCallable) () -> bulkhead().environment(null)),
                arguments("period", (ThrowingCallable) () -> limiter().limit(1, null)),
                arguments("waitUpTo", (ThrowingCallable) () -> limiter().waitUpTo(null)),
                arguments("environment", (ThrowingCallable) () -> limiter().environment(null)),
                arguments("key", (ThrowingCallable) () -> limiter().keyed(1).get(null)),
                arguments("duration", (ThrowingCallable) () -> Timeout.of("t", null)),
                arguments("executor", (ThrowingCallable) () -> Timeout.builder("t", SECOND).runOn(null)),
                arguments("environment", (ThrowingCallable) () -> Timeout.builder("t", SECOND).environment(null)),
                arguments("function", (ThrowingCallable) () -> fallback().apply(null)),
                arguments("other", (ThrowingCallable) () -> fallback().call(null)),
                arguments("other", (ThrowingCallable) () -> fallback().callAsync(null)),
                arguments("age", (ThrowingCallable) () -> fallback().lastGood(null)),
                arguments("change", (ThrowingCallable) () -> fallback().classify(null)),
                arguments("environment", (ThrowingCallable) () -> fallback().environment(null)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nulls")
    @DisplayName("XC-7 null is refused at the earliest point, and the message names what it is")
    void nullIsRefused(String start, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(NullPointerException.class)
                .message().startsWith(start + ": null").contains("(expected: ");
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
        bulkhead().limit(Integer.MAX_VALUE).queue(Integer.MAX_VALUE).waitUpTo(ever).partition("p", 1).build();
        bulkhead().adaptive(Limits.between(1, Integer.MAX_VALUE).aimd(1e-9, ever)).build();
        bulkhead().adaptive(Limits.between(Integer.MAX_VALUE, Integer.MAX_VALUE).gradient2(10, 1_000_000)).build();
        limiter().limit(1, ever).waitUpTo(ever).build();
        limiter().limit(Long.MAX_VALUE, Duration.ofNanos(1)).waitUpTo(ever).keyed(Long.MAX_VALUE);
        limiter().limit(1_048_575, Duration.ofDays(50_000)).slidingWindow().and((1L << 40) - 1, ever).fixedWindow()
                .build();
        limiter().warmUp(Duration.ofDays(50_000), 1).build();
        Timeout.of("t", ever);
        Timeout.of("t", ever.negated());
        fallback().lastGood(ever).lastGoodPerArgument(Duration.ZERO, Integer.MAX_VALUE).build();
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
        })).hasMessage("nothing");
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
        assertThatThrownBy(() -> Pipeline.of(retry().build(), virtual)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("environment of", "CircuitBreaker['b'", "VirtualTime", "Environment.system()");
        assertThat(Environment.system()).isSameAs(Environment.system());
    }
}
