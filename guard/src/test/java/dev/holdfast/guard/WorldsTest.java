// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulation.Clients;
import dev.holdfast.simulation.Fault;
import dev.holdfast.simulation.Matrix;
import dev.holdfast.simulation.Policies;
import dev.holdfast.simulation.Run;
import dev.holdfast.simulation.Service;
import dev.holdfast.simulation.Times;
import dev.holdfast.simulation.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A guard without a setting, in simulated outages. docs/worlds.md has the figures of more worlds. */
class WorldsTest {
    private static final Duration FROM = Duration.ofSeconds(10);
    private static final Policies GUARD = (caller, service) -> Guard.of(service);

    private static World world(int clients) {
        return World.of(
                Service.of("stock", 8, Times.constant(Duration.ofMillis(20))),
                Clients.poisson("stock", 280).count(clients));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "40, 2"})
    @DisplayName("A stall of five seconds is over when it is over, or a second or two later")
    void stall(int clients, int seconds) {
        Run run = world(clients)
                .with(Fault.stall("stock").from(FROM).lasting(Duration.ofSeconds(5)))
                .lasting(Duration.ofSeconds(30))
                .run(1, GUARD);
        assertThat(run.recovery().orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(seconds));
        assertThat(run.amplification()).isLessThan(1.1);
    }

    @ParameterizedTest
    @CsvSource({"1", "40"})
    @DisplayName(
            "In a brownout that leaves 0.36 of the capacity, 0.3 of the calls are answered, and all as soon as it is over")
    void brownout(int clients) {
        Run run = world(clients)
                .with(Fault.brownout("stock", 4).from(FROM).lasting(Duration.ofSeconds(10)))
                .lasting(Duration.ofSeconds(30))
                .run(1, GUARD);
        assertThat(run.goodput(FROM, FROM.plusSeconds(10))).isGreaterThanOrEqualTo(0.3);
        assertThat(run.recovery().orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(1));
        assertThat(run.amplification()).isLessThan(1.1);
    }

    @ParameterizedTest
    @CsvSource({"1", "40", "200"})
    @DisplayName("While all is well it refuses nothing and delays nothing, from the first second on")
    void healthy(int clients) {
        Run bare = world(clients).run(1, Policies.NONE);
        Run run = world(clients).run(1, GUARD);
        assertThat(run.answered()).isEqualTo(run.offered());
        assertThat(run.latency(0.99)).isEqualTo(bare.latency(0.99));
    }

    @Test
    @DisplayName("In worlds drawn at random it comes nearer to what is possible than no policy, and does harm in few")
    void drawn() {
        List<World> worlds = Matrix.draw(Boolean.getBoolean("holdfast.long") ? 90 : 36, 1);
        double gain = 0;
        List<String> harmed = new ArrayList<>();
        for (World world : worlds) {
            double bare = world.run(1, Policies.NONE).goodput();
            double guarded = world.run(1, GUARD).goodput();
            gain += (guarded - bare) / world.ceiling();
            if (guarded < bare * 0.98) {
                harmed.add(bare + " -> " + guarded + ": " + world);
            }
        }
        assertThat(gain / worlds.size())
                .as("share of what is possible that is gained")
                .isGreaterThan(0.06);
        assertThat(harmed).as("worlds in which calls are lost").hasSizeLessThanOrEqualTo(worlds.size() * 7 / 90);
    }
}
