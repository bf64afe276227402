// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RecoveryTest {
    @Test
    void isZeroWhereTheFirstSecondIsGood() {
        assertThat(Recovery.after(seconds(0, 0, 100, 95, 100, 99, 100), 2)).hasValue(0);
    }

    @Test
    void isTheFirstOfFiveInARow() {
        assertThat(Recovery.after(seconds(100, 0, 50, 100, 94, 95, 95, 95, 95, 95), 2))
                .hasValue(3);
    }

    @Test
    void doesNotCountWhatWasGoodBeforeTheFaultEnded() {
        assertThat(Recovery.after(seconds(100, 100, 100, 100, 100, 20, 100, 100, 100, 100, 100), 5))
                .hasValue(1);
    }

    @Test
    void isEmptyWhereTooFewAreGoodUntilTheEnd() {
        assertThat(Recovery.after(seconds(0, 0, 100, 100, 100, 100), 2)).isEmpty();
        assertThat(Recovery.after(seconds(0, 100, 100, 100, 100, 94, 100), 1)).isEmpty();
    }

    /** Goodput in hundredths. */
    static List<Second> seconds(int... goodput) {
        return Arrays.stream(goodput)
                .mapToObj(answered -> new Second(100, answered, 0, 100, Times.of()))
                .collect(Collectors.toList());
    }
}
