// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

/**
 * Whether calls hang: some have begun, and since then none has ended by itself. Those that were given up count, because a timeout further out
 * ends each of them, and still nobody has heard of the dependency. For one thread at a time.
 */
final class Hang {
    private final long after;
    private final long many;
    /** Calls that have begun since any has ended by itself. */
    private long waiting;
    /** Calls under way that began long before others which have ended: these are lost, and the dependency does not hang. */
    private long lost;
    /** Since many wait. Its time is that in which somebody still waits. */
    private final Stretch stretch = new Stretch();

    /**
     * @param after for how long none ends by itself
     * @param many how many of them have to wait
     */
    Hang(long after, long many) {
        this.after = after;
        this.many = many;
    }

    /**
     * What came in a slice that begins now.
     *
     * @param underWay calls under way at its end
     * @param silent for how long none has ended, at its beginning
     * @param forgotten whether nobody has asked for so long that nothing is known any more
     * @return whether many wait, and somebody waits still
     */
    boolean slice(long from, Evidence came, long underWay, long silent, boolean forgotten) {
        lost = Math.min(lost, underWay);
        if (came.answered() > 0) {
            if (silent >= after) {
                lost = Math.max(lost, underWay - came.begun());
            }
            stretch.slice(from, false);
            // Those of this slice that are left may have begun after the last one that has ended.
            waiting = Math.min(came.begun(), underWay - lost);
        } else {
            waiting = came.begun() + (forgotten && waiting < many ? 0 : waiting);
        }
        stretch.slice(from, waiting >= many);
        boolean somebodyWaits = came.begun() > 0 || underWay > lost;
        if (!somebodyWaits) {
            stretch.pause();
        }
        return stretch.isOn() && somebodyWaits;
    }

    boolean isOutage() {
        return stretch.time() >= after;
    }

    Stretch stretch() {
        return stretch;
    }
}
