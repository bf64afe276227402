// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.CALLS_REAL_METHODS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.withSettings;

import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.Loop;
import dev.holdfast.Policy;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mockito.MockMakers;

/** What a bulkhead has to say on its place in a pipeline. */
class PlacementTest {
    private final Policy<?> retry = policy(Loop.class, "r");
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
    @DisplayName("inside of a retry a bulkhead is in its place; around it, it keeps a permit while the retry waits")
    void aroundRetry() {
        Bulkhead bulkhead = Bulkhead.builder("b").build();

        assertThat(bulkhead.misplaced(List.of(), List.of())).isNull();
        assertThat(bulkhead.misplaced(List.of(retry), List.of(gate))).isNull();
        assertThat(bulkhead.misplaced(List.of(), List.of(gate, retry)))
                .startsWith("keeps a permit while")
                .contains("'r' belongs outside of Bulkhead 'b'");
    }
}
