// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;
import java.util.Map;

/**
 * How an adaptive bulkhead finds its limit. {@link Limits} has four; this is for one of your own.
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

    /**
     * Which failures are drops, unless the bulkhead is told by {@link BulkheadBuilder#classify}.
     *
     * @return {@code true}: all but those that say nothing of a dependency, because the estimate looks at how long they took; {@code false}, the
     *     default: only what is a sign of overload by its class, such as a timeout or a refusal
     */
    default boolean judgesAnyFailure() {
        return false;
    }

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

        /**
         * Asked after each {@link #update}: for how long from now on nobody is let in at all, because even one call in flight is
         * too many. Calls that come meanwhile wait in the line, if there is one, or are refused. It ends when a call comes after that time,
         * or with the next update, of a call that was in flight.
         *
         * @return nanoseconds; by default zero; less than that is taken as zero
         */
        default long restNanos() {
            return 0;
        }

        /**
         * What it knows, for {@link Bulkhead#learned}. Asked between updates, never during one.
         *
         * @return names and values, durations in seconds; by default nothing
         */
        default Map<String, Double> learned() {
            return Map.of();
        }
    }
}
