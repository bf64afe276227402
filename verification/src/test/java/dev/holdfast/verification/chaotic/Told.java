// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.CallCounts;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** How often calls came to a gate first of all, and what its listeners were told. */
final class Told {
    /** Calls whose first policy it was. */
    final AtomicInteger arrived = new AtomicInteger();

    private final AtomicLong successes = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong ignored = new AtomicLong();
    private final AtomicLong rejected = new AtomicLong();
    private final AtomicLong abandoned = new AtomicLong();

    void listen(Gate gate) {
        gate.on(Event.CallEnded.class, event -> {
            switch (event.ending()) {
                case SUCCESS -> successes.incrementAndGet();
                case FAILURE -> failures.incrementAndGet();
                default -> ignored.incrementAndGet();
            }
        });
        gate.on(Event.CallRejected.class, event -> rejected.incrementAndGet());
        gate.on(Event.CallAbandoned.class, event -> abandoned.incrementAndGet());
    }

    CallCounts counts() {
        return new CallCounts(successes.get(), failures.get(), ignored.get(), rejected.get(), abandoned.get());
    }
}
