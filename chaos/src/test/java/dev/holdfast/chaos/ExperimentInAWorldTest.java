// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.retry.Retry;
import dev.holdfast.simulation.Clients;
import dev.holdfast.simulation.Reply;
import dev.holdfast.simulation.Run;
import dev.holdfast.simulation.Service;
import dev.holdfast.simulation.Times;
import dev.holdfast.simulation.World;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Trial.class)
class ExperimentInAWorldTest {
    private static final World WORLD = World.of(
                    Service.of("stock", 8, Times.exponential(Duration.ofMillis(20))), Clients.poisson("stock", 100))
            .lasting(Duration.ofSeconds(60));

    private final List<ExperimentRun> runs = new ArrayList<>();

    /** Runs inside of the world, which is the standard environment there. */
    private Policy<? super Reply> make(boolean withRetry) {
        Chaos chaos = Chaos.builder("stock").fail(0.05, IOException::new).build();
        Shop.Counter callers = new Shop.Counter("orders", Environment.standard());
        runs.add(Experiment.builder("orders survive a service that fails")
                .owner("we")
                .reason("a release")
                .inject(chaos)
                .hypothesis(Probe.ratio("orders answered", callers::now).atLeast(0.99))
                .before(Duration.ofSeconds(10))
                .lasting(Duration.ofSeconds(30))
                .recoverWithin(Duration.ofSeconds(10))
                .seed(7)
                .build()
                .start());
        return withRetry ? Pipeline.of(callers, Retry.ofDefaults("stock"), chaos) : Pipeline.of(callers, chaos);
    }

    @Test
    @DisplayName("CH-20 the same experiment in a simulated world: confirmed with a retry, refuted without")
    void inAWorld() {
        Run with = WORLD.run(1, () -> make(true));
        Run without = WORLD.run(1, () -> make(false));
        Report confirmed = runs.get(0).report().join();
        Report refuted = runs.get(1).report().join();

        assertThat(confirmed.verdict()).as(confirmed.text()).isEqualTo(Verdict.CONFIRMED);
        assertThat(refuted.verdict()).as(refuted.text()).isEqualTo(Verdict.REFUTED);
        assertThat(confirmed.injected()).isBetween(100L, 220L);
        assertThat(with.goodput()).isGreaterThan(0.995);
        assertThat(without.goodput()).isBetween(0.95, 0.985);

        WORLD.run(1, () -> make(true));
        assertThat(runs.get(2).report().join().text()).as("the same again").isEqualTo(confirmed.text());
    }
}
