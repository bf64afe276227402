// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/**
 * How long after the end of a fault a run is well again: the first second from which on five in a row are good, in each
 * of which at least 95 of 100 calls that are due get a fresh answer. A call belongs to the second in which it began. Not
 * safe to share between threads.
 */
final class RecoveryWatch {
    static final int IN_A_ROW = 5;
    static final double GOOD = 0.95;

    private static final long SECOND = 1_000_000_000;
    /** More than any phase has; what comes later is not looked at. */
    private static final int LONGEST = 120;

    private final long healed;
    private final int[] due = new int[LONGEST];
    private final int[] fresh = new int[LONGEST];
    private int seconds = LONGEST;

    /** Starts when the service is healthy again. */
    RecoveryWatch(long healed) {
        this.healed = healed;
    }

    /**
     * A call that was due has ended, or was not made.
     *
     * @param start when it was due
     */
    void ended(long start, Outcome outcome) {
        long second = Math.floorDiv(start - healed, SECOND);
        if (second >= 0 && second < LONGEST) {
            due[(int) second]++;
            fresh[(int) second] += outcome == Outcome.FRESH ? 1 : 0;
        }
    }

    /** The next phase begins: a second that it cuts short is none. */
    void finish(long now) {
        seconds = (int) Math.min(LONGEST, (now - healed) / SECOND);
    }

    /** What is known of the recovery; a call that has not ended yet may change it. */
    Recovery recovery() {
        int row = 0;
        for (int i = 0; i < seconds; i++) {
            row = due[i] > 0 && fresh[i] >= GOOD * due[i] ? row + 1 : 0;
            if (row == IN_A_ROW) {
                return new Recovery(i + 1 - IN_A_ROW, true);
            }
        }
        return new Recovery(Math.max(0, seconds - IN_A_ROW), false);
    }
}
