// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.ArrayList;
import java.util.List;

/** How many calls might be in flight at which time. Safe to share between threads; of bounded size. */
final class LimitLog {
    private static final int LIMIT = 20_000;

    private final List<Change> changes = new ArrayList<>();

    /** The first limit told is that at the start. */
    synchronized void changed(long at, int to) {
        if (changes.isEmpty()) {
            changes.add(new Change(0, to));
        } else if (changes.size() < LIMIT) {
            changes.add(new Change(at, to));
        }
    }

    /** Oldest first; the first one is the limit at the start. */
    synchronized List<Change> changes() {
        return List.copyOf(changes);
    }

    synchronized int now() {
        return changes.get(changes.size() - 1).to();
    }

    /** The limit at a time. */
    synchronized int at(long nanos) {
        int limit = changes.get(0).to();
        for (Change change : changes) {
            if (change.at() > nanos) {
                break;
            }
            limit = change.to();
        }
        return limit;
    }

    /** The lowest limit from one time up to another. */
    synchronized int lowest(long from, long to) {
        return changes.stream()
                .filter(change -> change.at() >= from && change.at() < to)
                .mapToInt(Change::to)
                .reduce(at(from), Math::min);
    }

    /**
     * The limit changed.
     *
     * @param at nanoseconds since the start of the runs
     * @param to the new limit
     */
    record Change(long at, int to) {}
}
