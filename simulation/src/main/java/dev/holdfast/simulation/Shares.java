// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Shares of calls that faults hit, each on its own: half of the calls, and half again, are three quarters. They are kept one by one,
 * since what is added to a sum and taken away again leaves a rest.
 */
final class Shares {
    private final List<Double> shares = new ArrayList<>();

    void add(double share) {
        shares.add(share);
    }

    void remove(double share) {
        shares.remove(share);
    }

    /** Whether the next call is hit. Draws nothing where no share is. */
    boolean hits(SplittableRandom random) {
        boolean hit = false;
        for (double share : shares) {
            hit |= random.nextDouble() < share;
        }
        return hit;
    }
}
