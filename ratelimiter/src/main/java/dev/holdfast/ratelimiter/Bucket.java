// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The state of one limiter, or of one key: a word for each of its limits, and a second one for limits that warm up.
 *
 * <pre>
 *    words ── take: one compare-and-set a limit ──▶ words
 *      │
 *      └── close: settings have changed, or keys part ──▶ closed, with the last words ── successor ──▶ words of the next bucket
 * </pre>
 *
 * <p><b>Concurrency.</b> With one limit, a permit is taken by one compare-and-set, and a refusal writes nothing. With
 * several, all are asked first; then each pays in turn, and if one cannot any more because of a call that came between, those
 * that have paid get it back. If yet another call has paid there in the meantime, that permit is lost: too few, never too
 * many.
 *
 * <p>A bucket gives nothing from the moment at which it is closed, and the next one gives nothing before: so no permit is
 * given twice and none is forgotten. Whoever closes writes down a word before it exchanges it for its own number, so that
 * everybody can read the last words, and whoever meets a closed bucket can make the next one; nobody waits for a thread that
 * was stopped half-way. Progress: lock-free.
 */
class Bucket extends AtomicLongArray {
    private static final long serialVersionUID = 1L;

    /** {@link #take}: this bucket is closed. */
    static final long REPLACED = -1;
    /** {@link #take}: it can never be paid. */
    static final long NEVER = Long.MAX_VALUE;

    /** {@link #begin}: somebody else was faster. */
    private static final long CHANGED = -2;

    /** So many threads can close a bucket at the same time; more of them wait for one of these. */
    private static final int CLOSERS = 1 << 10;
    /** Words below are numbers of closers. A time that falls there, once in 584 years, is taken for a microsecond later. */
    private static final long FIRST_OPEN = Long.MIN_VALUE + CLOSERS;

    private static final AtomicReferenceFieldUpdater<Bucket, Closer> CLOSER =
            AtomicReferenceFieldUpdater.newUpdater(Bucket.class, Closer.class, "closers");

    final transient RateLimiterBuilder settings;
    private transient volatile @Nullable Closer closers;

    /** A thread that closes a bucket: it has closed the words that hold its number. */
    private static final class Closer {
        final long number;
        final long[] lastWords;
        final @Nullable Closer below;

        Closer(int limits, @Nullable Closer below) {
            this.number = below == null ? Long.MIN_VALUE : below.number + 1;
            this.lastWords = new long[limits];
            this.below = below;
        }
    }

    /** One that keys share, or did. */
    private static final class OfMany extends Bucket {
        private static final long serialVersionUID = 1L;

        OfMany(RateLimiterBuilder settings) {
            super(settings);
        }
    }

    private Bucket(RateLimiterBuilder settings) {
        super(settings.warms() ? 2 * settings.limits.length : settings.limits.length);
        this.settings = settings;
    }

    /** A full one. */
    static Bucket full(RateLimiterBuilder settings, long t) {
        return new Bucket(settings).filled(t);
    }

    /** A full one for keys that share. */
    static Bucket ofMany(RateLimiterBuilder settings, long t) {
        return new OfMany(settings).filled(t);
    }

    final boolean isOfMany() {
        return this instanceof OfMany;
    }

    final Bucket filled(long t) {
        for (int i = 0; i < settings.limits.length; i++) {
            init(i, settings.limits[i].holding(Long.MAX_VALUE, t), settings.limits[i].extra(t));
        }
        return this;
    }

    private void init(int i, long word, long extra) {
        setPlain(i, Math.max(word, FIRST_OPEN));
        if (settings.warms()) {
            setPlain(settings.limits.length + i, extra);
        }
    }

    long extra(int i) {
        return settings.warms() ? get(settings.limits.length + i) : 0;
    }

    void setExtra(int i, long value) {
        set(settings.limits.length + i, value);
    }

    /**
     * Pays, for a call that goes in as soon as all tolls can be paid, if that is within {@code maxWait}.
     *
     * @param clock is read again only where a window is to begin
     * @param receipt gets each limit's word before and after, unless {@code null}
     * @return how long the call must wait: more than {@code maxWait} if nothing was taken; or {@link #REPLACED}
     */
    long take(Limit.Toll[] tolls, long t, Clock clock, long maxWait, long @Nullable [] receipt) {
        while (true) {
            long wait = waitNanos(tolls, t, clock);
            if (wait == REPLACED || wait > maxWait || pay(tolls, 0, t + wait, clock, receipt)) {
                return wait;
            }
        }
    }

    /** {@link #take} without waiting, of one limit: the path of most calls. */
    long take(Limit.Toll toll, long t, Clock clock) {
        while (true) {
            long word = get(0);
            if (isClosed(word)) {
                return REPLACED;
            }
            long wait = toll.wait(word, t);
            if (wait == 0) {
                if (pays(toll, word, t)) {
                    return 0;
                }
                continue;
            }
            wait = wait == Limit.Toll.BEGINS ? begin(toll, word, t, clock) : wait;
            if (wait != CHANGED) {
                return wait;
            }
        }
    }

    private boolean pays(Limit.Toll toll, long word, long at) {
        if (!compareAndSet(0, word, Math.max(toll.paid(this, 0, word, at), FIRST_OPEN))) {
            return false;
        }
        toll.settled(this, 0, word, at);
        return true;
    }

    /** How long to wait, 0 if it has paid, or {@link #CHANGED}. Apart, because most calls do not come here. */
    private long begin(Limit.Toll toll, long word, long t, Clock clock) {
        long at = clock.notBefore(t);
        long wait = toll.wait(word, at);
        if (wait > 0) {
            return sum(at - t, wait);
        }
        return pays(toll, word, at) ? 0 : CHANGED;
    }

    private static long sum(long late, long wait) {
        return late + Math.min(wait, Limit.LONGEST - late);
    }

    /** How long until all tolls can be paid, or {@link #REPLACED}. */
    long waitNanos(Limit.Toll[] tolls, long t, Clock clock) {
        long wait = 0;
        for (int i = 0; i < tolls.length; i++) {
            long word = get(i);
            if (isClosed(word)) {
                return REPLACED;
            }
            long ofOne = tolls[i].wait(word, t);
            if (ofOne == Limit.Toll.BEGINS) {
                // What can be paid by now need not wait: a clock that moves on at each reading would never let it in.
                long at = clock.notBefore(t);
                long later = tolls[i].wait(word, at);
                ofOne = later > 0 ? sum(at - t, later) : 0;
            }
            wait = Math.max(wait, ofOne);
        }
        return wait;
    }

    /** From limit i on, for a call that goes in then, or now; what is needed to undo it stays on the stack. */
    private boolean pay(Limit.Toll[] tolls, int i, long then, Clock clock, long @Nullable [] receipt) {
        while (true) {
            long word = get(i);
            if (isClosed(word)) {
                return false;
            }
            long at = then;
            long wait = tolls[i].wait(word, at);
            if (wait == Limit.Toll.BEGINS) {
                at = clock.notBefore(then);
                wait = tolls[i].wait(word, at);
            }
            if (wait > 0) {
                return false;
            }
            long after = Math.max(tolls[i].paid(this, i, word, at), FIRST_OPEN);
            if (!compareAndSet(i, word, after)) {
                continue;
            }
            if (i + 1 < tolls.length && !pay(tolls, i + 1, then, clock, receipt)) {
                compareAndSet(i, after, word);
                return false;
            }
            tolls[i].settled(this, i, word, at);
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
    long available(Clock clock) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < settings.limits.length; i++) {
            long word = get(i);
            if (isClosed(word)) {
                return REPLACED;
            }
            // Read after the word, which an older reading may take for one of long ago.
            least = Math.min(least, settings.limits[i].available(word, clock.now()));
        }
        return Math.max(0, least);
    }

    /** Whether it is as good as a new one; for certain where its words are no newer than {@code t}. */
    boolean isFull(long t) {
        for (int i = 0; i < settings.limits.length; i++) {
            // A limit of 0 has nothing to be full of, and may have promised much before.
            if (settings.limits[i].capacity() == 0
                    || settings.limits[i].available(get(i), t) < settings.limits[i].capacity()) {
                return false;
            }
        }
        return true;
    }

    // ---- The end ---------------------------------------------------------------------------------------------------

    private static boolean isClosed(long word) {
        return word < FIRST_OPEN;
    }

    /** Words are closed in their order, so that the first says it for all. */
    boolean isClosed() {
        return isClosed(get(0));
    }

    /**
     * Ends this bucket.
     *
     * @return the last words, the same for all who close it
     */
    long[] close() {
        long[] last = new long[settings.limits.length];
        Closer mine = null;
        for (int i = 0; i < last.length; i++) {
            long word = get(i);
            while (!isClosed(word)) {
                mine = mine == null ? signUp() : mine;
                if (mine == null) {
                    Thread.onSpinWait();
                    word = get(i);
                } else {
                    mine.lastWords[i] = word;
                    word = compareAndSet(i, word, mine.number) ? mine.number : get(i);
                }
            }
            last[i] = closer(word).lastWords[i];
        }
        return last;
    }

    /** {@code null} if there are too many closers; then it is they who close. */
    private @Nullable Closer signUp() {
        while (true) {
            Closer top = closers;
            if (top != null && top.number == FIRST_OPEN - 1) {
                return null;
            }
            Closer mine = new Closer(settings.limits.length, top);
            if (CLOSER.compareAndSet(this, top, mine)) {
                return mine;
            }
        }
    }

    private Closer closer(long word) {
        Closer at = closers;
        while (at != null && at.number != word) {
            at = at.below;
        }
        if (at == null) {
            throw new IllegalStateException("closer " + word + ": unknown (expected: one that has signed up)");
        }
        return at;
    }

    /**
     * Closes this bucket. The next one, under settings that may be others, has what this one had.
     *
     * @param clock is read after the last words have been: by an older reading they may look as if nothing of them counted any more
     */
    Bucket successor(RateLimiterBuilder other, Clock clock) {
        long[] last = close();
        long t = clock.now();
        return continuedBy(last, full(other, t), other, t);
    }

    /** The same, for keys that go on sharing. */
    Bucket successorOfMany(RateLimiterBuilder other, Clock clock) {
        long[] last = close();
        long t = clock.now();
        return continuedBy(last, ofMany(other, t), other, t);
    }

    private Bucket continuedBy(long[] last, Bucket next, RateLimiterBuilder other, long t) {
        int[] origins = Origins.of(settings.limits, other.limits);
        long promised = 0;
        for (int i = 0; settings.limits.length > 1 && i < last.length; i++) {
            promised = Math.max(promised, settings.limits[i].promised(last[i], t));
        }
        for (int i = 0; i < origins.length; i++) {
            if (origins[i] != Origins.NONE) {
                Limit from = settings.limits[origins[i]];
                Limit to = other.limits[i];
                long word = to.takenOver(from, last[origins[i]], promised, t);
                next.init(i, word, to.extraTakenOver(from, last[origins[i]], extra(origins[i]), word, t));
            }
        }
        return next;
    }
}
