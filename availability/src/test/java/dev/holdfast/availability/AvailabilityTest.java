// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Pipeline;
import dev.holdfast.Subscription;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AvailabilityTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final CircuitBreaker breaker = time.building(() -> CircuitBreaker.builder("inventory")
            .minimumCalls(20)
            .openFor(Duration.ofSeconds(30))
            .build());

    private static Subscription hear(Availability availability, List<Outage> heard) {
        return availability.on(
                Event.Change.class,
                event -> heard.add(
                        event instanceof Availability.OutageStarted started
                                ? started.outage()
                                : ((Availability.OutageEnded) event).outage()));
    }

    private void calls(int seconds, boolean good) {
        for (int i = 0; i < seconds; i++) {
            try {
                breaker.run(() -> {
                    if (!good) {
                        throw new IllegalStateException("down");
                    }
                });
            } catch (RuntimeException expected) {
                // Failed, or refused.
            }
            time.advance(SECOND);
        }
    }

    @Test
    @DisplayName(
            "AV-2 AV-5 an outage lasts from its first failure to the first success of a trial, while the breaker is open, too")
    void outage() {
        List<Outage> heard = new ArrayList<>();
        try (Availability availability = Availability.of(breaker)) {
            Subscription listening = hear(availability, heard);
            calls(100, true);
            calls(40, false);
            assertThat(breaker.state()).isEqualTo(State.OPEN);
            calls(60, true);
            AvailabilityReport report = availability.report();
            assertThat(report.outages()).isOne();
            Outage outage = report.lastOutages().get(0);
            assertThat(outage.start()).isBetween(Duration.ofSeconds(99), Duration.ofSeconds(101));
            assertThat(outage.detected().minus(outage.start())).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(4));
            assertThat(outage.length().orElseThrow()).isBetween(Duration.ofSeconds(39), Duration.ofSeconds(75));
            assertThat(report.up().plus(report.down()).plus(report.unobserved()))
                    .isEqualTo(Duration.ofSeconds(200));
            assertThat(report.calls().bad()).isEqualTo(breaker.counts().failures());
            assertThat(report.calls().asked()).isEqualTo(200);
            assertThat(heard).hasSize(2);
            assertThat(heard.get(0).end()).isEmpty();
            assertThat(heard.get(1)).isEqualTo(outage);
            listening.cancel();
            calls(40, false);
            assertThat(heard).hasSize(2);
        }
    }

    @Test
    @DisplayName("AV-3 callers are worse off than the dependency: who is refused has no answer")
    void callers() {
        try (Availability callers =
                        Availability.builder("callers").environment(time).callers(breaker);
                Availability dependency =
                        Availability.builder("dependency").environment(time).dependency(breaker)) {
            calls(80, true);
            calls(60, false);
            assertThat(breaker.counts().rejected()).isPositive();
            assertThat(callers.report().calls().bad())
                    .isEqualTo(breaker.counts().failures() + breaker.counts().rejected());
            assertThat(dependency.report().calls().bad())
                    .isEqualTo(breaker.counts().failures());
            assertThat(callers.report().byCalls().orElseThrow())
                    .isLessThan(dependency.report().byCalls().orElseThrow());
        }
    }

    @Test
    @DisplayName("AV-5 time in which nobody asks is unobserved beyond the cutoff")
    void idle() {
        try (Availability availability = Availability.builder("idle")
                .environment(time)
                .idleCutoff(Duration.ofMinutes(1))
                .dependency(breaker)) {
            calls(10, true);
            time.advance(Duration.ofMinutes(10));
            AvailabilityReport report = availability.report();
            assertThat(report.up()).isBetween(Duration.ofSeconds(69), Duration.ofSeconds(71));
            assertThat(report.down()).isZero();
            assertThat(report.up().plus(report.unobserved())).isEqualTo(Duration.ofSeconds(610));
            assertThat(report.byTime()).hasValue(1);
            assertThat(report.meanTimeToFail()).isEmpty();
            assertThat(report.meanTimeToFailBounds(0.9).high()).isInfinite();
            assertThat(report.meanTimeToFailBounds(0.9).low()).isPositive();
        }
    }

    @Test
    @DisplayName("AV-13 meters only grow, and say the same as the report")
    void meters() {
        try (Availability availability = Availability.of(breaker)) {
            calls(20, true);
            calls(20, false);
            Map<String, Double> first = shown(availability);
            calls(50, true);
            Map<String, Double> second = shown(availability);
            AvailabilityReport report = availability.report();
            assertThat(second)
                    .containsEntry("holdfast.outages", 1.0)
                    .containsEntry("holdfast.outage.active", 0.0)
                    .containsEntry("holdfast.availability.calls good", (double)
                            report.calls().good())
                    .containsEntry("holdfast.availability.calls bad", (double)
                            report.calls().bad())
                    .containsEntry("holdfast.availability.calls degraded", 0.0);
            assertThat(second.get("holdfast.outage.time"))
                    .isCloseTo(report.down().toNanos() / 1e9, within(1e-6));
            assertThat(second.get("holdfast.observed.time"))
                    .isCloseTo(report.up().plus(report.down()).toNanos() / 1e9, within(1e-6));
            assertThat(first).containsEntry("holdfast.outage.active", 1.0);
            for (Meter meter : availability.meters()) {
                String name = name(meter);
                if (meter.kind() == Meter.Kind.COUNTER) {
                    assertThat(second.get(name)).as(name).isGreaterThanOrEqualTo(first.get(name));
                }
                assertThat(meter.labels()).containsEntry("holdfast.policy", "inventory");
            }
            assertThat(availability.meters()).containsExactlyElementsOf(availability.meters());
        }
    }

    private static String name(Meter meter) {
        String outcome = meter.labels().get("holdfast.outcome");
        return outcome == null ? meter.name() : meter.name() + " " + outcome;
    }

    private static Map<String, Double> shown(Availability availability) {
        Map<String, Double> shown = new TreeMap<>();
        availability.meters().forEach(meter -> shown.put(name(meter), meter.value()));
        return shown;
    }

    @Test
    @DisplayName("evidence and listeners that throw change nothing for anybody else")
    void throwing() {
        boolean[] throwsNow = {false};
        long[] bad = {0};
        List<Outage> heard = new ArrayList<>();
        try (Availability availability = Availability.builder("throwing")
                .environment(time)
                .outageAfter(1)
                .counting(() -> {
                    if (throwsNow[0]) {
                        throw new IllegalStateException("evidence");
                    }
                    return new Evidence(0, 0, bad[0], bad[0]);
                })) {
            availability.on(Event.class, event -> {
                throw new IllegalStateException("listener");
            });
            hear(availability, heard);
            throwsNow[0] = true;
            time.advance(Duration.ofSeconds(5));
            assertThat(availability.report().isDown()).isFalse();
            throwsNow[0] = false;
            bad[0] = 1;
            time.advance(Duration.ofSeconds(5));
            assertThat(heard).hasSize(1);
            assertThat(availability.report().isDown()).isTrue();
        }
    }

    @Test
    @DisplayName("what is closed samples no more, keeps what it knows, and leaves no timer")
    void closed() {
        Bulkhead bulkhead = time.building(() -> Bulkhead.of("stock", 1));
        Availability availability = Availability.of(bulkhead);
        bulkhead.run(() -> {});
        time.advance(SECOND);
        availability.close();
        availability.close();
        bulkhead.run(() -> {});
        time.advance(Duration.ofHours(1));
        assertThat(availability.report().calls().good()).isOne();
        assertThat(availability.report().up()).isEqualTo(SECOND);
        assertThat(availability).asString().startsWith("Availability[stock, up");
    }

    @Test
    @DisplayName("settings that cannot be are refused by name")
    void settings() {
        AvailabilityBuilder builder = Availability.builder("x");
        assertThatThrownBy(() -> builder.every(Duration.ZERO)).hasMessageContaining("every");
        assertThatThrownBy(() -> builder.outageAfter(0)).hasMessageContaining("outageAfter");
        assertThatThrownBy(() -> builder.recoveredAfter(0)).hasMessageContaining("recoveredAfter");
        assertThatThrownBy(() -> builder.idleCutoff(Duration.ZERO)).hasMessageContaining("idleCutoff");
        assertThatThrownBy(() -> builder.every(Duration.ofMinutes(10)).dependency(breaker))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("every: PT10M")
                .hasMessageContaining("at most PT5M");
        assertThatThrownBy(() -> Availability.builder(" ")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("AV-7 nines, and no more of them than so many calls can show")
    void nines() {
        double[][] table = {
            {0.9, 1}, {0.99, 2}, {0.995, 2.3010}, {0.999, 3}, {0.9995, 3.3010}, {0.9999, 4}, {0.99999, 5}
        };
        for (double[] row : table) {
            assertThat(AvailabilityReport.nines(row[0])).isCloseTo(row[1], within(1e-4));
        }
        assertThat(AvailabilityReport.nines(0)).isZero();
        try (Availability availability = Availability.of(breaker)) {
            assertThat(availability.report().nines()).isEmpty();
            for (int i = 0; i < 299; i++) {
                breaker.run(() -> {});
            }
            time.advance(SECOND);
            assertThat(availability.report().nines().orElseThrow()).isCloseTo(2, within(2e-3));
            assertThat(availability.report().byCallsBounds(0.95).low()).isBetween(0.98, 0.99);
        }
    }

    @Test
    @DisplayName("AV-11 watching costs a call nothing: it only reads counters")
    void costsNothing() {
        Pipeline<Object> pipeline = Pipeline.of(breaker);
        try (Availability availability = Availability.of(breaker)) {
            pipeline.run(() -> {});
            assertThat(breaker.counts().successes()).isOne();
            time.advance(SECOND);
            assertThat(availability.report().calls().good()).isOne();
        }
    }
}
