// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import org.jspecify.annotations.Nullable;

/** What a bulkhead goes by: its settings, and what it has learnt if its limit adapts. Replaced as a whole. */
final class Rules {
    final BulkheadBuilder settings;
    final @Nullable Learner learner;
    private final int fixed;

    Rules(BulkheadBuilder settings, @Nullable Learner learner) {
        this.settings = settings;
        this.learner = learner;
        this.fixed = settings.limit;
    }

    /** How many may be in flight, apart from rests. */
    int limit() {
        return learner == null ? fixed : learner.steadyLimit();
    }

    /** As many are let in now, as far as is known without a look at the clock. */
    int open() {
        return learner == null ? fixed : learner.limit();
    }

    int open(long now) {
        return learner == null ? fixed : learner.limit(now);
    }

    /** As many as calls can ever be in flight under these rules; one where there can be none, for there is no pool of none. */
    int mostThreads() {
        return Math.max(1, settings.adaptive == null ? fixed : settings.adaptive.max());
    }

    /** A stamp says how many were in flight when the call came in, or 0 if nobody wants to know. */
    long stamp(int inFlight) {
        return learner == null ? 0 : inFlight;
    }
}
