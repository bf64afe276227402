// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Backoff;
import dev.holdfast.retry.Retry;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Services that call services. */
class ChainTest {
    private static final Duration TEN = Duration.ofMillis(10);

    private static Service service(String name) {
        return Service.of(name, 1_000, Times.constant(TEN));
    }

    private static World chain() {
        return World.of(
                        service("web").calling("orders"),
                        Clients.bursts("web", 1, Duration.ofSeconds(1)).patience(Duration.ofSeconds(50)))
                .with(service("orders").calling("stock"))
                .with(service("stock"))
                .lasting(Duration.ofMillis(10_500));
    }

    private static World broken() {
        return chain().with(Fault.errors("stock", 1).from(Duration.ZERO).lasting(Duration.ofSeconds(100)));
    }

    private static long sent(Run run, String service) {
        return Arrays.stream(run.sent(service)).sum();
    }

    @Test
    @DisplayName("A call takes the time of all three, and is one request to each")
    void healthy() {
        Calls calls = Calls.kept();
        Run run = chain().run(1, calls.of("web"));
        assertThat(calls.took()).hasSize(10).containsOnly(TEN.multipliedBy(3));
        assertThat(run.amplification()).isEqualTo(1);
        assertThat(run.goodput()).isEqualTo(1);
    }

    @Test
    @DisplayName("Three attempts at each of three hops are 27 at the last one")
    void attemptsMultiply() {
        Run run = broken().run(
                        1,
                        (caller, service) -> Retry.builder(service)
                                .maxAttempts(3)
                                .backoff(Backoff.none())
                                .withoutBudget()
                                .build());
        assertThat(sent(run, "web")).isEqualTo(3 * 10);
        assertThat(sent(run, "orders")).isEqualTo(9 * 10);
        assertThat(sent(run, "stock")).isEqualTo(27 * 10);
        assertThat(run.amplification()).isEqualTo(27);
        assertThat(run.answered()).isZero();
    }

    @Test
    @DisplayName("Who calls a service that fails answers 502")
    void badGateway() {
        Calls web = Calls.kept();
        Calls stock = Calls.kept();
        broken().run(1, web.of("web"));
        broken().run(1, stock.of("stock"));
        assertThat(web.failedBy(502)).isEqualTo(10);
        assertThat(stock.failedBy(500)).isEqualTo(10);
    }

    @Test
    @DisplayName("A worker is busy until what it has called has ended, which the ceiling knows")
    void workersWait() {
        World world = World.of(
                        Service.of("web", 1, Times.constant(TEN)).calling("stock"),
                        Clients.closed("web", 5, Duration.ZERO))
                .with(Service.of("stock", 1, Times.constant(Duration.ofMillis(40))))
                .lasting(Duration.ofSeconds(20));
        assertThat(world.run(1, Policies.NONE).answered() / 20.0).isCloseTo(20, within(0.3));
        World open = World.of(Service.of("web", 1, Times.constant(TEN)).calling("stock"), Clients.poisson("web", 40))
                .with(Service.of("stock", 1, Times.constant(Duration.ofMillis(40))));
        assertThat(open.ceiling()).isCloseTo(0.5, within(1e-9));
    }

    @Test
    @DisplayName("A service that calls nobody, or itself, is said before anything happens")
    void wrongChains() {
        Clients clients = Clients.poisson("web", 1);
        assertThatThrownBy(() ->
                        World.of(service("web").calling("orders"), clients).run(1, Policies.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("service: orders (expected: one of [web])");
        assertThatThrownBy(() -> World.of(service("web").calling("orders"), clients)
                        .with(service("orders").calling("web"))
                        .run(1, Policies.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("service: web calls itself through [web, orders] (expected: a chain with an end)");
    }
}
