// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many nodes may be ejected: a share of all, but one at least, and never all. How many there are and how many of them are ejected is one
 * word, so that of several that are to be ejected at the same moment each knows of the others.
 *
 * <pre>
 *   nodes: 32 bits, ejected: 32 bits      tryTake ── ejected + 1 is within the limit ──▶ taken
 *                                         resize ─── fewer nodes: more may be ejected now than may be; whoever resizes brings some back
 * </pre>
 */
final class Quota extends AtomicLong {
    private static final long serialVersionUID = 1L;
    private static final int BITS = 32;
    private static final long EJECTED = (1L << BITS) - 1;
    /** Shares such as 0.29 are not exact: 0.29 * 100 is 28.999999999999996. */
    private static final double ROUNDING = 1e-9;

    private final double share;

    Quota(double share) {
        this.share = share;
    }

    /** As many of so many nodes. */
    static int limit(int nodes, double share) {
        return Math.max(0, Math.min(nodes - 1, Math.max(1, (int) Math.floor(nodes * share + ROUNDING))));
    }

    /** One more is to be ejected; {@code false} if that is not allowed. */
    boolean tryTake() {
        while (true) {
            long now = get();
            if (ejected(now) + 1 > limit(nodes(now), share)) {
                return false;
            }
            if (compareAndSet(now, now + 1)) {
                return true;
            }
        }
    }

    /** One that was ejected is not any more. */
    void giveBack() {
        decrementAndGet();
    }

    void resize(int nodes) {
        updateAndGet(now -> ((long) nodes << BITS) | (now & EJECTED));
    }

    /** Whether more are ejected than may be, since there are fewer. */
    boolean isExceeded() {
        long now = get();
        return ejected(now) > limit(nodes(now), share);
    }

    int ejected() {
        return ejected(get());
    }

    private static int ejected(long word) {
        return (int) (word & EJECTED);
    }

    private static int nodes(long word) {
        return (int) (word >>> BITS);
    }
}
