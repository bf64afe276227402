// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait, by their number, how many of a partition are in flight, and what it is owed: see {@link Lines}. A sorted
 * map, because it gives either end and lets a waiter in the middle go at once, all without a lock.
 */
final class Line {
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

    Waiter newWaiter(Slots slots, long nanos) {
        return new Waiter(slots, this, numbers.getAndIncrement(), nanos);
    }

    void add(Waiter waiter) {
        waiters.put(waiter.number, waiter);
    }

    @Nullable Waiter poll(boolean newestFirst) {
        Map.Entry<Long, Waiter> next = newestFirst ? waiters.pollLastEntry() : waiters.pollFirstEntry();
        if (next == null) {
            return null;
        }
        unreserve();
        return next.getValue();
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
