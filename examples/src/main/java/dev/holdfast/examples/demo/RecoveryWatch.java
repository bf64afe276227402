// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/**
 * How long after the end of a fault a run is well again: from then on, several calls in a row bring a fresh answer
 * fast. Not safe to share between threads.
 */
final class RecoveryWatch {
    static final int IN_A_ROW = 10;

    private final long healed;
    private long firstOfRow;
    private int row;

    /** Starts when the service is healthy again. */
    RecoveryWatch(long healed) {
        this.healed = healed;
    }

    void ended(long start, long end, Outcome outcome) {
        if (row == IN_A_ROW || start < healed) {
            return;
        }
        if (outcome != Outcome.FRESH || end - start > Tally.SLOW_NANOS) {
            row = 0;
            return;
        }
        if (row++ == 0) {
            firstOfRow = end;
        }
    }

    /** Nanoseconds, or -1 while it has not recovered. */
    long nanos() {
        return row == IN_A_ROW ? firstOfRow - healed : -1;
    }
}
