// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.availability.Indicator;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.ChaosPermission;
import dev.holdfast.chaos.Experiment;
import dev.holdfast.chaos.ExperimentRun;
import dev.holdfast.chaos.Probe;
import dev.holdfast.chaos.Verdict;
import dev.holdfast.guard.Guard;
import dev.holdfast.simulation.Clients;
import dev.holdfast.simulation.Reply;
import dev.holdfast.simulation.Service;
import dev.holdfast.simulation.Times;
import dev.holdfast.simulation.World;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurviveTest {
    private ExperimentRun run;

    @BeforeEach
    void allow() {
        ChaosPermission.grant("tests");
    }

    @AfterEach
    void forbid() {
        ChaosPermission.revoke();
    }

    @Test
    @DisplayName("in a simulated world the experiment is confirmed with a guard and refuted without")
    void inAWorld() {
        World world = World.of(
                        Service.of("stock", 8, Times.exponential(Duration.ofMillis(20))), Clients.poisson("stock", 50))
                .lasting(Duration.ofSeconds(90));
        world.run(1, () -> policies(true));
        assertThat(run.report().join().verdict()).as(run.report().join().text()).isEqualTo(Verdict.CONFIRMED);
        world.run(1, () -> policies(false));
        assertThat(run.report().join().verdict()).as(run.report().join().text()).isEqualTo(Verdict.REFUTED);
    }

    private Policy<? super Reply> policies(boolean withGuard) {
        Chaos chaos = Chaos.builder("stock")
                .fail(0.05, () -> new ConnectException("injected"))
                .hang(0.002)
                .build();
        Indicator orders = Indicator.builder("orders").build();
        run = Experiment.builder("orders survive a failing stock service")
                .owner("tests")
                .reason("a test")
                .inject(chaos)
                .hypothesis(Probe.ratio("orders answered", orders::counts).atLeast(0.98))
                .before(Duration.ofSeconds(10))
                .lasting(Duration.ofSeconds(60))
                .recoverWithin(Duration.ofSeconds(15))
                .seed(1)
                .build()
                .start();
        return withGuard ? Pipeline.of(orders, Guard.of("stock"), chaos) : Pipeline.of(orders, chaos);
    }

    @Test
    @DisplayName("the command runs it against a real service, and writes both reports")
    void command(@TempDir Path folder) throws Exception {
        // How much a machine that is busy with other things adds to the faults is not for a test to say.
        assertThat(Survive.run(folder.toString(), "3")).isBetween(0, 1);
        assertThat(Files.readString(folder.resolve("with-guard.html"))).contains("orders answered");
        assertThat(Files.readString(folder.resolve("without.html"))).doesNotContain("<b>CONFIRMED</b>");
        assertThat(Files.readString(folder.resolve("without.json"))).contains("\"steady_states\"");
    }
}
