// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScriptTest {
    private final Script script = Script.faults();

    @ParameterizedTest
    @EnumSource(Scenario.class)
    void laysPhasesEndToEnd(Scenario scenario) {
        Script script = scenario.script();
        List<Phase> phases = script.phases();
        assertThat(phases.get(0).start()).isZero();
        for (int i = 1; i < phases.size(); i++) {
            assertThat(phases.get(i).start()).isEqualTo(phases.get(i - 1).end());
        }
        assertThat(script.total()).isEqualTo(phases.get(phases.size() - 1).end());
    }

    @Test
    void hasEveryFault() {
        Set<Fault> faults = Arrays.stream(Scenario.values())
                .flatMap(scenario -> scenario.script().phases().stream())
                .map(Phase::fault)
                .collect(Collectors.toSet());

        assertThat(faults).isEqualTo(EnumSet.allOf(Fault.class));
    }

    @ParameterizedTest
    @EnumSource(Scenario.class)
    void letsTheServiceRecoverBetweenFaults(Scenario scenario) {
        Script script = scenario.script();
        List<Phase> phases = script.phases();
        for (int i = 0; i < phases.size(); i++) {
            assertThat(phases.get(i).fault() == Fault.HEALTHY).isEqualTo(i % 2 == 0);
        }
    }

    @Test
    void takesLittleMoreThanAMinute() {
        assertThat(script.total()).isLessThan(Duration.ofSeconds(55));
        assertThat(Script.overload().total()).isLessThan(Duration.ofSeconds(20));
    }

    @ParameterizedTest
    @EnumSource(Scenario.class)
    void leavesTimeToSeeTheRecoveryFromAnOutage(Scenario scenario) {
        List<Phase> phases = scenario.script().phases();
        for (int i = 1; i < phases.size(); i += 2) {
            if (phases.get(i).fault() != Fault.FLAKY) {
                assertThat(phases.get(i + 1).length()).isGreaterThan(Duration.ofSeconds(RecoveryWatch.IN_A_ROW));
            }
        }
    }

    @Test
    void asksForMoreThanTheServiceCanDoInTheOverloadOnly() {
        double capacity = Scenario.OVERLOAD.capacity().perSecond();
        Script overload = Scenario.OVERLOAD.script();

        assertThat(overload.duePerSecond(0)).isLessThan(capacity).isEqualTo(overload.duePerSecond(2));
        assertThat(overload.duePerSecond(1)).isGreaterThan(2 * capacity).isEqualTo(overload.mostPerSecond());
        assertThat(script.mostPerSecond())
                .isEqualTo(100)
                .isLessThan(Scenario.FAULTS.capacity().perSecond());
    }

    @Test
    void refusesAnEndWithoutRecovery() {
        assertThatIllegalArgumentException().isThrownBy(() -> builder().build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().then(Fault.KILLED, 10).build());
        assertThatIllegalArgumentException().isThrownBy(() -> builder().then(Fault.HEALTHY, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> builder().callers(0));
    }

    private static Script.Builder builder() {
        return new Script.Builder(new Pace(Duration.ofSeconds(1), Duration.ofSeconds(1)));
    }
}
