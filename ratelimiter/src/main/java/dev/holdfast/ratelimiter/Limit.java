// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import java.math.BigInteger;

/**
 * One limit: the arithmetic on one word. It holds no state; the words are in a {@link Bucket}.
 *
 * <p>Times are nanoseconds since the limiter's origin. They are compared as differences, because they may wrap around.
 */
abstract class Limit {
    /** Room at the end of the range of nanoseconds, for what rounding adds. */
    static final long LONGEST = Long.MAX_VALUE - 8;

    /** What a limit was built from: two limits with the same settings understand each other's words. */
    record Spec(Kind kind, long permits, long nanos, long burst, long warmUpNanos, double coldFactor) {
        Limit limit(long maxWaitNanos) {
            if (kind != Kind.TOKENS) {
                return new WindowCounter(this, maxWaitNanos);
            }
            return warmUpNanos == 0 ? new TokenBucket(this) : new WarmingBucket(this);
        }
    }

    /** The algorithm. */
    enum Kind {
        TOKENS,
        SLIDING_WINDOW,
        FIXED_WINDOW
    }

    /** What a call that costs so many permits does to the word. */
    abstract static class Toll {
        /** How long after {@code t} it can be paid, if nobody pays before; 0 for now. */
        abstract long wait(long word, long t);

        /** The word once it is paid at {@code at}, which is a time at which it can be. */
        abstract long paid(Bucket bucket, int i, long word, long at);

        /** Runs after the word was exchanged. */
        void settled(Bucket bucket, int i, long word, long at) {
            // Most limits are their word.
        }
    }

    final Spec spec;

    Limit(Spec spec) {
        this.spec = spec;
    }

    /** The most permits that can be there at once. */
    abstract long capacity();

    /** How long an empty limit takes to be full again, at most. Longer than {@link #LONGEST} is refused by builders. */
    abstract BigInteger fillNanos();

    /** A toll of 1 to {@link #capacity} permits. */
    abstract Toll toll(long permits);

    /** The permits that are there; negative when some are promised to calls that wait. */
    abstract long available(long word, long t);

    /** The word of a limit that has so many permits at {@code t}. */
    abstract long holding(long permits, long t);

    /** The first value of the second word. */
    long extra(long t) {
        return 0;
    }
}
