// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SecondTest {
    private static final long SECOND = 1_000_000_000;

    @Test
    void countsCallsWhenTheyWereDue() {
        List<Second> seconds = Second.by(
                List.of(
                        new Call(0, 3 * SECOND, 2, true),
                        new Call(SECOND - 1, 1, 0, false),
                        new Call(SECOND, 1, 3, false),
                        Call.unended(SECOND)),
                3);

        assertThat(seconds).extracting(Second::offered).containsExactly(2, 2, 0);
        assertThat(seconds).extracting(Second::answered).containsExactly(1, 0, 0);
        assertThat(seconds).extracting(Second::refused).containsExactly(1, 0, 0);
        assertThat(seconds).extracting(Second::requests).containsExactly(2, 4, 0);
        assertThat(seconds).extracting(Second::goodput).containsExactly(0.5, 0.0, 1.0);
    }

    @Test
    void knowsTheTimesOfAnsweredCalls() {
        Second second = Second.of(List.of(
                new Call(0, 30_000_000, 1, true),
                new Call(0, 10_000_000, 1, true),
                new Call(0, 20_000_000, 1, true),
                new Call(0, 500_000_000, 1, false)));

        assertThat(second.times().millis(0.5)).isEqualTo(20);
        assertThat(second.times().millis(0.99)).isEqualTo(30);
        assertThat(second.times().millis(0)).isEqualTo(10);
        assertThat(Second.of(List.of()).times().millis(0.5)).isNaN();
    }
}
