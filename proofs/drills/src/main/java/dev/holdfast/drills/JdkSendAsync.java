// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Pipeline;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;

/** The JDK's client, asynchronous. What {@code thenApply} makes cannot cancel what it was made of, hence the hook. */
final class JdkSendAsync implements Client {
    private final Pipeline<Object> pipeline;
    private final FaultyServer server;
    private final JdkHttp jdk = new JdkHttp();
    private final HttpClient http = jdk.client;

    JdkSendAsync(Pipeline<Object> pipeline, FaultyServer server) {
        this.pipeline = pipeline;
        this.server = server;
    }

    @Override
    public String get(int number) throws Exception {
        // tag: jdk-send-async
        CompletableFuture<String> answer = pipeline.callAsyncWith(call -> {
            HttpRequest request =
                    HttpRequest.newBuilder(server.url(number, call)).build();
            CompletableFuture<HttpResponse<String>> sent = http.sendAsync(request, BodyHandlers.ofString());
            call.onAbandon(() -> sent.cancel(true));
            return sent.thenApply(HttpResponse::body);
        });
        // end
        return answer.get();
    }

    @Override
    public void close() throws IOException {
        jdk.close();
    }
}
