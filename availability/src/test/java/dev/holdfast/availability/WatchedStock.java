// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.time.Instant;

/** A dependency whose calls a test counts itself, with a clock on the wall that goes along with virtual time. */
abstract class WatchedStock {
    static final Duration SECOND = Duration.ofSeconds(1);

    final VirtualTime time = VirtualTime.create();
    Instant now = Instant.parse("2026-12-01T00:00:00Z");
    final long[] good = {0};
    final long[] bad = {0};

    Evidence evidence() {
        return new Evidence(good[0], 0, bad[0], good[0] + bad[0]);
    }

    AvailabilityBuilder availability() {
        return Availability.builder("stock").environment(time).clock(() -> now).recoveryTime(Duration.ofSeconds(5));
    }

    ObjectiveBuilder objective() {
        return Objective.builder("stock", 0.99)
                .environment(time)
                .every(SECOND)
                .over(Duration.ofDays(6))
                .alerts(new BurnRate(BurnRate.Severity.PAGE, Duration.ofHours(1), 0.02))
                .clock(() -> now);
    }

    void pass(int seconds, long[] what) {
        for (int i = 0; i < seconds; i++) {
            what[0] += 10;
            time.advance(SECOND);
            now = now.plus(SECOND);
        }
    }
}
