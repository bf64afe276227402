// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Readiness.Condition;
import dev.holdfast.Readiness.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Over a real socket. */
@Timeout(60)
class HealthServerTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private volatile Condition inventory = Condition.UP;
    private volatile Condition cache = new Condition(State.DOWN, "");
    private final Progress worker = Progress.within(Duration.ofHours(1));
    private final OwnThreads threads = new OwnThreads("holdfast-health-");
    private Health health;
    private HealthServer server;

    @BeforeEach
    void start() {
        health = Health.builder("shop")
                .live("worker", worker)
                .ready("inventory", () -> inventory)
                .started("cache", () -> cache)
                .cachedFor(Duration.ZERO)
                .build();
        server = HealthServer.start(health, 0);
    }

    @AfterEach
    void close() {
        server.close();
        server.close();
        health.close();
    }

    private HttpResponse<String> ask(String method, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(
                                "http://localhost:" + server.address().getPort() + path))
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .timeout(Duration.ofSeconds(20))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    @DisplayName(
            "HL-2 before anything is known the process is alive, and neither started nor ready; 200 and 503 follow what is found")
    void codes() throws Exception {
        assertThat(ask("GET", "/health/live").statusCode()).isEqualTo(200);
        assertThat(ask("GET", "/health/started").statusCode()).isEqualTo(503);
        assertThat(ask("GET", "/health/ready").statusCode()).isEqualTo(503);
        cache = Condition.UP;
        assertThat(ask("GET", "/health/started").statusCode()).isEqualTo(200);
        assertThat(ask("GET", "/health/ready").statusCode()).isEqualTo(200);
        inventory = new Condition(State.DOWN, "no \"node\" \\ left <b>\u00e9");
        HttpResponse<String> ready = ask("GET", "/health/ready");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body())
                .isEqualTo("{\"status\":\"DOWN\",\"checks\":[{\"name\":\"inventory\",\"status\":\"DOWN\","
                        + "\"reason\":\"no \\\"node\\\" \\\\ left \\u003cb\\u003e\\u00e9\",\"decides\":true}]}");
        assertThat(ready.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(ready.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(ask("GET", "/health/live").statusCode()).as("HL-1").isEqualTo(200);
        worker.broken("index lost");
        assertThat(ask("GET", "/health/live").statusCode()).isEqualTo(503);
        health.close();
        assertThat(ask("GET", "/health/ready").body()).contains("\"closed\"");
    }

    @Test
    @DisplayName("GET and HEAD only, on three paths only, on the loopback interface")
    void nothingElse() throws Exception {
        assertThat(server.address().getAddress().isLoopbackAddress()).isTrue();
        HttpResponse<String> head = ask("HEAD", "/health/live");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS", "PATCH")) {
            HttpResponse<String> refused = ask(method, "/health/live");
            assertThat(refused.statusCode()).isEqualTo(405);
            assertThat(refused.headers().firstValue("Allow")).hasValue("GET, HEAD");
        }
        for (String path : List.of(
                "/", "/health", "/health/", "/health/live/", "/health/livex", "/health/../health", "/HEALTH/LIVE")) {
            assertThat(ask("GET", path).statusCode()).as(path).isEqualTo(404);
        }
        assertThat(ask("GET", "/health/live?verbose=%00").statusCode()).isEqualTo(200);
    }

    @Test
    @DisplayName("Clients that send their requests byte by byte, or read nothing, hold up nobody")
    void slowClients() throws Exception {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), server.address().getPort());
                socket.getOutputStream().write("GET /health/live HT".getBytes(StandardCharsets.US_ASCII));
                slow.add(socket);
            }
            for (int i = 0; i < 20; i++) {
                assertThat(answered()).isTrue();
            }
            assertThat(threads.now()).hasSizeBetween(1, 20);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    /** One that was dropped for another one may ask again, as Kubernetes does. */
    private boolean answered() throws Exception {
        for (int i = 0; i < 20; i++) {
            try {
                return ask("GET", "/health/live").statusCode() == 200;
            } catch (IOException dropped) {
                Thread.sleep(10);
            }
        }
        return false;
    }

    @Test
    @DisplayName("HL-4 all threads are daemons, and none is left after close")
    void closed() throws Exception {
        assertThat(ask("GET", "/health/live").statusCode()).isEqualTo(200);
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().contains("HTTP-Dispatcher")
                                || threads.now().contains(thread)))
                .isNotEmpty()
                .allMatch(Thread::isDaemon);
        int port = server.address().getPort();
        assertThatThrownBy(() -> HealthServer.start(health, port))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("expected: one to listen at");
        server.close();
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(IOException.class);
        health.close();
        threads.awaitNone();
        HealthServer again = HealthServer.start(health, port);
        again.close();
    }

    @Test
    @DisplayName("Who is interrupted and closes the server is interrupted still")
    void closedWhileInterrupted() {
        Thread.currentThread().interrupt();
        server.close();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("Ports are checked")
    void ports() {
        assertThatThrownBy(() -> HealthServer.start(health, 65_536)).hasMessage("port: 65536 (expected: 0 to 65535)");
    }
}
