// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The trial calls of one stay in HALF_OPEN: at most {@code limit} are under way or have failed. One that has succeeded makes room
 * for another, so that a call that needs several admissions, because it comes to its breaker more than once, finds them. A failed
 * one does so only when nothing has been learnt for a while: a dependency that is down gets no more calls than there are trials.
 *
 * <p>One word holds the trials slow, started, succeeded and failed, 16 bits each; those under way are the
 * difference. Whether they have passed or failed can be read off the word by anybody, at any time.
 */
final class Trials {
    static final int MAX = 10_000;

    private static final int BITS = 16;
    private static final long MASK = (1L << BITS) - 1;
    private static final long ONE_STARTED = 1L << (2 * BITS);
    private static final long ONE_SUCCESS = 1L << BITS;
    private static final long ONE_FAILURE = 1;
    private static final long ONE_SLOW = 1L << (3 * BITS);
    /** As a clock reading, one that no gate is ever given. */
    private static final long NEVER = Long.MIN_VALUE;

    private static final long PARTS_OF_ONE = 1_000_000_000L;
    /** The golden ratio's fraction in 64 bits, which is odd: SplitMix64 steps by it. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final int limit;
    private final int needed;
    private final long share;
    /** Which of the calls are drawn. */
    private final long seed;

    private final AtomicLong asked;
    private final AtomicLong word;
    private final AtomicLong lastStart = new AtomicLong(NEVER);
    private volatile long lastResult = NEVER;
    /** How many of those that have failed have made room. */
    private volatile long forgiven;

    /**
     * @param limit how many trials
     * @param needed how many of them must succeed
     * @param share how many of a billion calls may be trials
     * @param seed any number: which of the calls these are
     */
    Trials(int limit, int needed, long share, long seed) {
        this(limit, needed, share, seed, new AtomicLong(), 0);
    }

    private Trials(int limit, int needed, long share, long seed, AtomicLong asked, long word) {
        this.limit = limit;
        this.needed = needed;
        this.share = share;
        this.seed = seed;
        this.asked = asked;
        this.word = new AtomicLong(word);
    }

    /** The same with the trials that are under way forgotten: they have taken too long. */
    Trials withoutRunning() {
        long now = word.get();
        long ended = succeeded(now) + failed(now);
        Trials left =
                new Trials(limit, needed, share, seed, asked, (now & ~(MASK << (2 * BITS))) | (ended << (2 * BITS)));
        left.lastResult = lastResult;
        left.forgiven = forgiven;
        return left;
    }

    /** Whether the call that asks now may be a trial. */
    boolean draws() {
        return share >= PARTS_OF_ONE || isDrawn(asked.getAndIncrement());
    }

    /** Whether one more may start now. */
    boolean hasRoom() {
        return hasRoom(word.get());
    }

    private boolean hasRoom(long now) {
        return running(now) + failed(now) - forgiven < limit;
    }

    boolean tryStart(long now) {
        while (true) {
            long before = word.get();
            if (!hasRoom(before)) {
                return false;
            }
            // Before it is published, so that nobody takes a trial that starts now for one that was left behind.
            lastStart.accumulateAndGet(now, Trials::later);
            if (word.compareAndSet(before, before + ONE_STARTED)) {
                return true;
            }
        }
    }

    /** A thread that comes late with an old reading must not make younger trials look old. */
    private static long later(long a, long b) {
        return a == NEVER || b - a > 0 ? b : a;
    }

    /** Each call with the same probability, so that calls which come in turn are all seen. */
    private boolean isDrawn(long number) {
        return Long.remainderUnsigned(mix(seed + number * GOLDEN), PARTS_OF_ONE) < share;
    }

    /** The finalizer of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014). */
    private static long mix(long value) {
        long a = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ a >>> 27) * 0x94D049BB133111EBL;
        return b ^ b >>> 31;
    }

    /** Whether trials are under way of which the newest started at least {@code nanos} ago. */
    boolean isOverdue(long now, long nanos) {
        return running() > 0 && now - lastStart.get() >= nanos;
    }

    /** Failed trials make room if nothing has been learnt for {@code nanos}; gives whether they have made some. */
    boolean forgives(long now, long nanos) {
        long failed = failed(word.get());
        if (failed == forgiven || now - lastResult < nanos) {
            return false;
        }
        forgiven = failed;
        return true;
    }

    void ignored() {
        word.getAndAdd(-ONE_STARTED);
    }

    void success(long now) {
        lastResult = now;
        word.getAndAdd(ONE_SUCCESS);
    }

    void failure(boolean slow, long now) {
        lastResult = now;
        word.getAndAdd(slow ? ONE_SLOW + ONE_FAILURE : ONE_FAILURE);
    }

    /** One that was given up has ended all the same: it has no place, but its say. */
    void endedLate(boolean failed, boolean slow, long now) {
        lastResult = now;
        word.getAndAdd(ONE_STARTED + (failed ? ONE_FAILURE : ONE_SUCCESS) + (slow ? ONE_SLOW : 0));
    }

    /** Whether as many have succeeded as are needed. */
    boolean isPassed() {
        return succeeded(word.get()) >= needed;
    }

    /** Whether so many have failed that the rest cannot be enough. */
    boolean isFailed() {
        return failed(word.get()) > limit - needed;
    }

    Results.Counts counts() {
        long now = word.get();
        return new Results.Counts(succeeded(now) + failed(now), failed(now), now >>> (3 * BITS));
    }

    long running() {
        return running(word.get());
    }

    private static long running(long word) {
        return started(word) - succeeded(word) - failed(word);
    }

    private static long started(long word) {
        return (word >>> (2 * BITS)) & MASK;
    }

    private static long succeeded(long word) {
        return (word >>> BITS) & MASK;
    }

    private static long failed(long word) {
        return word & MASK;
    }
}
