// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.VirtualTime;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BudgetTest {
    private static final long SECOND = 1_000_000_000L;

    private static void withdraw(Budget budget, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(budget.tryWithdraw(0)).as("withdrawal %s", i).isTrue();
        }
    }

    @Test
    @DisplayName("RT-3 a full bucket stays full, and fractions of a token are kept exactly")
    void fractions() {
        Budget budget = Budget.of(10, 0.1, 0);
        for (int i = 0; i < 1000; i++) {
            budget.succeeded();
        }
        assertThat(budget.available()).isEqualTo(10);
        withdraw(budget, 10);
        for (int i = 1; i <= 10; i++) {
            assertThat(budget.tryWithdraw(0)).as("before success %s", i).isFalse();
            budget.succeeded();
        }
        assertThat(budget.tryWithdraw(0)).isTrue();
        assertThat(budget.tryWithdraw(0)).isFalse();
    }

    @Test
    @DisplayName("RT-3 what is given back can be withdrawn again, and fractions stay beside it")
    void givenBack() {
        Budget budget = Budget.of(2, 0.5, 0);
        withdraw(budget, 2);
        budget.succeeded();
        assertThat(budget.tryWithdraw(0)).isFalse();

        budget.giveBack();
        assertThat(budget.available()).isEqualTo(1);
        assertThat(budget.tryWithdraw(0)).isTrue();

        assertThat(budget.tryWithdraw(0)).as("half a token").isFalse();
        budget.succeeded();
        assertThat(budget.tryWithdraw(0)).as("two halves").isTrue();
    }

    @Test
    @DisplayName("RT-3 what is given back never fills the bucket above its capacity")
    void givenBackToTheBrim() {
        Budget budget = Budget.of(2, 0.7, 0);
        budget.giveBack();
        assertThat(budget.available()).as("full before").isEqualTo(2);

        withdraw(budget, 1);
        budget.succeeded();
        budget.giveBack();
        assertThat(budget.available()).as("room for three tenths only").isEqualTo(2);
        withdraw(budget, 2);
        assertThat(budget.tryWithdraw(0)).isFalse();
    }

    @Test
    @DisplayName("RT-3 what only the minimum had allowed comes back as a token, and the minimum stays used")
    void minimumGivenBack() {
        Budget budget = Budget.of(1, 0, 1);
        withdraw(budget, 2);
        assertThat(budget.tryWithdraw(0)).isFalse();

        budget.giveBack();

        assertThat(budget.available()).isEqualTo(1);
        assertThat(budget.tryWithdraw(0)).isTrue();
        assertThat(budget.tryWithdraw(SECOND - 1)).isFalse();
        assertThat(budget.tryWithdraw(SECOND)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1", "3", "7", "1000", "700000"})
    @DisplayName("RT-3 minimumPerSecond lets so many through in each second of a long outage, and one more at most")
    void minimum(int perSecond) {
        Budget budget = Budget.of(1, 0, perSecond);
        budget.tryWithdraw(0);
        long step = Math.max(1, SECOND / perSecond / 7);
        long second = Long.MAX_VALUE - 3 * SECOND / 2;
        for (int n = 0; n < 3; n++, second += SECOND) {
            long passed = 0;
            for (long at = 0; at < SECOND; at += step) {
                passed += budget.tryWithdraw(second + at) ? 1 : 0;
            }
            // The steps are a seventh of the spacing: at most that much later than evenly spaced.
            assertThat(passed).isBetween(perSecond * 7L / 8 - 1, perSecond + 1L);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1000000000", "3, 333333334", "4, 250000000", "1000000, 1000"})
    @DisplayName("RT-3 the minimum is evenly spaced, to the nanosecond, and never more than so many a second")
    void minimumIsEvenlySpaced(int perSecond, long spacing) {
        Budget budget = Budget.of(1, 0, perSecond);
        assertThat(budget.tryWithdraw(0)).as("the only token").isTrue();
        assertThat(budget.tryWithdraw(0)).as("the first of the minimum").isTrue();
        for (int n = 1; n <= 10; n++) {
            assertThat(budget.tryWithdraw(n * spacing - 1)).isFalse();
            assertThat(budget.tryWithdraw(n * spacing)).isTrue();
        }
    }

    @Test
    @DisplayName("XC-7 a budget is bound once: to the same environment again, and to no other")
    void boundOnce() {
        Budget budget = Budget.of(1, 0, 1);
        VirtualTime time = VirtualTime.create(0, 0);
        budget.bind(time);
        budget.bind(time);
        assertThatThrownBy(() -> budget.bind(VirtualTime.create(0, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("environment of a policy with Budget[1 of 1]: ");
        assertThatThrownBy(() -> Budget.ofDefaults().bind(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageStartingWith("environment: null");
    }

    @Test
    @DisplayName("XC-7 every number of a budget is checked, and named with its value")
    void checked() {
        assertThatThrownBy(() -> Budget.of(0, 0.1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("capacity", "0", "1 to 1000000");
        assertThatThrownBy(() -> Budget.of(1_000_001, 0.1, 0)).hasMessageContainingAll("capacity", "1000001");
        for (double ratio : new double[] {-0.1, 1.1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> Budget.of(1, ratio, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("ratio", String.valueOf(ratio));
        }
        assertThatThrownBy(() -> Budget.of(1, 0, -1)).hasMessageContainingAll("minimumPerSecond", "-1");
        assertThatThrownBy(() -> Budget.of(1, 0, 1_000_001)).hasMessageContaining("minimumPerSecond");
        assertThat(Budget.ofDefaults()).hasToString("Budget[100 of 100]");
    }
}
