// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import java.math.BigInteger;

/** A limit of 0. The word is the time until which calls wait that were promised permits when there was another limit. */
final class NobodyMay extends Limit {
    NobodyMay(Spec spec) {
        super(spec);
    }

    @Override
    long capacity() {
        return 0;
    }

    @Override
    BigInteger fillNanos() {
        return BigInteger.ONE;
    }

    @Override
    Toll toll(long permits) {
        throw new IllegalArgumentException("permits: " + permits + " (expected: none, of a limit of 0)");
    }

    @Override
    long available(long word, long t) {
        return 0;
    }

    @Override
    long promised(long word, long t) {
        return word - t;
    }

    @Override
    long holding(long permits, long t) {
        return t;
    }

    @Override
    long emptyIn(long nanos, long t) {
        return t + nanos;
    }
}
