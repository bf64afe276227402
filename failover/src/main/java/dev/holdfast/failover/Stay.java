// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A node in one state, from the moment at which it came to it. What calls come to that were let in during another stay changes nothing.
 *
 * <pre>
 *   UP ── fails too often, and few enough are out ──▶ EJECTED ── its time is over ──▶ TRIAL, free ── a pick ──▶ TRIAL, of one call
 *    ▲                                                   ▲                                   ▲                   │ │
 *    │                                                   │                                   └── no evidence ────┘ │
 *    │                                                   └─────────────────── it fails ────────────────────────────┤
 *    └── a new stay, with a new count of failures; warms up ◀──────────────── it succeeds ─────────────────────────┘
 *
 *   EJECTED, TRIAL ── its time is over, and it is not to be tried ──▶ UP          any ── not in the list any more ──▶ LEFT
 * </pre>
 *
 * <p>Each pick of a node on trial makes a stay of its own, so the number that a call gets is its ticket: it gives back no place but its own. Any call of
 * the same trial decides.
 *
 * <p>It is its own counter: of failures in a row while it is UP; and in TRIAL 1 once the call has come that it is for.
 */
final class Stay extends AtomicInteger {
    private static final long serialVersionUID = 1L;

    enum Kind {
        UP,
        EJECTED,
        TRIAL,
        LEFT
    }

    final Kind kind;
    /** The stamp of a call whose end says nothing about the node. */
    private static final long SAYS_NOTHING = Long.MAX_VALUE;

    /** The stamp of calls that are let in meanwhile. */
    final long number;
    /** The number of the first stay of which calls decide in this one. */
    private final long first;
    /** Until when it is ejected: a reading of the clock. */
    final long until;
    /** For people. */
    final String why;

    /** Whether it is a trial that a call was picked for, and when that was: a reading of the clock. */
    private final boolean isTaken;

    private final long since;

    private Stay(Kind kind, long number, long first, long until, String why, boolean isTaken, long since) {
        this.kind = kind;
        this.number = number;
        this.first = first;
        this.until = until;
        this.why = why;
        this.isTaken = isTaken;
        this.since = since;
    }

    static Stay first() {
        return new Stay(Kind.UP, 0, 0, 0, "", false, 0);
    }

    private Stay next(Kind to, long end, String reason) {
        return new Stay(to, number + 1, number + 1, end, reason, false, 0);
    }

    Stay up() {
        return next(Kind.UP, 0, "");
    }

    Stay ejected(long end, String reason) {
        return next(Kind.EJECTED, end, reason);
    }

    Stay trial() {
        return next(Kind.TRIAL, until, why);
    }

    Stay left() {
        return next(Kind.LEFT, 0, "");
    }

    /** Whether it counts among the ejected. */
    boolean isOut() {
        return kind == Kind.EJECTED || kind == Kind.TRIAL;
    }

    /** What a call gets that is let in now. */
    long stamp() {
        return kind != Kind.TRIAL || (isTaken && compareAndSet(0, 1)) ? number : SAYS_NOTHING;
    }

    /** Whether what a call comes to that got a stamp says something in this stay. */
    boolean isDecidedBy(long stamp) {
        return first <= stamp && stamp <= number;
    }

    // ---- While it is up ---------------------------------------------------------------------------------------------

    /** A call has failed; gives how many in a row that makes. */
    int failed() {
        return incrementAndGet();
    }

    void succeeded() {
        // Most often there is nothing to forget, and nothing to write.
        if (get() != 0) {
            set(0);
        }
    }

    // ---- While it is on trial ---------------------------------------------------------------------------------------

    /** A call is picked for it. */
    Stay taken(long now) {
        return new Stay(Kind.TRIAL, number + 1, first, until, why, true, now);
    }

    /** That call says nothing: the next one may decide. */
    Stay free() {
        return new Stay(Kind.TRIAL, number + 1, first, until, why, false, 0);
    }

    /** Whether a call may be picked for it: there is none, or for so long that it may never end. */
    boolean isFree(long now, long patience) {
        return kind == Kind.TRIAL && (!isTaken || now - since >= patience);
    }
}
