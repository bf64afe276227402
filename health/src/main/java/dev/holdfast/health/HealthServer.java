// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.Environment;
import dev.holdfast.Readiness.State;
import dev.holdfast.internal.Require;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Answers whoever runs this process by HTTP, such as the probes of Kubernetes, with the JDK's own server.
 *
 * <table>
 * <caption>What it answers</caption>
 * <tr><th>path</th><th>200</th><th>503</th></tr>
 * <tr><td>{@code /health/live}</td><td>up, unknown</td><td>down</td></tr>
 * <tr><td>{@code /health/ready}</td><td>up</td><td>down, unknown</td></tr>
 * <tr><td>{@code /health/started}</td><td>up</td><td>down, unknown</td></tr>
 * </table>
 *
 * <p>The body is JSON, which has the reasons. Who must not know them must not reach it: by default it listens on the loopback interface only. It
 * takes {@code GET} and {@code HEAD}, and closes each connection after its answer. It has eight threads for those who send or read, as many
 * for requests that are being answered (and eight more for a moment), and one that accepts; all are daemons. Clients that are slow to send their request, or to read the
 * answer, are dropped when others need their place.
 *
 * <p>A connection on which no byte has come yet has no thread, and is not dropped: the JDK's server has no bound for such connections but the
 * JDK's system properties, which are there for all servers of a process. So whoever reaches the port can use up the file descriptors
 * of this process. Have nobody reach it but those who ask: by the loopback interface, or a network policy.
 *
 * <p>Safe to use from any thread.
 */
public final class HealthServer implements AutoCloseable {
    private static final int THREADS = 8;
    private static final int BACKLOG = 64;
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int NOT_ALLOWED = 405;
    private static final int UNAVAILABLE = 503;
    private static final int NO_BODY = -1;

    private final Health health;
    private final HttpServer server;
    private final ExchangeThreads threads;
    private final AtomicBoolean closed = new AtomicBoolean();

    private HealthServer(Health health, HttpServer server) {
        this.health = health;
        this.server = server;
        this.threads = new ExchangeThreads(Environment.system(), THREADS);
    }

    /**
     * Listens on the loopback interface.
     *
     * @param health what it says
     * @param port 0 to 65,535; 0 is any that is free
     * @return it answers until it is closed
     * @throws UncheckedIOException if it cannot listen there
     */
    public static HealthServer start(Health health, int port) {
        Require.range(port, 0, 65_535, "port");
        return start(health, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /**
     * Listens at an address, such as that of a pod: whoever reaches it can read the names of the checks, and their reasons.
     *
     * @param health what it says
     * @param address where
     * @return it answers until it is closed
     * @throws UncheckedIOException if it cannot listen there
     */
    public static HealthServer start(Health health, InetSocketAddress address) {
        Require.nonNull(health, "health");
        HttpServer server;
        try {
            server = HttpServer.create(Require.nonNull(address, "address"), BACKLOG);
        } catch (IOException taken) {
            throw new UncheckedIOException("address: " + address + " (expected: one to listen at)", taken);
        }
        HealthServer started = new HealthServer(health, server);
        server.createContext("/", started::handle);
        server.setExecutor(started.threads);
        // The thread that accepts is a daemon only if its parent is one.
        CompletableFuture<Boolean> isUp = new CompletableFuture<>();
        started.threads.execute(() -> {
            try {
                server.start();
                isUp.complete(true);
            } catch (Throwable thrown) {
                isUp.completeExceptionally(thrown);
            }
        });
        isUp.join();
        return started;
    }

    /**
     * Where it listens.
     *
     * @return with the port that was free, if 0 was given
     */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    // ---- Requests ---------------------------------------------------------------------------------------------------

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            exchange.getResponseHeaders().set("Connection", "close");
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                exchange.sendResponseHeaders(NOT_ALLOWED, NO_BODY);
                return;
            }
            String path = exchange.getRequestURI().getPath();
            HealthReport report = answer(path == null ? "" : path);
            if (report == null) {
                exchange.sendResponseHeaders(NOT_FOUND, NO_BODY);
                return;
            }
            boolean isWell =
                    report.state() == State.UP || (report.state() == State.UNKNOWN && "/health/live".equals(path));
            byte[] body = Json.of(report).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            boolean hasBody = method.equals("GET");
            exchange.sendResponseHeaders(isWell ? OK : UNAVAILABLE, hasBody ? body.length : NO_BODY);
            if (hasBody) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private @Nullable HealthReport answer(String path) {
        threads.answers();
        try {
            return report(path);
        } finally {
            threads.writes();
        }
    }

    private @Nullable HealthReport report(String path) {
        return switch (path) {
            case "/health/live" -> health.liveness();
            case "/health/ready" -> health.readiness();
            case "/health/started" -> health.startup();
            default -> null;
        };
    }

    /** Answers nobody any more. Requests that are under way are dropped. The {@link Health} stays as it is. A second time without effect. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            threads.close();
            // Newer JDKs wait there for their thread, and swallow it.
            boolean isInterrupted = Thread.currentThread().isInterrupted();
            try {
                server.stop(0);
            } finally {
                if (isInterrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    @Override
    public String toString() {
        return "HealthServer[" + address() + "]";
    }
}
