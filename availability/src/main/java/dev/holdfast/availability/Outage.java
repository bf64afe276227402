// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.time.Duration;
import java.util.Optional;

/**
 * A stretch of time in which a dependency was down. All times are since watching began.
 *
 * @param start when the first failure of it came
 * @param detected when it was known to be one
 * @param end when the first of the successes came that ended it; empty while it goes on
 * @param recovered when that was known; empty while it goes on
 */
public record Outage(Duration start, Duration detected, Optional<Duration> end, Optional<Duration> recovered) {
    /**
     * How long it took.
     *
     * @return empty while it goes on
     */
    public Optional<Duration> length() {
        return end.map(ended -> ended.minus(start));
    }
}
