// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.Environment;
import dev.holdfast.Require;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** Where a limiter finds its bucket, which is another one after a change of settings. */
abstract class Source {
    final Environment environment;
    private final long origin;

    Source(Environment environment, long origin) {
        this.environment = environment;
        this.origin = origin;
    }

    abstract Bucket bucket();

    abstract void reconfigure(UnaryOperator<RateLimiterBuilder> change);

    /** Nanoseconds since the origin. */
    final long now() {
        return time(environment.nanoTime());
    }

    final long time(long reading) {
        return reading - origin;
    }

    static RateLimiterBuilder changed(RateLimiterBuilder before, UnaryOperator<RateLimiterBuilder> change) {
        RateLimiterBuilder after = Require.nonNull(change.apply(before.copy()), "what change gave").copy();
        Require.same(after.environment, before.environment, "environment of a reconfiguration");
        return after;
    }

    /** One bucket. */
    static final class Single extends Source {
        private final AtomicReference<Bucket> current;

        Single(RateLimiterBuilder settings, long origin) {
            super(settings.environment, origin);
            current = new AtomicReference<>(Bucket.full(settings, 0));
        }

        @Override
        Bucket bucket() {
            return Require.nonNull(current.get(), "bucket");
        }

        @Override
        void reconfigure(UnaryOperator<RateLimiterBuilder> change) {
            while (true) {
                Bucket before = bucket();
                RateLimiterBuilder settings = changed(before.settings, change);
                long t = now();
                long[] seen = new long[before.settings.limits.length];
                Bucket next = before.next(settings, t, seen);
                if (next != null && current.compareAndSet(before, next)) {
                    before.closeFor(next, t, seen);
                    return;
                }
            }
        }
    }
}
