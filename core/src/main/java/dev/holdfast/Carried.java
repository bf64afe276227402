// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The context of one call, on its way from thread to thread. The one place where a {@link ThreadContext} is captured, restored
 * and closed: what it throws is never taken for the work's own failure. A call whose context cannot be had is refused; once it
 * has been restored, what goes wrong is logged and changes nothing.
 */
final class Carried {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadContext.class);
    private static final ThreadContext.Restored NOTHING = () -> {};

    private Carried() {}

    /**
     * Takes what is bound to the current thread along.
     *
     * @return {@code null} if there is nothing to carry
     * @throws UnavailableException if the context throws
     */
    static ThreadContext.@Nullable Snapshot capture(Environment environment, String name) {
        try {
            ThreadContext context = environment.context();
            return context == ThreadContext.none() ? null : context.capture();
        } catch (Throwable thrown) {
            throw UnavailableException.noContext(name, thrown);
        }
    }

    /**
     * Binds it to the current thread.
     *
     * @return for {@link #close}
     * @throws UnavailableException if the context throws
     */
    static ThreadContext.Restored restore(ThreadContext.@Nullable Snapshot snapshot, String name) {
        try {
            ThreadContext.Restored restored = snapshot == null ? null : snapshot.restore();
            return restored == null ? NOTHING : restored;
        } catch (Throwable thrown) {
            throw UnavailableException.noContext(name, thrown);
        }
    }

    /** Gives the thread back what it had. */
    static void close(ThreadContext.@Nullable Restored restored) {
        if (restored != null) {
            try {
                restored.close();
            } catch (Throwable thrown) {
                Policy.tryTo(() -> LOG.warn("A context threw when it was closed; the call goes on", thrown));
            }
        }
    }

    /** Does something in the context; what cannot be had is logged, and it is done all the same. */
    static void within(ThreadContext.@Nullable Snapshot snapshot, String name, Runnable task) {
        ThreadContext.Restored restored = null;
        try {
            restored = restore(snapshot, name);
        } catch (Throwable thrown) {
            Policy.tryTo(() -> LOG.warn("The context of a call of {} threw; the call goes on without it", Names.quoted(name), thrown));
        }
        try {
            task.run();
        } finally {
            close(restored);
        }
    }
}
