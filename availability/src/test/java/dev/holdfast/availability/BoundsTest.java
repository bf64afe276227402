// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoundsTest {
    private static final Offset<Double> SIX_DIGITS = within(1e-6);

    private static void assertIs(Interval actual, double low, double high, double error) {
        assertThat(actual.low()).isCloseTo(low, within(error));
        assertThat(actual.high()).isCloseTo(high, within(error));
    }

    @ParameterizedTest
    @CsvSource({
        "0.95, 2, 5.991465", "0.95, 4, 9.487729", "0.95, 6, 12.591587", "0.95, 8, 15.507313", "0.95, 12, 21.026070",
        "0.95, 22, 33.924438", "0.05, 2, 0.102587", "0.05, 4, 0.710723", "0.05, 6, 1.635383", "0.05, 8, 2.732637",
        "0.05, 12, 5.226029", "0.05, 22, 12.338015"
    })
    @DisplayName("AV-7 quantiles of chi-square are those of the tables")
    void chiSquare(double p, long degrees, double value) {
        assertThat(Bounds.chiSquare(p, degrees)).isCloseTo(value, SIX_DIGITS);
    }

    @Test
    @DisplayName("AV-7 quantiles of F are those of the tables")
    void fRatio() {
        assertThat(Bounds.fRatio(0.95, 10, 10)).isCloseTo(2.978237, SIX_DIGITS);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 240.342, Infinity",
        "1, 151.775, 14036.92",
        "3, 92.859, 880.528",
        "5, 68.486, 365.454",
        "10, 42.447, 132.709"
    })
    @DisplayName("AV-7 AV-15 bounds of the mean time to fail in 720 hours, also without a failure")
    void timeToFail(long failures, double low, double high) {
        Interval bounds = Bounds.timeToFail(720, failures, 0.9);
        assertThat(bounds.low()).isCloseTo(low, within(5e-4));
        if (Double.isInfinite(high)) {
            assertThat(bounds.high()).isInfinite();
        } else {
            assertThat(bounds.high()).isCloseTo(high, within(5e-3));
        }
    }

    @Test
    @DisplayName("AV-7 bounds of the mean time to repair, and of the availability by time")
    void timeToRepair() {
        assertIs(Bounds.timeToRepair(1800, 5, 0.9), 196.646, 913.636, 5e-4);
        assertIs(Bounds.timeToRepair(1800, 0, 0.9), 0, Double.POSITIVE_INFINITY, 0);
        assertIs(Bounds.availability(720 * 3600, 1800, 5, 0.9), 0.997936, 0.999767, 1e-6);
        assertIs(Bounds.availability(720 * 3600, 0, 0, 0.9), 0, 1, 0);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 100, 0, 0.036993, 0, 0.036217",
        "1, 100, 0.001767, 0.054486, 0.000253, 0.054459",
        "10, 1000, 0.005441, 0.018309, 0.004806, 0.018313",
        "999, 1000, 0.994357, 0.999823, 0.994441, 0.999975",
        "9990, 10000, 0.998160, 0.999457, 0.998162, 0.999520"
    })
    @DisplayName("AV-7 bounds of shares, for display and exact")
    void shares(long some, long all, double low, double high, double exactLow, double exactHigh) {
        assertIs(Bounds.share(some, all, 0.95), low, high, 1e-6);
        assertIs(Bounds.exactShare(some, all, 0.95), exactLow, exactHigh, 1e-6);
    }

    @ParameterizedTest
    @CsvSource({
        "0.001, 1e-4, 10, 2",
        "0.001, 1e-4, 50, 3",
        "0.001, 1e-4, 100, 4",
        "0.001, 1e-4, 500, 6",
        "0.001, 1e-4, 1000, 7",
        "0.001, 1e-4, 5000, 16",
        "0.001, 1e-4, 10000, 25",
        "0.001, 1e-2, 10, 1",
        "0.001, 1e-2, 50, 2",
        "0.001, 1e-2, 100, 2",
        "0.001, 1e-2, 500, 4",
        "0.001, 1e-2, 1000, 5",
        "0.001, 1e-2, 5000, 12",
        "0.001, 1e-2, 10000, 19",
        "0.01, 1e-4, 10, 4",
        "0.01, 1e-4, 50, 6",
        "0.01, 1e-4, 100, 7",
        "0.01, 1e-4, 500, 16",
        "0.01, 1e-4, 1000, 25",
        "0.01, 1e-4, 5000, 79",
        "0.01, 1e-4, 10000, 140",
        "0.01, 1e-2, 10, 2",
        "0.01, 1e-2, 50, 4",
        "0.01, 1e-2, 100, 5",
        "0.01, 1e-2, 500, 12",
        "0.01, 1e-2, 1000, 19",
        "0.01, 1e-2, 5000, 68",
        "0.01, 1e-2, 10000, 125"
    })
    @DisplayName("AV-7 the fewest failures that are no chance")
    void leastFailures(double rate, double chance, long calls, long failures) {
        assertThat(Bounds.leastFailures(calls, rate, chance)).isEqualTo(failures);
    }

    @Test
    @DisplayName("what is plainly no chance is so exactly, too")
    void noChance() {
        for (double rate : new double[] {0.001, 0.01, 0.3}) {
            for (long calls : new long[] {1, 10, 50, 100, 500, 1_000, 5_000}) {
                long least = Bounds.leastFailures(calls, rate, 1e-4);
                for (long failures = 0; failures <= Math.min(calls, 3 * least); failures++) {
                    assertThat(Bounds.areNoChance(failures, calls, rate, 1e-4))
                            .as("%s of %s at %s", failures, calls, rate)
                            .isEqualTo(failures >= least);
                }
            }
        }
    }

    @Test
    @DisplayName("nothing is known of no calls, and what cannot be is refused")
    void edges() {
        assertIs(Bounds.share(0, 0, 0.95), 0, 1, 0);
        assertIs(Bounds.exactShare(0, 0, 0.95), 0, 1, 0);
        assertThat(Bounds.leastFailures(1, 0.5, 1e-4)).isEqualTo(2);
        assertThatThrownBy(() -> Bounds.share(2, 1, 0.95)).isInstanceOf(IllegalArgumentException.class);
        for (double wrong : new double[] {0, 1, -1, Double.NaN}) {
            assertThatThrownBy(() -> Bounds.timeToFail(1, 1, wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("confidence");
        }
    }
}
