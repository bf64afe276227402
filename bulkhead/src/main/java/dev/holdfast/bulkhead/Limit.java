// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;

/**
 * How an adaptive bulkhead finds its limit. {@link Limits} has three; this is for one of your own.
 *
 * <p>A limit is settings only, immutable and safe to share: each bulkhead starts an {@link Estimate} of its own. Neither
 * knows how a limit is enforced. Let equal settings be equal, as in a record: a reconfiguration with an equal limit keeps the
 * estimate.
 */
public interface Limit {
    /**
     * Where every bulkhead starts.
     *
     * @return from 1 up
     */
    int initial();

    /**
     * The largest limit that an estimate may give; larger ones are cut.
     *
     * @return {@link #initial()} or more
     */
    int max();

    /**
     * Starts an estimate.
     *
     * @param environment where randomness comes from
     * @return a new estimate, for one bulkhead
     */
    Estimate start(Environment environment);

    /** What one bulkhead has learnt. It is called by one thread at a time, and need not be thread-safe. */
    @FunctionalInterface
    interface Estimate {
        /**
         * A call has ended.
         *
         * @param elapsedNanos how long it took, without its wait in the queue; zero or less means nothing
         * @param inFlight how many were in flight when it came in, itself included
         * @param dropped whether it was a drop, which is a sign of overload whatever time it took; drops that come while
         *     another call is being learnt from count as one
         * @return the limit from here on; less than 1 is taken as 1. What it throws is logged, and the limit stays.
         */
        int update(long elapsedNanos, int inFlight, boolean dropped);
    }
}
