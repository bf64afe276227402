// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.fuzz;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Policy;
import dev.holdfast.Registry;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
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
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Any duration and any number for every setting that takes one. */
class SettingsFuzzTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** A fuzzer makes all its calls on one instance: each has a time of its own. */
    private VirtualTime time = VirtualTime.create();

    static Stream<Arguments> seeds() {
        return Stream.of(
                arguments(Span.of(SECOND), 5, 10L, 0.5),
                arguments(null, 0, 0L, 0.0),
                arguments(Span.of(Duration.ZERO), 1, 1L, 1.0),
                arguments(Span.of(Duration.ofNanos(-1)), -1, -1L, -0.0),
                arguments(Span.of(Duration.ofNanos(1)), 1000, 1L << 40, 1.5),
                arguments(Span.of(Duration.ofDays(50_000)), 10_000, (1L << 20) - 1, 1e-9),
                arguments(new Span(Long.MAX_VALUE, 999_999_999), Integer.MAX_VALUE, Long.MAX_VALUE, Double.MIN_VALUE),
                arguments(new Span(Long.MIN_VALUE, 0), Integer.MIN_VALUE, Long.MIN_VALUE, Double.NEGATIVE_INFINITY),
                arguments(Span.of(SECOND), 100, 3L, Double.NaN),
                arguments(Span.of(SECOND), 100, 3L, Math.nextUp(1.0)));
    }

    @MethodSource("seeds")
    @DisplayName("XC-7, TO-5 any number makes a policy that works, or is refused with the setting's name and the value")
    @FuzzTest
    void numbers(Span span, int whole, long large, double fraction) {
        time = VirtualTime.create();
        Duration duration = span == null ? null : span.duration();
        breakers(duration, whole, fraction);
        retries(duration, whole, fraction);
        bulkheads(duration, whole, large, fraction);
        limiters(duration, large, fraction);
        others(duration, whole);
    }

    private void breakers(Duration duration, int whole, double fraction) {
        check(() -> breaker().minimumCalls(whole).build(), "minimumCalls", whole);
        check(() -> breaker().failureRate(fraction).build(), "failureRate", fraction);
        check(
                () -> breaker().slowCalls(duration, fraction).build(),
                "limit of slowCalls",
                duration,
                "rate of slowCalls",
                fraction);
        check(() -> breaker().consecutiveFailures(whole).build(), "consecutiveFailures", whole);
        check(() -> breaker().failureCount(whole).build(), "failureCount", whole);
        check(() -> breaker().consecutiveFailures(1).openFor(duration).build(), "openFor", duration);
        check(() -> breaker().trials(whole).build(), "trials", whole);
        check(() -> breaker().trialSuccesses(whole).build(), "trialSuccesses", whole);
        check(() -> breaker().trialTimeout(duration).build(), "trialTimeout", duration);
        check(() -> breaker().ramp(fraction / 2, fraction).build(), "ramp", fraction / 2, "ramp", fraction);
        check(() -> breaker().over(Window.calls(whole)).build(), "size", whole);
        check(() -> breaker().over(Window.time(duration, whole)).build(), "length", duration, "buckets", whole);
    }

    private void retries(Duration duration, int whole, double fraction) {
        check(() -> retry().maxAttempts(whole).build(), "maxAttempts", whole);
        check(() -> retry().maxDuration(duration).build(), "maxDuration", duration);
        check(() -> retry().delayFrom(attempt -> duration, duration).build(), "max of delayFrom", duration);
        check(() -> retry().backoff(Backoff.fixed(duration)).build(), "delay", duration);
        check(
                () -> retry().budget(Budget.of(whole, fraction, whole)).build(),
                "capacity",
                whole,
                "ratio",
                fraction,
                "minimumPerSecond",
                whole);
    }

    private void bulkheads(Duration duration, int whole, long large, double fraction) {
        if (whole != 0) { // a limit that nobody may pass
            check(() -> bulkhead().limit(whole).build(), "limit", whole);
        }
        check(() -> bulkhead().queue(whole).build(), "queue", whole);
        check(() -> bulkhead().queue(1).waitUpTo(duration).build(), "waitUpTo", duration);
        check(() -> bulkhead().queue(1).partition("p", fraction).build().partition("p"), "share of 'p'", fraction);
        check(
                () -> bulkhead()
                        .adaptive(Limits.between(whole, (int) large).vegas())
                        .build(),
                "min",
                whole,
                "max",
                (int) large);
        check(
                () -> bulkhead()
                        .adaptive(Limits.between(1, 100).startAt(whole).aimd())
                        .build(),
                "startAt",
                whole);
        check(
                () -> bulkhead()
                        .adaptive(Limits.between(1, 100).aimd(fraction, duration))
                        .build(),
                "backoff",
                fraction,
                "tooLong",
                duration);
        check(
                () -> bulkhead()
                        .adaptive(Limits.between(1, 100).gradient2(fraction, whole))
                        .build(),
                "tolerance",
                fraction,
                "window",
                whole);
    }

    private void limiters(Duration duration, long large, double fraction) {
        check(() -> limiter().limit(large, duration).build(), "limit", large, "period", duration);
        check(() -> limiter().and(large, duration).build(), "limit", large, "period", duration);
        check(() -> limiter().burst(large).build(), "burst", large, "limit", "10/1s burst " + large);
        check(
                () -> limiter().warmUp(duration, fraction).build(),
                "warmUp",
                duration,
                "coldFactor",
                fraction,
                "limit",
                "10/1s warm-up");
        check(
                () -> limiter().limit(large, duration).slidingWindow().build(),
                "limit",
                large,
                "period",
                duration,
                "limit of a window",
                large);
        check(
                () -> limiter().limit(large, duration).fixedWindow().build(),
                "limit",
                large,
                "period",
                duration,
                "limit of a window",
                large);
        check(() -> limiter().waitUpTo(duration).build(), "waitUpTo", duration);
        check(() -> limiter().keyed(large).get("key"), "maximumKeys", large);
        check(() -> limiter().build().permits(large), "permits", large);
    }

    private void others(Duration duration, int whole) {
        check(() -> Timeout.builder("t", duration).environment(time).build(), "duration", duration);
        check(() -> fallback().lastGood(duration).value("instead").build(), "age", duration);
        check(
                () -> fallback()
                        .lastGoodPerArgument(duration, whole)
                        .value("instead")
                        .build(),
                "age",
                duration,
                "arguments",
                whole);
        check(() -> Registry.of(whole, name -> retry().build()).get("r"), "capacity", whole);
    }

    /** @param settings the names and values that may be refused, in turn */
    private void check(Supplier<Policy<Object>> build, Object... settings) {
        Answers.of(build, settings).ifPresent(policy -> Calls.make(policy, time));
    }

    private CircuitBreakerBuilder breaker() {
        return CircuitBreaker.builder("b").environment(time);
    }

    private RetryBuilder<Object> retry() {
        return Retry.builder("r").withoutBudget().environment(time);
    }

    private BulkheadBuilder bulkhead() {
        return Bulkhead.builder("h").environment(time);
    }

    private RateLimiterBuilder limiter() {
        return RateLimiter.builder("l").environment(time).limit(10, SECOND);
    }

    private FallbackBuilder<Object> fallback() {
        return Fallback.builder("f", Object.class).environment(time);
    }
}
