// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.matrix;

import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.Limit;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.guard.Guard;
import dev.holdfast.retry.Retry;
import dev.holdfast.simulation.Policies;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What was tried, with what was taken on top. */
final class Candidates {
    private static final Duration LINE = Duration.ofMillis(300);
    private static final Limits BOUNDS = Limits.between(1, 1_000).startAt(50);

    private Candidates() {}

    static Map<String, Policies> all() {
        Map<String, Policies> all = new LinkedHashMap<>();
        add(all, "guard", () -> Guard.of("service"));
        add(
                all,
                "guard, no retry",
                () -> Guard.builder("service").withoutRetry().build());
        add(
                all,
                "guard and breaker",
                () -> Guard.builder("service").breaker(breaker -> breaker).build());
        add(
                all,
                "guard, any retry",
                () -> Guard.builder("service")
                        .retry(retry -> retry.withoutMaxDuration())
                        .build());
        add(
                all,
                "guard and throttle, 2 s",
                () -> Pipeline.of(
                        new Throttle("service", 2, Duration.ofSeconds(2).toNanos()), Guard.of("service")));
        add(all, "limit: AIMD", () -> limit(BOUNDS.aimd()));
        add(all, "limit: Vegas", () -> limit(BOUNDS.vegas()));
        add(all, "limit: Gradient2", () -> limit(BOUNDS.gradient2()));
        add(all, "breaker", () -> CircuitBreaker.ofDefaults("service"));
        add(
                all,
                "breaker, last 100 calls, 30 s",
                () -> CircuitBreaker.builder("service")
                        .over(Window.calls(100))
                        .openFor(Duration.ofSeconds(30))
                        .trials(3)
                        .build());
        add(all, "retry", () -> Retry.ofDefaults("service"));
        add(
                all,
                "retry, no budget",
                () -> Retry.builder("service").withoutBudget().build());
        add(
                all,
                "retry and breaker",
                () -> Pipeline.of(Retry.ofDefaults("service"), CircuitBreaker.ofDefaults("service")));
        add(
                all,
                "throttle, 10 s",
                () -> new Throttle("service", 2, Duration.ofSeconds(10).toNanos()));
        add(
                all,
                "throttle, 2 s",
                () -> new Throttle("service", 2, Duration.ofSeconds(2).toNanos()));
        return all;
    }

    private static void add(Map<String, Policies> all, String name, Supplier<? extends Policy<Object>> made) {
        all.put(name, (caller, service) -> made.get());
    }

    private static Bulkhead limit(Limit limit) {
        return Bulkhead.builder("service")
                .adaptive(limit)
                .queue(500)
                .waitUpTo(LINE)
                .lifo()
                .build();
    }
}
