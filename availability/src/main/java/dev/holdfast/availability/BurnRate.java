// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.List;

/**
 * When the error budget is used up too fast: how much of it, in how long. Burning at rate 1 uses up exactly the budget of the period. An
 * alert also looks at the last twelfth of its window, so that it ends soon after what caused it.
 *
 * <p>Source: The Site Reliability Workbook, chapter 5, Alerting on SLOs, multiwindow, multi-burn-rate alerts.
 *
 * @param severity what it is worth
 * @param window the long window
 * @param budget the part of the period's budget that is used up in it, more than 0 and at most 1
 */
public record BurnRate(Severity severity, Duration window, double budget) {
    /** What an alert is worth. */
    public enum Severity {
        /** Somebody has to look now. */
        PAGE,
        /** Somebody has to look in the next days. */
        TICKET
    }

    static final int SHORT = 12;

    /**
     * Checks it.
     *
     * @param severity what it is worth
     * @param window the long window
     * @param budget the part of the period's budget that is used up in it
     * @throws IllegalArgumentException if the window is not longer than zero and less than 292 years, or the budget is no part
     */
    public BurnRate {
        Require.nonNull(severity, "severity");
        if (Require.positiveNanos(window, "window") == Long.MAX_VALUE) {
            throw new IllegalArgumentException("window: " + window + " (expected: less than 292 years)");
        }
        Require.fraction(budget, "budget");
    }

    /**
     * Those of the workbook, and one more: a page for 2 % of the budget in an hour and for 5 % in six hours, a ticket for 10 % in a day and
     * for 10 % in three days.
     *
     * @return the usual alerts; over 30 days, at 14.4, 6, 3 and 1 times the budget's rate
     */
    public static List<BurnRate> usual() {
        return List.of(
                new BurnRate(Severity.PAGE, Duration.ofHours(1), 0.02),
                new BurnRate(Severity.PAGE, Duration.ofHours(6), 0.05),
                new BurnRate(Severity.TICKET, Duration.ofDays(1), 0.10),
                new BurnRate(Severity.TICKET, Duration.ofDays(3), 0.10));
    }

    /** How many times faster than the budget allows, over a period. */
    double factor(Duration period) {
        return budget * period.toNanos() / window.toNanos();
    }

    /** The short window, in nanoseconds. */
    long shortNanos() {
        return window.toNanos() / SHORT;
    }
}
