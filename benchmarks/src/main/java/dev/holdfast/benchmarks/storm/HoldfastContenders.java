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

/** Holdfast, without a setting and with some. */
final class HoldfastContenders {
    private HoldfastContenders() {}

    static List<Contender> all() {
        return List.of(
                Contender.of("Holdfast guard", "Guard.of, without a setting", () -> client(Guard.of("storm"))),
                Contender.of(
                        "Holdfast defaults",
                        "Pipeline.of(Retry.ofDefaults, CircuitBreaker.ofDefaults)",
                        () -> client(Pipeline.of(Retry.ofDefaults("storm"), CircuitBreaker.ofDefaults("storm")))),
                Contender.of(
                        "Holdfast tuned",
                        "retry and breaker as those of the peers that are tuned",
                        () -> client(tuned())),
                Contender.of(
                        "Holdfast adaptive",
                        "retry of 3 attempts with Budget.ofDefaults(), around a bulkhead between(2, 200).gradient2();"
                                + " no breaker",
                        () -> client(adaptive())));
    }

    /** A policy as a client; a pipeline is one. */
    private static Contender.Client client(Policy<Object> policy) {
        return request -> policy.callable(request).call();
    }

    private static Pipeline<Object> tuned() {
        Retry<Object> retry = Retry.builder("storm")
                .maxAttempts(3)
                .backoff(Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1))
                        .jitter(Backoff.Jitter.EQUAL))
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
