// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

/** Tells the time to whoever needs a reading that is newer than a word: nanoseconds since the limiter's origin. */
@FunctionalInterface
interface Clock {
    long now();

    /** Now, but not before {@code t}: clocks may go back. */
    default long notBefore(long t) {
        return t + Math.max(0, now() - t);
    }
}
