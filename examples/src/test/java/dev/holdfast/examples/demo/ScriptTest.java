// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ScriptTest {
    private final Script script = Script.standard();

    @Test
    void laysPhasesEndToEnd() {
        List<Phase> phases = script.phases();
        assertThat(phases.get(0).start()).isZero();
        for (int i = 1; i < phases.size(); i++) {
            assertThat(phases.get(i).start()).isEqualTo(phases.get(i - 1).end());
        }
        assertThat(script.total()).isEqualTo(phases.get(phases.size() - 1).end());
    }

    @Test
    void hasEveryFault() {
        Set<Fault> faults = script.phases().stream().map(Phase::fault).collect(Collectors.toSet());

        assertThat(faults).isEqualTo(EnumSet.allOf(Fault.class));
    }

    @Test
    void letsTheServiceRecoverBetweenFaults() {
        List<Phase> phases = script.phases();
        for (int i = 0; i < phases.size(); i++) {
            assertThat(phases.get(i).fault() == Fault.HEALTHY).isEqualTo(i % 2 == 0);
        }
    }

    @Test
    void leavesTimeForTheRestWithinAMinute() {
        assertThat(script.total()).isLessThan(Duration.ofSeconds(45));
    }

    @Test
    void refusesAnEndWithoutRecovery() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Script.Builder().build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Script.Builder().then(Fault.KILLED, 10).build());
        assertThatIllegalArgumentException().isThrownBy(() -> new Script.Builder().then(Fault.HEALTHY, 0));
    }
}
