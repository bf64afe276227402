// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.http;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Call;
import dev.holdfast.Checked;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Asks a stock service: as often as each tenant may, with retries out of a budget, behind a breaker, in bounded time, with the last good
 * answer when there is no other.
 */
public final class StockClient implements AutoCloseable {
    // tag: http-fields
    private final URI service;
    private final HttpClient http;
    private final CircuitBreaker breaker;
    private final Bulkhead bulkhead;
    private final KeyedRateLimiter<String> tenants;
    private final Pipeline<String> answers;
    private final Checked.Function<HttpRequest, HttpResponse<String>, Exception> send;
    // end

    /**
     * Creates a client.
     *
     * @param service where the service is
     * @param http sends requests; stays the caller's
     * @param environment of all policies
     */
    public StockClient(URI service, HttpClient http, Environment environment) {
        this.service = service;
        this.http = http;
        // tag: http-policies
        Retry<Object> retry = Retry.builder("stock")
                .environment(environment)
                .maxAttempts(3)
                .backoff(Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(2))
                        .jitter(Backoff.Jitter.FULL))
                .budget(Budget.of(100, 0.1, 1))
                .retryIf(HttpRules::isRepeatable)
                .build();
        breaker = CircuitBreaker.builder("stock")
                .environment(environment)
                .over(Window.time(Duration.ofSeconds(10)))
                .minimumCalls(20)
                .openFor(Backoff.exponential(Duration.ofSeconds(1), Duration.ofSeconds(30))
                        .spread(0.2))
                .build();
        Timeout each = Timeout.builder("stock", Duration.ofMillis(800))
                .environment(environment)
                .build();
        bulkhead = Bulkhead.builder("stock").environment(environment).limit(32).build();
        Pipeline<Object> requests = Pipeline.of(retry, breaker, each, bulkhead).classifying(HttpRules.HTTP);
        send = requests.checkedFunctionWith(this::send);
        // end
        // tag: http-last-good
        Fallback<String> lastGood = Fallback.builder("stock", String.class)
                .environment(environment)
                .lastGoodPerArgument(Duration.ofMinutes(5), 10_000)
                .build();
        answers = Pipeline.<String>of(lastGood).within(Duration.ofSeconds(2));
        // end
        // tag: http-tenants
        tenants = RateLimiter.builder("tenant")
                .environment(environment)
                .limit(50, Duration.ofSeconds(1))
                .keyed(10_000);
        // end
    }

    // tag: http-send
    /** Sends on the JDK's own threads, so that whoever gives up cancels the request, and the connection with it. */
    private HttpResponse<String> send(Call call, HttpRequest request) throws Exception {
        CompletableFuture<HttpResponse<String>> sent = http.sendAsync(request, BodyHandlers.ofString());
        call.onAbandon(() -> sent.cancel(true));
        try {
            return sent.get();
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof IOException failure ? failure : failed;
        }
    }
    // end

    // tag: http-answer
    /**
     * How many pieces there are.
     *
     * @param tenant who asks
     * @param sku of what
     * @return the service's answer, or the last good one; empty where the service knows no such thing
     */
    public Optional<String> stock(String tenant, String sku) {
        String answer = tenants.get(tenant)
                .call(() -> answers.<String, String>function(this::answer).apply(sku));
        return answer.isEmpty() ? Optional.empty() : Optional.of(answer);
    }

    private String answer(String sku) {
        HttpRequest request =
                HttpRequest.newBuilder(service.resolve("/stock/" + sku)).build();
        HttpResponse<String> reply;
        try {
            reply = send.apply(request);
        } catch (RuntimeException refused) {
            throw refused;
        } catch (Exception failed) {
            throw new IllegalStateException("no answer for " + sku, failed);
        }
        return switch (reply.statusCode()) {
            case 200 -> reply.body();
            case 404 -> "";
            default -> throw new IllegalStateException("status " + reply.statusCode() + " for " + sku);
        };
    }
    // end

    // tag: http-health
    /**
     * What an operator wants to see.
     *
     * @return name and state
     */
    public Map<String, Object> health() {
        Map<String, Object> health = new LinkedHashMap<>();
        health.put("breaker", breaker.report());
        health.put("bulkhead", bulkhead.report());
        health.put("calls", breaker.counts());
        health.put("tenants", tenants.keys());
        return health;
    }
    // end

    // tag: http-close
    /** Lets nobody in any more; requests that are under way end as they would have. */
    @Override
    public void close() {
        bulkhead.close();
    }
    // end
}
