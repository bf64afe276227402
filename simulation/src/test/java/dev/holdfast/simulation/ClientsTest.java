// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who calls, and when. */
class ClientsTest {
    private static final Duration TEN = Duration.ofMillis(10);
    private static final Service STOCK = Service.of("stock", 100, Times.constant(TEN));

    private final Calls calls = Calls.kept();

    @Test
    @DisplayName("Users of a closed loop call as often as thinking and waiting let them")
    void closed() {
        Run run = World.of(STOCK, Clients.closed("stock", 20, Duration.ofMillis(90)))
                .lasting(Duration.ofSeconds(100))
                .run(1, Policies.NONE);
        // Each user goes round once in 90 + 10 ms.
        assertThat(run.offered() / 100.0).isCloseTo(200, within(5.0));
        assertThat(run.goodput()).isEqualTo(1);
    }

    @Test
    @DisplayName("A slow service is called less in a closed loop, and a single worker is never idle")
    void saturated() {
        Run run = World.of(Service.of("stock", 1, Times.constant(TEN)), Clients.closed("stock", 10, Duration.ZERO))
                .lasting(Duration.ofSeconds(10))
                .run(1, calls.policies());
        assertThat(run.answered()).isBetween(1_000L, 1_010L);
        assertThat(calls.took().subList(20, 900)).containsOnly(Duration.ofMillis(100));
    }

    @Test
    @DisplayName("Users who do not think, of a service that refuses at once, do not stop the time")
    void inNoTime() {
        Run run = World.of(STOCK, Clients.closed("stock", 3, Duration.ZERO))
                .with(Fault.refused("stock").from(Duration.ZERO).lasting(Duration.ofSeconds(1)))
                .lasting(Duration.ofSeconds(2))
                .run(1, calls.policies());
        assertThat(calls.failedBy(ConnectException.class)).isEqualTo(3_000);
        assertThat(run.answered()).isEqualTo(300);
    }

    @Test
    @DisplayName("Bursts come all at once, at even distances, and not at the very beginning")
    void bursts() {
        World.of(STOCK, Clients.bursts("stock", 7, Duration.ofMillis(300)))
                .lasting(Duration.ofSeconds(1))
                .run(1, calls.policies());
        assertThat(calls.ended()).hasSize(21);
        assertThat(new TreeSet<>(calls.ended().stream().map(Calls.Ended::start).toList()))
                .containsExactly(Duration.ofMillis(300), Duration.ofMillis(600), Duration.ofMillis(900));
    }

    @Test
    @DisplayName("After its patience a call fails, whatever the service does")
    void patience() {
        World.of(
                        Service.of("stock", 1, Times.constant(Duration.ofSeconds(5))),
                        Clients.bursts("stock", 1, Duration.ofSeconds(1)).patience(Duration.ofMillis(123)))
                .lasting(Duration.ofSeconds(3))
                .run(1, calls.policies());
        assertThat(calls.took()).containsOnly(Duration.ofMillis(123)).hasSize(2);
        assertThat(calls.failedBy(SocketTimeoutException.class)).isEqualTo(2);
    }

    @Test
    @DisplayName("Each client has policies of its own, made once, and all are numbered")
    void policiesOfTheirOwn() {
        TreeSet<String> made = new TreeSet<>();
        World.of(STOCK.calling("prices"), Clients.poisson("stock", 100).count(3))
                .with(Service.of("prices", 100, Times.constant(TEN)).nodes(2))
                .with(Clients.closed("prices", 2, Duration.ofSeconds(1)))
                .run(1, (caller, service) -> {
                    assertThat(made.add(caller + " > " + service)).isTrue();
                    return null;
                });
        assertThat(made)
                .containsExactly(
                        "client 0 > stock",
                        "client 1 > stock",
                        "client 2 > stock",
                        "client 3 > prices",
                        "client 4 > prices",
                        "stock 0 > prices");
    }

    @Test
    @DisplayName("Parts of a world say what they are")
    void texts() {
        assertThat(World.of(
                                STOCK.nodes(2).line(5),
                                Clients.closed("stock", 4, TEN).count(6))
                        .with(Fault.stall("stock").ofNode(1)))
                .hasToString(
                        "stock: 2 x 100 workers of 10ms, line of 5; 6 users thinking 10ms of stock, patience 500ms;"
                                + " stall of stock node 1 from 10s for 10s; 40s");
        assertThat(Clients.poisson("stock", 5).count(2))
                .hasToString("5.0 calls/s of stock by 2 clients, patience 500ms");
    }
}
