// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.testkit.VirtualTime;
import java.math.BigInteger;
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
        RateLimitedException refused =
                catchThrowableOfType(RateLimitedException.class, () -> limiter.run(() -> {}));
        assertThat(refused).as("refusal of %s", limiter).isNotNull();
        return refused.retryAfterNanos();
    }

    void advance(long nanos) {
        time.advance(Duration.ofNanos(nanos));
    }

    /** In every window: (k - burst) * period &lt;= (w + tolerance) * limit, which is RL-1 without divisions. */
    static void assertBound(List<Grant> grants, long limit, long period, long burst, long tolerance) {
        for (int i = 0; i < grants.size(); i++) {
            long k = 0;
            for (int j = i; j < grants.size(); j++) {
                k += grants.get(j).permits();
                BigInteger least = BigInteger.valueOf(k - burst).multiply(BigInteger.valueOf(period));
                BigInteger w = BigInteger.valueOf(grants.get(j).at() - grants.get(i).at() + tolerance);
                assertThat(least)
                        .as("%s permits from grant %s to %s at %s/%s ns, burst %s", k, i, j, limit, period, burst)
                        .isLessThanOrEqualTo(w.multiply(BigInteger.valueOf(limit)));
            }
        }
    }
}
