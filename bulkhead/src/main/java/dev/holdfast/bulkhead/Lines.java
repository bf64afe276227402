// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import org.jspecify.annotations.Nullable;

/**
 * The lines of a bulkhead, one or one for each partition, and which of them gets the next permit.
 *
 * <pre>
 *   owed = share x limit:      0 ─────── whole part ─────── owed ────────▶
 *   in flight of the line:     comes first │ comes second   │ comes last: it borrows
 *                                          └ for the fraction of a permit, if there is one
 * </pre>
 *
 * <p>Among those who come equally early, turns decide. Each line has an account in calls: at each turn it is owed its share of
 * one call, and it pays one when the turn is its own. Of the lines to which this turn owes something, the one whose next call
 * is due first has it. That is worst-case fair queueing (Bennett and Zhang, "Hierarchical packet fair queueing algorithms",
 * 1997, WF2Q+) with calls for packets: while all wait, and the whole parts do not decide, each line has had what it is owed to
 * less than one call at any time (Tijdeman, "The chairman assignment problem", 1980). A call counts as a call, however long it
 * takes; there is no clock here.
 *
 * <p>A line in which nobody waits saves nothing up. What it got too early while others waited it pays back while they have
 * their turns. An account holds at most the line's own permits and one, in either direction, so that long calls, for which
 * the whole parts alone decide, are not held against a partition for longer than a round.
 *
 * <p>Concurrency: a line's calls in flight change by compare-and-set against the number that the decision was made upon, so
 * two threads that hand over at once do not both fill the same gap. Accounts are changed one by one; a decision may be made
 * while a turn is not in all of them yet, and the next ones make good for it, because no change is ever lost.
 */
final class Lines {
    /** Shares and limits are decimal: 0.29 of 100 is 29. */
    private static final double ROUNDING = 1e-9;

    private final Line[] all;

    Lines(Line... all) {
        this.all = all;
    }

    /**
     * Counts one more in flight in the line that is next.
     *
     * @param limit the bulkhead's limit
     * @return the line, which may be empty by now; {@code null} if nobody waits in any
     */
    @Nullable Line enterNext(int limit) {
        if (all.length == 1) {
            return all[0].isEmpty() ? null : all[0];
        }
        while (true) {
            Line next = null;
            int nextInFlight = 0;
            int nextRank = 0;
            double nextDue = 0;
            for (Line line : all) {
                if (line.isEmpty()) {
                    continue;
                }
                int inFlight = line.inFlight();
                double account = line.account();
                boolean hasTurn = account + line.share > 0;
                int rank = 2 * rank(line.share * limit, inFlight) + (hasTurn ? 0 : 1);
                double due = line.share > 0 ? ((hasTurn ? 1 : 0) - account) / line.share : Double.MAX_VALUE;
                if (next == null || rank < nextRank || (rank == nextRank && due < nextDue)) {
                    next = line;
                    nextInFlight = inFlight;
                    nextRank = rank;
                    nextDue = due;
                }
            }
            if (next == null || next.enteredAt(nextInFlight)) {
                return next;
            }
        }
    }

    private static int rank(double owed, int inFlight) {
        if (inFlight + 1 <= owed + ROUNDING) {
            return 0;
        }
        return inFlight + ROUNDING < owed ? 1 : 2;
    }

    /**
     * A turn has been taken, while somebody waited.
     *
     * @param winner whose it was
     * @param limit the bulkhead's limit
     */
    void turn(Line winner, int limit) {
        if (all.length == 1) {
            return;
        }
        // If only those wait who have had too much, as many turns go by as it takes until one of them is owed something
        // again.
        double turns = Double.MAX_VALUE;
        for (Line line : all) {
            if (line.share > 0 && (line == winner || !line.isEmpty())) {
                turns = Math.min(turns, ((line == winner ? 1 : 0) - line.account()) / line.share);
            }
        }
        turns = Math.max(1, turns);
        for (Line line : all) {
            if (line.share > 0) {
                boolean waits = line == winner || !line.isEmpty();
                double most = line.share * limit + 1;
                line.settle(line.share * turns - (line == winner ? 1 : 0), most, waits ? most : 0);
            }
        }
    }

    boolean areEmpty() {
        for (Line line : all) {
            if (!line.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** Somebody who waits, to be turned away. */
    @Nullable Waiter poll() {
        for (Line line : all) {
            Waiter waiter = line.poll(false);
            if (waiter != null) {
                return waiter;
            }
        }
        return null;
    }
}
