// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Gcra;
import dev.holdfast.internal.Require;
import java.math.BigInteger;
import java.time.Duration;

/**
 * One limit: the arithmetic on one word. It holds no state; the words are in a {@link Bucket}.
 *
 * <p>Times are nanoseconds since the limiter's origin. They are compared as differences, because they may wrap around.
 */
abstract class Limit {
    /** Room at the end of the range of nanoseconds, for what rounding adds. */
    static final long LONGEST = Gcra.LONGEST;

    /** What a limit was built from: two limits with the same settings understand each other's words. */
    record Spec(Kind kind, long permits, long nanos, long burst, long warmUpNanos, double coldFactor) {
        static Spec tokens(long permits, Duration period) {
            Require.range(permits, 0, Long.MAX_VALUE, "limit");
            long nanos = Math.min(Require.positiveNanos(period, "period"), LONGEST - 1);
            return new Spec(Kind.TOKENS, permits, nanos, permits, 0, 1);
        }

        String text() {
            String rate = permits + "/" + Durations.write(Duration.ofNanos(nanos));
            return switch (kind) {
                case SLIDING_WINDOW -> rate + " sliding";
                case FIXED_WINDOW -> rate + " fixed";
                case TOKENS ->
                    warmUpNanos > 0
                            ? rate + " warm-up " + Durations.write(Duration.ofNanos(warmUpNanos)) + " x" + coldFactor
                            : burst == 1 ? rate + " smooth" : burst == permits ? rate : rate + " burst " + burst;
            };
        }

        /**
         * The arithmetic.
         *
         * @param aheadNanos how far from now a call may have been promised its permits, by these settings or by earlier ones
         * @param begins when a fixed window begins
         */
        Limit limit(long aheadNanos, long begins) {
            if (permits == 0) {
                return new NobodyMay(this);
            }
            return switch (kind) {
                case SLIDING_WINDOW -> new SlidingWindow(this, aheadNanos);
                case FIXED_WINDOW -> new FixedWindow(this, aheadNanos, begins);
                case TOKENS -> warmUpNanos == 0 ? new TokenBucket(this) : new WarmingBucket(this);
            };
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
        /**
         * {@link #wait}: it can be paid at once, in a window that begins with it. A word that is ahead of {@code t} by more than any
         * call can wait is taken for one of long ago, so this holds for a reading that was taken after the word: an older one
         * would begin a window again that has ended, and forget what others have taken since.
         */
        static final long BEGINS = -1;

        /** How long after {@code t} it can be paid, if nobody pays before; 0 for now, or {@link #BEGINS}. */
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

    /** After how long a limit that nobody asks is as good as new, at most. */
    BigInteger forgetNanos() {
        return fillNanos();
    }

    /** How long a call can wait, so that the word can tell it from one of long ago. */
    long longestWait() {
        return LONGEST;
    }

    /** A toll of 1 to {@link #capacity} permits. */
    abstract Toll toll(long permits);

    /** The permits that are there; negative when some are promised to calls that wait. */
    abstract long available(long word, long t);

    /** How long from {@code t} until the last call that waits goes in, and the limit is empty; 0 or less if none waits. */
    abstract long promised(long word, long t);

    /** The word of a limit that has so many permits at {@code t}. */
    abstract long holding(long permits, long t);

    /** The word of a limit that has no permits in so many nanoseconds from {@code t}, and none before. */
    abstract long emptyIn(long nanos, long t);

    /**
     * The word of this limit that has what another one has. Calls that wait there keep their times, and none gets in before
     * them here.
     *
     * @param promisedByAll until how long after {@code t} calls wait, whichever limit of the bucket it is that lets them wait
     */
    long takenOver(Limit other, long word, long promisedByAll, long t) {
        if (other.spec.equals(spec)) {
            return word;
        }
        // A call waits for the last of its limits, and takes its permits of all of them then.
        long promised = Math.max(promisedByAll, other.promised(word, t));
        return promised > 0 ? emptyIn(promised, t) : holding(other.available(word, t), t);
    }

    /** The first value of the second word. */
    long extra(long t) {
        return 0;
    }

    /** The second word of a limit whose first is {@code mine}, taken over from another limit. */
    long extraTakenOver(Limit other, long word, long extra, long mine, long t) {
        return other.spec.equals(spec) ? extra : extra(t);
    }
}
