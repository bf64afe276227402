// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.Require;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The state of one limiter, or of one key: a word for each of its limits, and a second one for limits that warm up.
 *
 * <pre>
 *    words ── take: one compare-and-set a limit ──▶ words
 *      │
 *      └── close: settings have changed, or the key was evicted ──▶ CLOSED, ask for the next bucket
 * </pre>
 *
 * <p><b>Concurrency.</b> With one limit, a permit is taken by one compare-and-set, and a refusal writes nothing. With
 * several, all are asked first; then each pays in turn, and if one cannot any more because of a call that came between, those
 * that have paid get it back. If yet another call has paid there in the meantime, that permit is lost: too few, never too
 * many. Progress: lock-free.
 */
final class Bucket extends AtomicLongArray {
    private static final long serialVersionUID = 1L;

    /** {@link #take}: this bucket is closed. */
    static final long REPLACED = -1;
    /** {@link #take}: it can never be paid. */
    static final long NEVER = Long.MAX_VALUE;

    private static final long CLOSED = Long.MIN_VALUE;

    final transient RateLimiterBuilder settings;
    /** What has replaced this one. Set before a word is {@link #CLOSED}. */
    private transient volatile @Nullable Bucket successor;

    private Bucket(RateLimiterBuilder settings) {
        super(settings.warms() ? 2 * settings.limits.length : settings.limits.length);
        this.settings = settings;
    }

    /** A full one. */
    static Bucket full(RateLimiterBuilder settings, long t) {
        Bucket full = new Bucket(settings);
        for (int i = 0; i < settings.limits.length; i++) {
            full.init(i, settings.limits[i].holding(Long.MAX_VALUE, t), settings.limits[i].extra(t));
        }
        return full;
    }

    private void init(int i, long word, long extra) {
        setPlain(i, word == CLOSED ? word + 1 : word);
        if (settings.warms()) {
            setPlain(settings.limits.length + i, extra);
        }
    }

    long extra(int i) {
        return get(settings.limits.length + i);
    }

    void setExtra(int i, long value) {
        set(settings.limits.length + i, value);
    }

    /**
     * Pays, for a call that goes in as soon as all tolls can be paid, if that is within {@code maxWait}.
     *
     * @param receipt gets each limit's word before and after, unless {@code null}
     * @return how long the call must wait: more than {@code maxWait} if nothing was taken; or {@link #REPLACED}
     */
    long take(Limit.Toll[] tolls, long t, long maxWait, long @Nullable [] receipt) {
        while (true) {
            long wait = waitNanos(tolls, t);
            if (wait == REPLACED || wait > maxWait || pay(tolls, 0, t, wait, receipt)) {
                return wait;
            }
        }
    }

    /** {@link #take} without waiting, of one limit: the path of most calls. */
    long take(Limit.Toll toll, long t) {
        while (true) {
            long word = get(0);
            if (word == CLOSED) {
                return REPLACED;
            }
            long wait = toll.wait(word, t);
            if (wait > 0) {
                return wait;
            }
            long after = toll.paid(this, 0, word, t);
            if (compareAndSet(0, word, after == CLOSED ? after + 1 : after)) {
                toll.settled(this, 0, word, t);
                return 0;
            }
        }
    }

    /** How long until all tolls can be paid, or {@link #REPLACED}. */
    long waitNanos(Limit.Toll[] tolls, long t) {
        long wait = 0;
        for (int i = 0; i < tolls.length; i++) {
            long word = get(i);
            if (word == CLOSED) {
                return REPLACED;
            }
            wait = Math.max(wait, tolls[i].wait(word, t));
        }
        return wait;
    }

    /** From limit i on; what is needed to undo it stays on the stack. */
    private boolean pay(Limit.Toll[] tolls, int i, long t, long wait, long @Nullable [] receipt) {
        while (true) {
            long word = get(i);
            if (word == CLOSED || tolls[i].wait(word, t) > wait) {
                return false;
            }
            long after = tolls[i].paid(this, i, word, t + wait);
            after = after == CLOSED ? after + 1 : after;
            if (!compareAndSet(i, word, after)) {
                continue;
            }
            if (i + 1 < tolls.length && !pay(tolls, i + 1, t, wait, receipt)) {
                compareAndSet(i, after, word);
                return false;
            }
            tolls[i].settled(this, i, word, t + wait);
            if (receipt != null) {
                receipt[2 * i] = word;
                receipt[2 * i + 1] = after;
            }
            return true;
        }
    }

    /** Gives back, at each limit at which nobody has paid since. */
    void giveBack(long[] receipt) {
        for (int i = 0; i < settings.limits.length; i++) {
            compareAndSet(i, receipt[2 * i + 1], receipt[2 * i]);
        }
    }

    /** The permits that are there for a call: what the scarcest limit has. Or {@link #REPLACED}. */
    long available(long t) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < settings.limits.length; i++) {
            long word = get(i);
            if (word == CLOSED) {
                return REPLACED;
            }
            least = Math.min(least, settings.limits[i].available(word, t));
        }
        return Math.max(0, least);
    }

    /** As below, of a bucket that is never closed. */
    Bucket next(RateLimiterBuilder other, long t) {
        return Require.nonNull(next(other, t, new long[settings.limits.length]), "next");
    }

    /** A bucket under other settings that has what this one has now; {@code null} if this one is closed. */
    @Nullable Bucket next(RateLimiterBuilder other, long t, long[] seen) {
        Bucket next = full(other, t);
        for (int i = 0; i < Math.min(settings.limits.length, other.limits.length); i++) {
            seen[i] = get(i);
            if (seen[i] == CLOSED) {
                return null;
            }
            Limit from = settings.limits[i];
            Limit to = other.limits[i];
            if (from.spec.equals(to.spec)) {
                next.init(i, seen[i], settings.warms() ? extra(i) : 0);
            } else {
                next.init(i, to.holding(from.available(seen[i], t), t), to.extra(t));
            }
        }
        return next;
    }

    /** Ends this bucket, and charges what was taken after {@code seen} to the one that has replaced it. */
    void closeFor(Bucket next, long t, long[] seen) {
        successor = next;
        for (int i = 0; i < settings.limits.length; i++) {
            long last = getAndSet(i, CLOSED);
            if (i < next.settings.limits.length && last != seen[i]) {
                Limit from = settings.limits[i];
                next.charge(i, from.available(seen[i], t) - from.available(last, t), t);
            }
        }
    }

    /** By then this bucket, too, may have been replaced: what was taken is charged to the one that counts now. */
    private void charge(int i, long permits, long t) {
        for (Bucket at = this; at != null && i < at.settings.limits.length; at = at.successor) {
            Limit limit = at.settings.limits[i];
            long before = at.getAndUpdate(i, word -> word == CLOSED ? word : charged(limit, word, permits, t));
            if (before != CLOSED) {
                return;
            }
        }
    }

    private static long charged(Limit limit, long word, long permits, long t) {
        long after = limit.holding(limit.available(word, t) - permits, t);
        return after == CLOSED ? after + 1 : after;
    }

    /** Ends this bucket, and takes from another, at each limit, what it has more than this one. */
    void closeAndLevel(Bucket other, long t) {
        for (int i = 0; i < settings.limits.length; i++) {
            long last = getAndSet(i, CLOSED);
            if (i < other.settings.limits.length && last != CLOSED) {
                other.lower(i, settings.limits[i], last, t);
            }
        }
    }

    /** Starts with no more than another bucket has. */
    void level(Bucket other, long t) {
        for (int i = 0; i < Math.min(settings.limits.length, other.settings.limits.length); i++) {
            lower(i, other.settings.limits[i], other.get(i), t);
        }
    }

    private void lower(int i, Limit from, long word, long t) {
        Limit to = settings.limits[i];
        updateAndGet(i, mine -> {
            long there = from.available(word, t);
            long here = to.available(mine, t);
            if (mine == CLOSED || there > here) {
                return mine;
            }
            if (from.spec.equals(to.spec)) {
                // The later of two words is the one with the smaller part of a permit.
                return there == here && word - mine < 0 ? mine : word;
            }
            return to.holding(there, t);
        });
    }
}
