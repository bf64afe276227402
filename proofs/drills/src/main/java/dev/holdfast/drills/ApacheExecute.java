// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Pipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.io.entity.EntityUtils;

/** Apache's classic client: deaf to interrupts on a platform thread, so the hook ends it. */
final class ApacheExecute implements Client {
    private final Pipeline<Object> pipeline;
    private final FaultyServer server;
    private final PoolingHttpClientConnectionManager connections;
    private final CloseableHttpClient http;

    ApacheExecute(Pipeline<Object> pipeline, FaultyServer server) {
        this.pipeline = pipeline;
        this.server = server;
        int permits = Case.PERMITS;
        // tag: apache-settings
        connections = PoolingHttpClientConnectionManagerBuilder.create()
                .setMaxConnTotal(permits)
                .setMaxConnPerRoute(permits) // 5 by default: the others would wait where no policy sees it
                .build();
        http = HttpClients.custom()
                .setConnectionManager(connections)
                .disableAutomaticRetries() // the retry's business
                .build();
        // end
    }

    @Override
    public String get(int number) {
        // tag: apache
        return pipeline.callWith(call -> {
            HttpGet request = new HttpGet(server.url(number, call));
            call.onAbandon(request::abort);
            try {
                return http.execute(request, response -> EntityUtils.toString(response.getEntity()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        // end
    }

    @Override
    public int busy() {
        return connections.getTotalStats().getLeased()
                + connections.getTotalStats().getPending();
    }

    @Override
    public void close() throws IOException {
        http.close();
    }
}
