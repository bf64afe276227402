// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/** Ends a part of a call on another thread than its caller's: it knows the deadlines of that one. */
class BoundedInterruption extends Interruption {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable Environment clock;
    /** A reading of that clock. */
    private final long until;

    /**
     * For the current thread.
     *
     * @param clock whose readings limit it; {@code null}: nothing does
     * @param until when it has to be over
     */
    BoundedInterruption(@Nullable Environment clock, long until) {
        this.clock = clock;
        this.until = until;
    }

    @Override
    final boolean isLimit(Environment environment) {
        return clock == environment;
    }

    @Override
    final long nanosLeft(Environment environment, long now) {
        return isLimit(environment) ? Math.max(0, until - now) : Loop.NO_LIMIT;
    }
}
