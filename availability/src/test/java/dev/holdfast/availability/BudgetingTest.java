// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetingTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final long[][] SLICES = {{100, 0}, {100, 10}, {10, 1}, {0, 0}, {100, 4}};

    private final VirtualTime time = VirtualTime.create();

    /** The part that was good of five minutes. */
    private ObjectiveReport report(Budgeting budgeting, Duration every) {
        long[] calls = {0};
        long[] bad = {0};
        try (Objective objective = Objective.builder("stock", 0.5)
                .environment(time)
                .every(every)
                .over(Duration.ofHours(1))
                .alerts()
                .budgeting(budgeting)
                .counting(() -> new Evidence(calls[0] - bad[0], 0, bad[0], calls[0]))) {
            for (long[] slice : SLICES) {
                time.advance(MINUTE.dividedBy(2));
                calls[0] += slice[0];
                bad[0] += slice[1];
                time.advance(MINUTE.dividedBy(2));
            }
            return objective.report();
        }
    }

    private static double good(ObjectiveReport report) {
        return 1 - report.budgetUsed().orElseThrow() * 0.5;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 60})
    @DisplayName("AV-7 five slices are 0.951613 good by calls, 0.6 by slices, 0.952 by the shares of slices")
    void methods(int every) {
        Duration look = Duration.ofSeconds(every);
        assertThat(good(report(Budgeting.occurrences(), look))).isCloseTo(0.951613, within(1e-6));
        ObjectiveReport slices = report(Budgeting.timeslices(MINUTE, 0.95), look);
        assertThat(good(slices)).isCloseTo(0.6, within(1e-9));
        assertThat(slices.calls()).isEqualTo(5);
        assertThat(slices.bad()).isEqualTo(2);
        assertThat(slices.slicesWithoutCalls()).isOne();
        assertThat(report(Budgeting.occurrences(), look).slicesWithoutCalls()).isZero();
    }

    @Test
    @DisplayName("AV-7 the mean of the slices' shares is 0.952")
    void ratio() {
        long[] at = {0};
        double bad = 0;
        Budgeting budgeting = Budgeting.ratioTimeslices(MINUTE);
        for (long[] slice : SLICES) {
            bad += budgeting.bad(slice[0] - slice[1], slice[1]);
            at[0] += Math.round(budgeting.all(slice[0] - slice[1], slice[1]));
        }
        assertThat(1 - bad / at[0]).isCloseTo(0.952, within(1e-9));
    }

    @Test
    @DisplayName("Slices shorter than the looks at them are refused, and impossible targets")
    void refused() {
        assertThatThrownBy(() -> report(Budgeting.timeslices(Duration.ofSeconds(1), 0.9), Duration.ofSeconds(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timeslices of PT1S, good from 0.9 up")
                .hasMessageContaining("PT5S");
        assertThatThrownBy(() -> Budgeting.timeslices(MINUTE, 0)).hasMessageContaining("target");
        assertThatThrownBy(() -> Budgeting.ratioTimeslices(Duration.ZERO)).hasMessageContaining("window");
        assertThat(Budgeting.occurrences()).hasToString("occurrences");
    }

    @Test
    @DisplayName(
            "AV-8 slices that are longer than an alert looks back are refused, and those that it could not cut evenly")
    void tooLong() {
        ObjectiveBuilder builder = Objective.builder("stock", 0.99).environment(time);
        builder.budgeting(Budgeting.timeslices(MINUTE.multipliedBy(5), 0.95))
                .counting(() -> Evidence.NONE)
                .close();
        builder.budgeting(Budgeting.timeslices(MINUTE.multipliedBy(6), 0.95));
        assertThatThrownBy(() -> builder.counting(() -> Evidence.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timeslices of PT6M")
                .hasMessageContaining("at most PT5M");
        builder.budgeting(Budgeting.ratioTimeslices(Duration.ofSeconds(12)));
        assertThatThrownBy(() -> builder.counting(() -> Evidence.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT12S")
                .hasMessageContaining("PT5S");
    }

    @Test
    @DisplayName("AV-17 slices as long as an alert looks back: an outage of six hours begins each alert once")
    void longestSlices() {
        long[] calls = {0};
        long[] bad = {0};
        List<String> began = new ArrayList<>();
        try (Objective objective = Objective.builder("stock", 0.999)
                .environment(time)
                .budgeting(Budgeting.timeslices(MINUTE.multipliedBy(5), 0.95))
                .counting(() -> new Evidence(calls[0] - bad[0], 0, bad[0], calls[0]))) {
            objective.on(
                    Objective.BudgetBurning.class,
                    event -> began.add(event.alert().rate().toString()));
            for (int i = 0; i < 30 * 720; i++) {
                calls[0] += 50;
                bad[0] += i >= 24 * 720 ? 50 : 0;
                time.advance(Duration.ofSeconds(5));
            }
        }
        assertThat(began).hasSize(4).doesNotHaveDuplicates();
    }
}
