// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A node in one state, from the moment at which it came to it. What calls come to that were let in during another stay changes nothing.
 *
 * <pre>
 *   UP ── fails too often, and few enough are out ──▶ EJECTED ── its time is over ──▶ TRIAL: one call at a time
 *    ▲                                                   ▲                              │  └ ends as no evidence ──▶ the next call
 *    │                                                   └──────────── it fails ────────┤
 *    └── a new stay, with a new count of failures; warms up ◀───────── it succeeds ─────┘
 *
 *   any ── not in the list any more ──▶ LEFT
 * </pre>
 *
 * <p>It is its own counter: of failures in a row while it is UP, and of trials under way while it is in TRIAL.
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
    /** The stamp of calls that are let in meanwhile. */
    final int number;
    /** Until when it is ejected: a reading of the clock. */
    final long until;
    /** For people. */
    final String why;

    private volatile long trialSince;

    private Stay(Kind kind, int number, long until, String why) {
        this.kind = kind;
        this.number = number;
        this.until = until;
        this.why = why;
    }

    static Stay first() {
        return new Stay(Kind.UP, 0, 0, "");
    }

    private Stay next(Kind to, long end, String reason) {
        return new Stay(to, (number + 1) & Integer.MAX_VALUE, end, reason);
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

    /** A call goes there that decides. */
    void begins(long now) {
        trialSince = now;
        set(1);
    }

    /** That call says nothing. */
    void saysNothing() {
        set(0);
    }

    /** Whether a call may decide: none does, or for so long that it may never end. */
    boolean isFree(long now, long patience) {
        return kind == Kind.TRIAL && (get() == 0 || now - trialSince >= patience);
    }
}
