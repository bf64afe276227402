// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.ThreadContext;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the library itself waits for, further in, is not the dependency's slowness. */
@org.junit.jupiter.api.Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class OwnWaitsTest {
    private static final Duration SLOW = Duration.ofMillis(250);

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    /** What stands inside of the breaker and makes calls wait for a second and more. */
    enum Inside {
        LIMITER(time -> List.of(limiter(time))),
        LIMITER_BEHIND_A_TIMEOUT(time -> List.of(timeout(time), limiter(time))),
        LIMITER_BEHIND_GATES_AND_A_TIMEOUT(
                time -> List.of(bulkhead(time, 99), timeout(time), bulkhead(time, 99), limiter(time))),
        LIMITERS_ON_BOTH_SIDES_OF_A_TIMEOUT(time -> List.of(limiter(time), timeout(time), slower(time))),
        LIMITERS_IN_A_ROW(time -> List.of(limiter(time), slower(time))),
        LIMITERS_IN_A_LONG_ROW(time -> List.of(
                limiter(time),
                slower(time),
                bulkhead(time, 99),
                slower(time),
                limiter(time),
                slower(time),
                slower(time))),
        LIMITERS_IN_A_ROW_AND_A_RETRY(
                time -> List.of(slower(time), limiter(time), retry(time), limiter(time), slower(time))),
        LIMITER_BEHIND_A_FALLBACK(time -> List.of(
                Fallback.<Object>builder("f", Object.class)
                        .environment(time)
                        .value("none")
                        .build(),
                limiter(time))),
        LIMITER_BEHIND_MANY_GATES(time ->
                List.of(bulkhead(time, 99), bulkhead(time, 99), bulkhead(time, 99), bulkhead(time, 99), limiter(time))),
        LIMITER_ON_OTHER_THREADS(time -> List.of(
                Bulkhead.builder("k").environment(time).limit(99).ownThreads().build(),
                bulkhead(time, 99),
                limiter(time))),
        RETRY_WITH_A_LIMITER(time -> List.of(retry(time), limiter(time)));

        final Function<VirtualTime, List<Policy<Object>>> policies;

        Inside(Function<VirtualTime, List<Policy<Object>>> policies) {
            this.policies = policies;
        }

        @SuppressWarnings("unchecked") // Breakers take whatever results there are.
        Pipeline<Object> around(VirtualTime time, CircuitBreaker breaker) {
            List<Policy<Object>> all = new ArrayList<>(policies.apply(time));
            all.add(0, breaker);
            return Pipeline.of(all.toArray(Policy[]::new));
        }
    }

    private static RateLimiter limiter(VirtualTime time) {
        return RateLimiter.builder("l")
                .environment(time)
                .limit(10, ms(1_000))
                .burst(1)
                .waitUpTo(ms(9_000))
                .build();
    }

    private static RateLimiter slower(VirtualTime time) {
        return RateLimiter.builder("slower")
                .environment(time)
                .limit(2, ms(1_000))
                .burst(1)
                .waitUpTo(ms(20_000))
                .build();
    }

    private static Bulkhead bulkhead(VirtualTime time, int limit) {
        return Bulkhead.builder("k")
                .environment(time)
                .limit(limit)
                .queue(99)
                .waitUpTo(ms(9_000))
                .build();
    }

    private static dev.holdfast.timeout.Timeout timeout(VirtualTime time) {
        return Timeout.builder("t", Duration.ofHours(1)).environment(time).build();
    }

    private static Retry<Object> retry(VirtualTime time) {
        return Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .backoff(Backoff.fixed(ms(1_000)))
                .build();
    }

    private static CircuitBreaker breaker(VirtualTime time) {
        return CircuitBreaker.builder("b")
                .environment(time)
                .over(Window.calls(10))
                .slowCalls(SLOW, 0.5)
                .build();
    }

    private static CompletableFuture<Object> after(VirtualTime time, long millis) {
        CompletableFuture<Object> answer = new CompletableFuture<>();
        time.schedule(() -> answer.complete("answer"), ms(millis).toNanos());
        return answer;
    }

    @ParameterizedTest
    // The clock is moved by hand, which threads do not wait for, and not as far as the slower limiter needs.
    @EnumSource(
            mode = EnumSource.Mode.MATCH_NONE,
            names = {"LIMITER_ON_OTHER_THREADS", "LIMITERS_.*"})
    @DisplayName("CB-7 asynchronous calls that wait in front of a quick dependency are not slow, nor while they wait")
    void asynchronous(Inside inside) {
        VirtualTime time = VirtualTime.create();
        CircuitBreaker breaker = breaker(time);
        Pipeline<Object> pipeline = inside.around(time, breaker);
        List<CompletableFuture<Object>> calls = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            calls.add(pipeline.callAsync(() -> after(time, 200)));
        }
        for (int i = 0; i < 100; i++) {
            time.advance(ms(50));
            breaker.tryAcquire().ignored();
        }
        assertThat(calls).allMatch(call -> "answer".equals(call.getNow(null)));
        assertThat(breaker.report().slowCalls()).isZero();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @ParameterizedTest
    // The clock is moved by hand, which threads do not wait for, and not as far as the slower limiter needs.
    @EnumSource(
            mode = EnumSource.Mode.MATCH_NONE,
            names = {"LIMITER_ON_OTHER_THREADS", "LIMITERS_.*"})
    @DisplayName("CB-7 a slow dependency is slow all the same, also while its calls run")
    void slowDependency(Inside inside) {
        VirtualTime time = VirtualTime.create();
        CircuitBreaker breaker = breaker(time);
        Pipeline<Object> pipeline = inside.around(time, breaker);
        for (int i = 0; i < 20; i++) {
            pipeline.callAsync(() -> after(time, 60_000));
        }
        time.advance(ms(3_000));
        assertThat(breaker.report().slowCalls()).isEqualTo(20);
        assertThat(breaker.tryAcquire()).isNull();
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("XC-14 a context that throws where calls begin to wait costs no permit")
    void contextThrows() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        Environment environment = Environment.builder()
                .context(() -> {
                    if (broken.get()) {
                        throw new IllegalStateException("no context");
                    }
                    return ThreadContext.classLoader().capture();
                })
                .build();
        CircuitBreaker breaker = CircuitBreaker.builder("b")
                .environment(environment)
                .slowCalls(SLOW, 0.5)
                .build();
        Bulkhead bulkhead = Bulkhead.builder("k")
                .environment(environment)
                .limit(1)
                .queue(1)
                .waitUpTo(ms(50_000))
                .build();
        RateLimiter limiter = RateLimiter.builder("l")
                .environment(environment)
                .limit(1_000, ms(1))
                .build();
        Pipeline<Object> pipeline = Pipeline.of(
                Timeout.builder("t", Duration.ofMinutes(1))
                        .environment(environment)
                        .build(),
                breaker,
                bulkhead,
                limiter);
        Permit held = bulkhead.acquire();
        broken.set(true);
        CompletableFuture<Object> waiting =
                CompletableFuture.supplyAsync(() -> pipeline.call(() -> "waited"), task -> new Thread(task).start());
        while (bulkhead.report().waiting() == 0 && !waiting.isDone()) {
            Thread.sleep(1);
        }
        held.succeeded();
        waiting.handle((value, thrown) -> true).get();
        assertThat(bulkhead.report().inFlight()).isZero();
        assertThat(breaker.counts().successes()
                        + breaker.counts().failures()
                        + breaker.counts().ignored())
                .isLessThanOrEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-7 blocking calls that wait in front of a quick dependency are not slow, slow ones are")
    void blocking(Inside inside) throws Exception {
        VirtualTime time = VirtualTime.create();
        CircuitBreaker breaker = breaker(time);
        Pipeline<Object> pipeline = inside.around(time, breaker);
        for (int i = 0; i < 5; i++) {
            pipeline.callChecked(() -> {
                time.sleep(ms(1));
                return "quick";
            });
        }
        assertThat(breaker.report().slowCalls()).isZero();
        assertThat(breaker.report().calls()).isEqualTo(5);
        for (int i = 0; i < 3; i++) {
            pipeline.callChecked(() -> {
                time.sleep(ms(251));
                return "slow";
            });
        }
        assertThat(breaker.report().slowCalls()).isEqualTo(3);
    }
}
