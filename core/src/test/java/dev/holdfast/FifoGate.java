// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A gate of so many permits with a queue in front of it, and no lock: what a bulkhead is made of. */
class FifoGate extends Gate {
    final AtomicInteger available;
    final ConcurrentLinkedQueue<Place> queue = new ConcurrentLinkedQueue<>();
    private final int permits;
    private final long longestWait;

    FifoGate(Environment environment, int permits, long longestWait) {
        super("fifo", environment);
        this.permits = permits;
        this.available = new AtomicInteger(permits);
        this.longestWait = longestWait;
    }

    private boolean take() {
        int now = available.get();
        while (now > 0) {
            if (available.compareAndSet(now, now - 1)) {
                return true;
            }
            now = available.get();
        }
        return false;
    }

    private void giveBack() {
        if (available.incrementAndGet() > permits) {
            throw new AssertionError("a permit was given back twice");
        }
    }

    /** Hands permits to those who wait, as long as there are both. */
    private void drain() {
        while (!queue.isEmpty() && take()) {
            Place next = queue.poll();
            if (next == null || !next.grant(0)) {
                giveBack();
            }
        }
    }

    @Override
    protected long enter(long now) {
        return queue.isEmpty() && take() ? 0 : QUEUED;
    }

    @Override
    protected Turn queue(long now, long nanosLeft) {
        Place place = new Place();
        queue.add(place);
        drain();
        return place;
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        giveBack();
        drain();
        return true;
    }

    @Override
    protected RejectedException rejection(long now) {
        return new Lab.Refused(name());
    }

    final class Place extends Turn {
        @Override
        protected long nanos() {
            return longestWait;
        }

        @Override
        protected long due() {
            queue.remove(this);
            return REFUSED;
        }

        @Override
        protected void abandoned() {
            queue.remove(this);
        }
    }
}
