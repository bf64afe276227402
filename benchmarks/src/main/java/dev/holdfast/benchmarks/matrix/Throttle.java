// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.matrix;

import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.RejectedException;
import org.jspecify.annotations.Nullable;

/**
 * Adaptive throttling after "Site Reliability Engineering", chapter 21: refuses with the probability {@code max(0, (requests - K * accepts) /
 * (requests + 1))} of a sliding time. Tried, and not taken: see docs/decisions/0023. For one thread.
 */
final class Throttle extends Gate {
    private static final int BUCKETS = 10;
    private static final long FINE = 1_000_000;

    private final double k;
    private final long width;
    private final double[] requests = new double[BUCKETS];
    private final double[] accepts = new double[BUCKETS];
    private long newest;

    Throttle(String name, double k, long windowNanos) {
        super(name, Environment.standard());
        this.k = k;
        this.width = windowNanos / BUCKETS;
    }

    private int bucket(long now) {
        for (long bucket = Math.max(newest, now / width - BUCKETS); bucket < now / width; ) {
            bucket++;
            requests[(int) (bucket % BUCKETS)] = 0;
            accepts[(int) (bucket % BUCKETS)] = 0;
            newest = bucket;
        }
        return (int) (newest % BUCKETS);
    }

    @Override
    protected long enter(long now) {
        if (now == NO_TIME) {
            return NEEDS_TIME;
        }
        int bucket = bucket(now);
        double asked = 0;
        double accepted = 0;
        for (int i = 0; i < BUCKETS; i++) {
            asked += requests[i];
            accepted += accepts[i];
        }
        requests[bucket]++;
        double refused = (asked - k * accepted) / (asked + 1);
        return environment().nextLong(FINE) < refused * FINE ? REFUSED : 0;
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        if (now == NO_TIME) {
            return false;
        }
        if (ending == Ending.SUCCESS) {
            accepts[bucket(now)]++;
        }
        return true;
    }

    @Override
    protected RejectedException rejection(long now) {
        return new Throttled(name());
    }

    private static final class Throttled extends RejectedException {
        private static final long serialVersionUID = 1L;

        Throttled(String policy) {
            super(policy, -1);
        }

        @Override
        protected String reason() {
            return "throttles";
        }
    }
}
