// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

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
 * first and look afterwards, so that at least one of them sees it.
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
    private volatile long lastBad = Long.MIN_VALUE;

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
        Bucket bucket = bucketAt(now);
        bucket.counts.getAndIncrement(kind);
        if (kind != GOOD && lastBad < bucket.number) {
            lastBad = bucket.number;
        }
        // Up to the newest bucket that anybody has used: a result whose reading is older must see those that came before.
        long newest = Math.max(bucket.number, current.number);
        if (lastBad <= newest - length) {
            return false;
        }
        Counts counts = countsIn(newest);
        return rules.isBroken(counts.calls(), counts.failures(), counts.slow());
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
                return there;
            }
            Bucket fresh = new Bucket(number, origin + number * width);
            if (there != null && there.number > number) {
                return fresh;
            }
            if (ring.compareAndSet(place, there, fresh)) {
                // A hint for the next call, and the end of the window: a race may lose a step, which the next call makes.
                if (fresh.number > current.number) {
                    current = fresh;
                }
                return fresh;
            }
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
                good += bucket.counts.get(GOOD);
                failures += bucket.counts.get(FAILURE);
                slow += bucket.counts.get(SLOW);
                both += bucket.counts.get(FAILURE | SLOW);
            }
        }
        return new Counts(good + failures + slow + both, failures + both, slow + both);
    }

    @Override
    boolean isSaturatedWithGood() {
        return false;
    }

    @Override
    boolean isTimed() {
        return true;
    }

    @Override
    Counts counts(long now) {
        return countsIn(numberAt(now));
    }

    @Override
    void copyTo(Results other, long now) {
        long newest = numberAt(now);
        for (long number = newest - length + 1; number <= newest; number++) {
            Bucket bucket = ring.get((int) Math.floorMod(number, (long) length));
            if (bucket != null && bucket.number == number) {
                long at = number == newest ? now : bucket.start;
                for (int kind = 0; kind < KINDS; kind++) {
                    // More than the largest window over calls would only push themselves out.
                    long times = Math.min(bucket.counts.get(kind), CountWindow.MAX_SIZE);
                    for (long i = 0; i < times; i++) {
                        other.record(kind, at, Rules.NONE);
                    }
                }
            }
        }
    }

    private static final class Bucket {
        final long number;
        final long start;
        final AtomicLongArray counts = new AtomicLongArray(KINDS);

        Bucket(long number, long start) {
            this.number = number;
            this.start = start;
        }
    }
}
