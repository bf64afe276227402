// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Environment;
import java.time.Duration;

/** Arms an injection as an experiment does, for tests that need no experiment. */
public final class Arms {
    private final Armed armed;

    private Arms(Armed armed) {
        this.armed = armed;
    }

    /** For an hour, without limits. */
    public static Arms arm(Injection injection, Environment environment, long seed) {
        ChaosPermission.grant("tests");
        long end = environment.nanoTime() + Duration.ofHours(1).toNanos();
        return new Arms(
                new Terms("test", "tests", "to see", environment, end, seed, Blast.unlimited(), null).arm(injection));
    }

    /** Ends it. */
    public void disarm() {
        armed.disarm();
    }

    /** How many faults there were. */
    public long injected() {
        return armed.injected();
    }
}
