// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.time.Duration;

/**
 * The answer of a simulated service. A fallback cannot make one: what it gives counts as degraded, and so does an answer that was there
 * before the call, such as the last good one.
 */
public final class Reply {
    private final String service;
    private final long nanos;
    private final long arrived;

    Reply(String service, long nanos, long arrived) {
        this.service = service;
        this.nanos = nanos;
        this.arrived = arrived;
    }

    /** Whether it came after that moment. */
    boolean isAnswerTo(long start) {
        return arrived >= start;
    }

    /**
     * Who answered.
     *
     * @return the service's name
     */
    public String service() {
        return service;
    }

    /**
     * How long the request took, from when it was sent until the answer was there.
     *
     * @return in simulated time
     */
    public Duration took() {
        return Duration.ofNanos(nanos);
    }

    @Override
    public String toString() {
        return service + " after " + took();
    }
}
