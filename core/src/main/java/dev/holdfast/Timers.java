// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way in which engines set and cancel timers. An environment's timer may be a user's: what it throws when it is set
 * refuses the call, and what it throws when it is cancelled changes nothing.
 */
final class Timers {
    private static final Logger LOG = LoggerFactory.getLogger(Environment.class);
    private static final Environment.Timer NONE = () -> {};

    private Timers() {}

    /**
     * Sets a timer.
     *
     * @throws UnavailableException if there is none to be had
     */
    static Environment.Timer set(Environment environment, Runnable task, long nanos, String name) {
        try {
            Environment.Timer timer = environment.schedule(task, nanos);
            return timer == null ? NONE : timer;
        } catch (Throwable thrown) {
            throw UnavailableException.noTimer(name, thrown);
        }
    }

    /**
     * Sets a timer that is its own entry where the environment's timer is ours.
     *
     * @throws UnavailableException if there is none to be had
     */
    static void set(Interruption entry, Environment environment, long now, long nanos, String name) {
        if (environment == SystemEnvironment.SHARED) {
            SystemEnvironment.start(entry, now, nanos);
            return;
        }
        entry.due = now + Math.min(nanos, TimerThread.FAR);
        Environment.Timer timer = set(environment, entry, nanos, name);
        entry.home = cancelled -> cancel(timer);
    }

    static void cancel(Environment.@Nullable Timer timer) {
        if (timer != null) {
            try {
                timer.cancel();
            } catch (Throwable thrown) {
                Policy.tryTo(() -> LOG.warn("A timer threw when it was cancelled; the call goes on", thrown));
            }
        }
    }
}
