// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

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

/** What a limiter has to say on its place in a pipeline. */
class PlacementTest extends LimiterTest {
    private final Policy<?> retry = policy(Loop.class, "r");
    private final Policy<?> gate = policy(Gate.class, "g");

    private static Policy<?> policy(Class<?> shape, String name) {
        return (Policy<?>) mock(
                shape, withSettings()
                        .useConstructor(name, Environment.system())
                        .mockMaker(MockMakers.SUBCLASS) // leaves the classes that other tests measure as they are
                        .defaultAnswer(CALLS_REAL_METHODS));
    }

    @Test
    @DisplayName("inside of a retry a limiter is in its place; around it, it counts all attempts as one")
    void aroundRetry() {
        RateLimiter limiter = limiter(1, SECOND).build();

        assertThat(limiter.misplaced(List.of(), List.of())).isNull();
        assertThat(limiter.misplaced(List.of(retry), List.of(gate))).isNull();
        assertThat(limiter.misplaced(List.of(), List.of(gate, retry)))
                .startsWith("counts all attempts").contains("'r'");
    }
}
