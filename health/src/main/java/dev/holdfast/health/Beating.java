// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import org.jspecify.annotations.Nullable;

/**
 * One node that beats.
 *
 * <pre>
 *   TRUSTED ── the next beat is due, and the process itself has not stood still ──▶ SUSPECTED
 *      ▲ └ beat: learned, due anew                                                     │
 *      └────────────────── beat: not learned; a newer incarnation forgets the rest ────┘
 *   both ── forget() ──▶ GONE
 * </pre>
 *
 * <p>There is one timer, which is left alone by beats: it looks, and is set for the rest of the time. Only where a node is due earlier than
 * that it is set anew. Its ticket tells it from one that was set before.
 */
final class Beating<N> extends Watched<N> {
    /** What became of a beat. */
    enum Beat {
        COUNTED,
        /** Of an older incarnation, or not after the last one. */
        OLD,
        /** The node was forgotten meanwhile. */
        GONE
    }

    private final HeartbeatsBuilder<N> settings;
    private final Environment environment;
    private final OwnPauses pauses;
    private final Followers<N> followers;
    private final Runnable noTimer;

    private Arrivals arrivals;
    /** When the last beat came, and after how long without another it is suspected. */
    private long last;

    private long due;
    private long incarnation = Long.MIN_VALUE;
    private long sequence = Long.MIN_VALUE;

    private boolean armed;
    private long armedFor;
    private long ticket;
    private Environment.@Nullable Timer timer;

    Beating(
            N node,
            HeartbeatsBuilder<N> settings,
            Followers<N> followers,
            OwnPauses pauses,
            Runnable noTimer,
            long now) {
        super(node, followers);
        this.settings = settings;
        this.environment = settings.environment;
        this.pauses = pauses;
        this.followers = followers;
        this.noTimer = noTimer;
        this.arrivals = settings.arrivals();
        this.last = now;
        this.due = arrivals.due();
    }

    /**
     * A beat. Whoever calls tells what there is to tell, and {@linkplain #arm arms} it.
     *
     * @param ofIncarnation {@link Long#MIN_VALUE} if nobody has said so
     * @param number the same
     * @param isFirst it has just come by this beat
     */
    Beat beat(long ofIncarnation, long number, boolean isFirst) {
        lock.lock();
        try {
            if (isGone()) {
                return Beat.GONE;
            }
            long now = environment.nanoTime();
            boolean isNewer = ofIncarnation != Long.MIN_VALUE && ofIncarnation > incarnation;
            boolean isOlder = ofIncarnation != Long.MIN_VALUE && ofIncarnation < incarnation;
            boolean isLate = !isNewer && number != Long.MIN_VALUE && number <= sequence;
            if (isOlder || isLate) {
                return Beat.OLD;
            }
            boolean isAnother = isNewer && incarnation != Long.MIN_VALUE;
            if (isAnother) {
                arrivals = settings.arrivals();
                sequence = Long.MIN_VALUE;
            } else if (!isFirst) {
                long elapsed = now - last;
                arrivals.beat(Math.max(0, elapsed), steps(number), isUsual(elapsed, now));
            }
            incarnation = isNewer ? ofIncarnation : incarnation;
            sequence = Math.max(sequence, number);
            last = now;
            due = arrivals.due();
            becomes(true, isAnother ? "it beats, and has started anew" : "it beats");
            return Beat.COUNTED;
        } finally {
            lock.unlock();
        }
    }

    private long steps(long number) {
        return number == Long.MIN_VALUE || sequence == Long.MIN_VALUE ? 0 : Math.max(0, number - sequence);
    }

    /** What was seen while it was, or should have been, suspected says nothing of what is usual; nor does what came after an own pause. */
    private boolean isUsual(long elapsed, long now) {
        return !isDown()
                && elapsed >= 0
                && elapsed < due
                && elapsed <= settings.longestNanos
                && pauses.quietFor(now) <= 0;
    }

    /** Suspects it if it is time. Whether there is something to tell. */
    private boolean lookLocked(long now) {
        if (now - last < 0) {
            // The clock has gone back, and how long ago the beat came is not known any more.
            last = now;
        }
        long elapsed = now - last;
        return !isGone()
                && !isDown()
                && elapsed >= due
                && pauses.quietFor(now) <= 0
                && becomes(false, arrivals.why(elapsed));
    }

    /** Whether it is suspected now, whether or not its timer has fired. */
    boolean isSuspected() {
        boolean news;
        boolean isDown;
        lock.lock();
        try {
            news = lookLocked(environment.nanoTime());
            isDown = isDown();
        } finally {
            lock.unlock();
        }
        if (news) {
            Told.handOver(environment, followers::tell);
        }
        return isDown;
    }

    double suspicion() {
        lock.lock();
        try {
            return arrivals.suspicion(Math.max(0, environment.nanoTime() - last));
        } finally {
            lock.unlock();
        }
    }

    // ---- Its timer --------------------------------------------------------------------------------------------------

    /** Sets the timer, unless it is set for then or earlier. */
    void arm() {
        long mine;
        long wait;
        Environment.Timer former;
        lock.lock();
        try {
            if (isGone() || isDown() || due == Long.MAX_VALUE) {
                return;
            }
            long now = environment.nanoTime();
            wait = Math.max(Math.max(0, due - Math.max(0, now - last)), pauses.quietFor(now));
            if (armed && armedFor - now <= wait) {
                return;
            }
            armed = true;
            armedFor = now + wait;
            mine = ++ticket;
            former = timer;
            timer = null;
        } finally {
            lock.unlock();
        }
        if (former != null) {
            former.cancel();
        }
        Environment.Timer made = null;
        try {
            made = environment.schedule(() -> fire(mine), wait);
        } catch (Throwable refused) {
            noTimer.run();
        }
        keep(mine, made);
    }

    private void keep(long mine, Environment.@Nullable Timer made) {
        lock.lock();
        try {
            if (ticket == mine && armed) {
                armed = made != null;
                timer = made;
                return;
            }
        } finally {
            lock.unlock();
        }
        if (made != null) {
            made.cancel();
        }
    }

    private void fire(long mine) {
        boolean news;
        lock.lock();
        try {
            if (ticket != mine) {
                return;
            }
            armed = false;
            timer = null;
            news = lookLocked(environment.nanoTime());
        } finally {
            lock.unlock();
        }
        if (news) {
            Told.handOver(environment, followers::tell);
        } else {
            arm();
        }
    }

    /**
     * Nobody looks at it any more.
     *
     * @param why as for {@link #goes}
     */
    void end(@Nullable String why) {
        Environment.Timer former;
        lock.lock();
        try {
            goes(why);
            ticket++;
            armed = false;
            former = timer;
            timer = null;
        } finally {
            lock.unlock();
        }
        if (former != null) {
            former.cancel();
        }
    }
}
