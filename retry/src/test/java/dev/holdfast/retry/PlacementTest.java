// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.CALLS_REAL_METHODS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.withSettings;

import dev.holdfast.Deadline;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.Policy;
import dev.holdfast.Recovery;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mockito.MockMakers;

/** What a retry has to say on its place in a pipeline. */
class PlacementTest {
    private final Retry<Object> retry = Retry.ofDefaults("r");
    private final Retry<Object> endless =
            Retry.builder("e").withoutBudget().maxAttempts(Integer.MAX_VALUE).build();
    private final Policy<?> fallback = policy(Recovery.class, "f");
    private final Policy<?> timeout = policy(Deadline.class, "t");
    private final Policy<?> gate = policy(Gate.class, "g");

    private static Policy<?> policy(Class<?> shape, String name) {
        return (Policy<?>) mock(
                shape,
                withSettings()
                        .useConstructor(name, Environment.system())
                        .mockMaker(MockMakers.SUBCLASS) // leaves the classes that other tests measure as they are
                        .defaultAnswer(CALLS_REAL_METHODS));
    }

    @Test
    @DisplayName("alone, around gates and a timeout, and inside of everything, a retry is in its place")
    void inPlace() {
        assertThat(retry.misplaced(List.of(), List.of())).isNull();
        assertThat(retry.misplaced(List.of(fallback, timeout), List.of(gate, timeout, gate)))
                .isNull();
        assertThat(endless.misplaced(List.of(), List.of(gate))).isNull();
    }

    @Test
    @DisplayName("a retry around a fallback sees no failures, wherever inside the fallback stands")
    void aroundFallback() {
        assertThat(retry.misplaced(List.of(), List.of(gate, fallback)))
                .startsWith("does not see the failures")
                .contains("'f'");
    }

    @Test
    @DisplayName("a retry around another one multiplies its attempts")
    void aroundRetry() {
        assertThat(retry.misplaced(List.of(), List.of(gate, endless)))
                .startsWith("multiplies its attempts")
                .contains("Retry 'e'");
    }

    @Test
    @DisplayName("a retry that nothing stops repeats what a timeout ends for ever, unless another timeout is outside")
    void endlessAroundTimeout() {
        assertThat(endless.misplaced(List.of(gate), List.of(timeout)))
                .startsWith("repeats for ever")
                .contains("'t'");
        assertThat(endless.misplaced(List.of(timeout), List.of(timeout))).isNull();
        assertThat(Retry.builder("r")
                        .withoutBudget()
                        .maxAttempts(Integer.MAX_VALUE - 1)
                        .build()
                        .misplaced(List.of(), List.of(timeout)))
                .isNull();
        assertThat(Retry.builder("r")
                        .withoutBudget()
                        .maxAttempts(Integer.MAX_VALUE)
                        .maxDuration(Duration.ofHours(1))
                        .build()
                        .misplaced(List.of(), List.of(timeout)))
                .isNull();
    }
}
