// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.ArrayList;
import java.util.List;

/** When the breaker was in which state. Safe to share between threads; of bounded size. */
final class BreakerLog {
    static final String CLOSED = "CLOSED";
    static final String OPEN = "OPEN";

    private static final int LIMIT = 2_000;

    private final List<Change> changes = new ArrayList<>();

    /** Starts closed, as breakers do. */
    BreakerLog() {
        changes.add(new Change(0, CLOSED));
    }

    synchronized void changed(long at, String to) {
        if (changes.size() < LIMIT) {
            changes.add(new Change(at, to));
        }
    }

    /** Oldest first; the first one is the state at the start. */
    synchronized List<Change> changes() {
        return List.copyOf(changes);
    }

    synchronized String state() {
        return changes.get(changes.size() - 1).to();
    }

    /** Whether the breaker came into a state from one time up to another. */
    synchronized boolean came(String state, long from, long to) {
        return changes.stream()
                .filter(change -> change.at() >= from && change.at() < to)
                .anyMatch(change -> change.to().equals(state));
    }

    /** The state at a time. */
    synchronized String stateAt(long nanos) {
        String state = changes.get(0).to();
        for (Change change : changes) {
            if (change.at() > nanos) {
                break;
            }
            state = change.to();
        }
        return state;
    }

    /**
     * The breaker changed its state.
     *
     * @param at nanoseconds since the start of the runs
     * @param to the new state's name
     */
    record Change(long at, String to) {}
}
