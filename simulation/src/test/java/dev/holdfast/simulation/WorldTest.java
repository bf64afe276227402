// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.retry.Retry;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WorldTest {
    private static final Duration FROM = Duration.ofSeconds(10);

    /** The world of docs/effectiveness.md: 8 workers of 20 ms, 280 calls a second, given up after 500 ms. */
    private static World world(int clients) {
        return World.of(
                Service.of("stock", 8, Times.constant(Duration.ofMillis(20))),
                Clients.poisson("stock", 280).count(clients));
    }

    private static World stall(int clients) {
        return world(clients)
                .with(Fault.stall("stock").from(FROM).lasting(Duration.ofSeconds(5)))
                .lasting(Duration.ofSeconds(35));
    }

    private static World brownout(int clients) {
        return world(clients)
                .with(Fault.brownout("stock", 4).from(FROM).lasting(Duration.ofSeconds(10)))
                .lasting(Duration.ofSeconds(40));
    }

    private static Supplier<Bulkhead> evidence() {
        return () -> Bulkhead.builder("stock")
                .adaptive(Limits.between(1, 1000).evidence())
                .queue(500)
                .waitUpTo(Duration.ofMillis(150))
                .lifo()
                .build();
    }

    @Test
    @DisplayName("Without policies an outage of five seconds lasts ten more, as it does on real processes")
    void bare() {
        Run run = stall(1).run(1, Policies.NONE);
        assertThat(run.recovery().orElseThrow()).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(13));
        assertThat(run.goodput(FROM, FROM.plusSeconds(5))).isLessThan(0.05);
        assertThat(run.amplification()).isEqualTo(1);
    }

    @Test
    @DisplayName("Three attempts without a budget turn it into one that does not end")
    void retriesOnly() {
        Run run = stall(1).run(1, () -> Retry.builder("stock").withoutBudget().build());
        assertThat(run.recovery()).isEmpty();
        assertThat(run.amplification()).isGreaterThan(2);
    }

    @Test
    @DisplayName(
            "A limit that waits for evidence recovers in a second or two, and answers what can be answered meanwhile")
    void evidenceKeepsItUp() {
        for (int clients : new int[] {1, 40}) {
            Run stalled = stall(clients).run(1, evidence());
            assertThat(stalled.recovery().orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(2));
            Run slow = brownout(clients).run(1, evidence());
            assertThat(slow.goodput(FROM, FROM.plusSeconds(10))).isGreaterThan(0.28);
            assertThat(slow.recovery().orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(1));
            assertThat(world(clients).run(1, evidence()).refused()).isZero();
        }
    }

    @Test
    @DisplayName("The same seed gives the same numbers, another seed others")
    void sameAgain() {
        World world = brownout(3);
        Run once = world.run(
                7, () -> Pipeline.of(Retry.ofDefaults("stock"), evidence().get()));
        Run again = world.run(
                7, () -> Pipeline.of(Retry.ofDefaults("stock"), evidence().get()));
        Run other = world.run(
                8, () -> Pipeline.of(Retry.ofDefaults("stock"), evidence().get()));
        assertThat(once.seconds()).asString().isEqualTo(again.seconds().toString());
        assertThat(once.meters().keySet()).isEqualTo(again.meters().keySet()).isNotEmpty();
        once.meters()
                .forEach((name, values) ->
                        assertThat(values).isEqualTo(again.meters().get(name)));
        assertThat(once.seconds()).asString().isNotEqualTo(other.seconds().toString());
    }

    @Test
    @DisplayName("The ceiling is what workers can answer")
    void ceiling() {
        // 30 of 40 seconds at 1, and ten at 100 of 280 calls a second.
        assertThat(brownout(1).ceiling()).isBetween(0.838, 0.840);
        assertThat(stall(1).ceiling()).isBetween(0.856, 0.858);
        assertThat(world(1).ceiling()).isEqualTo(1);
    }
}
