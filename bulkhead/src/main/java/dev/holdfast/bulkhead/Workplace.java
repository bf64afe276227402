// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.WorkThreads;
import dev.holdfast.internal.Require;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Where the work of a bulkhead runs: on its callers' threads, on an executor that it was given, or on threads that it owns. */
final class Workplace {
    private final @Nullable Executor executor;
    /** The bulkhead's own, if it has any. */
    private final @Nullable WorkThreads threads;

    private Workplace(@Nullable Executor executor) {
        this.executor = executor;
        this.threads = executor instanceof WorkThreads own ? own : null;
    }

    static Workplace of(BulkheadBuilder settings, String threadPrefix, int mostThreads) {
        return new Workplace(
                switch (settings.threads) {
                    case OWN -> WorkThreads.pool(threadPrefix, mostThreads);
                    case VIRTUAL -> WorkThreads.virtual(threadPrefix);
                    case GIVEN -> Require.nonNull(settings.executor, "executor");
                    default -> null;
                });
    }

    /** {@code null} for the callers' threads. */
    @Nullable Executor executor() {
        return executor;
    }

    /**
     * Of several that change settings at once, the last to come here sees the last settings. A smaller limit takes no thread away: a call that
     * has its permit may be on its way to its thread. Permits bound how many are busy, and idle ones end.
     */
    void resize(Slots slots) {
        Rules current = null;
        while (threads != null && current != slots.rules()) {
            current = slots.rules();
            threads.growTo(current.mostThreads());
        }
    }

    /** Ends threads that the bulkhead owns, when their work has ended. */
    void close() {
        if (threads != null) {
            threads.close();
        }
    }
}
