// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.verification.chaotic.Program.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * When limiters have let somebody in, and what they may. Nobody outside knows the moment, but everybody knows a time before it and one
 * after it; in virtual time they are the same. So the law holds on any clock, however late threads and timers are: whoever came in
 * between two readings has come in in the stretch between them.
 */
final class Rates {
    /** Settings that a limiter has, or has had: so many in a period, and of a token bucket so many at once. */
    record Rate(long permits, long nanos, long burst) {
        double perNano() {
            return (double) permits / nanos;
        }
    }

    private record Entry(long from, long until) {}

    /** Of any of them some may be left out, and the law still holds. */
    private static final int MOST_ENTRIES = 200;
    /** A tick of a window, and the nanoseconds that parts of permits may be early. */
    private static final long SLACK_NANOS = 10_000;

    private final Map<Integer, List<Rate>> rates = new ConcurrentHashMap<>();
    private final Map<String, List<Entry>> entries = new ConcurrentHashMap<>();

    /** Before it is so. */
    void mayBe(int part, Rate rate) {
        rates.computeIfAbsent(part, none -> new CopyOnWriteArrayList<>()).add(rate);
    }

    /** Somebody came in at a limiter, or at one of its keys, between two times. */
    void entered(String door, long from, long until) {
        List<Entry> there = entries.computeIfAbsent(door, none -> Collections.synchronizedList(new ArrayList<>()));
        if (there.size() < MOST_ENTRIES) {
            there.add(new Entry(from, until));
        }
    }

    Collection<String> doors() {
        return entries.keySet();
    }

    /** Gives a stretch of time that has seen more than the settings allow, or {@code null}. */
    String tooMany(String door, int part, Kind kind) {
        List<Entry> all = new ArrayList<>(entries.get(door));
        // By differences, because the clock wraps around.
        all.sort((a, b) -> Long.signum(a.from - b.from));
        for (int i = 0; i < all.size(); i++) {
            long from = all.get(i).from;
            List<Entry> later = new ArrayList<>(all.subList(i, all.size()));
            later.sort(Comparator.comparingLong(entry -> entry.until - from));
            for (int j = 0; j < later.size(); j++) {
                long stretch = later.get(j).until - from;
                long most = most(part, kind, stretch);
                if (j + 1 > most) {
                    return (j + 1) + " came in within " + stretch + " ns (expected: at most " + most + " under "
                            + rates.get(part) + ")";
                }
            }
        }
        return null;
    }

    private long most(int part, Kind kind, long stretch) {
        List<Rate> had = rates.get(part);
        double perNano = had.stream().mapToDouble(Rate::perNano).max().orElseThrow();
        long permits = had.stream().mapToLong(Rate::permits).max().orElseThrow();
        long shortest = had.stream().mapToLong(Rate::nanos).min().orElseThrow();
        long atOnce = switch (kind) {
            case WINDOW -> stretch < shortest ? permits : 2 * permits;
            case FIXED_WINDOW -> 2 * permits;
            default -> had.stream().mapToLong(Rate::burst).max().orElseThrow();
        };
        return (long) Math.floor(atOnce + (stretch + SLACK_NANOS) * perNano);
    }
}
