// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What an exception is called in labels and spans: its class, for the first twenty classes, and one name for all others, because each value
 * of a label is a series of its own.
 */
public final class ErrorTypes {
    /** What OpenTelemetry's conventions call the rest. */
    public static final String OTHER = "_OTHER";

    private static final int MOST = 20;

    private final Set<String> known = ConcurrentHashMap.newKeySet();

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
        if (known.contains(name) || (known.size() < MOST && known.add(name))) {
            return name;
        }
        // Two threads may both have added the last one.
        return known.contains(name) ? name : OTHER;
    }
}
