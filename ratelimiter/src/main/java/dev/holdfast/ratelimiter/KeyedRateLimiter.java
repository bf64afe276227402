// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.CallCounts;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Require;
import dev.holdfast.Subscription;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The same limits for each of many keys, such as users or tenants.
 *
 * <pre>{@code
 * KeyedRateLimiter<String> users = RateLimiter.builder("users").limit(5, Duration.ofSeconds(1)).keyed(100_000);
 * users.get(user).call(() -> ...);
 * }</pre>
 *
 * <p><b>Bounded, and never unchecked.</b> It remembers at most the given number of keys (a few more for a moment). A key that
 * nobody has asked for is forgotten as soon as its permits are all there again, which changes nothing. A key that is evicted
 * before, because there are too many, is not reset by it: keys that are new after an eviction start with no more permits than
 * the scarcest of the evicted ones has left by then. So a flood of keys costs newcomers part of their burst, and lets nobody
 * exceed their rate.
 *
 * <p><b>Memory.</b> About 200 bytes a key besides the key itself, with one limit: the state is 48 bytes, the rest is what the
 * cache needs.
 *
 * <p>Safe to use from any thread. It owns no thread; what the cache has to do is done on the threads that ask, on the
 * environment's clock.
 *
 * @param <K> the keys; they need {@code equals} and {@code hashCode}, and must not change
 */
public final class KeyedRateLimiter<K> {
    /** Has the name, the counters and the listeners of all keys; nobody takes its permits. */
    private final RateLimiter all;
    private final Environment environment;
    private final long origin;
    private final Cache<K, Bucket> buckets;
    private final AtomicReference<RateLimiterBuilder> settings;
    /** At each limit, the state of the evicted key that had least. Never closed. */
    private final AtomicReference<Bucket> evicted;
    /** Made once, so that finding a key's state allocates nothing. */
    @SuppressWarnings("UnnecessaryLambda")
    private final Function<Object, Bucket> ifAbsent = key -> fresh();

    KeyedRateLimiter(RateLimiterBuilder settings, long maximumKeys) {
        this.all = RateLimiter.single(settings);
        this.environment = settings.environment;
        this.origin = environment.nanoTime();
        this.settings = new AtomicReference<>(settings);
        this.evicted = new AtomicReference<>(Bucket.full(settings, 0));
        this.buckets = Caffeine.newBuilder()
                .maximumSize(maximumKeys)
                .expireAfterAccess(Duration.ofNanos(settings.forgetNanos()))
                .ticker(environment::nanoTime)
                .executor(Runnable::run)
                .<K, Bucket>evictionListener((key, bucket, cause) -> evict(Require.nonNull(bucket, "bucket")))
                .build();
    }

    private long now() {
        return environment.nanoTime() - origin;
    }

    private RateLimiterBuilder settings() {
        return Require.nonNull(settings.get(), "settings");
    }

    private Bucket evicted() {
        return Require.nonNull(evicted.get(), "evicted");
    }

    /** Runs before the key can be asked for again. */
    private void evict(Bucket bucket) {
        bucket.closeAndLevel(evicted(), now());
    }

    private Bucket fresh() {
        long t = now();
        Bucket fresh = Bucket.full(settings(), t);
        fresh.level(evicted(), t);
        return fresh;
    }

    /**
     * The limiter of a key: a small view that finds the key's state at each call. Name, counters and listeners are those of
     * this keyed limiter.
     *
     * @param key the key
     * @return a limiter; keep it for as long as it is handy, or ask for it at each call
     */
    public RateLimiter get(K key) {
        return new RateLimiter(all, new Key(Require.nonNull(key, "key")), settings(), 1);
    }

    /**
     * How many keys it remembers.
     *
     * @return about so many
     */
    public long keys() {
        buckets.cleanUp();
        return buckets.estimatedSize();
    }

    /**
     * What has happened here, at all keys together, since the limiter was built.
     *
     * @return counts that only grow
     */
    public CallCounts counts() {
        return all.counts();
    }

    /**
     * Listens to one type of event, at all keys.
     *
     * @param <E> the type of event
     * @param type which events
     * @param listener runs as {@link Event} says; {@link dev.holdfast.Call#argument()} may tell which key it was
     * @return a handle to stop listening
     * @throws IllegalArgumentException if a limiter never tells such an event
     */
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return all.on(type, listener);
    }

    /**
     * Changes settings while the limiter runs: each key changes when it is next asked for, as
     * {@link RateLimiter#reconfigure} says.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another
     *     reconfiguration was faster
     * @throws IllegalArgumentException if settings contradict each other; then nothing has changed
     */
    public void reconfigure(UnaryOperator<RateLimiterBuilder> change) {
        Require.nonNull(change, "change");
        while (true) {
            RateLimiterBuilder before = settings();
            RateLimiterBuilder after = Source.changed(before, change);
            if (settings.compareAndSet(before, after)) {
                long t = now();
                evicted.updateAndGet(least -> least.next(settings(), t));
                long longer = Math.max(before.forgetNanos(), after.forgetNanos());
                buckets.policy().expireAfterAccess().ifPresent(idle -> idle.setExpiresAfter(Duration.ofNanos(longer)));
                return;
            }
        }
    }

    @Override
    public String toString() {
        return "KeyedRateLimiter[" + all.label() + " " + settings() + ", " + buckets.estimatedSize() + " keys]";
    }

    /** Finds the bucket of one key. */
    private final class Key extends Source {
        private final K key;

        Key(K key) {
            super(KeyedRateLimiter.this.environment, KeyedRateLimiter.this.origin);
            this.key = key;
        }

        @Override
        Bucket bucket() {
            while (true) {
                Bucket there = buckets.get(key, ifAbsent);
                RateLimiterBuilder wanted = settings();
                if (there.settings == wanted) {
                    return there;
                }
                long t = super.now();
                long[] seen = new long[there.settings.limits.length];
                Bucket next = there.next(wanted, t, seen);
                if (next != null && buckets.asMap().replace(key, there, next)) {
                    there.closeFor(next, t, seen);
                }
            }
        }

        @Override
        void reconfigure(UnaryOperator<RateLimiterBuilder> change) {
            KeyedRateLimiter.this.reconfigure(change);
        }
    }
}
