// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The trial calls of one stay in HALF_OPEN: at most {@code limit} are under way, and no more than that are started,
 * except in place of ignored ones.
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

    private final int limit;
    private final int needed;
    private final long share;
    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong word;
    private final AtomicLong lastStart = new AtomicLong(NEVER);

    /**
     * @param limit how many trials
     * @param needed how many of them must succeed
     * @param share how many of a billion calls may be trials
     */
    Trials(int limit, int needed, long share) {
        this(limit, needed, share, 0);
    }

    private Trials(int limit, int needed, long share, long word) {
        this.limit = limit;
        this.needed = needed;
        this.share = share;
        this.word = new AtomicLong(word);
    }

    /** The same with the trials that are under way forgotten: they have taken too long. */
    Trials withoutRunning() {
        long now = word.get();
        long ended = succeeded(now) + failed(now);
        return new Trials(limit, needed, share, (now & ~(MASK << (2 * BITS))) | (ended << (2 * BITS)));
    }

    boolean tryStart(long now) {
        if (share < PARTS_OF_ONE && !isDrawn(asked.getAndIncrement())) {
            return false;
        }
        while (true) {
            long before = word.get();
            if (started(before) >= limit) {
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

    /** Every so many-th call, evenly: the share of all calls up to this one has just reached the next whole number. */
    private boolean isDrawn(long number) {
        long turn = number % PARTS_OF_ONE;
        return (turn + 1) * share / PARTS_OF_ONE > turn * share / PARTS_OF_ONE;
    }

    /** Whether trials are under way of which the newest started at least {@code nanos} ago. */
    boolean isOverdue(long now, long nanos) {
        return running() > 0 && now - lastStart.get() >= nanos;
    }

    void ignored() {
        word.getAndAdd(-ONE_STARTED);
    }

    void succeeded() {
        word.getAndAdd(ONE_SUCCESS);
    }

    void failed(boolean slow) {
        word.getAndAdd(slow ? ONE_SLOW + ONE_FAILURE : ONE_FAILURE);
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
        long now = word.get();
        return started(now) - succeeded(now) - failed(now);
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
