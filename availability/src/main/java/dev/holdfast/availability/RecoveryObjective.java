// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.time.Duration;

/**
 * How well an objective for recovery was kept.
 *
 * @param kind what it limits
 * @param allowed the objective
 * @param worst the worst that has happened
 * @param missed how often it was missed
 */
public record RecoveryObjective(Kind kind, Duration allowed, Duration worst, long missed) {
    /** What is limited. */
    public enum Kind {
        /** How long nobody has an answer: the recovery time objective, RTO. */
        TIME,
        /** How old the data are that are left: the recovery point objective, RPO. */
        POINT
    }

    /**
     * Whether it was always kept.
     *
     * @return {@code worst} is at most {@code allowed}
     */
    public boolean kept() {
        return worst.compareTo(allowed) <= 0;
    }
}
