// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Criticality;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait, by how critical they are and by their number, how many of a partition are in flight, and what it is owed: see {@link Lines}. A sorted
 * map, because it gives either end and lets a waiter in the middle go at once, all without a lock.
 */
final class Line {
    /** Where in a number the level begins. */
    private static final int LEVEL = 60;

    private static final VarHandle ACCOUNT;

    static {
        try {
            ACCOUNT = MethodHandles.lookup().findVarHandle(Line.class, "account", double.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** Its part of the limit, 0 to 1. */
    final double share;

    private final ConcurrentSkipListMap<Long, Waiter> waiters = new ConcurrentSkipListMap<>();
    private final AtomicLong numbers = new AtomicLong();
    /** Places taken; counts a waiter before it is in the map. */
    private final AtomicInteger places = new AtomicInteger();
    /** {@code null} where there is one line only, whose calls in flight are all there are. */
    private final @Nullable AtomicInteger inFlight;
    /** In calls: what it is owed, or less than 0 if it has had too much. */
    private volatile double account;

    /**
     * Creates an empty line.
     *
     * @param share its part of the limit, 0 to 1
     * @param shared whether there are other lines
     */
    Line(double share, boolean shared) {
        this.share = share;
        this.inFlight = shared ? new AtomicInteger() : null;
    }

    void entered() {
        if (inFlight != null) {
            inFlight.getAndIncrement();
        }
    }

    void left() {
        if (inFlight != null) {
            inFlight.getAndDecrement();
        }
    }

    /** Counts one more in flight if there are as many as expected. */
    boolean enteredAt(int expected) {
        return inFlight == null || inFlight.compareAndSet(expected, expected + 1);
    }

    double account() {
        return account;
    }

    /** Changes the account by a difference, and keeps it between {@code -debt} and {@code credit}. */
    void settle(double difference, double debt, double credit) {
        double before = account;
        double after = Math.max(-debt, Math.min(credit, before + difference));
        while (before != after && !ACCOUNT.compareAndSet(this, before, after)) {
            before = account;
            after = Math.max(-debt, Math.min(credit, before + difference));
        }
    }

    int inFlight() {
        return inFlight == null ? 0 : inFlight.get();
    }

    int waiting() {
        return places.get();
    }

    boolean reserve(int room) {
        int taken = places.get();
        while (taken < room) {
            if (places.compareAndSet(taken, taken + 1)) {
                return true;
            }
            taken = places.get();
        }
        return false;
    }

    void unreserve() {
        places.getAndDecrement();
    }

    Waiter newWaiter(Slots slots, Criticality criticality, long nanos) {
        return new Waiter(slots, this, first(level(criticality)) + numbers.getAndIncrement(), nanos);
    }

    /** The smallest number of a level: level by level in one order, of which 2^60 calls each do not reach the end. */
    private static long first(int level) {
        return (long) level << LEVEL;
    }

    @SuppressWarnings("EnumOrdinal") // Its constants stand in this order, and it is not kept anywhere.
    private static int level(Criticality criticality) {
        return criticality.ordinal();
    }

    private static int level(long number) {
        return (int) (number >>> LEVEL);
    }

    void add(Waiter waiter) {
        waiters.put(waiter.number, waiter);
    }

    /** The most critical, of these the oldest or the newest. */
    @Nullable Waiter poll(boolean newestFirst) {
        Waiter next = newestFirst ? takeNewestOfMostCritical() : take(waiters.pollFirstEntry());
        if (next != null) {
            unreserve();
        }
        return next;
    }

    private @Nullable Waiter takeNewestOfMostCritical() {
        for (Map.Entry<Long, Waiter> oldest = waiters.firstEntry(); oldest != null; oldest = waiters.firstEntry()) {
            Map.Entry<Long, Waiter> newest = waiters.lowerEntry(first(level(oldest.getKey()) + 1));
            if (newest != null && waiters.remove(newest.getKey(), newest.getValue())) {
                return newest.getValue();
            }
        }
        return null;
    }

    /** Takes a less critical call out, whose place another gets; the one that would have come last. */
    @Nullable Waiter displace(Criticality by, boolean newestFirst) {
        for (Map.Entry<Long, Waiter> last = waiters.lastEntry(); last != null; last = waiters.lastEntry()) {
            int level = level(last.getKey());
            if (level <= level(by)) {
                return null;
            }
            Map.Entry<Long, Waiter> found = newestFirst ? waiters.ceilingEntry(first(level)) : last;
            if (found != null && waiters.remove(found.getKey(), found.getValue())) {
                return found.getValue();
            }
        }
        return null;
    }

    private static @Nullable Waiter take(Map.@Nullable Entry<Long, Waiter> polled) {
        return polled == null ? null : polled.getValue();
    }

    boolean remove(Waiter waiter) {
        if (waiters.remove(waiter.number) == null) {
            return false;
        }
        unreserve();
        return true;
    }

    boolean isEmpty() {
        return waiters.isEmpty();
    }
}
