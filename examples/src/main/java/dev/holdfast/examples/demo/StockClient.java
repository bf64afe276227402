// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An ordinary HTTP client of the stock service, as an application has it before it knows of any policy. */
final class StockClient implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofMillis(500);
    /** For those who prepare the scene: a busy machine is no reason to give up. */
    static final Duration PATIENT = Duration.ofSeconds(10);

    private final URI server;
    private final Duration timeout;
    private final Runnable onRequest;
    private final ExecutorService executor = Executors.newFixedThreadPool(2, StockClient::daemon);
    private final HttpClient http;

    /**
     * Sends nothing yet.
     *
     * @param server where it is
     * @param timeout of a request
     * @param onRequest runs before every request
     */
    StockClient(URI server, Duration timeout, Runnable onRequest) {
        this.server = server;
        this.timeout = timeout;
        this.onRequest = onRequest;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(timeout)
                .executor(executor)
                .build();
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "http");
        thread.setDaemon(true);
        return thread;
    }

    int stock(String sku) throws IOException {
        onRequest.run();
        return Integer.parseInt(get("/stock/" + sku));
    }

    /** Makes the service ill, or well. */
    void control(long latencyMillis, int failEvery) {
        try {
            get("/control?latency=" + latencyMillis + "&failEvery=" + failEvery);
        } catch (IOException e) {
            throw new DemoException("the stock service at " + server + " does not take orders: " + e, e);
        }
    }

    private String get(String path) throws IOException {
        HttpRequest request =
                HttpRequest.newBuilder(server.resolve(path)).timeout(timeout).build();
        HttpResponse<String> response;
        try {
            response = http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        if (response.statusCode() != 200) {
            throw new StockException(response.statusCode());
        }
        return response.body();
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
