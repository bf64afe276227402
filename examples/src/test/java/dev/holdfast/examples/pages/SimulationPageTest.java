// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Pipeline;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.failover.Replicas;
import dev.holdfast.guard.Guard;
import dev.holdfast.retry.Retry;
import dev.holdfast.simulation.Clients;
import dev.holdfast.simulation.Compared;
import dev.holdfast.simulation.Comparison;
import dev.holdfast.simulation.Fault;
import dev.holdfast.simulation.Policies;
import dev.holdfast.simulation.Run;
import dev.holdfast.simulation.Server;
import dev.holdfast.simulation.Service;
import dev.holdfast.simulation.Times;
import dev.holdfast.simulation.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of {@code docs/simulation.md}. */
class SimulationPageTest {
    // tag: simulation-smallest
    @Test
    void anOutageOfStockCostsASecondMoreThanItLasts() {
        World world = World.of(
                        Service.of("stock", 8, Times.exponential(Duration.ofMillis(20))), // 400 calls a second at best
                        Clients.poisson("stock", 280).patience(Duration.ofMillis(500)))
                .with(Fault.stall("stock").from(Duration.ofSeconds(10)).lasting(Duration.ofSeconds(30)))
                .lasting(Duration.ofSeconds(60));

        Run run = world.run(1, () -> Guard.of("stock")); // 1: the seed; the same one gives the same numbers

        long bad =
                run.seconds().stream().filter(second -> second.goodput() < 0.95).count();
        assertThat(bad).isLessThanOrEqualTo(31);
        assertThat(run.amplification()).isLessThan(1.1);
    }
    // end

    @Test
    void comparesInOneCall(@TempDir Path folder) throws IOException {
        World world = World.of(
                        Service.of("stock", 8, Times.constant(Duration.ofMillis(20))), Clients.poisson("stock", 280))
                .with(Fault.stall("stock").from(Duration.ofSeconds(5)).lasting(Duration.ofSeconds(2)))
                .lasting(Duration.ofSeconds(15));
        Path page = folder.resolve("outage.html");
        // tag: simulation-compare
        Compared compared = Comparison.of("stall", world)
                .with("guard", () -> Guard.of("stock"))
                .with("retry+breaker", () -> Pipeline.of(Retry.ofDefaults("stock"), CircuitBreaker.ofDefaults("stock")))
                .run(1);

        System.out.print(compared.table());
        Files.writeString(page, compared.html());
        // end
        assertThat(compared.policies()).containsExactly("none", "guard", "retry+breaker");
        assertThat(page).isNotEmptyFile();
    }

    @Test
    void clientsThatChooseANode() {
        World world = World.of(
                        Service.of("stock", 2, Times.exponential(Duration.ofMillis(20)))
                                .nodes(10),
                        Clients.poisson("stock", 600))
                .with(Fault.errors("stock", 1).ofNode(0));
        // tag: simulation-balancers
        Run run = world.run(1, servers -> {
            Replicas<Server> stocks = Replicas.of("stock", servers);
            return () -> stocks.callAsync(Server::send);
        });
        // end
        assertThat(run.goodput()).isGreaterThan(0.99);
    }

    @Test
    void servicesThatCallEachOther() {
        // tag: simulation-chain
        World world = World.of(
                        Service.of("web", 24, Times.constant(Duration.ofMillis(20)))
                                .calling("orders"),
                        Clients.poisson("web", 280).count(40))
                .with(Service.of("orders", 16, Times.constant(Duration.ofMillis(20)))
                        .calling("stock"))
                .with(Service.of("stock", 8, Times.constant(Duration.ofMillis(20))))
                .with(Fault.brownout("stock", 4));

        Policies ours = (caller, service) -> service.equals("stock") ? Guard.of(service) : Retry.ofDefaults(service);
        Run run = world.run(1, ours);
        // end
        assertThat(run.offered()).isPositive();
    }
}
