// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import java.util.ArrayList;
import java.util.List;

/**
 * One reading of all probes, or several that were put together.
 *
 * @param atNanos since the beginning
 * @param phase in which
 * @param readings of the probes, in their order
 * @param injected faults so far
 */
record Sample(long atNanos, Phase phase, List<Reading> readings, long injected) {
    /**
     * Of one probe.
     *
     * @param value what it is, or the share of good calls since the reading before; NaN where there was none
     * @param calls of a ratio probe, since the reading before
     * @param good of those
     * @param isMet whether it is what it has to be; of a ratio probe, in these calls alone
     */
    record Reading(double value, long calls, long good, boolean isMet) {
        Reading with(Reading later) {
            if (calls + later.calls > 0) {
                long all = calls + later.calls;
                long ofThemGood = good + later.good;
                return new Reading((double) ofThemGood / all, all, ofThemGood, isMet && later.isMet);
            }
            // Of two values the one that is off is what anybody wants to see, else the later one.
            return isMet || !later.isMet ? later : this;
        }
    }

    Sample with(Sample later) {
        List<Reading> both = new ArrayList<>();
        for (int i = 0; i < readings.size(); i++) {
            both.add(readings.get(i).with(later.readings.get(i)));
        }
        return new Sample(later.atNanos, later.phase, List.copyOf(both), later.injected);
    }
}
