// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.internal.Teller;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Events that are put down where they come about, maybe under a lock, and told in that order where there is none. */
final class Told extends Teller {
    private static final long serialVersionUID = 1L;

    private final transient EventSupport events;
    private final transient Queue<Event.Change> waiting = new ConcurrentLinkedQueue<>();

    Told(EventSupport events) {
        this.events = events;
    }

    void add(Event.Change event) {
        waiting.add(event);
    }

    @Override
    protected void round() {
        for (Event.Change event = waiting.poll(); event != null; event = waiting.poll()) {
            events.tell(event);
        }
    }

    /** Has something done on a thread that may run code of the user's; on this one if there is none. */
    static void handOver(Environment environment, Runnable task) {
        try {
            environment.executor().execute(task);
        } catch (Throwable refused) {
            task.run();
        }
    }
}
