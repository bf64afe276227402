// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.CALLS_REAL_METHODS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.withSettings;

import dev.holdfast.Deadline;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.Loop;
import dev.holdfast.Policy;
import dev.holdfast.Recovery;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mockito.MockMakers;

/** What a breaker has to say on its place in a pipeline. */
class PlacementTest {
    private final CircuitBreaker breaker = CircuitBreaker.ofDefaults("b");
    private final Policy<?> retry = policy(Loop.class, "r");
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
    @DisplayName("alone, inside of a fallback and a retry, and around a timeout, a breaker is in its place")
    void inPlace() {
        assertThat(breaker.misplaced(List.of(), List.of())).isNull();
        assertThat(breaker.misplaced(List.of(fallback, retry, gate), List.of(gate, timeout)))
                .isNull();
        assertThat(breaker.misplaced(List.of(timeout, retry), List.of(timeout))).isNull();
    }

    @Test
    @DisplayName("a breaker around a retry sees one ending for all attempts, wherever inside the retry stands")
    void aroundRetry() {
        assertThat(breaker.misplaced(List.of(), List.of(gate, retry)))
                .startsWith("sees one ending for all attempts")
                .contains("'r'");
    }

    @Test
    @DisplayName("a breaker around a fallback sees no failures")
    void aroundFallback() {
        assertThat(breaker.misplaced(List.of(), List.of(gate, fallback)))
                .startsWith("does not see the failures")
                .contains("'f'");
    }

    @Test
    @DisplayName("a breaker inside of the only timeout does not count the calls that it ends as failures")
    void insideTimeout() {
        assertThat(breaker.misplaced(List.of(retry, timeout), List.of(gate)))
                .startsWith("does not count the calls")
                .contains("'t'");
    }
}
