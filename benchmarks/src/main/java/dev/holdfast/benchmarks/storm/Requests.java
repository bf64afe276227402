// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends requests to a server, each with a timeout of its own. All clients share one HTTP client, because it is their policies
 * that are measured; nothing bounds its connections, so that they share no line.
 */
final class Requests implements Callable<Integer> {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final HttpRequest request;
    private final AtomicLong broken = new AtomicLong();

    Requests(URI uri, int timeoutMillis) {
        request = HttpRequest.newBuilder(uri)
                .timeout(Duration.ofMillis(timeoutMillis))
                .build();
    }

    /** Sends one and waits for its answer. */
    @Override
    public Integer call() throws IOException, InterruptedException {
        try {
            HttpResponse<Void> answer = HTTP.send(request, HttpResponse.BodyHandlers.discarding());
            if (answer.statusCode() != 200) {
                throw new IOException("HTTP status " + answer.statusCode());
            }
            return answer.statusCode();
        } catch (HttpTimeoutException e) {
            throw e;
        } catch (IOException e) {
            broken.incrementAndGet();
            throw e;
        }
    }

    /** Requests that failed otherwise than by their timeout: more than a few mean that the machine's limits are measured. */
    long broken() {
        return broken.get();
    }
}
