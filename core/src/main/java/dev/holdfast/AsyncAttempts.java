// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What a loop of an asynchronous call remembers between attempts. */
final class AsyncAttempts {
    /** When the first attempt began, or {@link Gate#NO_TIME} if no limit makes it matter. */
    final long start;

    final @Nullable Call outerCall;
    int attempt = 1;
    long delay;

    private @Nullable Throwable last;
    private @Nullable ArrayDeque<Throwable> earlier;

    AsyncAttempts(long start, @Nullable Call outerCall) {
        this.start = start;
        this.outerCall = outerCall;
    }

    void next(@Nullable Throwable failure) {
        if (last != null) {
            earlier = Loop.remember(earlier, last);
        }
        last = failure;
        attempt = Math.max(attempt, attempt + 1);
    }

    /** Hangs the failures of earlier attempts on what the caller gets. */
    void hangOn(Throwable thrown) {
        Loop.suppress(thrown, last, earlier);
    }
}
