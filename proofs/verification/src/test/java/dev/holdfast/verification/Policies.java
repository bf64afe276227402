// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.ChaosReply;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreakerBuilder;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.fallback.FallbackBuilder;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.ratelimiter.RateLimiterBuilder;
import dev.holdfast.retry.Retry;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The table of all six policies, each in all the ways in which it can be set up. */
final class Policies {
    private static final Duration WAIT = Duration.ofNanos(5_000);
    private static final Duration LONG = Duration.ofSeconds(10);

    private final Environment environment;

    Policies(Environment environment) {
        this.environment = environment;
    }

    CircuitBreakerBuilder breaker() {
        return CircuitBreaker.builder("b").environment(environment).trials(2);
    }

    private static CircuitBreaker in(State state, CircuitBreakerBuilder settings) {
        CircuitBreaker breaker = settings.build();
        breaker.transitionTo(state);
        return breaker;
    }

    BulkheadBuilder bulkhead() {
        return Bulkhead.builder("h").environment(environment).limit(2);
    }

    RateLimiterBuilder limiter() {
        return RateLimiter.builder("l").environment(environment).limit(3, Duration.ofNanos(9_000));
    }

    RetryBuilder<Object> retry() {
        return Retry.builder("r").withoutBudget().environment(environment);
    }

    Timeout timeout(Duration duration) {
        return Timeout.builder("t", duration).environment(environment).build();
    }

    FallbackBuilder<Object> fallback() {
        return Fallback.builder("f", Object.class).environment(environment);
    }

    List<Gate> gates() {
        return List.of(
                breaker().build(),
                breaker().over(Window.time(LONG)).build(),
                breaker().slowCalls(Duration.ofMillis(1), 0.5).build(),
                breaker().consecutiveFailures(2).build(),
                in(State.HALF_OPEN, breaker()),
                in(State.HALF_OPEN, breaker().ramp(0.1, 0.5)),
                in(State.OPEN, breaker()),
                in(State.METRICS_ONLY, breaker()),
                in(State.DISABLED, breaker()),
                in(State.FORCED_OPEN, breaker()),
                bulkhead().build(),
                bulkhead().queue(2).build(),
                bulkhead().queue(2).lifo().waitUpTo(WAIT).build(),
                bulkhead().queue(2).partition("p", 0.5).build().partition("p"),
                bulkhead().adaptive(Limits.between(1, 5).aimd()).build(),
                bulkhead().adaptive(Limits.between(1, 5).vegas()).build(),
                bulkhead().adaptive(Limits.between(1, 5).gradient2()).queue(2).build(),
                bulkhead().runOn(Runnable::run).build(),
                bulkhead()
                        .runOn(Runnable::run)
                        .queue(2)
                        .adaptive(Limits.between(1, 5).gradient2())
                        .build(),
                limiter().build(),
                limiter().waitUpTo(WAIT).build(),
                limiter().smooth().waitUpTo(WAIT).build(),
                limiter().warmUp(Duration.ofNanos(20_000), 2).waitUpTo(WAIT).build(),
                limiter().slidingWindow().waitUpTo(WAIT).build(),
                limiter().fixedWindow().waitUpTo(WAIT).build(),
                limiter().and(100, LONG).slidingWindow().waitUpTo(WAIT).build(),
                limiter().build().permits(2),
                limiter().<String>keyed(10).get("key"));
    }

    List<Policy<Object>> others() {
        return List.of(
                retry().backoff(Backoff.none()).build(),
                retry().backoff(Backoff.fixed(Duration.ofNanos(100))).build(),
                retry().retryRejections().build(),
                retry().maxDuration(Duration.ofNanos(50_000))
                        .retryOnResult("no"::equals)
                        .build(),
                retry().budget(Budget.of(2, 0.1, 1))
                        .delayFrom(attempt -> Duration.ofNanos(7), WAIT)
                        .build(),
                Chaos.builder("c").environment(environment).hang(1).build(),
                ChaosReply.builder("c")
                        .environment(environment)
                        .alter(1, same -> "altered")
                        .build(),
                Hedge.builder("e").environment(environment).repeatable().build(),
                Hedge.builder("e")
                        .environment(environment)
                        .repeatable()
                        .after(Duration.ofNanos(1_000))
                        .extras(2)
                        .build(),
                Hedge.builder("e")
                        .environment(environment)
                        .repeatableIf(call -> false)
                        .build(),
                timeout(Duration.ofHours(2)),
                timeout(Duration.ofNanos(50_000)),
                timeout(Duration.ZERO),
                timeout(Duration.ofSeconds(Long.MAX_VALUE)),
                Timeout.builder("t", call -> LONG.dividedBy(call.attempt()))
                        .environment(environment)
                        .build(),
                fallback().value(null).build(),
                fallback()
                        .apply(failed -> "instead of " + failed.result())
                        .onResult("no"::equals)
                        .build(),
                fallback().onRejectionsOnly().value("instead").build(),
                fallback()
                        .call(() -> {
                            throw new IllegalStateException("nothing");
                        })
                        .build(),
                fallback().callWith(call -> call.attempt()).build(),
                fallback().lastGood(LONG).build(),
                fallback().lastGoodPerArgument(LONG, 2).value("instead").build(),
                fallback()
                        .callAsync(() -> CompletableFuture.completedStage("instead"))
                        .build(),
                fallback()
                        .callAsyncWith(call -> CompletableFuture.failedStage(new IllegalStateException("nothing")))
                        .value("instead")
                        .build());
    }

    List<Policy<Object>> all() {
        List<Policy<Object>> all = new ArrayList<>(gates());
        all.addAll(others());
        return all;
    }
}
