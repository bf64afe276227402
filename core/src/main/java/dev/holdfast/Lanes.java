// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What has become of the attempts of one race, and of the race itself, in one word: whoever changes it knows all of it.
 *
 * <pre>
 *   an attempt   FREE ── start ──▶ UNDER_WAY ── end ──────▶ SUCCESS, FAILURE, IGNORED, NOT_STARTED or CUT_SHORT
 *                                      └─────── call off ─▶ CALLED_OFF, once the race is over
 *
 *   the race     OPEN ── decide ──▶ DECIDED
 *                  └──── leave ───▶ LEFT: nobody waits for it any more
 * </pre>
 *
 * <p>Attempts have four bits each, from the lowest on; the race has the four highest.
 */
class Lanes extends AtomicLong {
    private static final long serialVersionUID = 1L;

    /** How many attempts have room. */
    static final int MOST = 15;

    static final int FREE = 0;
    static final int UNDER_WAY = 1;
    static final int SUCCESS = 2;
    static final int FAILURE = 3;
    static final int IGNORED = 4;
    static final int NOT_STARTED = 5;
    static final int CALLED_OFF = 6;
    static final int CUT_SHORT = 7;

    private static final int BITS = 4;
    private static final long LANE = 0xF;
    private static final int RACE = MOST * BITS;
    private static final long OPEN = 0;
    private static final long DECIDED = 1;
    private static final long LEFT = 2;

    /** The first attempt is under way. */
    Lanes() {
        super(UNDER_WAY);
    }

    /** Starts an attempt, the next one; {@code false} if the race is over. */
    final boolean start(int attempt) {
        return move(attempt, FREE, UNDER_WAY, true);
    }

    /** An attempt has ended; {@code true} if that counts: the race was open, and is so still. */
    final boolean end(int attempt, int how) {
        return move(attempt, UNDER_WAY, how, true);
    }

    /** The first attempt has ended, and nobody but the thread that ran it has come into play: the race is decided. */
    final boolean endAlone(int how) {
        return compareAndSet(UNDER_WAY, (DECIDED << RACE) | how);
    }

    /** An attempt does not count any more, because the race is over: it is called off, or has ended too late. */
    final boolean callOff(int attempt) {
        return move(attempt, UNDER_WAY, CALLED_OFF, false);
    }

    private boolean move(int attempt, int from, int to, boolean whileOpen) {
        int at = attempt * BITS;
        while (true) {
            long now = get();
            if (of(now, attempt) != from || (now >>> RACE == OPEN) != whileOpen) {
                return false;
            }
            if (compareAndSet(now, (now & ~(LANE << at)) | ((long) to << at))) {
                return true;
            }
        }
    }

    /** Ends the race; {@code true} for the one who does. */
    final boolean decide() {
        return close(DECIDED);
    }

    /** Whoever waited for the race has gone; {@code false} if it has been decided. */
    final boolean leave() {
        return close(LEFT);
    }

    private boolean close(long how) {
        while (true) {
            long now = get();
            if (now >>> RACE != OPEN) {
                return false;
            }
            if (compareAndSet(now, now | (how << RACE))) {
                return true;
            }
        }
    }

    final boolean isOpen() {
        return get() >>> RACE == OPEN;
    }

    final boolean isDecided() {
        return get() >>> RACE == DECIDED;
    }

    final int stateOf(int attempt) {
        return of(get(), attempt);
    }

    private static int of(long word, int attempt) {
        return (int) ((word >>> (attempt * BITS)) & LANE);
    }

    /** How many attempts are in a state. */
    final int count(int state) {
        long now = get();
        int count = 0;
        for (int i = 0; i < MOST; i++) {
            count += of(now, i) == state ? 1 : 0;
        }
        return count;
    }

    /** The first attempt in a state, or -1. */
    final int first(int state) {
        long now = get();
        for (int i = 0; i < MOST; i++) {
            if (of(now, i) == state) {
                return i;
            }
        }
        return -1;
    }
}
