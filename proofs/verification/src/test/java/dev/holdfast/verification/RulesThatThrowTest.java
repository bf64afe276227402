// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.CallCounts;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever code of the user's a policy asks, and whatever that throws: the work has succeeded, and nobody takes that for its failure.
 * Each broken policy stands at every place among healthy ones in every order, blocking and asynchronous.
 */
class RulesThatThrowTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();

    static List<Throwable> throwables() {
        return List.of(new NullPointerException("rule"), new StackOverflowError("rule"), new CircuitsRefusal());
    }

    /** Retries ignore it, and fallbacks replace it, when it comes from the work. */
    private static final class CircuitsRefusal extends dev.holdfast.RejectedException {
        private static final long serialVersionUID = 1L;

        CircuitsRefusal() {
            super("another", 0);
        }
    }

    private static <T, X extends Throwable> T raise(Throwable thrown) throws X {
        @SuppressWarnings("unchecked") // It is not checked at all.
        X sneaked = (X) thrown;
        throw sneaked;
    }

    /** Policies with code of the user's that throws at a result, by what it is. */
    private Map<String, Supplier<Policy<Object>>> broken(Throwable thrown) {
        Map<String, Supplier<Policy<Object>>> broken = new LinkedHashMap<>();
        broken.put(
                "breaker's classifier",
                () -> CircuitBreaker.builder("x")
                        .environment(time)
                        .classify(so -> so.failOnResult(value -> raise(thrown)))
                        .build());
        broken.put(
                "bulkhead's classifier",
                () -> Bulkhead.builder("x")
                        .environment(time)
                        .classify(so -> so.failOnResult(value -> raise(thrown)))
                        .build());
        broken.put(
                "classifier of a bulkhead with threads",
                () -> Bulkhead.builder("x")
                        .environment(time)
                        .runOn(Runnable::run)
                        .classify(so -> so.failOnResult(value -> raise(thrown)))
                        .build());
        broken.put(
                "retry's classifier",
                () -> Retry.builder("x")
                        .withoutBudget()
                        .environment(time)
                        .retryOnResult(value -> raise(thrown))
                        .build());
        broken.put(
                "retry's condition",
                () -> Retry.builder("x")
                        .withoutBudget()
                        .environment(time)
                        .retryOnResult(value -> true)
                        .retryIf(attempt -> raise(thrown))
                        .build());
        broken.put(
                "retry's backoff",
                () -> Retry.builder("x")
                        .withoutBudget()
                        .environment(time)
                        .retryOnResult(value -> true)
                        .backoff(Backoff.custom(attempt -> raise(thrown), SECOND))
                        .build());
        broken.put(
                "fallback's classifier",
                () -> Fallback.builder("x", Object.class)
                        .environment(time)
                        .onResult(value -> raise(thrown))
                        .value("instead")
                        .build());
        broken.put(
                "fallback's key",
                () -> Fallback.builder("x", Object.class)
                        .environment(time)
                        .lastGood(SECOND, 10, call -> raise(thrown))
                        .build());
        for (Policy<Object> each : healthy().all()) {
            broken.put("listener of " + each, () -> {
                each.on(Event.class, event -> raise(thrown));
                return each;
            });
        }
        return broken;
    }

    private record Healthy(
            Fallback<Object> fallback,
            Retry<Object> retry,
            CircuitBreaker breaker,
            RateLimiter limiter,
            Timeout timeout) {
        List<Policy<Object>> all() {
            return List.of(fallback, retry, breaker, limiter, timeout);
        }
    }

    private Healthy healthy() {
        return new Healthy(
                Fallback.builder("f", Object.class)
                        .environment(time)
                        .value("instead")
                        .build(),
                Retry.builder("r")
                        .withoutBudget()
                        .environment(time)
                        .backoff(Backoff.none())
                        .retryRejections()
                        .build(),
                CircuitBreaker.builder("b")
                        .environment(time)
                        .over(Window.calls(1))
                        .build(),
                RateLimiter.builder("l")
                        .environment(time)
                        .limit(1_000_000, SECOND)
                        .build(),
                Timeout.builder("t", SECOND).environment(time).build());
    }

    private static <T> List<List<T>> orders(List<T> of) {
        if (of.isEmpty()) {
            return List.of(List.of());
        }
        List<List<T>> orders = new ArrayList<>();
        for (int first = 0; first < of.size(); first++) {
            List<T> rest = new ArrayList<>(of);
            T head = rest.remove(first);
            for (List<T> tail : orders(rest)) {
                List<T> order = new ArrayList<>(List.of(head));
                order.addAll(tail);
                orders.add(order);
            }
        }
        return orders;
    }

    private Map<String, Function<Policy<Object>, Object>> ways(AtomicInteger runs) {
        Map<String, Function<Policy<Object>, Object>> ways = new LinkedHashMap<>();
        ways.put(
                "blocking",
                policy -> policy.call(() -> {
                    runs.incrementAndGet();
                    return "value";
                }));
        ways.put(
                "asynchronous",
                policy -> time.join(policy.callAsync(() -> {
                    runs.incrementAndGet();
                    return CompletableFuture.completedFuture("value");
                })));
        ways.put("later", policy -> {
            CompletableFuture<Object> later = policy.callAsync(() -> {
                runs.incrementAndGet();
                CompletableFuture<Object> stage = new CompletableFuture<>();
                time.schedule(() -> stage.complete("value"), 1_000);
                return stage;
            });
            return time.join(later);
        });
        return ways;
    }

    @ParameterizedTest
    @MethodSource("throwables")
    @DisplayName(
            "XC-20 what a rule throws after a success is not repeated, replaced or counted against the dependency, in any order")
    void afterSuccess(Throwable thrown) {
        AtomicInteger runs = new AtomicInteger();
        broken(thrown).forEach((what, make) -> {
            // Of those that judge outcomes; a limiter and a timeout do not, and stay where they belong.
            for (List<Integer> order : orders(List.of(0, 1, 2))) {
                for (int place = 0; place <= 5; place++) {
                    Healthy healthy = healthy();
                    List<Policy<Object>> policies = new ArrayList<>();
                    order.forEach(i -> policies.add(healthy.all().get(i)));
                    policies.add(healthy.limiter());
                    policies.add(healthy.timeout());
                    policies.add(place, make.get());
                    check(what, healthy, policies, runs);
                }
            }
        });
    }

    private void check(String what, Healthy healthy, List<Policy<Object>> policies, AtomicInteger runs) {
        @SuppressWarnings({"unchecked", "rawtypes"}) // All of them look at any result.
        Pipeline<Object> pipeline = Pipeline.of(policies.toArray(new Policy[0]));
        int[] calls = {0};
        ways(runs).forEach((how, way) -> {
            runs.set(0);
            calls[0]++;
            assertThat(way.apply(pipeline))
                    .as("%s, %s, %s", what, how, pipeline)
                    .isEqualTo("value");
            assertThat(runs.get()).as("%s, %s, %s", what, how, pipeline).isEqualTo(1);
        });
        assertThat(healthy.fallback().counts()).as(what).isEqualTo(new Fallback.Counts(calls[0], 0, 0, 0));
        assertThat(healthy.retry().counts()).as(what).isEqualTo(new Retry.Counts(calls[0], 0, 0, 0, 0, 0));
        assertThat(healthy.breaker().counts()).as(what).isEqualTo(new CallCounts(calls[0], 0, 0, 0, 0));
        assertThat(healthy.limiter().counts()).as(what).isEqualTo(new CallCounts(calls[0], 0, 0, 0, 0));
        assertThat(healthy.timeout().counts()).as(what).isEqualTo(new Timeout.Counts(calls[0], 0));
    }
}
