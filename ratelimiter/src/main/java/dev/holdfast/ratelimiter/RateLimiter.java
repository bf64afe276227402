// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.Ending;
import dev.holdfast.Gate;
import dev.holdfast.Meter;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import dev.holdfast.Turn;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls through at a rate, with bursts whose size is bounded.
 *
 * <pre>
 *                  permits there now
 *   call ── enter ───────────────────────────────▶ let in
 *             │ there within the longest wait          ▲
 *             ├────────▶ reserved ──── its time comes ──┘
 *             │ later        │ interrupted, cancelled, past a deadline
 *             ▼              ▼
 *          refused        given back, unless a later call has reserved behind it
 * </pre>
 *
 * <p><b>What holds.</b> With a token bucket, the default, any stretch of length w sees at most {@code burst + w * rate} calls,
 * and callers who always ask get the rate exactly, in the long run to the last permit, whether or not it divides a second.
 * (Where it does not, single permits come up to two nanoseconds early or late.) A refusal takes nothing, writes nothing and
 * says exactly when the permits are there. A reservation that is given up behind which others wait is lost: too few permits,
 * never too many. The other algorithms say in {@link RateLimiterBuilder} what they promise.
 *
 * <p><b>Deadlines.</b> A call is refused at once if it would have to wait too long, or until so little of its time is left that
 * others which had waited needed more for their work. So a burst leaves no queue behind it in which each call takes a permit and
 * is dead all the same.
 *
 * <p><b>Concurrency.</b> One word a limit, one compare-and-set a call, one reading of a monotonic clock, and a second one
 * before a call waits or is refused, or begins a window; no lock, no timer, no thread. A thread that is stopped between its reading and
 * its compare-and-set, for however long, lets nothing extra through: its call counts at one moment of those. A clock that goes back
 * by d lets nothing extra through either, and calls at most d later; with windows, that holds for up to a period.
 *
 * <p>Permits do not come back when a call ends, however it ends.
 *
 * <p>Longer than most files: the whole pattern is read here.
 */
public final class RateLimiter extends Gate {
    private final BucketSource source;
    private final long permits;
    private final WorkTime workTime;
    /** Whatever is there is right for the settings that it names: nobody has to see the latest. */
    private Ask ask;

    RateLimiter(BucketSource source, RateLimiterBuilder settings, long permits) {
        super(settings.name, settings.environment);
        this.source = source;
        this.permits = permits;
        this.workTime = new WorkTime();
        this.ask = settings.ask(permits);
    }

    /** A view that finds its permits elsewhere, or asks for more of them. */
    RateLimiter(RateLimiter shared, BucketSource source, RateLimiterBuilder settings, long permits) {
        super(shared);
        this.source = source;
        this.permits = permits;
        this.workTime = shared.workTime;
        this.ask = settings.ask(permits);
    }

    static RateLimiter single(RateLimiterBuilder settings) {
        return new RateLimiter(new BucketSource.Single(settings, settings.environment.nanoTime()), settings, 1);
    }

    /**
     * Starts to build a limiter.
     *
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static RateLimiterBuilder builder(String name) {
        return new RateLimiterBuilder(name);
    }

    // ---- Calls ----------------------------------------------------------------------------------------------------

    @Override
    protected long enter(long now) {
        if (now == NO_TIME) {
            return NEEDS_TIME;
        }
        long t = source.time(now);
        while (true) {
            Bucket bucket = source.bucket();
            long wait = priced(bucket).take(bucket, t, source);
            if (wait == 0) {
                return 0;
            }
            if (wait != Bucket.REPLACED) {
                long late = late(t, wait);
                if (wait > late) {
                    return wait - late <= bucket.settings.maxWaitNanos ? QUEUED : REFUSED;
                }
                t += late;
            }
        }
    }

    /**
     * How much later it is than the reading that a call came with. Others may have written what it finds by readings that came
     * after, so what is too early by its own may be in time by now. Asked only before a call that has to wait, or is refused.
     */
    private long late(long t, long wait) {
        return wait == Bucket.NEVER ? 0 : Math.max(0, source.now() - t);
    }

    /** The price under the bucket's settings; {@link Ask#settings} is final, so a stale one is never used. */
    private Ask priced(Bucket bucket) {
        Ask known = ask;
        if (known.settings != bucket.settings) {
            known = bucket.settings.ask(permits);
            ask = known;
        }
        return known;
    }

    @Override
    protected @Nullable Turn queue(long now, long nanosLeft) {
        long since = source.time(now);
        long t = since;
        while (true) {
            Bucket bucket = source.bucket();
            long[] receipt = new long[2 * bucket.settings.limits.length];
            long patience = patience(since, nanosLeft) - (t - since);
            long maxWait = Math.min(bucket.settings.maxWaitNanos, patience);
            long wait = priced(bucket).take(bucket, t, source, maxWait, receipt);
            if (wait != Bucket.REPLACED) {
                if (wait <= maxWait) {
                    return new Reservation(bucket, receipt, since, t - since + wait, nanosLeft);
                }
                long late = late(t, wait);
                if (late == 0 || wait - late > Math.min(bucket.settings.maxWaitNanos, patience - late)) {
                    return null;
                }
                t += late;
            }
        }
    }

    /** Permits that come when too little time is left for the work would be lost to others: not even the last moment is enough. */
    private long patience(long t, long nanosLeft) {
        return nanosLeft == Long.MAX_VALUE ? nanosLeft : Math.max(0, nanosLeft - 1 - workTime.needed(t));
    }

    /** A call that has its permits and waits for the time from which they are good. */
    private final class Reservation extends Turn {
        private final Bucket bucket;
        private final long[] receipt;
        private final long since;
        private final long nanos;
        private final long nanosLeft;

        Reservation(Bucket bucket, long[] receipt, long since, long nanos, long nanosLeft) {
            this.bucket = bucket;
            this.receipt = receipt;
            this.since = since;
            this.nanos = nanos;
            this.nanosLeft = nanosLeft;
        }

        @Override
        protected long nanos() {
            return nanos;
        }

        @Override
        protected long due() {
            return nanosLeft == Long.MAX_VALUE ? 0 : WorkTime.stamp(nanos, nanosLeft - nanos);
        }

        @Override
        protected void abandoned() {
            bucket.giveBack(receipt);
            if (nanosLeft != Long.MAX_VALUE) {
                long t = source.now();
                if (t - since >= nanosLeft) {
                    workTime.tooLate(nanos, nanosLeft - nanos, t);
                }
            }
        }
    }

    /** Only calls that have waited, and have a deadline, have more to tell than that they have ended. */
    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        if (stamp == 0) {
            return true;
        }
        if (now == NO_TIME) {
            return false;
        }
        if (elapsedNanos > 0) {
            workTime.ended(stamp, ending == Ending.SUCCESS, elapsedNanos, source.time(now));
        }
        return true;
    }

    @Override
    protected RateLimitedException rejection(long now) {
        long wait = waitNanos(source.time(now));
        return new RateLimitedException(name(), wait == Bucket.NEVER ? RejectedException.UNKNOWN : wait);
    }

    private long waitNanos(long t) {
        while (true) {
            Bucket bucket = source.bucket();
            long wait = priced(bucket).waitNanos(bucket, t, source);
            if (wait != Bucket.REPLACED) {
                return wait;
            }
        }
    }

    // ---- Operation ------------------------------------------------------------------------------------------------

    /**
     * The same limiter for calls that cost several permits. It shares all with this one: permits, settings, name, counters,
     * which count calls and not permits, and listeners.
     *
     * @param count from 1 up
     * @return a limiter; keep it rather than ask for it at each call
     * @throws IllegalArgumentException if the limiter never has so many permits at once; if a later change of settings makes it
     *     so, or if the limit is 0 now, each call is refused
     */
    public RateLimiter permits(long count) {
        RateLimiterBuilder settings = source.bucket().settings;
        long most = settings.capacity() == 0 ? Long.MAX_VALUE : settings.capacity();
        return new RateLimiter(this, source, settings, Require.range(count, 1, most, "permits"));
    }

    /**
     * How many permits could be taken at once now.
     *
     * @return 0 to the burst; of several limits, what the scarcest has
     */
    public long available() {
        long there = Bucket.REPLACED;
        while (there == Bucket.REPLACED) {
            there = source.bucket().available(source);
        }
        return there;
    }

    /**
     * Takes all permits that could be taken at once now, as when a dependency says that it has had enough.
     *
     * @return how many it took
     */
    public long drain() {
        while (true) {
            Bucket bucket = source.bucket();
            long there = bucket.available(source);
            if (there == 0) {
                return 0;
            }
            if (there > 0 && bucket.settings.ask(there).take(bucket, source.now(), source) == 0) {
                return there;
            }
        }
    }

    /**
     * Changes settings while the limiter runs. Equal settings change nothing. Permits that are there stay, up to the new burst;
     * of token buckets parts of a permit stay, too, to two nanoseconds. Each limit takes over from the one with the same
     * settings, or else from one of the same period, or else from the one in its place; additional ones start full.
     *
     * <p>However often and whenever settings change, no stretch of time sees more calls than the larger burst and the larger rate
     * of the settings that it has seen allow. Calls that wait keep their time, none gets in before them, and a reservation
     * that is given up after a change is lost. For the limiter of a key, it changes all keys.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another
     *     reconfiguration was faster
     * @throws IllegalArgumentException if settings contradict each other; then nothing has changed
     */
    public void reconfigure(UnaryOperator<RateLimiterBuilder> change) {
        source.reconfigure(Require.nonNull(change, "change"));
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        return inside.contains(this)
                ? "stands in this pipeline twice, so each call takes its permits twice; leave one out"
                : null;
    }

    RateLimiterBuilder settings() {
        return source.bucket().settings.copy();
    }

    @Override
    protected List<Meter> ownMeters() {
        return source.meters(this::available);
    }

    String label() {
        return quotedName();
    }

    @Override
    public String toString() {
        return "RateLimiter[" + quotedName() + " " + source.bucket().settings + ", " + available() + " available"
                + (permits == 1 ? "]" : ", " + permits + " a call]");
    }
}
