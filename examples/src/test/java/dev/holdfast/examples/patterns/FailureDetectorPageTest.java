// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.Readiness.State;
import dev.holdfast.examples.patterns.FailureDetectorPage.Node;
import dev.holdfast.health.Healing;
import dev.holdfast.health.Probes;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the page on failure detectors shows does what the page says. */
@Timeout(60)
class FailureDetectorPageTest {
    private final VirtualTime time = VirtualTime.create();
    private final Environment environment = time;
    private final AtomicBoolean away = new AtomicBoolean();
    private final Node berlin = () -> {
        if (away.get()) {
            throw new IllegalStateException("away");
        }
    };
    private final Node paris = () -> {};
    private final FailureDetectorPage page = new FailureDetectorPage(berlin, paris);

    @Test
    void heartbeats() {
        assertThat(environment.building(page::heartbeats)).isFalse();
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void healed() {
        List<Node> restarted = Collections.synchronizedList(new ArrayList<>());
        try (Probes<Node> probes = environment.building(page::probes);
                Healing<Node> healing = environment.building(() -> FailureDetectorPage.healing(probes, node -> {
                    restarted.add(node);
                    away.set(false);
                }))) {
            time.advance(Duration.ofSeconds(2));
            assertThat(probes.state(berlin)).isEqualTo(State.UP);
            away.set(true);
            time.advance(Duration.ofSeconds(6));
            assertThat(probes.state(berlin)).isEqualTo(State.DOWN);
            time.advance(Duration.ofMinutes(1).plusSeconds(6));
            assertThat(restarted).containsExactly(berlin);
            assertThat(probes.state(berlin)).isEqualTo(State.UP);
            assertThat(healing.isStopped()).isFalse();
        }
        assertThat(time.pendingTimers()).isZero();
    }
}
