// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import org.jspecify.annotations.Nullable;

/** What a call of so many permits costs under certain settings, worked out once. */
final class Ask {
    final RateLimiterBuilder settings;
    /** One for each limit; empty if the settings never have so many permits. */
    final Limit.Toll[] tolls;

    Ask(RateLimiterBuilder settings, long permits) {
        this.settings = settings;
        boolean possible = permits <= settings.capacity();
        tolls = new Limit.Toll[possible ? settings.limits.length : 0];
        for (int i = 0; i < tolls.length; i++) {
            tolls[i] = settings.limits[i].toll(permits);
        }
    }

    long take(Bucket bucket, long t, Clock clock) {
        if (tolls.length == 1) {
            return bucket.take(tolls[0], t, clock);
        }
        return take(bucket, t, clock, 0, null);
    }

    long take(Bucket bucket, long t, Clock clock, long maxWait, long @Nullable [] receipt) {
        return tolls.length == 0 ? Bucket.NEVER : bucket.take(tolls, t, clock, maxWait, receipt);
    }

    long waitNanos(Bucket bucket, long t, Clock clock) {
        return tolls.length == 0 ? Bucket.NEVER : bucket.waitNanos(tolls, t, clock);
    }
}
