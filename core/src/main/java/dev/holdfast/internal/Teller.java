// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Has what happens told by one thread at a time, in order, and lets no other wait for it: whoever finds nobody telling tells, also
 * for those who come meanwhile, and they go on at once.
 *
 * <pre>
 *   nobody tells ── tell() ──▶ a round ── nobody has come meanwhile ──▶ nobody tells
 *                                ▲  │
 *                                └──┘ tell(), by whomever, also by the round itself
 * </pre>
 *
 * <p>After each {@link #tell} a round begins that sees what was written before it. A round that somebody has come to meanwhile is
 * followed by one more, however many came: so a round tells all that there is. Each round sees what the ones before have written. Safe
 * to use from any thread; lock-free but for what the rounds do.
 */
public final class Teller {
    private final Runnable round;
    /** Who has come since the last round began, and has not been seen by the thread that tells. */
    private final AtomicInteger came = new AtomicInteger();

    private Teller(Runnable round) {
        this.round = round;
    }

    /**
     * Creates one.
     *
     * @param round tells what there is to tell, which may be nothing; must not throw, or nothing is told any more
     * @return a new teller
     */
    public static Teller of(Runnable round) {
        return new Teller(round);
    }

    /** There is, or may be, something to tell: to be called after it was written. */
    public void tell() {
        if (came.getAndIncrement() > 0) {
            return;
        }
        int seen = 1;
        while (seen > 0) {
            round.run();
            seen = came.addAndGet(-seen);
        }
    }
}
