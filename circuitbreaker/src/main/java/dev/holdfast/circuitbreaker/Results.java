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

    /** The result is in, and breaks no rule. */
    static final int KEPT = 0;
    /** The result is in, and breaks a rule. */
    static final int BROKEN = 1;
    /** Nothing has been done so far, and the time is needed for it. */
    static final int NEEDS_TIME = 2;

    /**
     * Adds a result.
     *
     * @param kind the result
     * @param now a clock reading, or {@link StateMachine#NO_READING} unless it {@link #needsTime}
     * @param rules what the counts that include this result are held against; always the same object for the same rules
     * @return {@link #KEPT}, {@link #BROKEN} or {@link #NEEDS_TIME}
     */
    abstract int record(int kind, long now, Rules rules);

    /** Whether no result can be added without a clock reading. */
    abstract boolean needsTime();

    /** The counts now. */
    abstract Counts counts(long now);

    /** Hands the results over to another window: all, or in proportion where it has no room for all. */
    abstract void copyTo(Results other, long now);

    /** Adds results without holding them against rules. */
    abstract void add(int kind, long times, long at);

    /** How many results fit. */
    abstract long room();

    /** Decides from counts whether a breaker opens. */
    @FunctionalInterface
    interface Rules {
        boolean isBroken(long calls, long failures, long slow);

        /** From how many calls on no success breaks what was not broken before. */
        default long enoughCalls() {
            return Long.MAX_VALUE;
        }

        /** For results that are only copied, or watched. */
        Rules NONE = new Rules() {
            @Override
            public boolean isBroken(long calls, long failures, long slow) {
                return false;
            }

            @Override
            public long enoughCalls() {
                return 0;
            }
        };
    }

    /** A consistent cut. */
    record Counts(long calls, long failures, long slow) {}
}
