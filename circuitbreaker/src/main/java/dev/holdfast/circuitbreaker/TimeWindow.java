// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

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
 * <p>Who looks writes down in the newest bucket what was in those before it, which is right until a result comes late; and whether the
 * rules are kept, by enough calls: while that bucket is the newest no success can break them, so those that follow only add. Whatever
 * else comes looks for itself.
 *
 * <p>Time is a difference of readings of a monotonic clock, so it may wrap around; a reading that is older than the
 * newest goes to its own bucket, and one that is older than the window is dropped.
 */
final class TimeWindow extends Results {
    private static final VarHandle CURRENT;

    static {
        try {
            CURRENT = MethodHandles.lookup().findVarHandle(TimeWindow.class, "current", Bucket.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final long origin;
    private final long width;
    private final int length;
    private final AtomicReferenceArray<Bucket> ring;
    /** The newest that anybody has used: only ever followed by newer ones. */
    private volatile Bucket current;
    /** Results that came into a bucket which was not the newest any more. */
    private final AtomicInteger late = new AtomicInteger();
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
    int record(int kind, long now, Rules rules) {
        Bucket bucket = add(kind, 1, bucketAt(now));
        // Up to the newest bucket that anybody has used: a result whose reading is older must see those that came
        // before.
        Bucket newest = current;
        if (bucket != newest) {
            late.getAndIncrement();
        } else if (kind == GOOD && newest.keeps == rules) {
            return KEPT;
        }
        if (lastBad.get() <= newest.number - length) {
            return KEPT;
        }
        Counts counts = upTo(newest);
        if (rules.isBroken(counts.calls(), counts.failures(), counts.slow())) {
            return BROKEN;
        }
        if (counts.calls() >= rules.enoughCalls()) {
            newest.keeps = rules;
        }
        return KEPT;
    }

    /** What is in the newest bucket now, and what is known of those before it. */
    private Counts upTo(Bucket newest) {
        Former known = newest.former;
        int lateSoFar = late.get();
        if (known == null || known.late != lateSoFar) {
            known = new Former(countsIn(newest.number - length + 1, newest.number - 1), lateSoFar);
            newest.former = known;
        }
        return newest.with(known.counts);
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
    boolean needsTime() {
        return true;
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

    private void advance(Bucket bucket) {
        for (Bucket newest = current; bucket.number > newest.number; newest = current) {
            CURRENT.compareAndSet(this, newest, bucket);
        }
    }

    private long numberAt(long now) {
        return Math.floorDiv(now - origin, width);
    }

    private Counts countsIn(long first, long last) {
        Counts counts = new Counts(0, 0, 0);
        for (int i = 0; i < length; i++) {
            Bucket bucket = ring.get(i);
            if (bucket != null && bucket.number >= first && bucket.number <= last) {
                counts = bucket.with(counts);
            }
        }
        return counts;
    }

    @Override
    Counts counts(long now) {
        long newest = numberAt(now);
        return countsIn(newest - length + 1, newest);
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

    /**
     * What was in the buckets before the newest one.
     *
     * @param late how many results had come late when they were counted; another one makes this out of date
     */
    private record Former(Counts counts, int late) {}

    private static final class Bucket {
        final long number;
        final long start;
        /** The kind that many threads add to at once. */
        private final LongAdder good = new LongAdder();
        /** By kind; that of the good ones is not used. */
        private final AtomicLongArray others = new AtomicLongArray(KINDS);
        /** The rules that no further success can break while this bucket is the newest. */
        volatile @Nullable Rules keeps;
        /** What was in the buckets before, while this is the newest. */
        volatile @Nullable Former former;

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

        /** These counts and its own. */
        Counts with(Counts more) {
            long both = count(FAILURE | SLOW);
            long failures = count(FAILURE) + both;
            long slow = count(SLOW) + both;
            return new Counts(
                    more.calls() + count(GOOD) + failures + slow - both,
                    more.failures() + failures,
                    more.slow() + slow);
        }
    }
}
