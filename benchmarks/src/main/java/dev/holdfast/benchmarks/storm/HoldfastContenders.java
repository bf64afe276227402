// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.guard.Guard;
import dev.holdfast.retry.Retry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Holdfast, without a setting and with some. */
final class HoldfastContenders {
    private HoldfastContenders() {}

    static List<Contender> all() {
        return List.of(
                contender("Holdfast guard", "Guard.of, without a setting", () -> Guard.of("storm")),
                contender(
                        "Holdfast defaults",
                        "Pipeline.of(Retry.ofDefaults, CircuitBreaker.ofDefaults)",
                        () -> Pipeline.of(Retry.ofDefaults("storm"), CircuitBreaker.ofDefaults("storm"))),
                contender(
                        "Holdfast tuned",
                        "retry and breaker as those of the peers that are tuned",
                        HoldfastContenders::tuned),
                contender(
                        "Holdfast adaptive",
                        "retry of 3 attempts with Budget.ofDefaults(), around a bulkhead between(2, 200).gradient2();"
                                + " no breaker",
                        HoldfastContenders::adaptive));
    }

    private static Contender contender(String name, String settings, Supplier<? extends Policy<Object>> policies) {
        return Contender.of(
                name,
                settings,
                () -> {
                    Policy<Object> own = policies.get();
                    return request -> own.callable(request).call();
                },
                Optional.of((caller, service) -> policies.get()));
    }

    private static Pipeline<Object> tuned() {
        Retry<Object> retry = Retry.builder("storm")
                .maxAttempts(3)
                .backoff(Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1))
                        .jitter(Backoff.Jitter.EQUAL))
                .withoutBudget()
                .build();
        CircuitBreaker breaker = CircuitBreaker.builder("storm")
                .over(Window.calls(20))
                .minimumCalls(20)
                .failureRate(0.5)
                .openFor(Duration.ofSeconds(1))
                .trials(3)
                .build();
        return Pipeline.of(retry, breaker);
    }

    private static Pipeline<Object> adaptive() {
        Retry<Object> retry = Retry.builder("storm").budget(Budget.ofDefaults()).build();
        Bulkhead bulkhead = Bulkhead.builder("storm")
                .adaptive(Limits.between(2, 200).gradient2())
                .build();
        return Pipeline.of(retry, bulkhead);
    }
}
