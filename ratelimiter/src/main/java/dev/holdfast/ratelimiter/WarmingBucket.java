// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Smooth pacing that is slow after idling and gets faster under load, so that a dependency can fill its caches. The idea is
 * that of Guava's {@code SmoothRateLimiter.SmoothWarmingUp}; here the interval falls with time rather than with permits,
 * which needs no curve.
 *
 * <pre>
 *  interval
 *   f * T  ┤*
 *          │   *  .
 *       T  ┤      *──────────      under load, a cold limiter takes one warm-up to become warm;
 *          └┬─────┬─────────▶      idle for as long, it is cold again
 *           0   warm-up
 * </pre>
 *
 * <p><b>Only idling cools.</b> A caller who asks every g, and for whom the next permit comes just too late, is refused and comes
 * again g later: that gap is no idle time. So only what an idle time has beyond one warm interval T counts, and it makes the next
 * interval longer by no more than half of itself. Suppose that such a caller were refused each time but every k-th. Then each
 * interval, i, is longer than (k - 1) * g, and i is at most T + (k * g - i - T) / 2 once it is stable; so k is below 2. Whoever
 * asks no faster than the rate is let in each time, once the limiter is warm. With a warm-up that is shorter than what a cold
 * interval is longer, idling cools more slowly than load warms.
 *
 * <p>The word is the time of the next permit, as ever. A second word is the time at which the limiter will be warm; only a
 * call that ends an idle time moves it. A racing call may see it late and then finds the limiter too warm or too cold for
 * one interval, but never faster than T.
 */
final class WarmingBucket extends TokenBucket {
    private final long warmUpNanos;
    /** What a nanosecond of coldness adds to the interval. */
    private final double slope;
    /** What a nanosecond of idling adds to the coldness. */
    private final double cooling;
    /** How much longer than a warm interval a cold one can be: a product of doubles may be rounded up past it. */
    private final long most;
    /** T, rounded up. */
    private final long interval;

    WarmingBucket(Spec spec) {
        super(spec);
        warmUpNanos = spec.warmUpNanos();
        slope = (double) spec.nanos() / spec.permits() * (spec.coldFactor() - 1) / warmUpNanos;
        cooling = Math.min(1, 0.5 / slope);
        most = saturated(longer());
        interval = saturated(super.fillNanos());
    }

    private static long saturated(BigInteger nanos) {
        return nanos.min(BigInteger.valueOf(LONGEST)).longValueExact();
    }

    private BigInteger slowest() {
        return new BigDecimal(super.fillNanos())
                .multiply(BigDecimal.valueOf(spec.coldFactor()))
                .toBigInteger();
    }

    private BigInteger longer() {
        return slowest().subtract(super.fillNanos()).add(BigInteger.ONE);
    }

    @Override
    BigInteger fillNanos() {
        return slowest().add(BigInteger.valueOf(warmUpNanos));
    }

    /** As long as it takes to be cold again: then the bucket is as good as new. */
    @Override
    BigInteger forgetNanos() {
        BigInteger cold = BigInteger.valueOf(warmUpNanos).max(longer().shiftLeft(1));
        return slowest().add(super.fillNanos()).add(cold);
    }

    @Override
    long extra(long t) {
        return t + warmUpNanos;
    }

    @Override
    long extraTakenOver(Limit other, long word, long extra, long mine, long t) {
        if (other.spec.equals(spec)) {
            return extra;
        }
        if (!(other instanceof WarmingBucket from)) {
            return extra(mine);
        }
        double cold = (double) from.coldness(extra, word, t) / from.warmUpNanos;
        return mine + Math.min(warmUpNanos, (long) Math.ceil(cold * warmUpNanos));
    }

    /** How long the limiter, under load, is from being warm at the time of its next permit. */
    private long coldness(long extra, long word, long at) {
        // Under load without a pause, the second word may be so old that it looks like one that is to come.
        long cold = Math.min(warmUpNanos, Math.max(0, extra - word));
        long idle = at - word - interval;
        return at - word <= interval ? cold : cold + Math.min((long) (idle * cooling), warmUpNanos - cold);
    }

    @Override
    Toll toll(long permits) {
        Toll warm = super.toll(permits);
        return new Toll() {
            @Override
            long wait(long word, long t) {
                return warm.wait(word, t);
            }

            @Override
            long paid(Bucket bucket, int i, long word, long at) {
                long cold = coldness(bucket.extra(i), word, at);
                return warm.paid(bucket, i, word, at) + Math.min(most, (long) Math.ceil(cold * slope));
            }

            @Override
            void settled(Bucket bucket, int i, long word, long at) {
                if (at - word > 0) {
                    bucket.setExtra(i, at + coldness(bucket.extra(i), word, at));
                }
            }
        };
    }
}
