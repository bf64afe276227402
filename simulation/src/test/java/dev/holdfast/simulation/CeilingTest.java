// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What could be had at best; capacity 100 calls a second, of which 80 come, for 100 seconds. */
class CeilingTest {
    private static final Offset<Double> EXACTLY = within(1e-9);
    private static final Duration TEN = Duration.ofSeconds(10);

    private static World world(Service service) {
        return World.of(service, Clients.poisson("stock", 80)).lasting(Duration.ofSeconds(100));
    }

    private static Service stock() {
        return Service.of("stock", 1, Times.constant(Duration.ofMillis(10)));
    }

    private static double during(Fault fault) {
        return world(stock()).with(fault.from(TEN).lasting(TEN)).ceiling(TEN, TEN.multipliedBy(2));
    }

    @Test
    @DisplayName("Each kind of fault leaves its share")
    void faults() {
        assertThat(during(Fault.stall("stock"))).isZero();
        assertThat(during(Fault.refused("stock"))).isZero();
        assertThat(during(Fault.crash("stock", 3, TEN))).isZero();
        assertThat(during(Fault.brownout("stock", 2))).isCloseTo(50 / 80.0, EXACTLY);
        assertThat(during(Fault.flood("stock", 5))).isCloseTo(100 / 400.0, EXACTLY);
        assertThat(during(Fault.lateErrors("stock", 0.4))).isCloseTo(60 / 80.0, EXACTLY);
    }

    @Test
    @DisplayName("Errors that cost no work can be outdone by asking again, unless there are no answers at all")
    void quickErrors() {
        assertThat(during(Fault.errors("stock", 0.6))).isEqualTo(1);
        assertThat(during(Fault.errors("stock", 1))).isZero();
    }

    @Test
    @DisplayName("It is the mean over time, to the moment, and faults outside of the part do not count")
    void parts() {
        World world = world(stock())
                .with(Fault.stall("stock").from(Duration.ofMillis(500)).lasting(Duration.ofMillis(250)));
        assertThat(world.ceiling(Duration.ZERO, Duration.ofSeconds(1))).isCloseTo(0.75, EXACTLY);
        assertThat(world.ceiling(Duration.ofMillis(600), Duration.ofMillis(700)))
                .isZero();
        assertThat(world.ceiling(Duration.ofSeconds(1), TEN)).isEqualTo(1);
        assertThat(world.ceiling(TEN, TEN)).isEqualTo(1);
        assertThat(world.ceiling()).isCloseTo(1 - 0.25 / 100, EXACTLY);
    }

    @Test
    @DisplayName("A fault late in a long run is not forgotten")
    void longRuns() {
        World world = world(stock())
                .lasting(Duration.ofSeconds(4_000))
                .with(Fault.stall("stock").from(Duration.ofSeconds(3_000)).lasting(Duration.ofSeconds(1_000)));
        assertThat(world.ceiling()).isCloseTo(0.75, EXACTLY);
    }

    @Test
    @DisplayName("Of several nodes those that are well are left")
    void nodes() {
        Service four =
                Service.of("stock", 1, Times.constant(Duration.ofMillis(40))).nodes(4);
        World world = world(four)
                .with(Fault.stall("stock").ofNode(1).from(Duration.ZERO).lasting(TEN));
        assertThat(world.ceiling(Duration.ZERO, TEN)).isCloseTo(75 / 80.0, EXACTLY);
    }

    @Test
    @DisplayName("Services that have nothing to do with each other do not share their capacity")
    void strangers() {
        World world = world(stock())
                .with(Service.of("prices", 1, Times.constant(Duration.ofMillis(100))))
                .with(Clients.poisson("prices", 20));
        // 80 of 80, and 10 of 20.
        assertThat(world.ceiling()).isCloseTo(90 / 100.0, EXACTLY);
    }

    @Test
    @DisplayName("Users of a closed loop offer what they can, and a flood says nothing to them")
    void closedLoop() {
        Clients users = Clients.closed("stock", 9, Duration.ofMillis(80)); // 9 in 90 ms: 100 a second
        World world = World.of(stock(), users).lasting(TEN.multipliedBy(2));
        assertThat(world.ceiling()).isEqualTo(1);
        assertThat(world.with(Fault.brownout("stock", 4).from(TEN)).ceiling()).isCloseTo(0.625, EXACTLY);
        assertThat(world.with(Fault.flood("stock", 4).from(TEN)).ceiling()).isEqualTo(1);
    }

    @Test
    @DisplayName("Nobody who does not know all in advance comes above it")
    void bareIsBelow() {
        for (Fault fault :
                new Fault[] {Fault.brownout("stock", 3), Fault.stall("stock"), Fault.lateErrors("stock", 0.5)}) {
            World world = world(stock()).with(fault);
            assertThat(world.run(1, Policies.NONE).goodput()).as("%s", fault).isLessThan(world.ceiling());
        }
    }
}
