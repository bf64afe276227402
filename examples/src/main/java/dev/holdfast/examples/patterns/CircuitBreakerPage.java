// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Pipeline;
import dev.holdfast.Registry;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.examples.readme.Inventory.Reply;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.examples.readme.Inventory.UnknownSkuException;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;

/** Every Java block of the page on the circuit breaker. */
final class CircuitBreakerPage {
    private final Shop client;

    CircuitBreakerPage(Shop client) {
        this.client = client;
    }

    CircuitBreaker smallest(Sku sku) {
        // tag: breaker-smallest
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");

        Stock stock = breaker.call(() -> client.stock(sku));
        // end
        return stock.complete() ? breaker : CircuitBreaker.ofDefaults("incomplete");
    }

    CircuitBreaker resultsClassified() {
        // tag: breaker-results-do
        CircuitBreaker breaker = CircuitBreaker.builder("inventory")
                .classify(so -> so.failOnResult(Reply.class, reply -> reply.status() >= 500)
                        .succeedOn(UnknownSkuException.class)) // an answer, and no sign of trouble
                .build();
        // end
        return breaker;
    }

    Registry<CircuitBreaker> oneForEachDependency() {
        // tag: breaker-each-call-do
        Registry<CircuitBreaker> breakers = Registry.of(100, CircuitBreaker::ofDefaults); // in a field
        // end
        return breakers;
    }

    Stock fromRegistry(Registry<CircuitBreaker> breakers, Sku sku) {
        // tag: breaker-each-call-do

        Stock stock = breakers.get("inventory").call(() -> client.stock(sku));
        // end
        return stock;
    }

    Pipeline<Object> hanging() {
        // tag: breaker-hanging-do
        CircuitBreaker breaker = CircuitBreaker.builder("inventory")
                .slowCalls(Duration.ofMillis(250), 0.8)
                .build();
        Timeout timeout = Timeout.of("inventory", Duration.ofMillis(400));

        Pipeline<Object> pipeline = Pipeline.of(breaker, timeout);
        // end
        return pipeline;
    }
}
