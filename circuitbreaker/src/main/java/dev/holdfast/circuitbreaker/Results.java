// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

/**
 * The results in a {@link Window}. A result is a number from 0 to 3 whose bits say {@link #FAILURE} and {@link #SLOW}.
 */
abstract class Results {
    static final int GOOD = 0;
    static final int FAILURE = 1;
    static final int SLOW = 2;
    static final int KINDS = 4;

    /**
     * Adds a result.
     *
     * @param kind the result
     * @param now a clock reading, which a window over calls does not look at
     * @param rules what the counts that include this result are held against
     * @return whether the rules say to open
     */
    abstract boolean record(int kind, long now, Rules rules);

    /** Whether one more good result would leave everything as it is, so that it need not be recorded. */
    abstract boolean isSaturatedWithGood();

    /** The counts now. */
    abstract Counts counts(long now);

    /** Hands the results over to another window: all, or in proportion where it has no room for all. */
    abstract void copyTo(Results other, long now);

    /** Adds results without holding them against rules. */
    abstract void add(int kind, long times, long at);

    /** How many results fit. */
    abstract long room();

    /** Decides from counts whether a breaker opens. */
    interface Rules {
        boolean isBroken(long calls, long failures, long slow);

        /** For results that are only copied. */
        Rules NONE = (calls, failures, slow) -> false;
    }

    /** A consistent cut. */
    record Counts(long calls, long failures, long slow) {}
}
