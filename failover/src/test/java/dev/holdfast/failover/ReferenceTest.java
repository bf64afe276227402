// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Known values of the algorithms. */
class ReferenceTest {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1_000 * MS;

    private static double ms(double nanos) {
        return nanos / MS;
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_000_000_000_000L, Long.MAX_VALUE - 5_000_000_000L})
    @DisplayName(
            "peak EWMA with a decay of 10 s: what answers of 100, 50 and 300 ms come to, and how an idle node's cost sinks")
    void peakEwma(long start) {
        Cost cost = new Cost(10 * SECOND, start);

        assertThat(cost.nanos(start)).isZero();
        cost.answered(100 * MS, start);
        assertThat(ms(cost.nanos(start))).isCloseTo(100, within(1e-6));
        cost.answered(50 * MS, start + SECOND);
        assertThat(ms(cost.nanos(start + SECOND))).isCloseTo(95.241871, within(1e-6));
        cost.answered(300 * MS, start + SECOND);
        assertThat(ms(cost.nanos(start + SECOND))).isCloseTo(300, within(1e-6));
        assertThat(ms(cost.nanos(start + 6 * SECOND))).isCloseTo(181.959198, within(1e-6));
        assertThat(3 * ms(cost.nanos(start + 6 * SECOND))).isCloseTo(545.877594, within(1e-6));
        assertThat(ms(cost.nanos(start + 11 * SECOND))).isCloseTo(110.363832, within(1e-6));
        assertThat(ms(cost.nanos(start + SECOND + 10_985 * MS))).isGreaterThan(100);
        assertThat(ms(cost.nanos(start + SECOND + 10_987 * MS))).isLessThan(100);
    }

    @Test
    @DisplayName("LB-7 a failure that counts as 5 s is down at 30 ms after 51.16 s")
    void penalty() {
        Cost cost = new Cost(10 * SECOND, 0);
        cost.failed(MS, 5 * SECOND, 0);

        assertThat(ms(cost.nanos(51_150 * MS))).isGreaterThan(30);
        assertThat(ms(cost.nanos(51_170 * MS))).isLessThan(30);
    }

    @Test
    @DisplayName(
            "a failure counts in the average as 5 s, and as what it took at least: one of many weighs little, and many in a row weigh all")
    void failures() {
        Cost cost = new Cost(10 * SECOND, 0);
        cost.answered(30 * MS, 0);
        cost.failed(MS, 5 * SECOND, 10 * MS);
        // 30 and 4,970 * (1 - exp(-0.001)).
        assertThat(ms(cost.nanos(10 * MS))).isCloseTo(34.967516, within(1e-6));
        cost.failed(250 * MS, 5 * SECOND, 20 * MS);
        assertThat(ms(cost.nanos(20 * MS))).isCloseTo(250, within(1e-6));
        for (long i = 3; i <= 5_000; i++) {
            cost.failed(MS, 5 * SECOND, i * 10 * MS);
        }
        assertThat(ms(cost.nanos(50 * SECOND))).isBetween(4_950.0, 5_000.0);
    }

    @Test
    @DisplayName("the cost is right after ten years, and when the clock has gone back")
    void longTime() {
        long years = Duration.ofDays(3_650).toNanos();
        Cost cost = new Cost(10 * SECOND, 0);

        cost.answered(100 * MS, years);
        assertThat(ms(cost.nanos(years))).isCloseTo(100, within(1e-5));
        cost.answered(50 * MS, years + SECOND);
        assertThat(ms(cost.nanos(years + SECOND))).isCloseTo(95.241871, within(1e-5));
        cost.answered(50 * MS, years - SECOND);
        assertThat(ms(cost.nanos(years + SECOND))).isBetween(50.0, 95.3);
    }

    @ParameterizedTest
    @CsvSource({"3, .6667 .3333 0", "5, .4 .3 .2 .1 0"})
    @DisplayName("LB-1 of two different nodes the better one: shares by rank, the worst none")
    void shares(int nodes, String expected) {
        Fleet fleet = new Fleet("abcde".substring(0, nodes));
        Replicas<String> replicas =
                fleet.builder().nodes(fleet.names()).eject(Ejection.never()).build();
        for (int i = 0; i < nodes; i++) {
            fleet.works(fleet.names().get(i), Duration.ofMillis(10 + 10 * i));
        }
        // Without taking time, so that the ranks stay.
        rank(replicas, fleet.names());

        int calls = 100_000;
        int[] got = new int[nodes];
        for (int i = 0; i < calls; i++) {
            got[fleet.names().indexOf(replicas.pick(null, List.of()).target())]++;
        }
        double[] want = Arrays.stream(expected.split(" "))
                .mapToDouble(Double::parseDouble)
                .toArray();
        for (int i = 0; i < nodes; i++) {
            assertThat((double) got[i] / calls).as("rank " + (i + 1)).isCloseTo(want[i], within(.01));
        }
        assertThat(got[nodes - 1]).isZero();
    }

    static void rank(Replicas<String> replicas, List<String> names) {
        for (int i = 0; i < names.size(); i++) {
            Node<?> node = Member.of(leaseOf(replicas, names.get(i)));
            node.cost.answered((i + 1) * 10L * MS, replicas.environment().nanoTime());
        }
    }

    static dev.holdfast.Lease<String> leaseOf(Replicas<String> replicas, String name) {
        return IntStream.range(0, 10_000)
                .mapToObj(i -> replicas.pick(null, List.of()))
                .filter(lease -> lease.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    // ---- Worse than the others --------------------------------------------------------------------------------------

    private static double[] rates(String percents) {
        return Arrays.stream(percents.split(" "))
                .flatMapToDouble(each -> {
                    String[] parts = each.split("x");
                    int times = parts.length == 1 ? 1 : Integer.parseInt(parts[1]);
                    return IntStream.range(0, times).mapToDouble(i -> Double.parseDouble(parts[0]) / 100);
                })
                .toArray();
    }

    @ParameterizedTest
    @CsvSource({
        "50 100x4,  52,     1",
        "0 100x4,   4,      1",
        "0 100x3,   -7.27,  0",
        "0x2 100x8, 4,      2",
        "0x3 100x7, -17.07, 0",
        "90 99x9,   92.97,  1"
    })
    @DisplayName("the threshold of 1.9 standard deviations below the mean, and how many are below")
    void outliers(String percents, double threshold, int below) {
        double[] rates = rates(percents);
        Rates all = Rates.of(rates);

        assertThat(100 * all.threshold(1.9)).isCloseTo(threshold, within(.01));
        Ejection rule = Ejection.afterFailures(5).orWorseThanOthers(1.9, 1e-9);
        assertThat(Arrays.stream(rates).filter(rate -> all.isWorse(rate, rule))).hasSize(below);
    }

    @Test
    @DisplayName("mean and deviation of 50 and four times 100")
    void meanAndDeviation() {
        Rates all = Rates.of(rates("50 100x4"));

        assertThat(all.mean()).isCloseTo(.9, within(1e-12));
        assertThat(all.deviation()).isCloseTo(.2, within(1e-12));
    }

    @Test
    @DisplayName("the minimum deficit: 99.9 among 100 is below the threshold, and stays")
    void minimumDeficit() {
        Rates all = Rates.of(rates("99.9 100x4"));

        assertThat(.999).isLessThan(all.threshold(1.9));
        assertThat(all.isWorse(.999, Ejection.ofDefaults())).isFalse();
        assertThat(all.isWorse(.999, Ejection.afterFailures(1).orWorseThanOthers(1.9, .0001)))
                .isTrue();
    }

    @Test
    @DisplayName(
            "LB-3 ejections last 30 s, 60, ..., 270, 300, 300 where the base is 30 s and the most 300 s; the factor stops at 10")
    void times() {
        Ejection rules = Ejection.ofDefaults().lasting(Duration.ofSeconds(30), Duration.ofSeconds(300));
        int factor = 0;
        for (int m = 1; m <= 12; m++) {
            factor = rules.grown(factor);
            assertThat(factor).isEqualTo(Math.min(m, 10));
            assertThat(rules.nanos(factor) / SECOND).isEqualTo(Math.min(30L * m, 300));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0.1,  2:1 5:1 10:1 11:1 20:2 1:0",
        "0.5,  2:1 3:1 4:2 5:2 10:5 1:0",
        "1.0,  2:1 3:2 10:9 1:0 0:0",
        "0.29, 100:29 3:1 2:1 7:2"
    })
    @DisplayName("LB-2 of n nodes max(1, floor(share * n)) may be out, and never all")
    void limits(double share, String pairs) {
        for (String pair : pairs.split(" ")) {
            String[] parts = pair.split(":");
            assertThat(Quota.limit(Integer.parseInt(parts[0]), share)).as(pair).isEqualTo(Integer.parseInt(parts[1]));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, .1 .1 .25 .5 .75", "2, .1291 .3162 .5 .7071 .8660", ".5, .1 .1 .1 .25 .5625"})
    @DisplayName("LB-9 the weight of a node that warms up for 60 s, after 1, 6, 15, 30 and 45 s")
    void ramp(double aggression, String expected) {
        Ramp ramp = new Ramp(60 * SECOND, aggression);
        int[] at = {1, 6, 15, 30, 45};
        for (int i = 0; i < at.length; i++) {
            assertThat(ramp.at(at[i] * SECOND))
                    .as(at[i] + " s")
                    .isCloseTo(Double.parseDouble(expected.split(" ")[i]), within(.00005));
        }
        assertThat(ramp.at(0)).isBetween(.1, .13);
        assertThat(ramp.at(60 * SECOND)).isEqualTo(1);
        assertThat(ramp.at(Long.MAX_VALUE)).isEqualTo(1);
        assertThat(new Ramp(0, 1).at(0)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "71/71,     99/1",
        "50/50,     70/30",
        "25/100,    35/65",
        "25/25,     50/50",
        "25/25/100, 35/35/30",
        "100/100,   100/0",
        "0/100,     0/100",
        "72/100,    100/0",
        "0/0,       100/0",
        "100,       100",
        "0/33/0,    0/100/0"
    })
    @DisplayName("FO-8 what each tier gets by how many percent of it are healthy")
    void tiers(String healthy, String load) {
        int[] carries = Arrays.stream(healthy.split("/"))
                .mapToInt(each -> View.carries(Integer.parseInt(each)))
                .toArray();
        List<Integer> want =
                Arrays.stream(load.split("/")).map(Integer::parseInt).toList();

        assertThat(View.percent(carries)).isEqualTo(want);
    }

    @Test
    @DisplayName("all loads of two tiers add up to 100 percent")
    void tiersAddUp() {
        for (int a = 0; a <= 100; a++) {
            for (int b = 0; b <= 100; b++) {
                List<Integer> percent = View.percent(View.carries(a), View.carries(b));
                assertThat(percent.get(0) + percent.get(1)).as(a + "/" + b).isEqualTo(100);
                assertThat(Map.of(0, percent.get(0), 1, percent.get(1)).values())
                        .allMatch(each -> each >= 0);
            }
        }
    }
}
