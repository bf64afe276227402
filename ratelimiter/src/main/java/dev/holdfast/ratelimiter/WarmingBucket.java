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
 * <p>The word is the time of the next permit, as ever. A second word is the time at which the limiter will be warm; only a
 * call that ends an idle time moves it. A racing call may see it late and then finds the limiter too warm or too cold for
 * one interval, but never faster than T.
 */
final class WarmingBucket extends TokenBucket {
    private final double slope;
    /** How much longer than a warm interval a cold one can be: a product of doubles may be rounded up past it. */
    private final long most;

    WarmingBucket(Spec spec) {
        super(spec);
        this.slope = (double) spec.nanos() / spec.permits() * (spec.coldFactor() - 1) / spec.warmUpNanos();
        BigInteger longer = slowest().subtract(super.fillNanos()).add(BigInteger.ONE);
        this.most = longer.min(BigInteger.valueOf(LONGEST)).longValueExact();
    }

    private BigInteger slowest() {
        return new BigDecimal(super.fillNanos()).multiply(BigDecimal.valueOf(spec.coldFactor())).toBigInteger();
    }

    @Override
    BigInteger fillNanos() {
        // As long as it takes to be cold again: then the bucket is as good as new.
        return slowest().add(BigInteger.valueOf(spec.warmUpNanos()));
    }

    @Override
    long extra(long t) {
        return t + spec.warmUpNanos();
    }

    /** How long the limiter, under load, is from being warm at the time of its next permit. */
    private long coldness(Bucket bucket, int i, long word, long at) {
        // Under load without a pause, the second word may be so old that it looks like one that is to come.
        long cold = Math.min(spec.warmUpNanos(), Math.max(0, bucket.extra(i) - word));
        long idle = Math.max(0, at - word);
        return cold + Math.min(idle, spec.warmUpNanos() - cold);
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
                long cold = coldness(bucket, i, word, at);
                return warm.paid(bucket, i, word, at) + Math.min(most, (long) Math.ceil(cold * slope));
            }

            @Override
            void settled(Bucket bucket, int i, long word, long at) {
                if (at - word > 0) {
                    bucket.setExtra(i, at + coldness(bucket, i, word, at));
                }
            }
        };
    }
}
