// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The last {@code size} results, exactly, for any number of threads, without a lock.
 *
 * <p>One word holds everything that a decision needs:
 *
 * <pre>
 *   63        37 36   35      34 33        17 16         0
 *  ┌────────────┬────┬──────────┬────────────┬────────────┐
 *  │   index    │full│  newest  │  failures  │    slow    │
 *  └────────────┴────┴──────────┴────────────┴────────────┘
 * </pre>
 *
 * <p>A result is in the window from the moment at which a compare-and-set puts it into the word, and the counts in that
 * word are the exact counts of the results up to it: every recording is one atomic step in one order.
 *
 * <p>The ring behind the word keeps results for the time when they leave the window. It lags by one: the newest result
 * is in the word only, and whoever records next writes it to the ring first ({@link #settle}), be it its own or that of
 * a thread which was suspended in between. Each entry carries the number of its lap, counted up for ever, so a thread
 * that comes late with a write cannot overwrite a newer one.
 *
 * <p>Progress: lock-free. The index wraps around after about 134 million results, at a multiple of the size; a thread
 * would have to sleep for exactly so many between two instructions, and find the same counts, to be misled.
 */
final class CountWindow extends Results {
    static final int MAX_SIZE = 100_000;

    private static final int COUNT_BITS = 17;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
    private static final int FAILURES_SHIFT = COUNT_BITS;
    private static final int NEWEST_SHIFT = 2 * COUNT_BITS;
    private static final int FULL_SHIFT = NEWEST_SHIFT + 2;
    private static final int INDEX_SHIFT = FULL_SHIFT + 1;
    private static final long FULL = 1L << FULL_SHIFT;
    private static final long COUNTS = (1L << NEWEST_SHIFT) - 1;
    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(CountWindow.class, "word", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final int size;
    private final int laps;
    /** A field, and not an object of its own, because every call reads it. */
    private volatile long word;
    /** The lap, counted from 1, in all bits but the last two, which hold the result. 0: never written. */
    private final AtomicLongArray ring;

    CountWindow(int size) {
        this.size = size;
        this.laps = (1 << (Long.SIZE - INDEX_SHIFT)) / size;
        this.ring = new AtomicLongArray(size);
    }

    @Override
    boolean record(int kind, long now, Rules rules) {
        while (true) {
            long before = word;
            settle(before);
            int index = index(before);
            // If another thread was faster, this may be a newer result than the oldest: then the exchange fails.
            int leaving = isFull(before) ? kindOf(ring.get(index % size)) : GOOD;
            int next = index + 1;
            boolean full = isFull(before) || next == size;
            long failures = failures(before) + failureIn(kind) - failureIn(leaving);
            long slow = slow(before) + slowIn(kind) - slowIn(leaving);
            long after = ((long) (next == size * laps ? 0 : next) << INDEX_SHIFT)
                    | (full ? FULL : 0)
                    | ((long) kind << NEWEST_SHIFT)
                    | (failures << FAILURES_SHIFT)
                    | slow;
            if (WORD.compareAndSet(this, before, after)) {
                return rules.isBroken(full ? size : next, failures, slow);
            }
        }
    }

    /** Writes the newest result to its place in the ring, unless somebody has done so. */
    private void settle(long current) {
        int index = index(current);
        if (index == 0 && !isFull(current)) {
            return;
        }
        int newest = (index == 0 ? size * laps : index) - 1;
        int place = newest % size;
        long there = ring.get(place);
        long lap = there >>> 2;
        // Of a place that was never written the lap is none that there is: -1.
        boolean written = (lap - 1) % laps == newest / size;
        // The entry was read while the word said the same, so it is either this result or its predecessor of the lap
        // before; in the second case the exchange succeeds for one thread only.
        if (!written && word == current) {
            long entry = ((lap + 1) << 2) | newestIn(current);
            ring.compareAndSet(place, there, entry);
        }
    }

    @Override
    boolean isSaturatedWithGood() {
        long current = word;
        return isFull(current) && (current & COUNTS) == 0;
    }

    @Override
    Counts counts(long now) {
        long current = word;
        return new Counts(isFull(current) ? size : index(current), failures(current), slow(current));
    }

    @Override
    void copyTo(Results other, long now) {
        long current = word;
        settle(current);
        int calls = isFull(current) ? size : index(current);
        int oldest = isFull(current) ? index(current) : 0;
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

    @Override
    long room() {
        return size;
    }

    private static int index(long word) {
        return (int) (word >>> INDEX_SHIFT);
    }

    private static boolean isFull(long word) {
        return (word & FULL) != 0;
    }

    private static int newestIn(long word) {
        return (int) (word >>> NEWEST_SHIFT) & 3;
    }

    private static long failures(long word) {
        return (word >>> FAILURES_SHIFT) & COUNT_MASK;
    }

    private static long slow(long word) {
        return word & COUNT_MASK;
    }

    private static int kindOf(long entry) {
        return (int) entry & 3;
    }

    private static int failureIn(int kind) {
        return kind & FAILURE;
    }

    private static int slowIn(int kind) {
        return kind >>> 1;
    }
}
