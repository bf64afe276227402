// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How long first attempts take: a quantile of what they took lately.
 *
 * <pre>
 *   record ──▶ the slice of now ── 10 s old, and 500 in it ──▶ the slice before, in place of that one
 *                   │                └ 64 took 10 minutes ───▶ all is forgotten
 *                   └── every 64th, and the 100th ──▶ the quantile of both slices
 * </pre>
 *
 * <p>Why 500: what an extra has overtaken is recorded with the age that it had, which is more than the delay was, but perhaps less than
 * it is later. The fewer the quantile rests on, the more it moves, and the lower it comes out.
 *
 * <p>A slice counts in buckets, 32 for each doubling, so a quantile is exact to 1.6 % (log-linear, as in Gil Tene's HdrHistogram).
 * It takes 5 KB, and is replaced and not cleared, so a record that comes late is lost and disturbs nothing. A record is two atomic
 * additions. Safe to use from any thread.
 */
final class Latencies {
    /** Fewer say nothing. */
    static final int LEAST = 100;

    private static final int ENOUGH = 500;

    static final long SLICE_NANOS = Duration.ofSeconds(10).toNanos();
    static final long FORGOTTEN_NANOS = Duration.ofMinutes(10).toNanos();
    static final long UNKNOWN = -1;

    private static final int EACH = 64;
    /** The logarithm of half of the buckets that are exact, and of those of a doubling. */
    private static final int BITS = 5;

    private static final int STEPS = 1 << BITS;
    private static final long MOST = Duration.ofHours(1).toNanos();
    private static final int BUCKETS = bucket(MOST) + 1;

    /** What was recorded since a reading of the clock. */
    private static final class Slice {
        final long start;
        final AtomicIntegerArray counts = new AtomicIntegerArray(BUCKETS + 1);

        Slice(long start) {
            this.start = start;
        }

        /** Gives how many there are with this one. */
        int add(long nanos) {
            counts.getAndIncrement(bucket(Math.min(nanos, MOST)));
            return counts.incrementAndGet(BUCKETS);
        }

        int seen() {
            return counts.get(BUCKETS);
        }
    }

    private final double quantile;
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile Slice now;
    private volatile Slice before;
    private volatile long value = UNKNOWN;
    /** For who is busy. */
    private long updated;

    Latencies(double quantile, long start) {
        this.quantile = quantile;
        this.now = new Slice(start);
        this.before = now;
        this.updated = start;
    }

    /** Nanoseconds, or {@link #UNKNOWN}. */
    long value() {
        return value;
    }

    /** Gives whether it is time for {@link #update}. */
    boolean record(long nanos) {
        int seen = now.add(nanos);
        return seen % EACH == 0 || seen == LEAST;
    }

    /** Works the quantile out, unless another thread is at it. */
    void update(long time) {
        if (!busy.compareAndSet(false, true)) {
            return;
        }
        try {
            Slice slice = now;
            long idle = time - updated;
            updated = time;
            if (idle >= FORGOTTEN_NANOS) {
                now = new Slice(time);
                before = now;
                value = UNKNOWN;
                return;
            }
            value = quantileOf(slice, before);
            if (time - slice.start >= SLICE_NANOS && slice.seen() >= ENOUGH) {
                before = slice;
                now = new Slice(time);
            }
        } finally {
            busy.set(false);
        }
    }

    private long quantileOf(Slice newest, Slice other) {
        // Read before the buckets, which are counted first.
        long all = (long) newest.seen() + (other == newest ? 0 : other.seen());
        if (all < LEAST) {
            return UNKNOWN;
        }
        long rest = Math.min(all, (long) Math.ceil(quantile * (all + 1)));
        int bucket = -1;
        while (rest > 0 && bucket < BUCKETS - 1) {
            bucket++;
            rest -= newest.counts.get(bucket) + (other == newest ? 0 : other.counts.get(bucket));
        }
        return middle(bucket);
    }

    static int bucket(long nanos) {
        int shift = Math.max(0, Long.SIZE - 1 - BITS - Long.numberOfLeadingZeros(nanos | 1));
        return shift * STEPS + (int) (nanos >>> shift);
    }

    static long middle(int bucket) {
        int shift = Math.max(0, bucket / STEPS - 1);
        long lowest = (long) (bucket - shift * STEPS) << shift;
        return lowest + (1L << shift) / 2;
    }
}
