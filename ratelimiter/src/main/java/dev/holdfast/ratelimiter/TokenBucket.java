// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.internal.Gcra;
import java.math.BigInteger;

/** A token bucket: the word is the theoretical arrival time of {@link Gcra}, which says how it is exact. */
class TokenBucket extends Limit {
    private final Gcra gcra;

    TokenBucket(Spec spec) {
        super(spec);
        gcra = Gcra.of(spec.permits(), spec.nanos(), spec.burst());
    }

    @Override
    final long capacity() {
        return spec.burst();
    }

    @Override
    BigInteger fillNanos() {
        return gcra.fillNanos();
    }

    @Override
    Toll toll(long permits) {
        return new Cells(gcra.price(permits));
    }

    @Override
    final long available(long tat, long t) {
        return gcra.available(tat, t);
    }

    @Override
    final long promised(long tat, long t) {
        return gcra.promised(tat, t);
    }

    @Override
    final long holding(long permits, long t) {
        return gcra.holding(permits, t);
    }

    @Override
    final long emptyIn(long nanos, long t) {
        return gcra.emptyIn(nanos, t);
    }

    /** From another token bucket parts of a permit are kept, too. */
    @Override
    final long takenOver(Limit other, long word, long promisedByAll, long t) {
        return other.spec.equals(spec) || !(other instanceof TokenBucket from)
                ? super.takenOver(other, word, promisedByAll, t)
                : gcra.takenOver(from.gcra, word, promisedByAll, t);
    }

    private static final class Cells extends Toll {
        private final Gcra.Price price;

        Cells(Gcra.Price price) {
            this.price = price;
        }

        @Override
        long wait(long tat, long t) {
            return price.wait(tat, t);
        }

        @Override
        long paid(Bucket bucket, int i, long tat, long at) {
            return price.paid(tat, at);
        }
    }
}
