// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.internal.Contention;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The last {@code size} results, exactly, for any number of threads, without a lock.
 *
 * <p>One word holds everything that a decision needs; {@code w} is as wide as the size in binary:
 *
 * <pre>
 *   63     3w+3    2w+3   2w+2     2w         w        0
 *  ┌────────┬───────┬──────┬────────┬──────────┬────────┐
 *  │  laps  │ place │ full │ newest │ failures │  slow  │
 *  └────────┴───────┴──────┴────────┴──────────┴────────┘
 * </pre>
 *
 * <p>A result is in the window from the moment at which a compare-and-set puts it into the word, and the counts in that
 * word are the exact counts of the results up to it: every recording is one atomic step in one order.
 *
 * <p>The ring behind the word keeps results for the time when they leave the window. It lags by one: the newest result
 * is in the word only, and whoever records next sees to it that its place in the ring says so first ({@link #settle}), be it its own
 * or that of a thread which was suspended in between. A place is written only where another result comes into it, so that a success
 * that follows a success, and pushes out a success, writes the word and nothing else. Each entry carries a version, counted up for
 * ever, so a thread that comes late with a write cannot overwrite a newer one.
 *
 * <p>Progress: lock-free. The laps wrap around after at least 67 million results; a thread would have to sleep for exactly so many
 * between two instructions, and find the same counts, to be misled.
 */
final class CountWindow extends Results {
    static final int MAX_SIZE = 100_000;

    private static final int KIND = 3;

    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(CountWindow.class, "word", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final int size;
    private final int width;
    private final long full;
    private final long fullAndCounts;
    /** A field, and not an object of its own, because every call reads it. */
    private volatile long word;
    /** The version in all bits but the last two, which hold the result. 0: never written, which is as good as a success. */
    private final AtomicLongArray ring;

    CountWindow(int size) {
        this.size = size;
        this.width = Integer.SIZE - Integer.numberOfLeadingZeros(size);
        this.full = 1L << (2 * width + 2);
        this.fullAndCounts = full | (1L << (2 * width)) - 1;
        this.ring = new AtomicLongArray(size);
    }

    @Override
    int record(int kind, long now, Rules rules) {
        while (true) {
            long before = word;
            if (kind == GOOD && isSaturatedWithGood(before)) {
                return KEPT;
            }
            int place = place(before);
            settle(before, place);
            boolean wasFull = isFull(before);
            // If another thread was faster, this may be a newer result than the oldest: then the exchange fails.
            int leaving = wasFull ? kindOf(ring.get(place)) : GOOD;
            long failures = failures(before) + failureIn(kind) - failureIn(leaving);
            long slow = slow(before) + slowIn(kind) - slowIn(leaving);
            boolean isLast = place == size - 1;
            boolean isFull = wasFull || isLast;
            // Where the exchange will fail, these may be counts that never were: at worst a clock is read for nothing.
            boolean broken = rules.isBroken(isFull ? size : place + 1, failures, slow);
            if (broken && now == StateMachine.NO_READING) {
                return NEEDS_TIME;
            }
            long lap = before >>> (3 * width + 3);
            long position = isLast ? (lap + 1) << width : (before >>> (2 * width + 3)) + 1;
            long after = (position << (2 * width + 3))
                    | (isFull ? full : 0)
                    | ((long) kind << (2 * width))
                    | (failures << width)
                    | slow;
            if (WORD.compareAndSet(this, before, after)) {
                return broken ? BROKEN : KEPT;
            }
            Contention.stayAway();
        }
    }

    /** Writes the newest result to its place in the ring, unless that holds the same already. */
    private void settle(long current, int next) {
        int place = (next == 0 ? size : next) - 1;
        long there = ring.get(place);
        int newest = (int) (current >>> (2 * width)) & KIND;
        // An entry that differs, and was read while the word said the same, is the one of the lap before. Nobody
        // records anything until it has been exchanged, and one thread only succeeds in that.
        if (kindOf(there) != newest && word == current) {
            ring.compareAndSet(place, there, (there & ~KIND) + (KIND + 1) + newest);
        }
    }

    /** One more success would push out a success, and leave everything as it is. */
    private boolean isSaturatedWithGood(long current) {
        return (current & fullAndCounts) == full;
    }

    @Override
    Counts counts(long now) {
        long current = word;
        return new Counts(isFull(current) ? size : place(current), failures(current), slow(current));
    }

    @Override
    void copyTo(Results other, long now) {
        long current = word;
        settle(current, place(current));
        int calls = isFull(current) ? size : place(current);
        int oldest = isFull(current) ? place(current) : 0;
        for (int i = 0; i < calls; i++) {
            other.add(kindOf(ring.get((oldest + i) % size)), 1, now);
        }
    }

    @Override
    void add(int kind, long times, long at) {
        for (long i = 0; i < Math.min(times, size); i++) {
            record(kind, at, Rules.NONE);
        }
    }

    /** Not before a rule is broken. */
    @Override
    boolean needsTime() {
        return false;
    }

    @Override
    long room() {
        return size;
    }

    private int place(long word) {
        return (int) (word >>> (2 * width + 3)) & (1 << width) - 1;
    }

    private boolean isFull(long word) {
        return (word & full) != 0;
    }

    private long failures(long word) {
        return (word >>> width) & (1L << width) - 1;
    }

    private long slow(long word) {
        return word & (1L << width) - 1;
    }

    private static int kindOf(long entry) {
        return (int) entry & KIND;
    }

    private static int failureIn(int kind) {
        return kind & FAILURE;
    }

    private static int slowIn(int kind) {
        return kind >>> 1;
    }
}
