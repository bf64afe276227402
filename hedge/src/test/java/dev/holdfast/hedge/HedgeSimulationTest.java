// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Budget;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server whose times are exponential, with a mean of 100 ms, against the exact values. */
@Timeout(120)
class HedgeSimulationTest {
    private static final long MEAN = 100_000_000;
    private static final int MOST_CALLS = 200_000;
    /** The normal build makes a fifth of the calls, and tolerates as much more as their errors are larger: see {@link #of}. */
    private static final int FEWER = Boolean.getBoolean("holdfast.long") ? 1 : 5;

    private static final int CALLS = MOST_CALLS / FEWER;

    private final VirtualTime time = VirtualTime.create();
    private final Random random = new Random(20_261_201);
    private long starts;
    private double slowness = 1;

    private CompletableFuture<String> serve() {
        starts++;
        CompletableFuture<String> stage = new CompletableFuture<>();
        double nanos = -Math.log(1 - random.nextDouble()) * MEAN * slowness;
        time.schedule(() -> stage.complete("stock"), Math.round(nanos));
        return stage;
    }

    /** What calls took, sorted, in mean service times. */
    private double[] run(Hedge<Object> hedge, int calls) {
        double[] took = new double[calls];
        for (int i = 0; i < calls; i++) {
            long start = time.nanoTime();
            time.join(hedge.callAsync(this::serve));
            took[i] = (double) (time.nanoTime() - start) / MEAN;
        }
        Arrays.sort(took);
        return took;
    }

    /** A tolerance, which is said for all calls: standard errors fall with the root of their number. */
    private static Offset<Double> of(double tolerance) {
        return within(tolerance * Math.sqrt(FEWER));
    }

    private static double quantile(double[] sorted, double q) {
        return sorted[(int) Math.ceil(q * sorted.length) - 1];
    }

    private HedgeBuilder<Object> hedge() {
        return Hedge.builder("h").environment(time).repeatable().withoutBudget();
    }

    @ParameterizedTest
    @CsvSource({
        "0.5,  0.69315, 0.75,  2.64916, 3.80045, 0.5",
        "0.9,  2.30259, 0.95,  3.45388, 4.60517, 0.1",
        "0.95, 2.99573, 0.975, 3.80045, 4.95174, 0.05",
        "0.99, 4.60517, 0.995, 4.60517, 5.75646, 0.01"
    })
    @DisplayName("HG-4 one extra after the exact quantile: mean, p99, p99.9 and extra load are the exact ones")
    void exact(double q, double delay, double mean, double p99, double p999, double extra) {
        Hedge<Object> hedge =
                hedge().after(Duration.ofNanos(Math.round(delay * MEAN))).build();

        double[] took = run(hedge, CALLS);

        // Of all 200,000 calls 0.6 % of the mean are two and a half standard errors; of the p99.9, which 200 calls
        // make,
        // 3 %.
        assertThat(Arrays.stream(took).average().orElseThrow()).isCloseTo(mean, of(mean * 0.01));
        assertThat(quantile(took, 0.99)).isCloseTo(p99, of(p99 * 0.01));
        assertThat(quantile(took, 0.999)).isCloseTo(p999, of(p999 * 0.03));
        assertThat((double) starts / CALLS - 1).as("at %s", q).isCloseTo(extra, of(Math.min(0.0025, extra / 5)));
        assertThat(hedge.counts().late()).isEqualTo(starts - CALLS);
    }

    @ParameterizedTest
    @CsvSource({"0.5, 0.69315, 0.625", "0.9, 2.30259, 0.101"})
    @DisplayName("with two extras the load is 1 - q + (1 - q)^3")
    void twoExtras(double q, double delay, double extra) {
        run(hedge().after(Duration.ofNanos(Math.round(delay * MEAN))).extras(2).build(), CALLS / 4);

        assertThat(4.0 * starts / CALLS - 1).as("at %s", q).isCloseTo(extra, of(0.006));
    }

    @ParameterizedTest
    @CsvSource({"0.5", "0.9", "0.95", "0.99"})
    @DisplayName(
            "HG-7 a learned delay hedges 1 - q of the calls, to half a percent in the long run, because only first attempts teach it")
    void learned(double q) {
        Hedge<Object> hedge = hedge().afterQuantile(q, Duration.ofMillis(300)).build();
        run(hedge, 5_000);
        starts = 0;

        run(hedge, CALLS / 2);

        assertThat(2.0 * starts / CALLS - 1).isCloseTo(1 - q, of(Math.min(0.005, (1 - q) / 5)));
        double exact = -Math.log(1 - q) * MEAN;
        assertThat((double) hedge.delay().orElseThrow().toNanos()).isCloseTo(exact, within(exact * 0.15));
    }

    @Test
    @DisplayName(
            "HG-6, HG-10 when everything becomes ten times as slow, extras stay in the budget, and the delay follows")
    void slowdown() {
        Hedge<Object> hedge = Hedge.builder("h")
                .environment(time)
                .repeatable()
                .budget(Budget.of(10, 0.05, 0))
                .build();
        run(hedge, 5_000);
        starts = 0;
        long wonBefore = hedge.counts().first() + hedge.counts().extra();
        slowness = 10;

        run(hedge, 20_000);

        long won = hedge.counts().first() + hedge.counts().extra() - wonBefore;
        assertThat(starts - 20_000).isLessThanOrEqualTo((long) (10 + 0.05 * won) + 1);
        double exact = -Math.log(0.05) * MEAN * 10;
        assertThat((double) hedge.delay().orElseThrow().toNanos()).isCloseTo(exact, within(exact * 0.15));
    }

    @Test
    @DisplayName("HG-8 the learned delay stays in its bounds")
    void bounds() {
        Hedge<Object> hedge = hedge().afterQuantile(0.95, Duration.ofMillis(300))
                .between(Duration.ofMillis(500), Duration.ofMillis(600))
                .build();
        run(hedge, 200);
        assertThat(hedge.delay()).contains(Duration.ofMillis(500));
        slowness = 10;
        run(hedge, 5_000);
        assertThat(hedge.delay()).contains(Duration.ofMillis(600));
    }

    @Test
    @DisplayName("fast failures teach nothing")
    void fastFailures() {
        Hedge<Object> hedge = hedge().afterQuantile(0.9, Duration.ofMillis(300))
                .afterFailure(false)
                .build();
        for (int i = 0; i < 1_000; i++) {
            CompletableFuture<Object> failed =
                    hedge.callAsync(() -> CompletableFuture.failedFuture(new IllegalStateException("no")));
            assertThat(failed).isCompletedExceptionally();
        }
        assertThat(hedge.delay()).contains(Duration.ofMillis(300));
        run(hedge, 200);
        assertThat(hedge.delay().orElseThrow()).isNotEqualTo(Duration.ofMillis(300));
    }
}
