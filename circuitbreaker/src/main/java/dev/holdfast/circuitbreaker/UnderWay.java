// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many of the calls that are under way have already taken longer than the slow-call limit.
 *
 * <p>Calls are counted by the stretch of time in which they started, in a ring. A stretch is a power of two long, because a
 * division costs as much as a clock reading: a sixteenth to an eighth of the limit. A call is overdue when the whole of its
 * stretch lies before the limit: never too early, and at most an eighth too late. What is still under way when its place in the
 * ring is needed again moves to {@link #ancient}, and a call that ends finds by its own start which of the two has it.
 *
 * <p>There is a ring for each of a few groups of threads, because every call writes twice here, and threads that write to the
 * same place wait for each other's cache line. A call must end where it was counted, on whatever thread: its stamp says where.
 */
final class UnderWay {
    /** More than there are stretches in a limit, twice. */
    private static final int PLACES = 32;

    private static final int STRETCHES_IN_LIMIT = 8;
    private static final int COUNT_BITS = 24;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
    /** Four for each processor, because threads may share one by chance; 256 bytes each. */
    private static final int RINGS = Math.min(
            Stay.MOST_RINGS, 4 * Integer.highestOneBit(Runtime.getRuntime().availableProcessors()));

    private final long limit;
    private final long origin;
    private final int widthBits;
    private final int lastRing;
    /** The stretch's number in the upper bits, how many started in it and still run in the lower; ring after ring. */
    private final AtomicLongArray places;

    private final AtomicLong ancient = new AtomicLong();
    private final AtomicLong checked = new AtomicLong();

    UnderWay(long limit, long now) {
        this(limit, now, RINGS);
    }

    /** @param rings a power of two */
    UnderWay(long limit, long now, int rings) {
        this.lastRing = rings - 1;
        this.places = new AtomicLongArray(rings * PLACES);
        this.limit = limit;
        this.origin = now;
        this.widthBits = 63 - Long.numberOfLeadingZeros(Math.max(1, limit / STRETCHES_IN_LIMIT));
    }

    boolean hasLimit(long nanos) {
        return limit == nanos;
    }

    /** Counts a call, and says in which ring. */
    int started(long now) {
        int ring = (int) Thread.currentThread().getId() & lastRing;
        started(now, ring);
        return ring;
    }

    /** Counts a call again that was counted in this ring before. */
    void started(long now, int ring) {
        long number = numberAt(now);
        int place = place(ring, number);
        while (true) {
            long there = places.get(place);
            boolean same = order(number, there) == 0;
            if (count(there) > 0 && order(number, there) < 0) {
                ancient.getAndIncrement();
                return;
            }
            if (places.compareAndSet(place, there, same ? there + 1 : (number << COUNT_BITS) | 1)) {
                if (!same) {
                    ancient.getAndAdd(count(there));
                }
                return;
            }
        }
    }

    void ended(long start, int ring) {
        long number = numberAt(start);
        int place = place(ring, number);
        while (true) {
            long there = places.get(place);
            if (order(number, there) != 0 || count(there) == 0) {
                ancient.getAndDecrement();
                return;
            }
            if (places.compareAndSet(place, there, there - 1)) {
                return;
            }
        }
    }

    /** The overdue calls; 0 without looking if somebody has looked since another stretch could become overdue. */
    long overdueSinceLastCheck(long now) {
        long number = firstInTime(now);
        long before = checked.get();
        return number > before && checked.compareAndSet(before, number) ? overdue(now) : 0;
    }

    long overdue(long now) {
        long firstInTime = firstInTime(now);
        long sum = ancient.get();
        for (int i = 0; i < places.length(); i++) {
            long there = places.get(i);
            if (order(firstInTime, there) > 0) {
                sum += count(there);
            }
        }
        return Math.max(0, sum);
    }

    /** The first stretch of which a call may still be within the limit. */
    private long firstInTime(long now) {
        return now - origin < limit ? 0 : numberAt(now - limit);
    }

    /** Below, at or above zero if this stretch is before, at or after an entry's: a difference, as 40 bits hold a number. */
    private static long order(long number, long entry) {
        return (number << COUNT_BITS) - (entry & ~COUNT_MASK);
    }

    private static int place(int ring, long number) {
        return ring * PLACES + ((int) number & PLACES - 1);
    }

    private static long count(long entry) {
        return entry & COUNT_MASK;
    }

    private long numberAt(long now) {
        return Math.max(0, now - origin) >>> widthBits;
    }
}
