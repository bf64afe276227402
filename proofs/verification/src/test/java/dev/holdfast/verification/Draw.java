// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limit;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
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
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Draws policies of every kind, with any settings.
 *
 * <p>Times of each kind of wait end in nanoseconds of their own: what is due at the same moment has no order that a
 * blocking and an asynchronous call would have to share.
 */
final class Draw {
    private final VirtualTime time;
    private final Trace trace;
    private final SplittableRandom random;

    Draw(VirtualTime time, Trace trace, SplittableRandom random) {
        this.time = time;
        this.trace = trace;
        this.random = random;
    }

    /** One of the six policies, or a gate, a deadline or a recovery of this test's own. */
    Policy<Object> policy(int number) {
        switch (random.nextInt(12)) {
            case 0:
            case 1:
                return retry("retry" + number);
            case 2:
                return breaker("breaker" + number);
            case 3:
            case 4:
                return bulkhead("bulkhead" + number);
            case 5:
                return limiter("limiter" + number);
            case 6:
                return timeout("timeout" + number);
            case 7:
            case 8:
                return fallback("fallback" + number);
            case 9:
                return TestDeadline.random("deadline" + number, time, trace, random);
            case 10:
                return TestRecovery.random("recovery" + number, time, trace, random);
            default:
                return TestGate.random("gate" + number, time, trace, random);
        }
    }

    private boolean oneIn(int many) {
        return random.nextInt(many) == 0;
    }

    private Duration micros(int most, int nanos) {
        return Duration.ofNanos(random.nextInt(most) * 1_000L + nanos);
    }

    Retry<Object> retry(String name) {
        Duration first = micros(400, 1);
        RetryBuilder<Object> retry = Retry.builder(name)
                .withoutBudget()
                .environment(time)
                .maxAttempts(1 + random.nextInt(4))
                .backoff(
                        oneIn(3)
                                ? Backoff.none()
                                : Backoff.exponential(first, first.multipliedBy(4))
                                        .jitter(Backoff.Jitter.values()[random.nextInt(4)]));
        if (oneIn(3)) {
            retry.maxDuration(micros(4_000, 1));
        }
        if (oneIn(3)) {
            retry.budget(Budget.of(1 + random.nextInt(9), 0.5, random.nextInt(2)));
        }
        if (oneIn(3)) {
            retry.retryRejections();
        }
        if (oneIn(4)) {
            retry.retryIf(attempt -> {
                if (attempt.number() == 2) {
                    throw new IllegalArgumentException("condition of " + name);
                }
                return true;
            });
        }
        if (oneIn(4)) {
            retry.delayFrom(attempt -> attempt.number() == 1 ? Duration.ofNanos(77_001) : null, Duration.ofMillis(1));
        }
        if (random.nextBoolean()) {
            retry.throwOnExhaustedResult();
        }
        return random.nextBoolean()
                ? retry.build()
                : retry.retryOnResult(Integer.valueOf(2)::equals).build();
    }

    CircuitBreaker breaker(String name) {
        var breaker = CircuitBreaker.builder(name)
                .environment(time)
                .over(random.nextBoolean() ? Window.calls(4) : Window.time(Duration.ofMillis(5)))
                .minimumCalls(1 + random.nextInt(3))
                .failureRate(0.5)
                .openFor(micros(3_000, 1))
                .trials(1 + random.nextInt(2));
        if (oneIn(4)) {
            breaker.ramp(0.5);
        }
        return (oneIn(3) ? breaker.slowCalls(Duration.ofMillis(1), 0.5) : breaker).build();
    }

    Bulkhead bulkhead(String name) {
        BulkheadBuilder bulkhead = Bulkhead.builder(name).environment(time).limit(1 + random.nextInt(3));
        if (oneIn(3)) {
            bulkhead.adaptive(limit());
        }
        if (oneIn(4)) {
            // As threads of its own, but deterministic; those are in StressTest.
            bulkhead.runOn(Runnable::run);
        }
        if (oneIn(3)) {
            return bulkhead.build();
        }
        bulkhead.queue(1 + random.nextInt(3)).waitUpTo(micros(2_000, 5));
        if (random.nextBoolean()) {
            bulkhead.lifo();
        }
        return oneIn(3) ? bulkhead.partition("part", 0.5).build().partition("part") : bulkhead.build();
    }

    private Limit limit() {
        Limits bounds = Limits.between(1, 4).startAt(1 + random.nextInt(3));
        switch (random.nextInt(3)) {
            case 0:
                return bounds.aimd(0.5, Duration.ofMillis(1));
            case 1:
                return bounds.vegas();
            default:
                return bounds.gradient2(1.5, 10);
        }
    }

    RateLimiter limiter(String name) {
        RateLimiterBuilder limiter =
                RateLimiter.builder(name).environment(time).limit(2 + random.nextInt(4), micros(3_000, 11));
        switch (random.nextInt(5)) {
            case 0:
                limiter.slidingWindow();
                break;
            case 1:
                limiter.fixedWindow();
                break;
            case 2:
                limiter.warmUp(micros(3_000, 17), 3);
                break;
            case 3:
                limiter.smooth();
                break;
            default:
                break;
        }
        if (oneIn(3)) {
            limiter.and(5 + random.nextInt(20), Duration.ofNanos(20_000_019));
        }
        if (random.nextBoolean()) {
            limiter.waitUpTo(micros(3_000, 13));
        }
        if (oneIn(4)) {
            return limiter.<String>keyed(2).get("key");
        }
        RateLimiter all = limiter.build();
        return oneIn(3) && all.available() > 1 ? all.permits(2) : all;
    }

    Timeout timeout(String name) {
        if (oneIn(12)) {
            return Timeout.builder(name, Duration.ZERO).environment(time).build();
        }
        if (oneIn(6)) {
            return Timeout.builder(name, Duration.ofSeconds(Long.MAX_VALUE))
                    .environment(time)
                    .build();
        }
        long nanos = micros(3_000, 503).toNanos();
        int[] asked = {0};
        // A little more each time, so that two of them never pass at the same moment.
        return Timeout.builder(name, call -> Duration.ofNanos(nanos / call.attempt() + 2L * asked[0]++))
                .environment(time)
                .build();
    }

    /** One whose duration is always the same: it may stand in a pipeline once. */
    Timeout fixedTimeout(String name) {
        return Timeout.builder(name, micros(3_000, 511)).environment(time).build();
    }

    Fallback<Object> fallback(String name) {
        FallbackBuilder<Object> fallback = Fallback.builder(name, Object.class).environment(time);
        int steps = 1 + random.nextInt(3);
        for (int i = 1; i <= steps; i++) {
            step(fallback, name + "." + i);
        }
        if (oneIn(4)) {
            fallback.onRejectionsOnly();
        }
        if (oneIn(3)) {
            fallback.onResult(Integer.valueOf(4)::equals);
        }
        if (oneIn(4)) {
            fallback.classify(so -> so.failOn(OutOfMemoryError.class).ignore(IllegalStateException.class));
        }
        return fallback.build();
    }

    private void step(FallbackBuilder<Object> fallback, String name) {
        int failEvery = random.nextInt(4);
        int[] asked = {0};
        // Of a step's own stages, one never hears that it was cancelled.
        boolean minimal = oneIn(3);
        long nanos = random.nextBoolean() ? 0 : random.nextInt(1_000) * 1_000L + 7;
        switch (random.nextInt(7)) {
            case 0:
                fallback.value("value of " + name);
                break;
            case 1:
                fallback.apply(failed -> replacement(name + " for what " + words(failed), failEvery, asked));
                break;
            case 2:
                fallback.call(() -> replacement(name, failEvery, asked));
                break;
            case 3:
                fallback.callWith(call -> replacement(name + " for " + call.argument(), failEvery, asked));
                break;
            case 4:
                fallback.lastGood(micros(3_000, 21));
                break;
            case 5:
                fallback.lastGoodPerArgument(micros(3_000, 21), 1 + random.nextInt(2));
                break;
            default:
                fallback.callAsync(() -> stage(name, nanos, minimal && nanos == 0, failEvery, asked));
        }
    }

    private static String words(Outcome<Object> failed) {
        return Trace.outcome(failed.result().orElse(null), failed.failure());
    }

    private Object replacement(String name, int failEvery, int[] asked) {
        trace.add("step " + name);
        if (failEvery > 0 && ++asked[0] % failEvery == 0) {
            if (asked[0] % 5 == 0) {
                throw new StackOverflowError("nothing from " + name);
            }
            throw new IllegalStateException("nothing from " + name);
        }
        return "from " + name;
    }

    private CompletionStage<Object> stage(String name, long nanos, boolean minimal, int failEvery, int[] asked) {
        if (nanos == 0) {
            CompletableFuture<Object> stage = CompletableFuture.completedFuture(replacement(name, failEvery, asked));
            return minimal ? stage.minimalCompletionStage() : stage;
        }
        CompletableFuture<Object> stage = new CompletableFuture<>();
        Environment.Timer timer = time.schedule(
                () -> {
                    try {
                        stage.complete(replacement(name, failEvery, asked));
                    } catch (Throwable thrown) {
                        stage.completeExceptionally(thrown);
                    }
                },
                nanos);
        stage.whenComplete((done, thrown) -> timer.cancel());
        return stage;
    }
}
