// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import java.time.Duration;

/** Arms what no experiment is needed for. */
public final class Arming {
    private Arming() {}

    /**
     * Arms faults for a day, from now on.
     *
     * @param chaos of the system's environment
     */
    public static void forADay(Chaos chaos) {
        ChaosPermission.grant("benchmarks");
        long end = chaos.environment().nanoTime() + Duration.ofDays(1).toNanos();
        new Terms("benchmark", "benchmarks", "to measure", chaos.environment(), end, 1, Blast.unlimited(), null)
                .arm(chaos);
    }
}
