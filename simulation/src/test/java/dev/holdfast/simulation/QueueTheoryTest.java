// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.bulkhead.Bulkhead;
import java.time.Duration;
import java.util.Arrays;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What queueing theory says of services in which nothing goes wrong, and a simulation has to find by itself. */
class QueueTheoryTest {
    private static final Duration MEAN = Duration.ofMillis(10);
    /** Calls a second of one worker. */
    private static final double MU = 100;

    private static World world(int workers, Times times, double rate, int seconds) {
        return World.of(
                        Service.of("stock", workers, times),
                        Clients.poisson("stock", rate).patience(Duration.ofHours(1)))
                .lasting(Duration.ofSeconds(seconds));
    }

    /** Erlang's C: the share of calls that find all workers busy. */
    private static double erlangC(int workers, double load) {
        double term = 1;
        double sum = 0;
        for (int i = 0; i < workers; i++) {
            sum += term;
            term *= load / (i + 1);
        }
        double last = term * workers / (workers - load);
        return last / (sum + last);
    }

    @ParameterizedTest(name = "{0} workers, {1} of their time used")
    @DisplayName("Poisson calls and exponential times: the mean is Erlang's")
    @CsvSource({"1, 0.5", "1, 0.7", "4, 0.8", "16, 0.85"})
    void meanWaits(int workers, double usage) {
        double rate = usage * workers * MU;
        Calls calls = Calls.measured();
        // As many calls as keep the error of the mean near to a hundredth.
        world(workers, Times.exponential(MEAN), rate, (int) (400_000 / rate)).run(1, calls.policies());
        double expected = erlangC(workers, rate / MU) / (workers * MU - rate) + 1 / MU;
        assertThat(calls.meanSeconds()).isCloseTo(expected, Percentage.withPercentage(4));
    }

    @Test
    @DisplayName("With constant times calls wait half as long as with exponential ones")
    void constantTimes() {
        Calls calls = Calls.measured();
        world(1, Times.constant(MEAN), 70, 5_000).run(1, calls.policies());
        double usage = 0.7;
        double expected = usage / (2 * MU * (1 - usage)) + 1 / MU;
        assertThat(calls.meanSeconds()).isCloseTo(expected, Percentage.withPercentage(3));
    }

    @Test
    @DisplayName("With one worker and exponential times, times in the service are exponential, too")
    void quantiles() {
        Run run = world(1, Times.exponential(MEAN), 60, 6_000).run(1, Policies.NONE);
        double mean = 1 / (MU - 60);
        for (double quantile : new double[] {0.25, 0.5, 0.9, 0.99}) {
            double expected = -Math.log(1 - quantile) * mean;
            assertThat(run.latency(quantile).toNanos() / 1e9)
                    .as("quantile " + quantile)
                    .isCloseTo(expected, Percentage.withPercentage(8));
        }
    }

    @Test
    @DisplayName("Little's law: calls in flight are their rate times their time")
    void little() {
        Calls calls = Calls.measured();
        World world = world(4, Times.exponential(MEAN), 320, Boolean.getBoolean("holdfast.long") ? 2_000 : 1_000);
        world.run(1, calls.policies());
        Run run = world.run(1, () -> Bulkhead.of("stock", 1_000_000));
        double[] inFlight = run.meters().entrySet().stream()
                .filter(meter -> meter.getKey().startsWith("holdfast.bulkhead.usage"))
                .findFirst()
                .orElseThrow()
                .getValue();
        double expected = 320 * calls.meanSeconds();
        assertThat(Arrays.stream(inFlight).average().orElseThrow()).isCloseTo(expected, Percentage.withPercentage(5));
    }

    @Test
    @DisplayName("As many Poisson calls come in a second as their rate, and their variance is the same")
    void poisson() {
        Run run = world(8, Times.constant(MEAN), 100, 5_000).run(3, Policies.NONE);
        double mean = run.offered() / 5_000.0;
        double variance = run.seconds().stream()
                .mapToDouble(second -> Math.pow(second.offered() - mean, 2))
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(100, within(0.6)); // four standard errors
        assertThat(variance).isCloseTo(100, within(9.0));
        assertThat(run.answered()).isEqualTo(run.offered());
    }

    @ParameterizedTest(name = "{0}")
    @DisplayName("Times have the mean that they say")
    @CsvSource({"constant", "exponential", "log-normal", "mixed"})
    void means(String kind) {
        Times times = switch (kind) {
            case "constant" -> Times.constant(MEAN);
            case "exponential" -> Times.exponential(MEAN);
            case "log-normal" -> Times.logNormal(MEAN, 0.5);
            default -> Times.mixed(0.9, Times.constant(MEAN), Times.exponential(Duration.ofMillis(100)));
        };
        Calls calls = Calls.measured();
        // Nobody waits: what is measured are the times alone.
        world(1_000, times, 1_000, 100).run(1, calls.policies());
        assertThat(calls.meanSeconds()).isCloseTo(times.mean().toNanos() / 1e9, Percentage.withPercentage(3));
    }

    @Test
    @DisplayName("Thousands of simulated seconds take a second")
    void quick() {
        World world = World.of(
                        Service.of("stock", 8, Times.constant(Duration.ofMillis(20))),
                        Clients.poisson("stock", 280).count(40))
                .lasting(Duration.ofSeconds(1_000));
        long start = System.nanoTime();
        Run run = world.run(1, Policies.NONE);
        double took = (System.nanoTime() - start) / 1e9;
        assertThat(run.seconds()).hasSize(1_000);
        assertThat(1_000 / took).as("simulated over real time").isGreaterThan(50);
    }
}
