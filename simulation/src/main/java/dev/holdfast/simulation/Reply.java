// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.time.Duration;

/** The answer of a simulated service. A fallback cannot make one: what it gives counts as degraded. */
public final class Reply {
    private final String service;
    private final long nanos;

    Reply(String service, long nanos) {
        this.service = service;
        this.nanos = nanos;
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
