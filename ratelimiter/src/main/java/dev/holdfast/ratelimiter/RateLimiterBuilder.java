// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

// More than 300 lines, because each setting has its Javadoc.
/**
 * The settings of a limiter: see {@link RateLimiter#builder}. Not thread-safe; a limiter keeps a copy.
 *
 * <p>{@link #limit} comes first; {@link #and} adds further limits. {@link #burst}, {@link #smooth}, {@link #warmUp},
 * {@link #slidingWindow}, {@link #fixedWindow} and {@link #tokenBucket} say how the limit just named is kept. A limit of which
 * nothing is said is a token bucket whose burst is its number of permits.
 *
 * <p>In a {@linkplain RateLimiter#reconfigure reconfiguration} the builder has the settings of now, and the first limit counts as
 * just named. The same change made twice is the same as made once.
 */
public final class RateLimiterBuilder {
    private static final int MAX_LIMITS = 8;

    final String name;
    Environment environment = Environment.standard();
    Limit[] limits = {};
    long maxWaitNanos;
    /** How far from now a call may have been promised its permits, by these settings or by those before. */
    private long aheadNanos;
    /** When settings are changed: 0, the limiter's origin, for the first ones. */
    private long changed;
    /** After how long a bucket that nobody asks is as good as new. */
    private long forgetNanos;

    private final List<Limit.Spec> specs = new ArrayList<>();
    /** The limit just named. */
    private int named = -1;

    private @Nullable Ask one;

    RateLimiterBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * Where time comes from.
     *
     * @param value default: {@link Environment#standard()}; cannot be changed by a reconfiguration
     * @return this builder
     */
    public RateLimiterBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * So many permits in each period. Takes the place of all limits named before.
     *
     * @param permits from 0 up; 0 is a limit under which nobody may: each call is refused at once, however long it would wait,
     *     and nothing says when another try is worth while
     * @param period longer than zero; 292 years at most, longer ones are cut
     * @return this builder; there is no default
     */
    public RateLimiterBuilder limit(long permits, Duration period) {
        Limit.Spec spec = Limit.Spec.tokens(permits, period);
        specs.clear();
        specs.add(spec);
        named = 0;
        return this;
    }

    /**
     * A further limit, such as 1,000 an hour besides 10 a second. A call needs the permits of all limits, and takes none if it is refused;
     * should two calls meet at the very last permit of one limit, a permit of another may be lost. In a reconfiguration,
     * further limits take the place of those that were there.
     *
     * @param permits from 0 up, as in {@link #limit}
     * @param period longer than zero
     * @return this builder; at most 8 limits
     */
    public RateLimiterBuilder and(long permits, Duration period) {
        named("and");
        Limit.Spec spec = Limit.Spec.tokens(permits, period);
        only();
        if (specs.size() == MAX_LIMITS) {
            throw new IllegalArgumentException("limits: one more (expected: at most " + MAX_LIMITS + ")");
        }
        specs.add(spec);
        named++;
        return this;
    }

    /**
     * No limits after the one just named: takes back {@link #and}.
     *
     * @return this builder
     */
    public RateLimiterBuilder only() {
        named("only");
        specs.subList(named + 1, specs.size()).clear();
        return this;
    }

    /**
     * How many permits the limit just named saves up while nobody asks. In any stretch of length w, a token bucket lets
     * through at most {@code burst + w * permits / period}.
     *
     * @param permits from 1 up, and not more than the rate gives in 292 years; default: as many as in a period
     * @return this builder
     */
    public RateLimiterBuilder burst(long permits) {
        Require.range(permits, 1, Long.MAX_VALUE, "burst");
        Limit.Spec of = named("burst");
        return named(new Limit.Spec(
                Limit.Kind.TOKENS, of.permits(), of.nanos(), permits, of.warmUpNanos(), of.coldFactor()));
    }

    /**
     * Keeps the limit just named as if nothing had been said of it: a token bucket that saves up the permits of one period, and
     * does not warm up. Takes back {@link #burst}, {@link #smooth}, {@link #warmUp}, {@link #slidingWindow} and
     * {@link #fixedWindow}.
     *
     * @return this builder
     */
    public RateLimiterBuilder tokenBucket() {
        Limit.Spec of = named("tokenBucket");
        return named(new Limit.Spec(Limit.Kind.TOKENS, of.permits(), of.nanos(), of.permits(), 0, 1));
    }

    /**
     * Spaces calls evenly: a burst of one.
     *
     * @return this builder
     */
    public RateLimiterBuilder smooth() {
        return burst(1);
    }

    /**
     * Spaces calls evenly, and starts slowly: when the limiter is new or has been idle, the time between two permits is
     * longer by a factor, and falls in a straight line until, after the warm-up under load, it is that of the rate. After an
     * idle time as long as the warm-up, or twice as long as what a cold interval is longer than a warm one, the limiter is cold
     * again. Refused calls are no load, and a pause of up to one warm interval is no idling: whoever asks steadily, at any rate
     * that the limit allows, is let in each time once the limiter is warm. Bursts and the warm-up exclude each other.
     *
     * @param time longer than zero; with the time that a burst takes, 292 years at most
     * @param coldFactor 1 to 1,000; 3 is usual
     * @return this builder; default: no warm-up
     */
    public RateLimiterBuilder warmUp(Duration time, double coldFactor) {
        long nanos = Require.positiveNanos(time, "warmUp");
        Require.range(coldFactor, 1, 1000, "coldFactor");
        Limit.Spec of = named("warmUp");
        return named(new Limit.Spec(Limit.Kind.TOKENS, of.permits(), of.nanos(), 1, nanos, coldFactor));
    }

    /**
     * Keeps the limit just named by counts of a period that begins with a call and of the one before, of which fewer and fewer
     * count. At most {@code permits * (1 + w / period)} in any stretch of length w below a period: no double burst at the edge of
     * two periods. Callers who always ask get all permits in each period; with more than 1,023 permits that is so for calls of one
     * permit, and calls of many get less. (With more than 7 permits periods are kept in ticks of a 1,024th at most, or of nanoseconds;
     * where calls wait, a stretch may be longer by one.)
     *
     * @return this builder; at most 1,048,575 permits in a period of at most 145 years
     */
    public RateLimiterBuilder slidingWindow() {
        return window(Limit.Kind.SLIDING_WINDOW, SlidingWindow.MAX_PERMITS);
    }

    /**
     * Keeps the limit just named by a count that starts anew with each period, the first of which begins when the limiter is built. <b>At the
     * edge of two periods, twice the permits can go through in no time:</b> a dependency that counts like this has other edges, and may see as
     * many in one of its own periods.
     *
     * @return this builder; at most 1,099,511,627,775 permits
     */
    public RateLimiterBuilder fixedWindow() {
        return window(Limit.Kind.FIXED_WINDOW, FixedWindow.MAX_PERMITS);
    }

    private RateLimiterBuilder window(Limit.Kind kind, long most) {
        Limit.Spec of = named("window");
        Require.range(of.permits(), 0, most, "limit of a window");
        return named(new Limit.Spec(kind, of.permits(), of.nanos(), of.permits(), 0, 1));
    }

    private Limit.Spec named(String asked) {
        if (named < 0) {
            throw new IllegalArgumentException(asked + ": of no limit (expected: limit(...) before)");
        }
        return specs.get(named);
    }

    private RateLimiterBuilder named(Limit.Spec spec) {
        specs.set(named, spec);
        return this;
    }

    /**
     * How long a call may wait for its permits. It reserves them, so calls wait in the order in which they came; a call
     * that would have to wait longer is refused at once and takes nothing.
     *
     * @param value zero or longer; default: zero, no waiting
     * @return this builder
     */
    public RateLimiterBuilder waitUpTo(Duration value) {
        maxWaitNanos = Require.nanosAtLeast(value, Duration.ZERO, "waitUpTo");
        return this;
    }

    /**
     * Builds the limiter, full of permits.
     *
     * @return a new limiter
     * @throws IllegalArgumentException if settings contradict each other
     */
    public RateLimiter build() {
        return RateLimiter.single(copy());
    }

    /**
     * Builds a limiter that keeps these limits for each key apart.
     *
     * @param <K> the keys; they need {@code equals} and {@code hashCode}, and must not change
     * @param maximumKeys how many keys it remembers, from 1 up
     * @return a new limiter
     * @throws IllegalArgumentException if settings contradict each other
     */
    public <K> KeyedRateLimiter<K> keyed(long maximumKeys) {
        Require.range(maximumKeys, 1, Long.MAX_VALUE, "maximumKeys");
        return new KeyedRateLimiter<>(copy(), maximumKeys);
    }

    List<String> limitTexts() {
        return specs.stream().map(Limit.Spec::text).toList();
    }

    /** A copy that nobody else can change, checked as a whole. */
    RateLimiterBuilder copy() {
        named("limits");
        RateLimiterBuilder copy = new RateLimiterBuilder(name);
        copy.environment = environment;
        copy.specs.addAll(specs);
        copy.named = specs.size() - 1;
        copy.limits = new Limit[specs.size()];
        copy.maxWaitNanos = Math.min(maxWaitNanos, Limit.LONGEST);
        for (Limit.Spec spec : specs) {
            if (spec.warmUpNanos() > 0 && spec.burst() != 1) {
                throw new IllegalArgumentException("burst: " + spec.burst() + " (expected: 1, with a warm-up)");
            }
            Limit limit = spec.limit(0, 0);
            BigInteger fill = limit.fillNanos();
            BigInteger room = BigInteger.valueOf(Limit.LONGEST).subtract(fill);
            if (room.signum() < 0) {
                throw new IllegalArgumentException("limit: " + spec.text() + ", full after " + fill
                        + " ns (expected: at most " + Limit.LONGEST + " ns, 292 years)");
            }
            copy.maxWaitNanos = Math.min(copy.maxWaitNanos, Math.min(limit.longestWait(), room.longValueExact()));
        }
        copy.aheadNanos = aheadNanos;
        for (Limit.Spec spec : specs) {
            long ahead = copy.maxWaitNanos + Math.min(spec.nanos(), Limit.LONGEST - copy.maxWaitNanos);
            copy.aheadNanos = Math.max(copy.aheadNanos, ahead);
        }
        for (int i = 0; i < copy.limits.length; i++) {
            copy.limits[i] = specs.get(i).limit(copy.aheadNanos, begins(specs.get(i)));
        }
        copy.one = new Ask(copy, 1);
        copy.forgetNanos = copy.longestForgetNanos();
        return copy;
    }

    /** A copy for a change: what it says of no certain limit is said of the first, however many there are. */
    RateLimiterBuilder changing(long now) {
        RateLimiterBuilder changing = copy();
        changing.named = 0;
        changing.changed = now;
        return changing;
    }

    /** When a fixed window begins: one that stays goes on, and another one begins with the change. */
    private long begins(Limit.Spec spec) {
        for (Limit before : limits) {
            if (before instanceof FixedWindow window && window.spec.equals(spec)) {
                return window.begins;
            }
        }
        return changed;
    }

    /** Whether limiters behave the same with these and with other settings. */
    boolean isLike(RateLimiterBuilder other) {
        return specs.equals(other.specs) && maxWaitNanos == other.maxWaitNanos;
    }

    boolean warms() {
        for (Limit limit : limits) {
            if (limit.spec.warmUpNanos() > 0) {
                return true;
            }
        }
        return false;
    }

    /** What calls of so many permits cost; worked out once for the usual ones. */
    Ask ask(long permits) {
        return one != null && permits == 1 ? one : new Ask(this, permits);
    }

    /** What can be paid at once by the limits together. */
    long capacity() {
        long least = Long.MAX_VALUE;
        for (Limit limit : limits) {
            least = Math.min(least, limit.capacity());
        }
        return least;
    }

    /** After how long a bucket that nobody asks is as good as new; of settings that have been checked. */
    long forgetNanos() {
        return forgetNanos;
    }

    private long longestForgetNanos() {
        BigInteger longest = BigInteger.ONE;
        for (Limit limit : limits) {
            longest = longest.max(limit.forgetNanos());
        }
        return longest.add(BigInteger.valueOf(maxWaitNanos))
                .min(BigInteger.valueOf(Long.MAX_VALUE))
                .longValueExact();
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        for (Limit.Spec spec : specs) {
            out.append(out.length() == 0 ? "" : " and ").append(spec.text());
        }
        return out.toString();
    }
}
