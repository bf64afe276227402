// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import dev.holdfast.Backoff;
import dev.holdfast.Pipeline;
import dev.holdfast.RejectedException;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.retry.Retry;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The same calls through a retry and a circuit breaker, with the last known stock for bad times. */
final class GuardedStocks implements Stocks {
    private final StockClient client;
    private final CircuitBreaker breaker;
    private final Pipeline<Object> pipeline;
    private final Map<String, Integer> lastKnown = new ConcurrentHashMap<>();

    /**
     * Builds the policies.
     *
     * @param client who asks the service
     * @param states takes every new state of the breaker
     */
    GuardedStocks(StockClient client, Consumer<String> states) {
        this.client = client;
        breaker = CircuitBreaker.builder("stock")
                .over(Window.calls(20))
                .minimumCalls(10)
                .failureRate(0.5)
                .slowCalls(Duration.ofMillis(250), 0.8)
                .openFor(Backoff.exponential(Duration.ofMillis(250), Duration.ofSeconds(1)))
                .trials(3)
                .build();
        Retry<Object> retry = Retry.builder("stock")
                .maxAttempts(3)
                .backoff(Backoff.exponential(Duration.ofMillis(50), Duration.ofMillis(500))
                        .jitter(Backoff.Jitter.FULL))
                .build();
        pipeline = Pipeline.of(retry, breaker);
        breaker.on(CircuitBreaker.StateChanged.class, change -> states.accept(change.to().name()));
    }

    @Override
    public Answer stock(String sku) throws IOException {
        try {
            int stock = pipeline.callChecked(() -> client.stock(sku));
            lastKnown.put(sku, stock);
            return new Answer(stock, false);
        } catch (RejectedException | IOException e) {
            Integer known = lastKnown.get(sku);
            if (known == null) {
                throw e;
            }
            return new Answer(known, true);
        }
    }

    @Override
    public String toString() {
        return pipeline.toString();
    }
}
