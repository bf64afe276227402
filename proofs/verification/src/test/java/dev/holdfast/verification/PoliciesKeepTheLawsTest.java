// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.Backoff;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.chaos.ChaosReply;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.PolicyVerifier;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the testkit asks of policies of others, our own keep as well. */
@org.junit.jupiter.api.Timeout(60)
class PoliciesKeepTheLawsTest {
    @Test
    @DisplayName("XC-2 a circuit breaker keeps the laws for policies")
    void circuitBreaker() {
        PolicyVerifier.of(time -> CircuitBreaker.builder("b").environment(time).build())
                .verify();
        PolicyVerifier.of(time -> CircuitBreaker.builder("b")
                        .environment(time)
                        .over(Window.calls(4))
                        .slowCalls(Duration.ofSeconds(1), 0.5)
                        .build())
                .verify();
    }

    @Test
    @DisplayName("XC-2 a bulkhead keeps the laws for policies, with and without a queue")
    void bulkhead() {
        PolicyVerifier.of(
                        time -> Bulkhead.builder("k").environment(time).limit(5).build())
                .holding(Bulkhead::report)
                .verify();
        PolicyVerifier.of(time -> Bulkhead.builder("k")
                        .environment(time)
                        .limit(3)
                        .queue(8)
                        .waitUpTo(Duration.ofMillis(15))
                        .build())
                .holding(Bulkhead::report)
                .verify();
    }

    @Test
    @DisplayName("XC-2 a bulkhead with threads of its own keeps the laws for policies")
    void bulkheadWithThreads() {
        PolicyVerifier.of(time -> Bulkhead.builder("k")
                        .environment(time)
                        .limit(3)
                        .ownThreads()
                        .build())
                .holding(Bulkhead::report)
                .verify();
    }

    @Test
    @DisplayName("XC-2 a limiter keeps the laws for policies")
    void rateLimiter() {
        PolicyVerifier.of(time -> RateLimiter.builder("l")
                        .environment(time)
                        .limit(10, Duration.ofSeconds(1))
                        .build())
                .verify();
        PolicyVerifier.of(time -> RateLimiter.builder("l")
                        .environment(time)
                        .limit(10, Duration.ofSeconds(1))
                        .waitUpTo(Duration.ofMillis(500))
                        .build())
                .verify();
    }

    @Test
    @DisplayName("XC-2 a retry keeps the laws for policies")
    void retry() {
        PolicyVerifier.of(time ->
                        Retry.builder("r").withoutBudget().environment(time).build())
                .verify();
        PolicyVerifier.of(time -> Retry.builder("r")
                        .withoutBudget()
                        .environment(time)
                        .backoff(Backoff.none())
                        .build())
                .verify();
        PolicyVerifier.of(time -> Retry.builder("r")
                        .withoutBudget()
                        .environment(time)
                        .maxDuration(Duration.ofSeconds(2))
                        .build())
                .verify();
    }

    /** Not that of calls: a gate that lets them pass does not count them, which is one of the laws. */
    @Test
    @DisplayName("XC-2 CH-1 chaos of replies that is off keeps the laws for policies")
    void chaosOfReplies() {
        PolicyVerifier.of(time -> ChaosReply.builder("c")
                        .environment(time)
                        .alter(1, same -> "altered")
                        .build())
                .verify();
    }

    @Test
    @DisplayName("XC-2 a hedge keeps the laws for policies")
    void hedge() {
        PolicyVerifier.of(time ->
                        Hedge.builder("h").environment(time).repeatable().build())
                .verify();
        PolicyVerifier.of(time -> Hedge.builder("h")
                        .environment(time)
                        .repeatable()
                        // Never at the same time as an attempt ends.
                        .after(Duration.ofNanos(300_000))
                        .extras(3)
                        .withoutBudget()
                        .build())
                .verify();
        PolicyVerifier.of(time -> Hedge.builder("h")
                        .environment(time)
                        .repeatableIf(call -> false)
                        .build())
                .verify();
    }

    @Test
    @DisplayName("XC-2 a timeout keeps the laws for policies")
    void timeout() {
        PolicyVerifier.of(time -> Timeout.builder("t", Duration.ofSeconds(2))
                        .environment(time)
                        .build())
                .verify();
        PolicyVerifier.of(time -> Timeout.builder("t", Duration.ofNanos(500_000))
                        .environment(time)
                        .build())
                .verify();
    }

    @Test
    @DisplayName("XC-2 a timeout that runs work on other threads keeps the laws for policies")
    void timeoutOnThreads() {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            PolicyVerifier.of(time -> Timeout.builder("t", Duration.ofSeconds(2))
                            .environment(time)
                            .runOn(threads)
                            .build())
                    .verify();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    @DisplayName("XC-2 a fallback keeps the laws for policies")
    void fallback() {
        PolicyVerifier.of(
                        time -> Fallback.builder("f", Integer.class)
                                .environment(time)
                                .value(0)
                                .build(),
                        4711)
                .verify();
    }
}
