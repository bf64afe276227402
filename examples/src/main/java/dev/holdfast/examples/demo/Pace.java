// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.time.Duration;

/**
 * How a caller calls.
 *
 * @param interval from one call to the next
 * @param patience what comes later is of no use to the caller any more
 */
record Pace(Duration interval, Duration patience) {
    /** What so many callers ask for together. */
    double perSecond(int callers) {
        return callers * 1e9 / interval.toNanos();
    }
}
