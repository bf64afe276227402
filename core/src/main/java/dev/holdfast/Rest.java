// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** How long a call may still take: each engine knows the deadlines around the place where it is. */
interface Rest {
    /** The deadlines of the thread that asks, whatever calls they belong to. */
    Rest OF_THREAD = new Rest() {
        @Override
        public boolean isLimited(Environment environment) {
            return Interruptions.isLimited(environment);
        }

        @Override
        public long nanosLeft(Environment environment, long now) {
            return Interruptions.nanosLeft(environment, now);
        }
    };

    /** Whether there is any deadline by this environment's clock. */
    boolean isLimited(Environment environment);

    /** Nanoseconds until the first of them, not negative, or {@link Loop#NO_LIMIT}. */
    long nanosLeft(Environment environment, long now);
}
