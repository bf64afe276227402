// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.List;
import java.util.OptionalInt;

/**
 * What one contender did in one case.
 *
 * @param contender who
 * @param setting what it was put through
 * @param seconds second by second
 * @param all all seconds as one
 * @param unended calls that had not ended long after the last one was due
 * @param broken requests that failed otherwise than by their timeout
 * @param lateMillis how late the most belated call was begun
 */
record Result(
        Contender contender,
        Case setting,
        List<Second> seconds,
        Second all,
        int unended,
        long broken,
        double lateMillis) {

    /** More than this, and calls came in a rush: the machine had other work, or too much to do with the requests. */
    private static final double TOO_LATE_MILLIS = 100;

    static Result of(Contender contender, Case setting, Load.Done done, long broken) {
        return new Result(
                contender,
                setting,
                Second.by(done.calls(), setting.seconds()),
                Second.of(done.calls()),
                done.unended(),
                broken,
                done.lateNanos() / 1e6);
    }

    /** Whether the load was not what it should have been. */
    boolean disturbed() {
        return lateMillis > TOO_LATE_MILLIS;
    }

    OptionalInt recovery() {
        return Recovery.after(seconds, setting.faultEnd());
    }

    /** Answered calls over offered ones, while the fault lasted. */
    double goodputInFault() {
        List<Second> fault = seconds.subList(setting.before(), setting.faultEnd());
        int offered = fault.stream().mapToInt(Second::offered).sum();
        return offered == 0
                ? 1
                : (double) fault.stream().mapToInt(Second::answered).sum() / offered;
    }

    /** Requests sent over calls made. */
    double amplification() {
        return (double) all.requests() / Math.max(1, all.offered());
    }
}
