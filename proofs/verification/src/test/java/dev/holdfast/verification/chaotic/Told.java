// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.CallCounts;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** How often calls came to a gate first of all, what its listeners were told, and what became of permits, of which they are not told. */
final class Told {
    /** How often each thing that can happen to a call has happened. */
    static final class Tally {
        final AtomicLong rejected = new AtomicLong();
        final AtomicLong abandoned = new AtomicLong();
        private final AtomicLong successes = new AtomicLong();
        private final AtomicLong failures = new AtomicLong();
        private final AtomicLong ignored = new AtomicLong();

        void ended(Ending ending) {
            switch (ending) {
                case SUCCESS -> successes.incrementAndGet();
                case FAILURE -> failures.incrementAndGet();
                default -> ignored.incrementAndGet();
            }
        }

        CallCounts counts() {
            return new CallCounts(successes.get(), failures.get(), ignored.get(), rejected.get(), abandoned.get());
        }
    }

    /** Calls whose first policy it was, and permits that were asked for by hand. */
    final AtomicInteger arrived = new AtomicInteger();

    final Tally heard = new Tally();
    final Tally byHand = new Tally();

    void listen(Gate gate, Pipelines pipelines) {
        gate.on(Event.CallEnded.class, event -> {
            heard.ended(event.ending());
            pipelines.looksAt(event);
        });
        gate.on(Event.CallRejected.class, event -> heard.rejected.incrementAndGet());
        gate.on(Event.CallAbandoned.class, event -> heard.abandoned.incrementAndGet());
    }
}
