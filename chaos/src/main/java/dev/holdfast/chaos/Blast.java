// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.internal.Require;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How much an experiment may do, all of its injections together: so many faults, and so many at once. Both hold exactly, whatever
 * threads there are; what does not fit is not injected, and does not wait.
 *
 * <p><b>Concurrency.</b> A place is taken before a number, so that a number is never given back for want of a place. Each of the two never
 * exceeds its limit, because it grows by compare-and-set from a value below it only.
 */
final class Blast {
    private final long atMost;
    private final long atMostAtOnce;
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong active = new AtomicLong();
    /** Whether there is anything to be had; it begins and ends once. */
    private final AtomicReference<Doors> doors;

    private enum Doors {
        HELD,
        OPEN,
        CLOSED
    }

    /**
     * @param atMost faults in all, from 0 up
     * @param atMostAtOnce faults at once, from 0 up; {@link Long#MAX_VALUE} for any number
     */
    Blast(long atMost, long atMostAtOnce) {
        this(atMost, atMostAtOnce, Doors.OPEN);
    }

    private Blast(long atMost, long atMostAtOnce, Doors doors) {
        this.doors = new AtomicReference<>(doors);
        this.atMost = Require.range(atMost, 0, Long.MAX_VALUE, "atMost");
        this.atMostAtOnce = Require.range(atMostAtOnce, 0, Long.MAX_VALUE, "atMostAtOnce");
    }

    static Blast unlimited() {
        return new Blast(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /** There is nothing to be had before {@link #open}, so that all is armed before anything happens. */
    static Blast held(long atMost, long atMostAtOnce) {
        return new Blast(atMost, atMostAtOnce, Doors.HELD);
    }

    /** Begins; without effect after {@link #close}. */
    void open() {
        doors.compareAndSet(Doors.HELD, Doors.OPEN);
    }

    /** From when this returns, there is nothing to be had any more: one write ends all that was armed with it, and what will be. */
    void close() {
        doors.set(Doors.CLOSED);
    }

    /** Takes one fault and a place for it; {@code false} if there is none. {@link #leave} follows when the fault is over. */
    boolean take() {
        if (doors.get() != Doors.OPEN) {
            return false;
        }
        if (!increment(active, atMostAtOnce)) {
            return false;
        }
        if (!increment(taken, atMost)) {
            active.getAndDecrement();
            return false;
        }
        return true;
    }

    /** A fault is over. */
    void leave() {
        active.getAndDecrement();
    }

    /** A fault that was taken did not come about. */
    void giveBack() {
        taken.getAndDecrement();
        active.getAndDecrement();
    }

    long taken() {
        return taken.get();
    }

    long active() {
        return active.get();
    }

    private static boolean increment(AtomicLong count, long limit) {
        long now = count.get();
        while (now < limit) {
            long found = count.compareAndExchange(now, now + 1);
            if (found == now) {
                return true;
            }
            now = found;
        }
        return false;
    }
}
