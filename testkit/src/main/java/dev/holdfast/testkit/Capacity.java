// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Gate;
import dev.holdfast.Permit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How much a gate admits: after a trial, and a rest, as much as at first. */
final class Capacity {
    /** The capacity of what is no gate, or of one that need not keep it. */
    static final int NOT_COMPARED = -1;

    private static final int MOST_PERMITS = 1_000;
    private static final int CALLS_TO_RECOVER = 30;

    private Capacity() {}

    static int ofNew(Gate gate) {
        try {
            return permits(gate);
        } catch (RuntimeException broken) {
            // Calls find that, too, and can say more of it.
            return NOT_COMPARED;
        }
    }

    /** Breakers close again meanwhile, and limiters have permits again; permits that are lost stay lost. */
    static void check(Trial trial, int expected) {
        if (expected == NOT_COMPARED) {
            return;
        }
        trial.time.advance(Duration.ofDays(1));
        for (int call = 0; call < CALLS_TO_RECOVER; call++) {
            trial.callOnceMore();
            trial.time.advance(Scenario.LONG);
        }
        int now = permits(trial.gate());
        if (now != expected) {
            throw new BrokenLaw(
                    Law.CAPACITY, "after a rest it gives out " + now + " permits, and a new one " + expected);
        }
    }

    private static int permits(Gate gate) {
        List<Permit> permits = new ArrayList<>();
        for (Permit permit = gate.tryAcquire();
                permit != null && permits.size() < MOST_PERMITS;
                permit = gate.tryAcquire()) {
            permits.add(permit);
        }
        permits.forEach(Permit::close);
        return permits.size();
    }
}
