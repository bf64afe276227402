// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait, by their number, and how many of a partition are in flight. A sorted map, because it gives either end
 * and lets a waiter in the middle go at once, all without a lock.
 */
final class Line {
    private final ConcurrentSkipListMap<Long, Waiter> waiters = new ConcurrentSkipListMap<>();
    private final AtomicLong numbers = new AtomicLong();
    /** Places taken; counts a waiter before it is in the map. */
    private final AtomicInteger places = new AtomicInteger();
    /** {@code null} where there is one line only, whose calls in flight are all there are. */
    private final @Nullable AtomicInteger inFlight;
    private final double share;

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

    /** How much of its share it has: lines with less come first. Without a share, it comes last. */
    double used() {
        return share > 0 ? inFlight() / share : Double.MAX_VALUE;
    }

    int inFlight() {
        return inFlight == null ? 0 : Math.max(0, inFlight.get());
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
