// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.Environment;
import dev.holdfast.Meter;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Where a limiter finds its bucket, which is another one after a change of settings. */
abstract class BucketSource implements Clock {
    final Environment environment;
    private final long origin;

    BucketSource(Environment environment, long origin) {
        this.environment = environment;
        this.origin = origin;
    }

    abstract Bucket bucket();

    /**
     * What is measured of a limiter whose permits are here, besides its calls.
     *
     * @param available how many permits the limiter could give now
     */
    List<Meter> meters(DoubleSupplier available) {
        return List.of(Meter.gauge(
                "holdfast.ratelimiter.available", "{permit}", "Permits that could be taken at once now.", available));
    }

    abstract void reconfigure(UnaryOperator<RateLimiterBuilder> change);

    @Override
    public final long now() {
        return time(environment.nanoTime());
    }

    final long time(long reading) {
        return reading - origin;
    }

    /**
     * Puts the changed settings in the place of those that are there.
     *
     * @return what was there before, or {@code null} if the change changes nothing
     */
    static @Nullable RateLimiterBuilder change(
            AtomicReference<RateLimiterBuilder> settings, UnaryOperator<RateLimiterBuilder> change, long now) {
        while (true) {
            RateLimiterBuilder before = Require.nonNull(settings.get(), "settings");
            RateLimiterBuilder after = Require.nonNull(change.apply(before.changing(now)), "what change gave")
                    .copy();
            Require.same(after.environment, before.environment, "environment of a reconfiguration");
            if (after.isLike(before)) {
                return null;
            }
            if (settings.compareAndSet(before, after)) {
                return before;
            }
        }
    }

    /** One bucket. */
    static class Single extends BucketSource {
        private final AtomicReference<RateLimiterBuilder> settings;
        private final AtomicReference<Bucket> current;

        Single(RateLimiterBuilder settings, long origin) {
            super(settings.environment, origin);
            this.settings = new AtomicReference<>(settings);
            current = new AtomicReference<>(Bucket.full(settings, 0));
        }

        @Override
        final Bucket bucket() {
            Bucket there = Require.nonNull(current.get(), "bucket");
            return there.isClosed() ? next(there) : there;
        }

        /** Whoever finds a closed bucket replaces it. */
        private Bucket next(Bucket closed) {
            Bucket there = closed;
            while (there.isClosed()) {
                current.compareAndSet(there, there.successor(Require.nonNull(settings.get(), "settings"), this));
                there = Require.nonNull(current.get(), "bucket");
            }
            return there;
        }

        @Override
        final void reconfigure(UnaryOperator<RateLimiterBuilder> change) {
            if (change(settings, change, now()) == null) {
                return;
            }
            // What others replace meanwhile may have the settings of a moment ago.
            for (Bucket there = bucket(); there.settings != settings.get(); there = bucket()) {
                there.close();
            }
        }
    }
}
