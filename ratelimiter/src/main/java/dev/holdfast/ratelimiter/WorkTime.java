// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

/**
 * How long the work of calls takes that have waited and have a deadline: a call that waits until less than that is left takes a
 * permit and is dead all the same. A limiter that let it wait would not recover from a burst: as long as calls come at
 * the limit, each would find the same long queue before it.
 *
 * <p>The estimate is that of TCP for round trips (Jacobson, Congestion Avoidance and Control, 1988): an average and the average
 * deviation from it, of which two are kept in reserve. A call that passed its deadline shows only that its work takes longer
 * than it had; until one succeeds again, calls may wait half as long as it did.
 *
 * <p>Racing threads may lose what one of them saw. What nobody has confirmed for long is forgotten.
 */
final class WorkTime {
    /** So many times the estimate it is good for. */
    private static final long KEPT = 16;

    private static final Seen NOTHING = new Seen(0, 0, true, 0);
    /** Units of what is written into a stamp: about a microsecond. */
    private static final int UNIT_BITS = 10;

    private static final long MOST_WAIT = (1L << 31) - 1;
    private static final long MOST_LEFT = (1L << 32) - 1;

    private record Seen(long average, long deviation, boolean guess, long at) {
        long needed() {
            return average + Math.min(2 * deviation, Limit.LONGEST - average);
        }
    }

    private volatile Seen seen = NOTHING;

    /** How long before their deadline calls that wait must go in. */
    long needed(long t) {
        Seen now = seen;
        return t - now.at > Math.min(now.average, Limit.LONGEST / KEPT) * KEPT ? 0 : now.needed();
    }

    /** What a call must tell when it ends that has waited so long, and has so much time left; not 0. */
    static long stamp(long wait, long left) {
        return (Math.min((wait >>> UNIT_BITS) + 1, MOST_WAIT) << 32) | Math.min(left >>> UNIT_BITS, MOST_LEFT);
    }

    /** The call has succeeded, or failed before its deadline, or not. */
    void ended(long stamp, boolean success, long took, long t) {
        long left = (stamp & MOST_LEFT) << UNIT_BITS;
        if (took >= left) {
            tooLate((stamp >>> 32) << UNIT_BITS, left, t);
        } else if (success) {
            Seen before = seen;
            long off = took - before.average;
            seen = before.guess || needed(t) == 0
                    ? new Seen(took, 0, false, t)
                    : new Seen(
                            before.average + off / 8,
                            before.deviation + (Math.abs(off) - before.deviation) / 4,
                            false,
                            t);
        }
    }

    /** The deadline of a call that has waited so long came before its work had ended. */
    void tooLate(long wait, long left, long t) {
        seen = new Seen(Math.max(needed(t), left + wait / 2), 0, true, t);
    }
}
