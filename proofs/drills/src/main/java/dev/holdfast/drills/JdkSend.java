// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Pipeline;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** The JDK's client, blocking: it hears the interrupt at the deadline, and ends its exchange. */
final class JdkSend implements Client {
    private final Pipeline<Object> pipeline;
    private final FaultyServer server;
    private final JdkHttp jdk = new JdkHttp();
    private final HttpClient http = jdk.client;

    JdkSend(Pipeline<Object> pipeline, FaultyServer server) {
        this.pipeline = pipeline;
        this.server = server;
    }

    @Override
    public String get(int number) throws Exception {
        // tag: jdk-send
        return pipeline.<String>callable(() -> {
                    HttpRequest request =
                            HttpRequest.newBuilder(server.url(number)).build();
                    return http.send(request, BodyHandlers.ofString()).body();
                })
                .call();
        // end
    }

    @Override
    public void close() throws IOException {
        jdk.close();
    }
}
