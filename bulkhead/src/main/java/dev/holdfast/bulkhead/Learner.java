// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Feeds calls that have ended to an estimate, and holds the limit that it gives.
 *
 * <p>Concurrency: the estimate belongs to whoever sets {@link #busy}. Nobody waits for it: a caller that finds it busy
 * goes on, and its measurement is left out, but not a drop, which goes to the next update.
 */
final class Learner {
    private final Limit.Estimate estimate;
    private final Changed changed;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicBoolean missedDrop = new AtomicBoolean();
    private final int max;
    private volatile int limit;

    Learner(Limit settings, Environment environment, Changed changed) {
        this.max = settings.max();
        this.limit = bounded(settings.initial());
        this.estimate = settings.start(environment);
        this.changed = changed;
    }

    int limit() {
        return limit;
    }

    void learn(long elapsedNanos, int inFlight, boolean dropped) {
        if (!busy.compareAndSet(false, true)) {
            if (dropped) {
                missedDrop.set(true);
            }
            return;
        }
        int before = limit;
        int after;
        try {
            boolean drop = (missedDrop.get() && missedDrop.getAndSet(false)) || dropped;
            after = bounded(estimate.update(elapsedNanos, inFlight, drop));
            if (after != before) {
                limit = after;
            }
        } finally {
            busy.set(false);
        }
        if (after != before) {
            changed.changed(before, after);
        }
    }

    /** An estimate of a user's own may give anything. */
    private int bounded(int value) {
        return Math.max(1, Math.min(max, value));
    }

    /** Learns of a new limit, outside of {@link #busy}. */
    interface Changed {
        void changed(int from, int to);
    }
}
