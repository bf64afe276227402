// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ObjectiveTest {
    private final VirtualTime time = VirtualTime.create();
    private final Bulkhead bulkhead = time.building(() -> Bulkhead.of("orders", 10));

    private void calls(int count, boolean good) {
        for (int i = 0; i < count; i++) {
            try {
                bulkhead.run(() -> {
                    if (!good) {
                        throw new IllegalStateException("down");
                    }
                });
            } catch (IllegalStateException expected) {
                // Failed.
            }
        }
    }

    @Test
    @DisplayName("AV-17 who listens hears when the budget burns, and when that is over")
    void alerts() {
        List<Alert> heard = new ArrayList<>();
        try (Objective objective =
                Objective.builder("orders", 0.999).environment(time).callers(bulkhead)) {
            objective.on(Event.class, event -> {
                throw new IllegalStateException("listener");
            });
            objective.on(Objective.BudgetBurning.class, event -> heard.add(event.alert()));
            objective.on(Objective.BudgetRecovered.class, event -> heard.add(event.alert()));
            for (int i = 0; i < 60; i++) {
                calls(100, false);
                time.advance(Duration.ofSeconds(1));
            }
            assertThat(heard).singleElement().satisfies(alert -> {
                assertThat(alert.burning()).isTrue();
                assertThat(alert.objective()).isEqualTo("orders");
                assertThat(alert.rate()).isEqualTo(BurnRate.usual().get(0));
                assertThat(alert.burn()).isGreaterThan(14.4);
            });
            assertThat(objective.report().burns().get(0).burning()).isTrue();
            for (int i = 0; i < 400; i++) {
                calls(100, true);
                time.advance(Duration.ofSeconds(1));
            }
            assertThat(heard.stream()
                            .filter(alert ->
                                    alert.rate().equals(BurnRate.usual().get(0))))
                    .extracting(Alert::burning)
                    .containsExactly(true, false);
        }
    }

    @Test
    @DisplayName("AV-11 reports and meters say what there is, as often as they are asked")
    void meters() {
        try (Objective objective =
                Objective.builder("orders", 0.75).alerts().environment(time).callers(bulkhead)) {
            calls(95, true);
            calls(5, false);
            time.advance(Duration.ofMinutes(1));
            for (int i = 0; i < 1_000; i++) {
                assertThat(objective.report().bad()).isEqualTo(5);
            }
            assertThat(objective.meters())
                    .extracting(
                            meter -> meter.name() + " " + meter.labels().get("holdfast.outcome") + " " + meter.value())
                    .containsExactly(
                            "holdfast.objective.calls good 95.0",
                            "holdfast.objective.calls bad 5.0",
                            "holdfast.objective.budget.remaining null 0.8",
                            "holdfast.objective.target null 0.75");
            assertThat(objective).hasToString("Objective[orders 0.75 over PT720H]");
        }
        try (Objective usual =
                Objective.builder("usual", 0.999).environment(time).callers(bulkhead)) {
            assertThat(usual.meters().stream()
                            .filter(meter -> meter.name().equals("holdfast.objective.burn"))
                            .map(meter -> meter.labels().get("holdfast.window")))
                    .containsExactly("1h", "6h", "1d", "3d");
            assertThat(usual.meters().stream().collect(Collectors.groupingBy(Meter::name)))
                    .hasSize(4);
        }
    }

    @Test
    @DisplayName("AV-8 an alert that can never fire is refused, and it says why")
    void cannotFire() {
        ObjectiveBuilder low = Objective.builder("low", 0.93).environment(time);
        assertThatThrownBy(() -> low.callers(bulkhead))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("14.40")
                .hasMessageContaining("14.29");
        low.alerts(new BurnRate(BurnRate.Severity.TICKET, Duration.ofDays(1), 0.1));
        low.callers(bulkhead).close();
        Objective.builder("just high enough", 0.9306)
                .environment(time)
                .callers(bulkhead)
                .close();
        assertThatThrownBy(() -> Objective.builder("short", 0.999)
                        .environment(time)
                        .over(Duration.ofHours(1))
                        .alerts(new BurnRate(BurnRate.Severity.PAGE, Duration.ofHours(2), 0.5))
                        .callers(bulkhead))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("window");
        assertThatThrownBy(() -> Objective.builder("long", 0.999)
                        .environment(time)
                        .every(Duration.ofSeconds(1))
                        .callers(bulkhead))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("over: PT720H")
                .hasMessageContaining("PT144H");
        Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
        assertThatThrownBy(() -> new BurnRate(BurnRate.Severity.PAGE, longest, 0.1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("292 years");
        assertThatThrownBy(() -> Objective.builder("x", 0.999)
                        .environment(time)
                        .budgeting(Budgeting.ratioTimeslices(longest))
                        .callers(bulkhead))
                .isInstanceOf(IllegalArgumentException.class);
        for (double wrong : new double[] {0, 1, Double.NaN}) {
            assertThatThrownBy(() -> Objective.builder("x", wrong)).hasMessageContaining("target");
        }
    }

    @Test
    @DisplayName("the same objective as rules of Prometheus, whatever its name is")
    void rules() {
        try (Objective objective =
                Objective.builder("or\"ders", 0.999).environment(time).callers(bulkhead)) {
            String rules = objective.prometheusRules();
            assertThat(rules)
                    .contains("record: holdfast:objective_bad:ratio_rate1h")
                    .contains("record: holdfast:objective_bad:ratio_rate5m")
                    .contains("ratio_rate3d{holdfast_policy=\\\"or\\\\\\\"ders\\\"} > 1 * 0.001")
                    .contains("severity: page")
                    .contains("severity: ticket");
            assertThat(rules.lines().filter(line -> line.contains("- alert:"))).hasSize(4);
            assertThat(rules.lines().filter(line -> line.contains("- record:"))).hasSize(11);
            assertThat(rules).contains("surprise3d{holdfast_policy=\\\"or\\\\\\\"ders\\\"} >= 9.210340372");
        }
    }

    @Test
    @DisplayName("what is closed samples no more, and keeps what it knows")
    void closed() {
        Objective objective =
                Objective.builder("orders", 0.999).environment(time).callers(bulkhead);
        calls(10, true);
        time.advance(Duration.ofSeconds(5));
        objective.close();
        objective.close();
        calls(10, true);
        time.advance(Duration.ofHours(1));
        assertThat(objective.report().calls()).isEqualTo(10);
        assertThat(objective.name()).isEqualTo("orders");
    }

    @Test
    @DisplayName("AV-17 one incident is one alert, however often and at whatever moments somebody reads the numbers")
    void readersChangeNothing() {
        for (int phase = 0; phase < 15; phase++) {
            VirtualTime own = VirtualTime.create();
            long[] calls = {0};
            long[] bad = {0};
            List<Boolean> heard = new ArrayList<>();
            try (Objective objective = Objective.builder("orders", 0.999)
                    .environment(own)
                    .alerts(BurnRate.usual().get(0), BurnRate.usual().get(1))
                    .counting(() -> new Evidence(calls[0] - bad[0], 0, bad[0], calls[0]))) {
                objective.on(Objective.BudgetBurning.class, event -> heard.add(true));
                objective.on(Objective.BudgetRecovered.class, event -> heard.add(false));
                for (int at = 0; at < 7_200; at++) {
                    calls[0] += 20;
                    bad[0] += at >= 3_600 && at < 3_700 ? 20 : 0;
                    own.advance(Duration.ofSeconds(1));
                    if (at % 15 == phase) {
                        objective.meters().forEach(Meter::value);
                    }
                    if (at % 3 == phase % 3) {
                        objective.snapshot();
                    }
                }
            }
            assertThat(heard).as("read at %s of 15", phase).containsExactly(true, false);
        }
    }

    /** What the rules take for no chance, worked out as Prometheus does. */
    private static boolean fires(double bad, double calls, double allowed) {
        double expected = allowed * calls;
        return bad > expected && bad * Math.log(bad / expected) - bad + expected >= -Math.log(BurnWatch.CHANCE);
    }

    @Test
    @DisplayName(
            "AV-8 AV-10 the rules of Prometheus want hardly more failures than are no chance, and never fewer, at any number of calls")
    void leastFailures() {
        for (double allowed : new double[] {0.1, 0.01, 0.001, 0.0001}) {
            for (long calls = 1; calls < 100_000_000; calls += Math.max(1, calls / 7)) {
                long needed = Bounds.leastFailures(calls, allowed, BurnWatch.CHANCE);
                if (needed > 1 && needed <= calls) {
                    assertThat(fires(needed - 1, calls, allowed))
                            .as("%s calls, %s allowed", calls, allowed)
                            .isFalse();
                }
                double enough = needed + 2 + needed / 4.0;
                if (enough <= calls) {
                    assertThat(fires(enough, calls, allowed))
                            .as("%s calls, %s allowed", calls, allowed)
                            .isTrue();
                }
            }
        }
        // Minutes of three days, all of which are bad; and twice as many of 432,000 calls as are allowed.
        assertThat(fires(4_320, 4_320, 0.01)).isTrue();
        assertThat(fires(8_640, 432_000, 0.01)).isTrue();
    }

    @Test
    @DisplayName(
            "Rules take any name, any target and further labels, and two alerts that could not be told apart are refused")
    void oddRules() {
        try (Objective objective = Objective.builder("or\"de\\rs\n{{ $x }}\u0007\u0085\u2028", 1 - 4e-11)
                .environment(time)
                .callers(bulkhead)) {
            String rules = objective.prometheusRules(Map.of("job", "sh\"op"));
            assertThat(rules)
                    .contains(
                            "* 0.00000000004",
                            "job=\\\"sh\\\\\\\"op\\\"",
                            "job: \"sh\\\"op\"",
                            "{{ \\\"{{\\\" }} $x }}")
                    .doesNotContain("\u0007", "\u0085", "\u2028");
            assertThatThrownBy(() -> objective.prometheusRules(Map.of("a b", "x")))
                    .hasMessageContaining("a b");
        }
        BurnRate page = new BurnRate(BurnRate.Severity.PAGE, Duration.ofHours(1), 0.02);
        assertThatThrownBy(() -> Objective.builder("x", 0.999)
                        .environment(time)
                        .alerts(page, new BurnRate(BurnRate.Severity.PAGE, Duration.ofHours(1), 0.03))
                        .callers(bulkhead))
                .hasMessageContaining("there is another");
        assertThatThrownBy(() -> Objective.builder("x", 0.999)
                        .environment(time)
                        .alerts(new BurnRate(BurnRate.Severity.PAGE, Duration.ofMillis(1_500), 0.02))
                        .callers(bulkhead))
                .hasMessageContaining("whole seconds");
        try (Objective both = Objective.builder("x", 0.999)
                .environment(time)
                .alerts(page, new BurnRate(BurnRate.Severity.TICKET, Duration.ofHours(1), 0.01))
                .callers(bulkhead)) {
            assertThat(both.meters())
                    .doesNotHaveDuplicates()
                    .extracting(Meter::name)
                    .containsOnlyOnce("holdfast.objective.burn");
        }
    }
}
