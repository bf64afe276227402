// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Nodes whose times are exponential, with a mean of 100 ms. Of 200,000 calls the p99 is made by 2,000, which puts its standard error at
 * 0.022 of a mean at most, or half a percent of it; that of the p99.9 is three times as large. So the bounds are 1 % up to the p99, two
 * standard errors, and 3 % for the p99.9.
 */
@Timeout(120)
class QuorumSimulationTest {
    private static final long MEAN = 100_000_000;
    private static final int CALLS = 200_000;

    private final ByHand time = new ByHand();
    private final Random random = new Random(20_261_202);
    private long starts;

    private CompletableFuture<Integer> serve(int node) {
        starts++;
        CompletableFuture<Integer> stage = new CompletableFuture<>();
        double nanos = -Math.log(1 - random.nextDouble()) * MEAN;
        time.schedule(() -> stage.complete(node), Math.round(nanos));
        return stage;
    }

    /** What calls took, sorted, in means of the nodes. */
    private double[] run(Quorum<Integer, Integer> quorum, int calls) {
        double[] took = new double[calls];
        for (int i = 0; i < calls; i++) {
            long start = time.nanoTime();
            CompletableFuture<Integer> future = quorum.callAsync(this::serve);
            time.runUntil(future);
            took[i] = (double) (time.nanoTime() - start) / MEAN;
        }
        Arrays.sort(took);
        return took;
    }

    private static double quantile(double[] sorted, double q) {
        return sorted[(int) Math.ceil(q * sorted.length) - 1];
    }

    private static double mean(double[] all) {
        return Arrays.stream(all).average().orElseThrow();
    }

    private static void isClose(double value, double expected, double share) {
        assertThat(value).isCloseTo(expected, within(expected * share));
    }

    private QuorumBuilder<Integer, Integer> reads(int need, int nodes) {
        return Quorum.reads("q", Integer.class)
                .over(Stages.nodes(nodes))
                .environment(time)
                .need(need)
                .mayReadStale()
                .newest(Comparator.<Integer>naturalOrder());
    }

    @ParameterizedTest
    @CsvSource({"2, 2, 1.228, 3.676, 5.296", "2, 3, 0.693, 1.998, 2.83"})
    @DisplayName("two of two, and two of three that are all asked: p50, p95 and p99 are the exact ones")
    void allAsked(int need, int nodes, double p50, double p95, double p99) {
        // Those that are not needed go on, so that calling them off takes no time of the test's.
        double[] took =
                run(reads(need, nodes).askAll(true).letOthersFinish(true).build(), CALLS);

        isClose(quantile(took, 0.5), p50, 0.01);
        isClose(quantile(took, 0.95), p95, 0.01);
        isClose(quantile(took, 0.99), p99, 0.01);
        assertThat(starts).isEqualTo((long) nodes * CALLS);
    }

    @Test
    @DisplayName(
            "two of three, of which the third is asked after 3.0: for a twentieth more starts the p99 is that of a mean and a half less")
    void spare() {
        Quorum<Integer, Integer> quorum =
                reads(2, 3).spareAfter(Duration.ofNanos(3 * MEAN)).build();

        double[] took = run(quorum, CALLS);

        // One of two takes longer than 3.0 in 1 - (1 - e^-3)^2 of the calls: with a standard error of 0.0007.
        double late = 1 - Math.pow(1 - Math.exp(-3), 2);
        assertThat((double) starts / CALLS).isCloseTo(2 + late, within(0.003));
        assertThat((double) starts / CALLS).isCloseTo(2.10, within(0.005));
        assertThat(quorum.counts().late()).isEqualTo(starts - 2L * CALLS);
        // These were simulated themselves, and are given to three digits.
        isClose(quantile(took, 0.95), 3.34, 0.015);
        isClose(quantile(took, 0.99), 4.18, 0.015);
        isClose(quantile(took, 0.999), 5.36, 0.03);
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 0.5", "1, 3, 0.333333", "2, 3, 0.833333", "3, 5, 0.783333", "3, 4, 1.083333", "5, 7, 1.092857"})
    @DisplayName("the mean of the k-th of n is the exact one")
    void means(int need, int nodes, double mean) {
        // The standard deviation is the mean at most, so the standard error of 40,000 calls is half a percent of it.
        isClose(mean(run(reads(need, nodes).askAll(true).letOthersFinish(true).build(), 40_000)), mean, 0.015);
    }

    @Test
    @DisplayName("a learned delay asks a spare for as many calls as it says: 1 - q of the first, each")
    void learned() {
        Quorum<Integer, Integer> quorum = reads(2, 3)
                .letOthersFinish(true)
                .spareAfterQuantile(0.95, Duration.ofMillis(300))
                .build();
        run(quorum, 3_000);
        long before = quorum.counts().late();

        run(quorum, 20_000);

        // The slower of two is late in 1 - 0.95^2 of the calls; half a percent is what a learned quantile is off at
        // most.
        assertThat((quorum.counts().late() - before) / 20_000.0).isCloseTo(1 - 0.95 * 0.95, within(0.01));
    }
}
