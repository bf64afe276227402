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
 * to use from any thread; lock-free but for what the rounds do. It is its own atomic state, because there is one for each policy.
 */
public abstract class Teller extends AtomicInteger {
    private static final long serialVersionUID = 1L;

    /** Nobody tells. */
    protected Teller() {}

    /** Tells what there is to tell, which may be nothing. What it throws is thrown at who tells; the next one who tells begins anew. */
    protected abstract void round();

    /** There is, or may be, something to tell: to be called after it was written. */
    public final void tell() {
        // Who has come since the last round began, and has not been seen by the thread that tells.
        if (getAndIncrement() > 0) {
            return;
        }
        boolean isDone = false;
        try {
            int seen = 1;
            while (seen > 0) {
                round();
                seen = addAndGet(-seen);
            }
            isDone = true;
        } finally {
            if (!isDone) {
                // Also where the stack was full: else all would leave it for ever to one who does not tell any more.
                set(0);
            }
        }
    }
}
