// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.RejectedException;
import dev.holdfast.Turn;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A gate of so many permits with a queue, as a user would write it: what it does may be broken by overriding. */
class Slots extends Gate {
    final AtomicInteger available;
    final ConcurrentLinkedQueue<Place> queue = new ConcurrentLinkedQueue<>();

    Slots(Environment environment, int permits) {
        super("slots", environment);
        this.available = new AtomicInteger(permits);
    }

    int held() {
        return available.get();
    }

    private boolean take() {
        return available.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }

    void giveBack() {
        available.incrementAndGet();
        while (!queue.isEmpty() && take()) {
            Place next = queue.poll();
            if (next == null || !next.grant(0)) {
                available.incrementAndGet();
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
        return place;
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        giveBack();
        return true;
    }

    @Override
    protected RejectedException rejection(long now) {
        return new Full(name());
    }

    /** What a caller does who goes without having had his turn. */
    void abandoned(Place place) {
        queue.remove(place);
    }

    final class Place extends Turn {
        @Override
        protected long nanos() {
            return Duration.ofSeconds(1).toNanos();
        }

        @Override
        protected long due() {
            queue.remove(this);
            return REFUSED;
        }

        @Override
        protected void abandoned() {
            Slots.this.abandoned(this);
        }
    }

    static final class Full extends RejectedException {
        private static final long serialVersionUID = 1L;

        Full(String policy) {
            super(policy, UNKNOWN);
        }
    }
}
