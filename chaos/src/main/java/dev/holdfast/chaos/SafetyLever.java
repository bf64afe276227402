// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Event;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Require;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Ends all experiments of this process at once, and lets none start: for an incident, or a release. Nothing resumes by itself when it is
 * released.
 *
 * <pre>{@code
 * SafetyLever.engage("incident 4711");
 * }</pre>
 *
 * <p>Safe to use from any thread. It waits for nobody and takes no lock.
 */
public final class SafetyLever {
    private static final ConcurrentLinkedQueue<Armed> ARMED = new ConcurrentLinkedQueue<>();
    private static final ConcurrentLinkedQueue<Runnable> LISTENERS = new ConcurrentLinkedQueue<>();
    private static volatile @Nullable String reason;

    private SafetyLever() {}

    /**
     * Ends all experiments, which are stopped, and lets none start. When this returns, no fault is injected any more. Engaging it again
     * changes the reason.
     *
     * @param why for those whose experiments end or do not start; not blank
     */
    public static void engage(String why) {
        reason = Require.words(why, "why");
        // Experiments first learn why they end.
        LISTENERS.forEach(SafetyLever::quietly);
        ARMED.forEach(Armed::disarm);
    }

    /** Lets experiments start again. Without effect if it is not engaged. */
    public static void release() {
        reason = null;
    }

    /**
     * Whether it is engaged, and why.
     *
     * @return empty if experiments may start
     */
    public static Optional<String> engaged() {
        return Optional.ofNullable(reason);
    }

    /** Has something done whenever the lever is engaged; must be quick. Who adds it looks at {@link #engaged} afterwards. */
    static Subscription onEngaged(Runnable listener) {
        LISTENERS.add(listener);
        return () -> LISTENERS.remove(listener);
    }

    static void enlist(Armed armed) {
        ARMED.add(armed);
    }

    static void delist(Armed armed) {
        ARMED.remove(armed);
    }

    /** How many injections are armed in this process. */
    static int armed() {
        return ARMED.size();
    }

    static void require(Terms terms) {
        String why = reason;
        if (why != null) {
            throw new IllegalStateException(
                    terms.title() + ": the safety lever is engaged, " + Event.quoted(why) + " (expected: released)");
        }
    }

    private static void quietly(Runnable listener) {
        try {
            listener.run();
        } catch (Throwable dropped) {
            // The others have to hear of it as well.
        }
    }
}
