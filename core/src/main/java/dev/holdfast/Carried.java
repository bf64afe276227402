// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
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

    private Carried() {}

    /**
     * Takes what is bound to the current thread along.
     *
     * @return {@code null} if there is nothing to carry
     * @throws UnavailableException if the context throws
     */
    static ThreadContext.@Nullable Snapshot capture(Environment environment, String name) {
        ThreadContext.Snapshot own = captureWithoutLimit(environment, name);
        return Inherited.isUsed() ? Inherited.along(environment, own) : own;
    }

    /** The same without the time that is left: for what has to be done when there is none any more. */
    static ThreadContext.@Nullable Snapshot captureWithoutLimit(Environment environment, String name) {
        try {
            ThreadContext context = environment.context();
            return context == ThreadContext.none() ? null : context.capture();
        } catch (Throwable thrown) {
            throw UnavailableException.noContext(name, thrown);
        }
    }

    /**
     * Does something in the context, once.
     *
     * @return why it was not done, because the context cannot be had; {@code null} if it was
     */
    static @Nullable UnavailableException tryWithin(
            ThreadContext.@Nullable Snapshot snapshot, String name, Runnable task) {
        if (snapshot == null) {
            task.run();
            return null;
        }
        Once once = new Once(task);
        Throwable own = null;
        try {
            snapshot.run(once);
        } catch (Throwable thrown) {
            own = thrown;
        }
        if (!once.hasBegun) {
            return UnavailableException.noContext(
                    name, own == null ? new IllegalStateException("it has not run its task") : own);
        }
        if (own != null && own != once.thrown) {
            Throwable closing = own;
            Policy.tryTo(() -> LOG.warn(
                    "The context of a call of {} threw when it was closed; the call goes on",
                    Names.quoted(name),
                    closing));
        }
        if (once.thrown != null) {
            throw Failures.<RuntimeException>asThrown(once.thrown);
        }
        return null;
    }

    /** Does something in the context; what cannot be had is logged, and it is done all the same. */
    static void within(ThreadContext.@Nullable Snapshot snapshot, String name, Runnable task) {
        UnavailableException broken = tryWithin(snapshot, name, task);
        if (broken != null) {
            Policy.tryTo(() -> LOG.warn(
                    "The context of a call of {} threw; the call goes on without it", Names.quoted(name), broken));
            task.run();
        }
    }

    /** What a context runs, which knows whether it has. */
    private static final class Once implements Runnable {
        private final Runnable task;
        private boolean hasBegun;
        private @Nullable Throwable thrown;

        Once(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (!hasBegun) {
                hasBegun = true;
                try {
                    task.run();
                } catch (Throwable broken) {
                    thrown = broken;
                    throw broken;
                }
            }
        }
    }
}
