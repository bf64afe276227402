// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChancesTest {
    @ParameterizedTest
    @CsvSource({
        // The least numbers of failures that are no chance: one less is.
        "10, 0.001, 2",
        "50, 0.001, 3",
        "100, 0.001, 4",
        "500, 0.001, 6",
        "1000, 0.001, 7",
        "5000, 0.001, 16",
        "10000, 0.001, 25",
        "10, 0.01, 4",
        "100, 0.01, 7",
        "1000, 0.01, 25",
        "10000, 0.01, 140"
    })
    @DisplayName("so many bad calls or more are no chance, one less may be")
    void atLeast(long all, double probability, long bad) {
        assertThat(Chances.atLeast(bad, all, probability)).isLessThanOrEqualTo(1e-4);
        assertThat(Chances.atLeast(bad - 1, all, probability)).isGreaterThan(1e-4);
        assertThat(Chances.atMost(bad - 1, all, probability) + Chances.atLeast(bad, all, probability))
                .isCloseTo(1, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"0, 100, 0.036217", "1, 100, 0.054459", "10, 1000, 0.018313", "1, 1000, 0.005559", "5, 5, 1"})
    @DisplayName("the upper end of the bad share is that of Clopper and Pearson")
    void mostBad(long bad, long all, double share) {
        assertThat(Chances.mostBad(bad, all, 0.975)).isCloseTo(share, within(1e-6));
    }

    @ParameterizedTest
    @CsvSource({"0.99, 299", "0.999, 2995", "0.5, 5"})
    @DisplayName("so many calls without a bad one show a share, and one less does not")
    void leastCalls(double share, long calls) {
        assertThat(Chances.leastCalls(share, 0.95)).isEqualTo(calls);
        assertThat(Chances.atMost(0, calls, 1 - share)).isLessThanOrEqualTo(0.05);
        assertThat(Chances.atMost(0, calls - 1, 1 - share)).isGreaterThan(0.05);
    }

    @Test
    @DisplayName("30 of 1,000 and 10 of 1,000 are no chance, by Fisher's test")
    void fisher() {
        assertThat(Chances.fisher(30, 1000, 10, 1000)).isCloseTo(0.001004, within(5e-7));
        assertThat(Chances.fisher(10, 1000, 30, 1000)).isGreaterThan(0.99);
        assertThat(Chances.fisher(0, 10, 0, 10)).isEqualTo(1);
        assertThat(Chances.fisher(3, 3, 0, 3)).isCloseTo(1 / 20.0, within(1e-12));
        assertThat(Chances.fisher(5, 5, 3, 3)).isEqualTo(1);
        assertThat(Chances.fisher(1_000_000, 2_000_000, 1_000_000, 2_000_000)).isBetween(0.5, 0.51);
    }
}
