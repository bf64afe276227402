// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ServerProcessTest {
    private final ServerProcess server = new ServerProcess("test", new Capacity(2, 1, 0), 0);

    @BeforeEach
    void needsKill() {
        try {
            Signals.requireKill();
        } catch (DemoException e) {
            Assumptions.abort(e.getMessage());
        }
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void isStoppedContinuedKilledAndStartedAgain() throws IOException {
        start();
        URI uri = server.uri();
        try (StockClient client = new StockClient(uri, StockClient.PATIENT, () -> {})) {
            assertThat(client.stock("a")).isPositive();

            server.freeze();
            try (StockClient hasty = new StockClient(uri, Duration.ofMillis(200), () -> {})) {
                assertThatThrownBy(() -> hasty.stock("a")).isInstanceOf(HttpTimeoutException.class);
            }
            server.thaw();
            assertThat(client.stock("a")).isPositive();

            server.kill();
            assertThat(server.alive()).isFalse();
            assertThatThrownBy(() -> client.stock("a")).isInstanceOf(ConnectException.class);

            start();
            assertThat(server.uri()).isEqualTo(uri);
            assertThat(client.stock("a")).isPositive();
        }
    }

    @Test
    void becomesIllOnDemand() throws IOException {
        start();
        try (StockClient client = new StockClient(server.uri(), StockClient.PATIENT, () -> {})) {
            client.control(0, 1);
            assertThatThrownBy(() -> client.stock("a"))
                    .isInstanceOf(StockException.class)
                    .hasMessage("HTTP 500");

            client.control(0, 0);
            assertThat(client.stock("a")).isPositive();
        }
    }

    @Test
    void isKilledEvenWhenItIsStopped() {
        start();
        server.freeze();

        server.close();

        assertThat(server.alive()).isFalse();
    }

    @Test
    void doesNotStartOnceItIsClosed() {
        server.close();

        assertThatThrownBy(server::launch).isInstanceOf(DemoException.class);
    }

    @Test
    void saysThatItsPortIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                ServerProcess late = new ServerProcess("late", new Capacity(1, 1, 0), taken.getLocalPort())) {
            late.launch();

            assertThatThrownBy(late::awaitReady)
                    .isInstanceOf(DemoException.class)
                    .hasMessage("the stock service late does not start: port " + taken.getLocalPort() + " is taken");
        }
    }

    private void start() {
        server.launch();
        server.awaitReady();
    }
}
