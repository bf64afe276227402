// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.operate;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.micrometer.HoldfastMeters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** The numbers of policies, as Prometheus asks for them: {@code /metrics} on the loopback address. Safe to use from any thread. */
public final class MetricsPage implements AutoCloseable {
    /** Prometheus' text format, the one that {@link PrometheusMeterRegistry#scrape()} gives. */
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final HoldfastMeters meters = HoldfastMeters.of();
    private final HttpServer server;

    private MetricsPage(HttpServer server) {
        this.server = server;
        meters.bindTo(registry);
        server.createContext("/metrics", exchange -> {
            byte[] page = registry.scrape().getBytes(StandardCharsets.UTF_8);
            try (exchange) {
                exchange.getResponseHeaders().set("Content-Type", TEXT);
                exchange.sendResponseHeaders(200, page.length);
                exchange.getResponseBody().write(page);
            }
        });
        server.start();
    }

    /**
     * Serves from now on.
     *
     * @param port 0 for any free one
     */
    public static MetricsPage open(int port) throws IOException {
        return new MetricsPage(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0));
    }

    /** Where it is. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/metrics");
    }

    /** What it shows: add policies to it, and remove them. */
    public HoldfastMeters meters() {
        return meters;
    }

    /** For what is no policy, such as observations. */
    public MeterRegistry registry() {
        return registry;
    }

    @Override
    public void close() {
        server.stop(0);
        meters.close();
        registry.close();
    }
}
