// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import com.netflix.concurrency.limits.Limiter;
import com.netflix.concurrency.limits.limit.AIMDLimit;
import com.netflix.concurrency.limits.limiter.SimpleLimiter;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.holdfast.simulation.Policies;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** No policy at all, the loop that everybody writes first, and the peers. */
final class PeerContenders {
    /** What "tuned" means for a retry around a breaker, here and for Holdfast. */
    private static final String TUNED =
            "3 attempts, 50 ms doubling up to 1 s with jitter, refusals are not repeated; the"
                    + " breaker opens at half of the last 20 calls, for 1 s, and closes after 3 trials";

    private PeerContenders() {}

    static List<Contender> all() {
        return List.of(
                Contender.of("no policy", "each call is one request", () -> Callable::call, Optional.of(Policies.NONE)),
                Contender.of("3 retries", "up to 3 more requests, at once", () -> PeerContenders::naively),
                Contender.of(
                        "Resilience4j documented",
                        "the example of its documentation: 2 attempts, 1 s apart; the breaker opens at half of the last"
                                + " 5 s with at least 10 calls, or at half slower than 2 s, for 1 s, and lets 3 trials through",
                        () -> resilience4j(documentedRetry(), documentedBreaker())),
                Contender.of(
                        "Resilience4j defaults",
                        "Retry.ofDefaults around CircuitBreaker.ofDefaults",
                        () -> resilience4j(Retry.ofDefaults("storm"), CircuitBreaker.ofDefaults("storm"))),
                Contender.of("Resilience4j tuned", TUNED, () -> resilience4j(tunedRetry(), tunedBreaker())),
                Contender.of(
                        "Failsafe tuned",
                        TUNED + "; ten failures open it, also if they are its first calls",
                        PeerContenders::failsafe),
                Contender.of("SmallRye tuned", TUNED, SmallRyeContender::client),
                Contender.of(
                        "concurrency-limits AIMD",
                        "AIMDLimit from 1 to 100, starting at 10, x 0.7 at a timeout or after 250 ms; no retry",
                        PeerContenders::aimd));
    }

    private static Integer naively(Callable<Integer> request) throws Exception {
        for (int left = 3; ; left--) {
            try {
                return request.call();
            } catch (IOException e) {
                if (left == 0) {
                    throw e;
                }
            }
        }
    }

    private static Contender.Client resilience4j(Retry retry, CircuitBreaker breaker) {
        return request -> Retry.decorateCallable(retry, CircuitBreaker.decorateCallable(breaker, request))
                .call();
    }

    private static Retry documentedRetry() {
        RetryConfig config = RetryConfig.custom()
                .maxAttempts(2)
                .waitDuration(Duration.ofMillis(1000))
                .retryExceptions(IOException.class, TimeoutException.class)
                .failAfterMaxAttempts(true)
                .build();
        return Retry.of("storm", config);
    }

    private static CircuitBreaker documentedBreaker() {
        CircuitBreakerConfig config = CircuitBreakerConfig.custom()
                .failureRateThreshold(50)
                .slowCallRateThreshold(50)
                .waitDurationInOpenState(Duration.ofMillis(1000))
                .slowCallDurationThreshold(Duration.ofSeconds(2))
                .permittedNumberOfCallsInHalfOpenState(3)
                .minimumNumberOfCalls(10)
                .slidingWindowType(SlidingWindowType.TIME_BASED)
                .slidingWindowSize(5)
                .build();
        return CircuitBreaker.of("storm", config);
    }

    private static Retry tunedRetry() {
        RetryConfig config = RetryConfig.custom()
                .maxAttempts(3)
                .intervalFunction(IntervalFunction.ofExponentialRandomBackoff(
                        Duration.ofMillis(50), 2, 0.5, Duration.ofSeconds(1)))
                .ignoreExceptions(CallNotPermittedException.class)
                .build();
        return Retry.of("storm", config);
    }

    private static CircuitBreaker tunedBreaker() {
        CircuitBreakerConfig config = CircuitBreakerConfig.custom()
                .failureRateThreshold(50)
                .slidingWindow(20, 20, SlidingWindowType.COUNT_BASED)
                .waitDurationInOpenState(Duration.ofSeconds(1))
                .permittedNumberOfCallsInHalfOpenState(3)
                .build();
        return CircuitBreaker.of("storm", config);
    }

    private static Contender.Client failsafe() {
        RetryPolicy<Integer> retry = RetryPolicy.<Integer>builder()
                .withMaxAttempts(3)
                .withBackoff(50, 1000, ChronoUnit.MILLIS)
                .withJitter(0.5)
                .abortOn(CircuitBreakerOpenException.class)
                .build();
        dev.failsafe.CircuitBreaker<Integer> breaker = dev.failsafe.CircuitBreaker.<Integer>builder()
                .withFailureThreshold(10, 20)
                .withDelay(Duration.ofSeconds(1))
                .withSuccessThreshold(3)
                .build();
        FailsafeExecutor<Integer> executor = Failsafe.with(retry, breaker);
        return request -> executor.get(request::call);
    }

    private static Contender.Client aimd() {
        Limiter<Void> limiter = SimpleLimiter.newBuilder()
                .limit(AIMDLimit.newBuilder()
                        .initialLimit(10)
                        .minLimit(1)
                        .maxLimit(100)
                        .backoffRatio(0.7)
                        .timeout(250, TimeUnit.MILLISECONDS)
                        .build())
                .build();
        return request -> {
            Limiter.Listener listener =
                    limiter.acquire(null).orElseThrow(() -> new IllegalStateException("the limit is reached"));
            Integer answer;
            try {
                answer = request.call();
            } catch (Exception e) {
                listener.onDropped();
                throw e;
            }
            listener.onSuccess();
            return answer;
        };
    }
}
