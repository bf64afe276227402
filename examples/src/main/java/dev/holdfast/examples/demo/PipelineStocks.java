// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Checked;
import dev.holdfast.Pipeline;
import dev.holdfast.RejectedException;
import dev.holdfast.availability.Availability;
import dev.holdfast.availability.Evidence;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.micrometer.HoldfastMeters;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/** The same calls through one policy of each kind, put together and set by hand. */
final class PipelineStocks implements Stocks {
    /** Not that of the guard, which calls another service, and whose numbers are shown beside these. */
    private static final String NAME = "stock-pipeline";

    private static final Duration SECOND = Duration.ofSeconds(1);
    /** Below the client's own, so that it is the pipeline's that ends a call. */
    private static final Duration TIMEOUT = StockClient.TIMEOUT.minusMillis(50);

    private final Fallback<Reading> fallback = lastKnown();
    private final CircuitBreaker breaker = breaker();
    private final Pipeline<Reading> pipeline;
    private final Checked.Function<String, Reading, IOException> stock;

    /**
     * Builds the policies.
     *
     * @param client who asks the service
     * @param quota how many calls a second have been agreed with those who run the service
     * @param states takes every new state of the breaker
     */
    PipelineStocks(StockClient client, int quota, Consumer<String> states) {
        breaker.on(
                CircuitBreaker.StateChanged.class,
                change -> states.accept(change.to().name()));
        pipeline = Pipeline.of(fallback, retry(), breaker, limiter(quota), Timeout.of(NAME, TIMEOUT), bulkhead());
        stock = pipeline.checkedFunction(sku -> new Reading(client.stock(sku), System.nanoTime()));
    }

    private static Fallback<Reading> lastKnown() {
        return Fallback.builder(NAME, Reading.class)
                .lastGoodPerArgument(Duration.ofMinutes(1), 1_000)
                .build();
    }

    private static Retry<Object> retry() {
        return Retry.builder(NAME)
                .maxAttempts(3)
                .backoff(Backoff.exponential(Duration.ofMillis(50), Duration.ofMillis(500))
                        .jitter(Backoff.Jitter.FULL))
                .budget(Budget.of(50, 0.5, 1))
                .build();
    }

    private static CircuitBreaker breaker() {
        return CircuitBreaker.builder(NAME)
                .over(Window.calls(20))
                .minimumCalls(10)
                .failureRate(0.5)
                .slowCalls(Duration.ofMillis(350), 0.8)
                .openFor(Backoff.exponential(Duration.ofMillis(250), SECOND))
                .trials(3)
                .build();
    }

    private static RateLimiter limiter(int quota) {
        return RateLimiter.builder(NAME).limit(quota, SECOND).burst(10).build();
    }

    private static Bulkhead bulkhead() {
        return Bulkhead.builder(NAME)
                // A hundred calls a second of 120 ms each are 12 in flight; fewer when they take far longer.
                .adaptive(Limits.between(4, 12).aimd(0.9, Duration.ofMillis(300)))
                .build();
    }

    @Override
    public Answer stock(String sku) throws IOException {
        long asked = System.nanoTime();
        try {
            Reading reading = stock.apply(sku);
            return new Answer(reading.stock(), reading.nanos() - asked < 0);
        } catch (RejectedException | TimeoutExceededException e) {
            throw new IOException("no stock, and none is known", e);
        }
    }

    @Override
    public Watch watched(HoldfastMeters meters) {
        return Watch.of(meters, pipeline, Availability.of(breaker), this::fresh);
    }

    private Evidence fresh() {
        Fallback.Counts counts = fallback.counts();
        long others = counts.recovered() + counts.failed();
        return new Evidence(counts.passed(), 0, others, counts.passed() + others);
    }

    @Override
    public String toString() {
        return pipeline.toString();
    }

    /** What the service said, and when: what is older than the question is the last known stock. */
    private record Reading(int stock, long nanos) {}
}
