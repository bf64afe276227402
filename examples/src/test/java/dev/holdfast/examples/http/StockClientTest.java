// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.Environment;
import dev.holdfast.bulkhead.BulkheadFullException;
import dev.holdfast.ratelimiter.RateLimitedException;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client of the HTTP page against a server on loopback that does what each test says. */
@Timeout(60)
class StockClientTest {
    private final AtomicInteger requests = new AtomicInteger();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile Answer answer = number -> new int[] {200};
    private volatile String retryAfter;
    private HttpServer server;
    private Environment environment;
    private StockClient client;

    /** A status, or none at all for a server that says nothing. */
    private interface Answer {
        int[] to(int number) throws InterruptedException;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/stock", exchange -> {
            try (exchange) {
                int[] status = answer.to(requests.incrementAndGet());
                if (status.length == 0) {
                    stopped.await();
                    return;
                }
                if (retryAfter != null) {
                    exchange.getResponseHeaders().add("Retry-After", retryAfter);
                }
                byte[] body = "5 pieces".getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status[0], body.length);
                exchange.getResponseBody().write(body);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
        environment = Environment.builder().build();
        client = client(environment);
    }

    private StockClient client(Environment of) {
        String address = InetAddress.getLoopbackAddress().getHostAddress() + ":"
                + server.getAddress().getPort();
        return new StockClient(URI.create("http://" + address), HttpClient.newHttpClient(), of);
    }

    @AfterEach
    void stop() throws InterruptedException {
        stopped.countDown();
        client.close();
        environment.close();
        server.stop(0);
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @DisplayName("an answer, and that there is none, are both successes")
    void answers() {
        assertThat(client.stock("acme", "1")).contains("5 pieces");
        answer = number -> new int[] {404};
        assertThat(client.stock("acme", "2")).isEmpty();
        assertThat(client.health().get("calls").toString()).contains("successes=2", "failures=0");
    }

    @Test
    @DisplayName("5xx is repeated, and what the server says of waiting is a lower bound")
    void repeats() {
        answer = number -> new int[] {number < 2 ? 503 : 200};
        retryAfter = "1";
        long start = System.nanoTime();
        assertThat(client.stock("acme", "1")).contains("5 pieces");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        assertThat(requests).hasValue(2);
    }

    @Test
    @DisplayName("when the server fails for good, the last good answer is given, and only for what it was given for")
    void lastGood() {
        assertThat(client.stock("acme", "1")).contains("5 pieces");
        answer = number -> new int[] {500};
        assertThat(client.stock("acme", "1")).contains("5 pieces");
        assertThatThrownBy(() -> client.stock("acme", "2")).hasMessage("status 500 for 2");
    }

    @Test
    @DisplayName("a server that says nothing costs two seconds at most, all attempts together")
    void stalls() {
        answer = number -> new int[] {};
        long start = System.nanoTime();
        assertThatThrownBy(() -> client.stock("acme", "1")).isInstanceOf(RuntimeException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    @DisplayName("a tenant has 50 a second, whatever the others do")
    void tenants() {
        StockClient inOneMoment = client(VirtualTime.create());
        int refused = 0;
        for (int i = 0; i < 60; i++) {
            try {
                inOneMoment.stock("greedy", "1");
            } catch (RateLimitedException limited) {
                refused++;
            }
        }
        assertThat(refused).isEqualTo(10);
        assertThat(inOneMoment.stock("modest", "1")).contains("5 pieces");
    }

    @Test
    @DisplayName("a client that is closed refuses")
    void closed() {
        client.close();
        assertThatThrownBy(() -> client.stock("acme", "1")).isInstanceOf(BulkheadFullException.class);
        assertThat(requests).hasValue(0);
    }
}
