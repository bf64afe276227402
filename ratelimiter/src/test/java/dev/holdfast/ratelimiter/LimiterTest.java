// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;

/** What the tests of the limiter speak in: virtual time, and whether calls go in. */
abstract class LimiterTest {
    static final Duration SECOND = Duration.ofSeconds(1);

    VirtualTime time = VirtualTime.create();

    /** A grant of {@code permits} at {@code at}. */
    record Grant(long at, long permits) {}

    RateLimiterBuilder limiter(long permits, Duration period) {
        return RateLimiter.builder("limiter").environment(time).limit(permits, period);
    }

    static RateLimiterBuilder on(VirtualTime clock, long permits, long nanos) {
        return RateLimiter.builder("limiter").environment(clock).limit(permits, Duration.ofNanos(nanos));
    }

    static boolean in(RateLimiter limiter) {
        return limiter.tryAcquire() != null;
    }

    static int in(RateLimiter limiter, int calls) {
        int in = 0;
        for (int i = 0; i < calls; i++) {
            in += in(limiter) ? 1 : 0;
        }
        return in;
    }

    /** Refused, and for how long; fails if it goes in. */
    static long retryAfter(RateLimiter limiter) {
        try {
            limiter.run(() -> {});
        } catch (RateLimitedException refused) {
            return refused.retryAfterNanos();
        }
        throw new AssertionError(limiter + " let in what it should have refused");
    }

    void advance(long nanos) {
        time.advance(Duration.ofNanos(nanos));
    }

    /** In every stretch: (k - burst) * period &lt;= (w + tolerance) * limit, which is RL-1 without divisions. */
    static void assertBound(List<Grant> grants, long limit, long period, long burst, long tolerance) {
        assertBound(grants, limit, period, burst, tolerance, Long.MAX_VALUE);
    }

    /** As above, in every stretch that is no longer than {@code longest}. */
    static void assertBound(List<Grant> grants, long limit, long period, long burst, long tolerance, long longest) {
        for (int i = 0; i < grants.size(); i++) {
            long k = 0;
            for (int j = i;
                    j < grants.size() && grants.get(j).at() - grants.get(i).at() <= longest;
                    j++) {
                k += grants.get(j).permits();
                long w = grants.get(j).at() - grants.get(i).at() + tolerance;
                if (compareProducts(k - burst, period, w, limit) > 0) {
                    throw new AssertionError(k + " permits from grant " + i + " to " + j + " at " + limit + "/" + period
                            + " ns, burst " + burst + ": " + grants);
                }
            }
        }
    }

    /** Of a * b and c * d, in 128 bits. */
    private static int compareProducts(long a, long b, long c, long d) {
        int upper = Long.compare(Math.multiplyHigh(a, b), Math.multiplyHigh(c, d));
        return upper != 0 ? upper : Long.compareUnsigned(a * b, c * d);
    }
}
