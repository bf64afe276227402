// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one call at one loop, and how it goes on after each: the decision that both engines ask for. It exists only once
 * an attempt has failed.
 */
final class Attempts {
    /** In place of a delay: the outcome stands. */
    static final long OVER = -4;

    int number = 1;
    private long delay;
    private @Nullable Throwable last;
    private @Nullable ArrayDeque<Throwable> earlier;

    /**
     * An attempt has ended in a way that may be repeated.
     *
     * @param start when the first attempt began, or {@link Loop#NO_TIME} without a limit of the loop's own
     * @return nanoseconds to wait before the next, or {@link Loop#STOP}, and then {@link #exhausted} follows, or {@link #OVER}
     * @throws UnavailableException if the environment is closed
     */
    long again(
            Chain chain,
            Loop<Object> loop,
            @Nullable Object value,
            @Nullable Throwable failure,
            long start,
            Rest rest,
            @Nullable Call call) {
        if (call != null && call.isCommitted()) {
            return OVER;
        }
        if (loop.environment().isClosed()) {
            throw UnavailableException.closed(loop.name());
        }
        long next = loop.decide(chain.rules, number, delay, value, failure, start, rest, call);
        if (next >= 0) {
            delay = next;
            loop.tellScheduled(call, next, value, failure);
        }
        return next;
    }

    /**
     * The wait before another attempt has ended. What was given up, or goes on elsewhere, may have committed the call meanwhile.
     *
     * @return the delay, or {@link Loop#STOP}, and then {@link #exhausted} follows, or {@link #OVER}
     */
    long waited(Loop<Object> loop, long start, Rest rest, @Nullable Call call) {
        if (call != null && call.isCommitted()) {
            return OVER;
        }
        return loop.isOver(start, rest) ? Loop.STOP : delay;
    }

    /** There is no further attempt: what the caller gets, where it is a result. */
    @Nullable Object exhausted(Loop<Object> loop, @Nullable Object value, @Nullable Throwable failure, @Nullable Call call) {
        loop.tellExhausted(call, value, failure);
        return failure == null ? loop.gaveUp(value, number) : null;
    }

    /** Another attempt begins. */
    void next(@Nullable Throwable failure) {
        if (last != null) {
            earlier = Failures.remember(earlier, last);
        }
        last = failure;
        number = Math.max(number, number + 1);
    }

    /** Hangs the failures of earlier attempts on what the caller gets. */
    Throwable hangOn(Throwable thrown) {
        if (earlier != null) {
            earlier.forEach(failure -> Failures.suppress(thrown, failure));
        }
        if (last != null) {
            Failures.suppress(thrown, last);
        }
        return thrown;
    }
}
