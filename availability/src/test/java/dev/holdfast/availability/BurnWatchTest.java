// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BurnWatchTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long SLICE = 5;
    private static final Duration MONTH = Duration.ofDays(30);

    /** What came in so many nanoseconds, all of which were watched. */
    private static Sampler.Slice slice(long from, long to, long good, long bad) {
        return new Sampler.Slice(from, to, new Evidence(good, 0, bad, good + bad), to - from, 0);
    }

    /** A service that is asked so often, in slices of five seconds. */
    private static final class Service {
        final List<BurnRate> rates;
        final BurnWatch watch;
        final double[] firedAt;
        final double[] endedAt;
        long now;
        int alerts;

        Service(double target, List<BurnRate> rates) {
            this.rates = rates;
            this.watch = new BurnWatch("orders", target, MONTH, rates, Budgeting.occurrences(), SLICE * SECOND);
            this.firedAt = new double[rates.size()];
            this.endedAt = new double[rates.size()];
            Arrays.fill(firedAt, Double.NaN);
            Arrays.fill(endedAt, Double.NaN);
        }

        void slice(long good, long bad) {
            long from = now;
            now += SLICE;
            List<Alert> changed = watch.add(BurnWatchTest.slice(from * SECOND, now * SECOND, good, bad));
            for (Alert alert : changed) {
                int i = rates.indexOf(alert.rate());
                if (alert.burning()) {
                    firedAt[i] = now;
                    alerts++;
                } else {
                    endedAt[i] = now;
                }
            }
        }

        void run(long seconds, double errorRate) {
            long calls = 100_000 * SLICE;
            for (long end = now + seconds; now < end; ) {
                slice(calls - Math.round(calls * errorRate), Math.round(calls * errorRate));
            }
        }
    }

    private static double seconds(String text) {
        return text.equals("never") ? Double.NaN : Double.parseDouble(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0.999, 1, 51.8, 129.6, 259.2, 259.2",
        "0.999, 0.5, 103.7, 259.2, 518.4, 518.4",
        "0.999, 0.1, 518.4, 1296, 2592, 2592",
        "0.999, 0.02, 2592, 6480, 12960, 12960",
        "0.999, 0.005, never, never, 51840, 51840",
        "0.99, 1, 518.4, 1296, 2592, 2592",
        "0.99, 0.5, 1036.8, 2592, 5184, 5184",
        "0.99, 0.1, never, 12960, 25920, 25920",
        "0.99, 0.02, never, never, never, 129600",
        "0.99, 0.005, never, never, never, never",
        "0.9999, 1, 5.2, 13, 25.9, 25.9",
        "0.9999, 0.5, 10.4, 25.9, 51.8, 51.8",
        "0.9999, 0.1, 51.8, 129.6, 259.2, 259.2",
        "0.9999, 0.02, 259, 648, 1296, 1296",
        "0.9999, 0.005, 1037, 2592, 5184, 5184"
    })
    @DisplayName("AV-7 how long a step to an error rate lasts until each alert fires")
    void fires(double target, double errorRate, String first, String second, String third, String fourth) {
        Service service = new Service(target, BurnRate.usual());
        service.run(Duration.ofDays(3).plusHours(6).toSeconds(), 0);
        long step = service.now;
        service.run(Duration.ofHours(37).toSeconds(), errorRate);
        List<String> expected = List.of(first, second, third, fourth);
        for (int i = 0; i < 4; i++) {
            double after = service.firedAt[i] - step;
            double right = seconds(expected.get(i));
            if (Double.isNaN(right)) {
                assertThat(after).as("alert %s", i).isNaN();
            } else {
                // The slice in which it comes ends up to one slice later; of days, the older end is an hour's mean.
                assertThat(after).as("alert %s", i).isBetween(right - 0.01 * right, right + SLICE + 0.01 * right);
            }
        }
    }

    @Test
    @DisplayName(
            "AV-7 AV-17 an alert is told once when it begins, and once when what caused it is over for long enough")
    void ends() {
        Service service = new Service(0.999, BurnRate.usual());
        service.run(Duration.ofDays(4).toSeconds(), 0);
        service.run(Duration.ofHours(7).toSeconds(), 1);
        long over = service.now;
        service.run(Duration.ofHours(8).toSeconds(), 0);
        double[] right = {295.68, 1789.2, 7178.4, 21578.4};
        for (int i = 0; i < 4; i++) {
            assertThat(service.endedAt[i] - over)
                    .as("alert %s", i)
                    .isBetween(right[i] - SLICE, right[i] * 1.01 + SLICE);
        }
        assertThat(service.alerts).isEqualTo(4);
    }

    @Test
    @DisplayName("AV-9 a fresh process pages as late as any other, and not on its first slice")
    void fresh() {
        Service service = new Service(0.999, BurnRate.usual());
        service.run(600, 1);
        assertThat(service.firedAt[0]).isBetween(51.84, 51.84 + SLICE);
        assertThat(service.firedAt[1]).isBetween(129.6, 129.6 + SLICE);
    }

    @ParameterizedTest
    @CsvSource({"10, 0.999", "60, 0.999", "100, 0.999", "1000, 0.999", "100, 0.99"})
    @DisplayName("AV-10 a service on target pages hardly ever, however few calls it has")
    void onTarget(int callsAnHour, double target) {
        Random random = new Random(callsAnHour);
        Service service = new Service(target, BurnRate.usual().subList(0, 1));
        for (long i = 0; i < Duration.ofHours(1_000).toSeconds() / SLICE; i++) {
            boolean comes = random.nextDouble() < callsAnHour * SLICE / 3600.0;
            boolean fails = comes && random.nextDouble() < 1 - target;
            service.slice(comes && !fails ? 1 : 0, fails ? 1 : 0);
        }
        assertThat(service.alerts).isLessThanOrEqualTo(1);
    }

    @Test
    @DisplayName("AV-7 AV-15 the budget: what is used, what is left, and in how long it is used up")
    void budget() {
        BurnWatch watch =
                new BurnWatch("orders", 0.999, MONTH, BurnRate.usual(), Budgeting.occurrences(), SLICE * SECOND);
        assertThat(watch.report().budgetUsed()).isEmpty();
        assertThat(watch.report().budgetLeft()).isEmpty();
        assertThat(watch.report().exhaustedIn()).isEmpty();
        watch.add(slice(0, 3_600 * SECOND, 999_300, 700));
        ObjectiveReport report = watch.report();
        assertThat(report.calls()).isEqualTo(1_000_000);
        assertThat(report.budgetUsed().orElseThrow()).isCloseTo(0.7, within(1e-9));
        assertThat(report.budgetLeft().orElseThrow()).isCloseTo(0.3, within(1e-9));
        assertThat(report.callsLeft()).isCloseTo(300, within(1e-6));
        assertThat(report.burns().get(0).longBurn()).isCloseTo(0.7, within(1e-9));
        assertThat(report.exhaustedIn()).isEmpty();
        watch.add(slice(3_600 * SECOND, 7_200 * SECOND, 998_800, 1_200));
        // 100 left, and 1,200 an hour where 1,000 are allowed.
        assertThat(watch.report().callsLeft()).isCloseTo(100, within(1e-6));
        assertThat(watch.report().exhaustedIn().orElseThrow())
                .isBetween(Duration.ofMinutes(29), Duration.ofMinutes(31));
        watch.add(slice(7_200 * SECOND, 7_205 * SECOND, 0, 200));
        assertThat(watch.report().exhaustedIn()).contains(Duration.ZERO);
        assertThat(watch.report().budgetLeft().orElseThrow()).isNegative();
    }

    @Test
    @DisplayName("AV-16 windows of minutes, hours and days are right to a slice, whatever the traffic was")
    void windows() {
        Random random = new Random(1);
        History history = new History(SLICE * SECOND);
        int samples = 40 * 24 * 720;
        double[] calls = new double[samples + 1];
        for (int i = 1; i <= samples; i++) {
            calls[i] = calls[i - 1] + random.nextInt(100);
            history.add(new History.Totals(i * SLICE * SECOND, calls[i], 0, i * SLICE * SECOND));
        }
        long[][] windowsAndErrors = {
            {300, 5}, {3_600, 300}, {21_600, 300}, {86_400, 3_600}, {259_200, 3_600}, {2_505_600, 86_400}
        };
        for (long[] each : windowsAndErrors) {
            double right = calls[samples] - calls[samples - (int) (each[0] / SLICE)];
            assertThat(history.last(each[0] * SECOND).calls())
                    .as("%s s", each[0])
                    .isCloseTo(right, within(each[1] / (double) SLICE * 60));
        }
        assertThat(history.last(Long.MAX_VALUE).calls()).isEqualTo(calls[samples]);
    }
}
