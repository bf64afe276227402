// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.List;
import java.util.OptionalInt;

/** When a service is back: the first second after the fault from which a few in a row are good. */
final class Recovery {
    static final int IN_A_ROW = 5;
    static final double GOOD = 0.95;

    private Recovery() {}

    /**
     * Looks for it.
     *
     * @param seconds from the start
     * @param faultEnd the first second after the fault
     * @return seconds since the end of the fault, 0 if already the first one was good; empty if it was not back in time
     */
    static OptionalInt after(List<Second> seconds, int faultEnd) {
        int row = 0;
        for (int i = faultEnd; i < seconds.size(); i++) {
            row = seconds.get(i).goodput() >= GOOD ? row + 1 : 0;
            if (row == IN_A_ROW) {
                return OptionalInt.of(i - IN_A_ROW + 1 - faultEnd);
            }
        }
        return OptionalInt.empty();
    }
}
