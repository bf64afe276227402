// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Meter;
import dev.holdfast.Source;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A process goes on from what an earlier one knew. */
class SnapshotTest extends WatchedStock {
    @Test
    @DisplayName("AV-14 an availability goes on with its outages, times and calls; the time between is unobserved")
    void availabilityGoesOn() {
        String text;
        AvailabilityReport before;
        try (Availability first = availability().counting(this::evidence)) {
            pass(100, good);
            pass(20, bad);
            pass(100, good);
            pass(10, bad);
            before = first.report();
            text = first.snapshot();
        }
        assertThat(text).hasSizeLessThan(8_000);
        now = now.plus(Duration.ofMinutes(10));
        // Another process: its counters begin again.
        good[0] = 0;
        bad[0] = 0;
        try (Availability second = availability().restore(text).counting(this::evidence)) {
            AvailabilityReport after = second.report();
            assertThat(after.isDown()).isTrue();
            assertThat(after.lastOutages()).isEqualTo(before.lastOutages());
            assertThat(after.up()).isEqualTo(before.up());
            assertThat(after.down()).isEqualTo(before.down());
            assertThat(after.unobserved()).isEqualTo(before.unobserved().plus(Duration.ofMinutes(10)));
            assertThat(after.calls()).isEqualTo(before.calls());
            assertThat(after.recoveryTime()).isEqualTo(before.recoveryTime());
            pass(50, good);
            after = second.report();
            assertThat(after.outages()).isEqualTo(2);
            assertThat(after.isDown()).isFalse();
            assertThat(after.calls().good()).isEqualTo(before.calls().good() + 500);
            assertThat(after.up().plus(after.down()).plus(after.unobserved()))
                    .isEqualTo(Duration.ofSeconds(230 + 50).plusMinutes(10));
            Duration end = after.lastOutages().get(1).end().orElseThrow();
            assertThat(end)
                    .isBetween(
                            Duration.ofSeconds(229).plusMinutes(10),
                            Duration.ofSeconds(232).plusMinutes(10));
        }
    }

    @Test
    @DisplayName("AV-14 an objective goes on with its windows, and an alert that is on is not told again")
    void objectiveGoesOn() {
        String text;
        ObjectiveReport before;
        try (Objective first = objective().counting(this::evidence)) {
            Random random = new Random(1);
            for (int i = 0; i < 200; i++) {
                pass(1 + random.nextInt(20), good);
                pass(random.nextInt(6), bad);
            }
            before = first.report();
            assertThat(before.burns().get(0).burning()).isTrue();
            text = first.snapshot();
        }
        assertThat(text).hasSizeLessThan(20_000);
        good[0] = 0;
        bad[0] = 0;
        try (Objective second = objective().restore(text).counting(this::evidence)) {
            int[] told = {0};
            second.on(Objective.BudgetBurning.class, event -> told[0]++);
            ObjectiveReport after = second.report();
            assertThat(after.calls()).isEqualTo(before.calls());
            assertThat(after.bad()).isEqualTo(before.bad());
            assertThat(after.burns().get(0).longBurn())
                    .isCloseTo(before.burns().get(0).longBurn(), within(1e-9));
            pass(10, bad);
            assertThat(told[0]).isZero();
            assertThat(second.report().bad()).isEqualTo(before.bad() + 100);
        }
    }

    @Test
    @DisplayName("AV-17 snapshots, however many, leave windows as they are: a page ends 296 seconds after its cause")
    void snapshotsChangeNothing() {
        long[] calls = {0};
        long[] bad = {0};
        int[] now = {0};
        int[] ended = {0};
        try (Objective objective = Objective.builder("orders", 0.999)
                .environment(time)
                .alerts(BurnRate.usual().get(0))
                .counting(() -> new Evidence(calls[0] - bad[0], 0, bad[0], calls[0]))) {
            objective.on(Objective.BudgetRecovered.class, event -> ended[0] = now[0]);
            for (int at = 0; at < 7_200; at++) {
                now[0] = at + 1;
                calls[0] += 10;
                bad[0] += at >= 4_000 && at < 4_400 ? 10 : 0;
                time.advance(Duration.ofSeconds(1));
                if (at % 3 == 2) {
                    objective.snapshot();
                }
            }
        }
        assertThat(ended[0] - 4_400).isBetween(290, 305);
    }

    @Test
    @DisplayName("AV-14 a clock that went back, and a day away, leave no time negative")
    void clocks() {
        String text;
        try (Availability first = availability().counting(this::evidence)) {
            pass(10, good);
            text = first.snapshot();
        }
        now = now.minus(Duration.ofDays(1));
        try (Availability second = availability().restore(text).counting(this::evidence)) {
            assertThat(second.report().unobserved()).isZero();
        }
        now = now.plus(Duration.ofDays(400));
        try (Availability third = availability().restore(text).counting(this::evidence)) {
            assertThat(third.report().unobserved()).isEqualTo(Duration.ofDays(399));
            assertThat(third.report().up()).isEqualTo(Duration.ofSeconds(10));
        }
    }

    private static double exported(Source source, String name, String outcome) {
        return source.meters().stream()
                .filter(meter -> meter.name().equals(name))
                .filter(meter ->
                        meter.labels().getOrDefault("holdfast.outcome", "").equals(outcome))
                .mapToDouble(Meter::value)
                .sum();
    }

    @Test
    @DisplayName(
            "AV-13 AV-14 totals are exported since the process began, and reported over all: an older snapshot repeats nothing")
    void exportedSinceTheProcessBegan() {
        String calls = "holdfast.availability.calls";
        String text;
        String budget;
        try (Availability first = availability().counting(this::evidence);
                Objective objective = objective().counting(this::evidence)) {
            pass(100, good);
            pass(50, bad);
            pass(100, good);
            text = first.snapshot();
            budget = objective.snapshot();
            pass(50, bad);
            assertThat(exported(first, calls, "bad")).isEqualTo(1_000);
        }
        try (Availability second = availability().restore(text).counting(this::evidence);
                Objective objective = objective().restore(budget).counting(this::evidence)) {
            for (String name : new String[] {"holdfast.outages", "holdfast.outage.time", "holdfast.observed.time"}) {
                assertThat(exported(second, name, "")).as(name).isZero();
            }
            pass(10, good);
            pass(20, bad);
            assertThat(exported(second, calls, "bad")).isEqualTo(200);
            assertThat(exported(second, calls, "good")).isEqualTo(100);
            assertThat(exported(second, "holdfast.outages", "")).isOne();
            assertThat(exported(second, "holdfast.outage.time", "")).isBetween(19.0, 21.0);
            assertThat(exported(objective, "holdfast.objective.calls", "bad")).isEqualTo(200);
            assertThat(exported(objective, "holdfast.objective.calls", "good")).isEqualTo(100);
            assertThat(second.report().calls().bad()).isEqualTo(700);
            assertThat(second.report().outages()).isEqualTo(2);
            assertThat(objective.report().bad()).isEqualTo(700);
        }
    }

    @Test
    @DisplayName("AV-16 a snapshot is no longer than its Javadoc says, whatever came")
    void size() {
        String name = "\ud83d\ude00".repeat(128);
        try (Availability availability =
                Availability.builder(name).environment(time).clock(() -> now).counting(this::evidence)) {
            for (int i = 0; i < 120; i++) {
                time.advance(Duration.ofMinutes(1).plusNanos(567_891));
                pass(5, good);
                pass(5, bad);
            }
            assertThat(availability.snapshot().length()).isBetween(6_000, 12 * 1024);
        }
        long slice = Duration.ofSeconds(5).toNanos() + 1;
        History history = new History(slice);
        for (int i = 1; i < 40 * 24 * 720; i++) {
            history.add(new History.Totals(i * slice, i * 1e5 / 3, i * 1e5 / 7, i * slice / 1.1));
        }
        Snapshot.Writer out = new Snapshot.Writer("holdfast-objective-2", name + BurnRate.usual());
        history.write(out);
        assertThat(out.toString().length()).isBetween(15_000, 30 * 1024);
    }
}
