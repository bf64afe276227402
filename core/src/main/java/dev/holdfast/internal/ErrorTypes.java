// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What an exception is called in labels and spans: its class, for the first twenty classes, and one name for all others, because each value
 * of a label is a series of its own.
 */
public final class ErrorTypes {
    /** What OpenTelemetry's conventions call the rest. */
    public static final String OTHER = "_OTHER";

    private static final int MOST = 20;

    /** Replaced as a whole, so that who looks needs no lock. */
    private volatile Set<String> known = Set.of();

    /** Held to add one, which happens twenty times at most. */
    private final ReentrantLock lock = new ReentrantLock();

    private ErrorTypes() {}

    /**
     * Knows none yet.
     *
     * @return a new one
     */
    public static ErrorTypes create() {
        return new ErrorTypes();
    }

    /**
     * The name of an exception.
     *
     * @param failure what was thrown
     * @return the canonical name of its class, or {@link #OTHER}
     */
    public String of(Throwable failure) {
        String canonical = failure.getClass().getCanonicalName();
        String name = canonical == null ? failure.getClass().getName() : canonical;
        Set<String> now = known;
        return now.contains(name) || (now.size() < MOST && isAdded(name)) ? name : OTHER;
    }

    private boolean isAdded(String name) {
        lock.lock();
        try {
            Set<String> more = new HashSet<>(known);
            boolean isKnown = more.contains(name) || (more.size() < MOST && more.add(name));
            known = Set.copyOf(more);
            return isKnown;
        } finally {
            lock.unlock();
        }
    }
}
