// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.holdfast.Backoff;
import dev.holdfast.Pipeline;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.retry.Retry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A call that succeeds, through a healthy policy. All breakers look at the last 100 calls and open at half of them, all
 * retries allow three attempts without a delay: the defaults of Resilience4j, set at the others.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SuccessPath {
    /** Whether many other bodies and policies have run through the same code before. */
    @Param({"false", "true"})
    public boolean polluted;

    private CircuitBreaker breaker;
    private CircuitBreaker timedBreaker;
    private Retry<Object> retry;
    private Pipeline<Object> both;

    private Supplier<String> r4jBreaker;
    private Supplier<String> r4jTimedBreaker;
    private Supplier<String> r4jRetry;
    private Supplier<String> r4jBoth;

    private FailsafeExecutor<Object> failsafeBreaker;
    private FailsafeExecutor<Object> failsafeRetry;
    private FailsafeExecutor<Object> failsafeBoth;

    /** Builds all policies. */
    @Setup
    public void setUp() {
        breaker = CircuitBreaker.builder("b").over(Window.calls(100)).failureRate(0.5).build();
        timedBreaker = CircuitBreaker.builder("t").over(Window.time(Duration.ofSeconds(10))).build();
        retry = Retry.builder("r").maxAttempts(3).backoff(Backoff.none()).build();
        both = Pipeline.of(retry, breaker);
        if (polluted) {
            CircuitBreaker metrics = CircuitBreaker.ofDefaults("m");
            metrics.transitionTo(CircuitBreaker.State.METRICS_ONLY);
            Work.pollute(metrics);
            Work.pollute(retry);
            Work.pollute(Pipeline.of(retry, metrics));
            Work.pollute(Pipeline.of(metrics, metrics, metrics));
        }

        var breakerR4j = io.github.resilience4j.circuitbreaker.CircuitBreaker.of(
                "b", CircuitBreakerConfig.custom().slidingWindowSize(100).failureRateThreshold(50).build());
        var timedR4j = io.github.resilience4j.circuitbreaker.CircuitBreaker.of(
                "t",
                CircuitBreakerConfig.custom()
                        .slidingWindow(10, 100, CircuitBreakerConfig.SlidingWindowType.TIME_BASED)
                        .build());
        var retryR4j = io.github.resilience4j.retry.Retry.of(
                "r", RetryConfig.custom().maxAttempts(3).waitDuration(Duration.ofMillis(1)).build());
        r4jBreaker = breakerR4j.decorateSupplier(Work.ANSWER);
        r4jTimedBreaker = timedR4j.decorateSupplier(Work.ANSWER);
        r4jRetry = io.github.resilience4j.retry.Retry.decorateSupplier(retryR4j, Work.ANSWER);
        r4jBoth = io.github.resilience4j.retry.Retry.decorateSupplier(retryR4j, r4jBreaker);

        var breakerFailsafe = dev.failsafe.CircuitBreaker.builder().withFailureRateThreshold(50, 10, Duration.ofSeconds(10))
                .build();
        var retryFailsafe = RetryPolicy.builder().withMaxAttempts(3).build();
        failsafeBreaker = Failsafe.with(breakerFailsafe);
        failsafeRetry = Failsafe.with(retryFailsafe);
        failsafeBoth = Failsafe.with(retryFailsafe, breakerFailsafe);
    }

    @Benchmark
    public String holdfastBreaker() {
        return breaker.call(Work.ANSWER);
    }

    @Benchmark
    public String holdfastBreakerOverTime() {
        return timedBreaker.call(Work.ANSWER);
    }

    @Benchmark
    public String holdfastRetry() {
        return retry.call(Work.ANSWER);
    }

    @Benchmark
    public String holdfastRetryAndBreaker() {
        return both.call(Work.ANSWER);
    }

    @Benchmark
    public String resilience4jBreaker() {
        return r4jBreaker.get();
    }

    @Benchmark
    public String resilience4jBreakerOverTime() {
        return r4jTimedBreaker.get();
    }

    @Benchmark
    public String resilience4jRetry() {
        return r4jRetry.get();
    }

    @Benchmark
    public String resilience4jRetryAndBreaker() {
        return r4jBoth.get();
    }

    /** Over time, because Failsafe has a failure rate over time only. */
    @Benchmark
    public String failsafeBreakerOverTime() {
        return failsafeBreaker.get(Work.ANSWER::get);
    }

    @Benchmark
    public String failsafeRetry() {
        return failsafeRetry.get(Work.ANSWER::get);
    }

    @Benchmark
    public String failsafeRetryAndBreaker() {
        return failsafeBoth.get(Work.ANSWER::get);
    }
}
