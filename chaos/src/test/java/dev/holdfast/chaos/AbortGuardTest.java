// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AbortGuardTest {
    /** The long form leaves nothing to chance but what the tables themselves do. */
    private static final int RUNS = Boolean.getBoolean("holdfast.long") ? 100_000 : 10_000;

    private static final int RUNS_OF_THE_TABLES = 20_000;
    private static final AbortGuard GUARD = AbortGuard.badRate(0.01, 0.05);

    @ParameterizedTest
    @CsvSource({
        "4.595, 0.130, 0.52",
        "6, 0.033, 0.158",
        "6.908, 0.0136, 0.065",
        "8, 0.0043, 0.019",
        "9.210, 0.0010, 0.007"
    })
    @DisplayName("CH-13 false aborts within 1,000 and 5,000 healthy calls are those of the table")
    void falseAborts(double height, double within1000, double within5000) {
        SplittableRandom seeds = new SplittableRandom(1);
        int soon = 0;
        int late = 0;
        for (int run = 0; run < RUNS; run++) {
            int calls = callsToAbort(GUARD.height(height), 0.01, 5000, seeds.split());
            soon += calls <= 1000 ? 1 : 0;
            late += calls <= 5000 ? 1 : 0;
        }
        assertThat((double) soon / RUNS).isCloseTo(within1000, share(within1000, 1e-4));
        assertThat((double) late / RUNS).isCloseTo(within5000, share(within5000, 1e-3));
    }

    /** A tenth, and what chance does to shares in so many runs, here and in the tables, which are rounded. */
    private static Offset<Double> share(double p, double rounding) {
        return within(0.1 * p + rounding / 2 + 3 * Math.sqrt(p * (1 - p) * (1.0 / RUNS + 1.0 / RUNS_OF_THE_TABLES)));
    }

    @ParameterizedTest
    @CsvSource({"4.595, 105, 40, 6", "6, 136, 51, 8", "6.908, 157, 58, 10", "8, 184, 67, 12", "9.210, 217, 78, 12"})
    @DisplayName("CH-13 calls to an abort at 5, 10 and 50 % bad ones are those of the table")
    void reaction(double height, double at5, double at10, double at50) {
        assertThat(meanCalls(GUARD.height(height), 0.05)).isCloseTo(at5, within(0.1 * at5));
        assertThat(meanCalls(GUARD.height(height), 0.10)).isCloseTo(at10, within(0.1 * at10));
        assertThat(meanCalls(GUARD.height(height), 0.50)).isCloseTo(at50, within(0.1 * at50));
    }

    private static double meanCalls(AbortGuard guard, double rate) {
        SplittableRandom seeds = new SplittableRandom(2);
        long sum = 0;
        for (int run = 0; run < RUNS; run++) {
            sum += callsToAbort(guard, rate, 1_000_000, seeds.split());
        }
        return (double) sum / RUNS;
    }

    /** Good calls take nothing but a number of them to draw: they never abort. */
    private static int callsToAbort(AbortGuard guard, double rate, int most, SplittableRandom random) {
        Cusum sum = new Cusum(guard);
        double calls = 0;
        while (calls < most) {
            double good = Math.floor(Math.log1p(-random.nextDouble()) / Math.log1p(-rate));
            calls += good + 1;
            sum.add((long) good, 0);
            if (sum.add(0, 1)) {
                return (int) calls;
            }
        }
        return most + 1;
    }

    @ParameterizedTest
    @CsvSource({"4.595, 3", "6, 4", "6.908, 5", "8, 5", "9.210, 6"})
    @DisplayName("CH-13 so many bad calls in a row abort at once, one less does not, however long all was well before")
    void inARow(double height, int least) {
        Cusum sum = new Cusum(GUARD.height(height));
        sum.add(1_000_000, 0);
        assertThat(sum.add(0, least - 1)).isFalse();
        assertThat(sum.add(0, 1)).isTrue();
        assertThat(sum.add(1_000_000, 0)).as("stays so").isTrue();
    }

    @ParameterizedTest
    @CsvSource({"10", "100"})
    @DisplayName("CH-13 calls that are seen many at once abort no healthy run more often, and hardly later")
    void manyAtOnce(int atOnce) {
        SplittableRandom seeds = new SplittableRandom(3);
        int aborted = 0;
        long calls = 0;
        for (int run = 0; run < RUNS; run++) {
            aborted += stepsToAbort(0.01, atOnce, 1000 / atOnce, seeds.split()) <= 1000 / atOnce ? 1 : 0;
            calls += (long) atOnce * stepsToAbort(0.05, atOnce, 1_000_000, seeds.split());
        }
        assertThat((double) aborted / RUNS).isLessThan(0.0043 + 0.002);
        assertThat((double) calls / RUNS).isBetween(0.9 * 184, 1.1 * 184 + atOnce);
    }

    private static int stepsToAbort(double rate, int atOnce, int most, SplittableRandom random) {
        Cusum sum = new Cusum(GUARD);
        for (int step = 1; step < most; step++) {
            int bad = 0;
            for (int i = 0; i < atOnce; i++) {
                bad += random.nextDouble() < rate ? 1 : 0;
            }
            if (sum.add(atOnce - bad, bad)) {
                return step;
            }
        }
        return most + 1;
    }

    // ---- The steps, by what is known of tests that end with a decision
    // -----------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "0.01, 0.05, 0.01, 0.01, 4.595120, -4.595120, 3, 112",
        "0.001, 0.01, 0.01, 0.05, 4.553877, -2.985682, 2, 330",
        "0.01, 0.1, 0.01, 0.05, 4.553877, -2.985682, 2, 32",
        "0.05, 0.2, 0.01, 0.05, 4.553877, -2.985682, 4, 18"
    })
    @DisplayName("CH-13 steps are those of Wald's sequential test: bounds, and calls to a decision at once")
    void steps(double p0, double p1, double a, double b, double reject, double accept, int bad, int good) {
        AbortGuard guard = AbortGuard.badRate(p0, p1);
        assertThat(Math.log((1 - b) / a)).isCloseTo(reject, within(1e-6));
        assertThat(Math.log(b / (1 - a))).isCloseTo(accept, within(1e-6));
        assertThat(Math.ceil(reject / guard.up())).isEqualTo(bad);
        assertThat(Math.ceil(-accept / guard.down())).isEqualTo(good);
        if (p1 == 0.05) {
            assertThat(guard.up()).isCloseTo(1.609438, within(1e-6));
            assertThat(guard.down()).isCloseTo(0.041243, within(1e-6));
        }
    }

    @ParameterizedTest
    @CsvSource({"0.01, 0.00578, 184.4", "0.05, 0.99018, 124.0", "0.10, 0.99999, 43.0", "0.5, 1, 6.3"})
    @DisplayName("CH-13 the sequential test of these steps decides as the table says, worked out exactly")
    void sequential(double rate, double aborts, double mean) {
        double reject = Math.log(99);
        // Who is undecided after n calls, by the number of bad ones among them.
        double[] undecided = {1};
        double aborted = 0;
        double steps = 0;
        for (int n = 1; n <= 10_000; n++) {
            double[] next = new double[Math.min(n, 600) + 1];
            for (int bad = 0; bad < Math.min(undecided.length, 600); bad++) {
                steps += undecided[bad];
                for (int more = 0; more <= 1; more++) {
                    double chance = undecided[bad] * (more == 1 ? rate : 1 - rate);
                    double sum = (bad + more) * GUARD.up() - (n - bad - more) * GUARD.down();
                    if (sum >= reject - 1e-9) {
                        aborted += chance;
                    } else if (sum > -reject + 1e-9) {
                        next[bad + more] += chance;
                    }
                }
            }
            undecided = next;
        }
        assertThat(aborted).isCloseTo(aborts, within(1e-5));
        assertThat(steps).isCloseTo(mean, within(0.06));
    }

    @Test
    @DisplayName("a guard between rates that make none is refused")
    void refused() {
        assertThatThrownBy(() -> AbortGuard.badRate(0.05, 0.01))
                .hasMessage("bad rates: 0.05 and 0.01 (expected: more than 0, a larger one, and less than 1)");
        assertThatThrownBy(() -> AbortGuard.badRate(0, 0.01)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> AbortGuard.badRate(0.5, Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> GUARD.height(0.5)).hasMessage("height: 0.5 (expected: 1.0 to 100.0)");
    }
}
