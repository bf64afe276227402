// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Feeds calls that have ended to an estimate, and holds the limit that it gives.
 *
 * <pre>
 *   OPEN ── an update asks for a rest ──▶ RESTING: the limit is 0 ── an update does not, or a call comes when it is over ──▶ OPEN
 *     └──── no call has ended for ten minutes ──▶ as at first
 * </pre>
 *
 * <p>Concurrency: the estimate belongs to whoever sets {@link #busy}. Nobody waits for it: a caller that finds it busy
 * goes on, and its measurement is left out, but not a drop, which goes to the next update.
 */
final class Learner {
    /** What was learnt so long ago says nothing of now. */
    private static final long FORGETS = Duration.ofMinutes(10).toNanos();

    private static final long NEVER = Long.MIN_VALUE;

    /** Whether a timer will look whether the rest is over. */
    final AtomicBoolean hasTimer = new AtomicBoolean();

    private final Limit settings;
    private final Environment environment;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicBoolean missedDrop = new AtomicBoolean();
    private final int max;
    private Limit.Estimate estimate;
    private volatile int limit;
    private volatile boolean rests;
    /** A reading of the clock; counts while {@link #rests}. */
    private volatile long restsUntil;
    /** Whether it has forgotten, and nobody has been told of the limit. */
    private volatile boolean untold;
    /** When the last call ended, or the first came. */
    private volatile long lastEnd = NEVER;

    Learner(Limit settings, Environment environment) {
        this.settings = settings;
        this.environment = environment;
        this.max = settings.max();
        this.limit = bounded(settings.initial());
        this.estimate = settings.start(environment);
    }

    /** How many may be in flight; 0 while nobody is let in. */
    int limit() {
        return rests ? 0 : limit;
    }

    /** How long it still rests; 0 if it does not. */
    long restsFor(long now) {
        return rests ? Math.max(0, restsUntil - now) : 0;
    }

    /** What the limit is apart from rests, for who reports it. */
    int steadyLimit() {
        return limit;
    }

    /** A call comes: {@link #limit} at a time. */
    int limit(long now) {
        if (rests && now - restsUntil >= 0) {
            rests = false;
        }
        long last = lastEnd;
        if (last == NEVER) {
            lastEnd = now;
        } else if (now - last > FORGETS) {
            forget(now);
        }
        return limit();
    }

    private void forget(long now) {
        if (!busy.compareAndSet(false, true)) {
            return;
        }
        try {
            if (now - lastEnd > FORGETS) {
                lastEnd = now;
                estimate = settings.start(environment);
                rests = false;
                limit = bounded(settings.initial());
                untold = true;
            }
        } catch (Throwable thrown) {
            // A limit of the user's own that cannot start again goes on as it is: no call has to do with it.
            lastEnd = now;
        } finally {
            busy.set(false);
        }
    }

    /** Whether somebody has to be told of a limit that has changed because it was forgotten; {@code true} once. */
    boolean takeUntold() {
        boolean was = untold;
        if (was) {
            untold = false;
        }
        return was;
    }

    /** Learns of a call that has ended; whether the limit is another now. */
    boolean learn(long now, long elapsedNanos, int inFlight, boolean dropped) {
        if (!busy.compareAndSet(false, true)) {
            if (dropped) {
                missedDrop.set(true);
            }
            return false;
        }
        int before = limit;
        int after;
        try {
            boolean drop = (missedDrop.get() && missedDrop.getAndSet(false)) || dropped;
            lastEnd = now;
            after = bounded(estimate.update(elapsedNanos, inFlight, drop));
            long rest = estimate.restNanos();
            if (after != before) {
                limit = after;
            }
            rest(now, rest);
        } finally {
            busy.set(false);
        }
        return after != before;
    }

    Map<String, Double> learned() {
        while (!busy.compareAndSet(false, true)) {
            Thread.onSpinWait();
        }
        try {
            return Map.copyOf(estimate.learned());
        } finally {
            busy.set(false);
        }
    }

    private void rest(long now, long nanos) {
        if (nanos > 0) {
            restsUntil = now + nanos;
            rests = true;
        } else if (rests) {
            rests = false;
        }
    }

    /** An estimate of a user's own may give anything. */
    private int bounded(int value) {
        return Math.max(1, Math.min(max, value));
    }
}
