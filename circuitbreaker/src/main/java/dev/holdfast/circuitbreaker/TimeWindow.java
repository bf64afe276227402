// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;

/**
 * The results of the last while, in a ring of buckets, without a lock.
 *
 * <pre>
 *        ◀───────────── length ─────────────▶
 *   ┌──────┬──────┬──────┬──────┬──────┬──────┐
 *   │ gone │  −4  │  −3  │  −2  │  −1  │ now  │    a result leaves with its bucket
 *   └──────┴──────┴──────┴──────┴──────┴──────┘
 * </pre>
 *
 * <p>A result is one increment of one of a bucket's four counters, one for each kind; failures can therefore never
 * outnumber calls. A bucket belongs to one stretch of time and is replaced, not cleared: a thread that comes late with a
 * result adds it to a bucket that nobody looks at any more. Two threads whose results break a rule together each add
 * first and look afterwards, so that at least one of them sees it; the counter of the good ones is striped, which changes
 * nothing about that.
 *
 * <p>Time is a difference of readings of a monotonic clock, so it may wrap around; a reading that is older than the
 * newest goes to its own bucket, and one that is older than the window is dropped.
 */
final class TimeWindow extends Results {
    private final long origin;
    private final long width;
    private final int length;
    private final AtomicReferenceArray<Bucket> ring;
    private volatile Bucket current;
    /** The newest stretch that had anything but good results. */
    private final AtomicLong lastBad = new AtomicLong(Long.MIN_VALUE);

    TimeWindow(long nanos, int buckets, long now) {
        this.origin = now;
        this.width = Math.max(1, nanos / buckets);
        this.length = buckets;
        this.ring = new AtomicReferenceArray<>(buckets);
        this.current = new Bucket(0, now);
        ring.set(0, current);
    }

    @Override
    boolean record(int kind, long now, Rules rules) {
        Bucket bucket = add(kind, 1, bucketAt(now));
        // Up to the newest bucket that anybody has used: a result whose reading is older must see those that came
        // before.
        long newest = Math.max(bucket.number, current.number);
        if (lastBad.get() <= newest - length) {
            return false;
        }
        Counts counts = countsIn(newest);
        return rules.isBroken(counts.calls(), counts.failures(), counts.slow());
    }

    private Bucket add(int kind, long times, Bucket bucket) {
        bucket.add(kind, times);
        if (kind != GOOD && lastBad.get() < bucket.number) {
            lastBad.accumulateAndGet(bucket.number, Math::max);
        }
        return bucket;
    }

    @Override
    void add(int kind, long times, long at) {
        if (times > 0) {
            add(kind, times, bucketAt(at));
        }
    }

    @Override
    long room() {
        return Long.MAX_VALUE;
    }

    private Bucket bucketAt(long now) {
        Bucket latest = current;
        long into = now - latest.start;
        return into >= 0 && into < width ? latest : findBucket(numberAt(now));
    }

    private Bucket findBucket(long number) {
        int place = (int) Math.floorMod(number, (long) length);
        while (true) {
            Bucket there = ring.get(place);
            if (there != null && there.number == number) {
                advance(there);
                return there;
            }
            Bucket fresh = new Bucket(number, origin + number * width);
            if (there != null && there.number > number) {
                return fresh;
            }
            if (ring.compareAndSet(place, there, fresh)) {
                advance(fresh);
                return fresh;
            }
        }
    }

    /** A hint for the next call, and the end of the window: a race may lose a step, which the next call makes. */
    private void advance(Bucket bucket) {
        if (bucket.number > current.number) {
            current = bucket;
        }
    }

    private long numberAt(long now) {
        return Math.floorDiv(now - origin, width);
    }

    private Counts countsIn(long newest) {
        long good = 0;
        long failures = 0;
        long slow = 0;
        long both = 0;
        for (int i = 0; i < length; i++) {
            Bucket bucket = ring.get(i);
            if (bucket != null && bucket.number <= newest && bucket.number > newest - length) {
                good += bucket.count(GOOD);
                failures += bucket.count(FAILURE);
                slow += bucket.count(SLOW);
                both += bucket.count(FAILURE | SLOW);
            }
        }
        return new Counts(good + failures + slow + both, failures + both, slow + both);
    }

    @Override
    boolean isSaturatedWithGood() {
        return false;
    }

    @Override
    Counts counts(long now) {
        return countsIn(numberAt(now));
    }

    @Override
    void copyTo(Results other, long now) {
        long newest = numberAt(now);
        long[] totals = new long[KINDS];
        for (long number = newest - length + 1; number <= newest; number++) {
            Bucket bucket = ring.get((int) Math.floorMod(number, (long) length));
            for (int kind = 0; bucket != null && bucket.number == number && kind < KINDS; kind++) {
                totals[kind] += bucket.count(kind);
                if (other.room() == Long.MAX_VALUE) {
                    other.add(kind, bucket.count(kind), number == newest ? now : bucket.start);
                }
            }
        }
        if (other.room() < Long.MAX_VALUE) {
            mix(totals, other, now);
        }
    }

    /** Fills a window with results of each kind in proportion and evenly mixed, so that any part of it has the rates. */
    private static void mix(long[] totals, Results other, long now) {
        long all = LongStream.of(totals).sum();
        long room = Math.min(all, other.room());
        long[] given = new long[KINDS];
        for (long i = 1; i <= room; i++) {
            int behind = 0;
            for (int kind = 1; kind < KINDS; kind++) {
                double lag = (double) totals[kind] / all * i - given[kind];
                behind = lag > (double) totals[behind] / all * i - given[behind] ? kind : behind;
            }
            given[behind]++;
            other.add(behind, 1, now);
        }
    }

    private static final class Bucket {
        final long number;
        final long start;
        /** The kind that many threads add to at once. */
        private final LongAdder good = new LongAdder();
        /** By kind; that of the good ones is not used. */
        private final AtomicLongArray others = new AtomicLongArray(KINDS);

        Bucket(long number, long start) {
            this.number = number;
            this.start = start;
        }

        void add(int kind, long times) {
            if (kind == GOOD) {
                good.add(times);
            } else {
                others.getAndAdd(kind, times);
            }
        }

        long count(int kind) {
            return kind == GOOD ? good.sum() : others.get(kind);
        }
    }
}
