// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

/**
 * The server and its load.
 *
 * @param workers how many requests the server works on at once
 * @param serviceMillis how long it works on one while it is healthy
 * @param rate calls offered in a second, by all clients together
 * @param timeoutMillis how long a caller waits for the answer to a request
 * @param factor how many times as long the server works on one in a brownout
 */
record World(int workers, int serviceMillis, int rate, int timeoutMillis, int factor) {
    /** Requests that can be served in a second while the server is healthy. */
    double capacity() {
        return workers * 1000.0 / serviceMillis;
    }

    /** The part of the offered calls that can be answered in a brownout. */
    double bestInBrownout() {
        return Math.min(1, capacity() / factor / rate);
    }

    @Override
    public String toString() {
        return workers + " workers of " + serviceMillis + " ms, " + rate + " calls/s offered, timeout " + timeoutMillis
                + " ms, brownout x " + factor;
    }
}
