// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BalancersTest {
    private static final Service STOCK =
            Service.of("stock", 1, Times.constant(Duration.ofMillis(100))).nodes(3);
    private static final World WORLD = World.of(
                    STOCK, Clients.bursts("stock", 3, Duration.ofSeconds(9)).patience(Duration.ofMillis(250)))
            .lasting(Duration.ofSeconds(10));

    @Test
    @DisplayName("A request goes to the server that the client chooses, and waits there")
    void chosen() {
        List<String> names = new ArrayList<>();
        Run run = WORLD.run(1, servers -> {
            servers.forEach(server -> names.add(server.name()));
            return servers.get(1)::send;
        });

        assertThat(names).containsExactly("stock 0", "stock 1", "stock 2");
        // The third would be answered after 300 ms.
        assertThat(run.offered()).isEqualTo(3);
        assertThat(run.answered()).isEqualTo(2);
        assertThat(run.meters()).isEmpty();
        assertThat(WORLD.run(1, servers -> servers.get(0)::send).sent("stock")[9])
                .isEqualTo(3);
    }

    @Test
    @DisplayName("A fault of one node happens to whoever calls that one")
    void fault() {
        World bad =
                WORLD.with(Fault.stall("stock").ofNode(1).from(Duration.ZERO).lasting(Duration.ofSeconds(10)));
        List<Throwable> failures = new ArrayList<>();
        Run run = bad.run(
                1, servers -> () -> servers.get(1).send().whenComplete((reply, failure) -> failures.add(failure)));

        assertThat(run.answered()).isZero();
        assertThat(failures).hasSize(3).allMatch(SocketTimeoutException.class::isInstance);
        assertThat(bad.run(1, servers -> servers.get(2)::send).answered()).isEqualTo(2);
    }

    @Test
    @DisplayName("What is made gets the simulation's time, once for each client, and has to be something")
    void made() {
        List<Environment> environments = new ArrayList<>();
        World.of(STOCK, Clients.bursts("stock", 3, Duration.ofSeconds(9)).count(4))
                .run(1, servers -> {
                    environments.add(Environment.standard());
                    return servers.get(0)::send;
                });

        assertThat(environments).hasSize(4).doesNotContain(Environment.system());
        assertThatThrownBy(() -> WORLD.run(1, servers -> null)).hasMessageContaining("balancers");
    }
}
