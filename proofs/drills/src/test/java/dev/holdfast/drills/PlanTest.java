// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PlanTest {
    private final Plan plan = new Plan(10_000);

    @Test
    void faultsAreSpreadAsTheirPercentagesSay() {
        Map<Fault, Integer> seen = new EnumMap<>(Fault.class);
        for (int number = 0; number < 5_000; number++) {
            seen.merge(plan.fault(number, 1), 1, Integer::sum);
        }

        assertThat(seen).containsOnlyKeys(Fault.values());
        assertThat(seen.get(Fault.FAST)).isCloseTo(3_650, Offset.offset(150));
        assertThat(seen.get(Fault.HANG)).isCloseTo(200, Offset.offset(50));
    }

    @Test
    void anOutageMeetsEveryAttempt() {
        assertThat(plan.fault(5_000, 1)).isEqualTo(Fault.RESET);
        assertThat(plan.fault(5_199, 3)).isEqualTo(Fault.RESET);
    }

    @Test
    void theAttemptsOfACallMeetFaultsOfTheirOwn() {
        long same = IntStream.range(0, 1_000)
                .filter(number ->
                        plan.fault(number, 1).stalls() && plan.fault(number, 2).stalls())
                .count();

        assertThat(same).isLessThan(30);
    }

    @Test
    void whatComesAfterwardsMeetsNone() {
        assertThat(plan.fault(10_000, 1)).isEqualTo(Fault.FAST);
        assertThat(plan.fault(10_019, 3)).isEqualTo(Fault.FAST);
    }
}
