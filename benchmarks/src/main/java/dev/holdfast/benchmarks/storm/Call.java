// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

/**
 * What came of one call.
 *
 * @param nanos when it was due, since the start
 * @param tookNanos from when it was due until it ended
 * @param requests how many requests were sent for it
 * @param answered whether there was an answer
 */
record Call(long nanos, long tookNanos, int requests, boolean answered) {
    /** One that is given up: it had no answer, and how many requests were sent is not known. */
    static Call unended(long nanos) {
        return new Call(nanos, Long.MAX_VALUE, 1, false);
    }

    /** Whether the policies let it not even try. */
    boolean refused() {
        return !answered && requests == 0;
    }
}
