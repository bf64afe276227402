// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One policy's listeners: an array that is replaced as a whole, so that telling takes no lock. */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Policy.class);
    private static final Entry[] NONE = {};

    private final AtomicReference<Entry[]> entries = new AtomicReference<>(NONE);

    Subscription add(Class<? extends Event> type, Consumer<?> listener) {
        Entry added = new Entry(type, listener);
        entries.updateAndGet(now -> {
            Entry[] more = Arrays.copyOf(now, now.length + 1);
            more[now.length] = added;
            return more;
        });
        return () -> {
            added.cancelled = true;
            entries.updateAndGet(
                    now -> Arrays.stream(now).filter(entry -> entry != added).toArray(Entry[]::new));
        };
    }

    boolean any() {
        return entries.get().length != 0;
    }

    boolean watch(Class<? extends Event> type) {
        for (Entry entry : entries.get()) {
            if (entry.type.isAssignableFrom(type)) {
                return true;
            }
        }
        return false;
    }

    @SuppressWarnings("unchecked") // An entry's listener accepts its type, which the event is.
    void tell(Event event) {
        for (Entry entry : entries.get()) {
            if (!entry.cancelled && entry.type.isInstance(event)) {
                try {
                    ((Consumer<Event>) entry.listener).accept(event);
                } catch (Throwable thrown) {
                    warn(event, thrown);
                }
            }
        }
    }

    private static void warn(Event event, Throwable thrown) {
        Policy.tryTo(() -> LOG.warn(
                "A listener of {} at {} threw; the call goes on",
                event.getClass().getSimpleName(),
                Names.quoted(event.policy()),
                thrown));
    }

    private static final class Entry {
        final Class<? extends Event> type;
        final Consumer<?> listener;
        volatile boolean cancelled;

        Entry(Class<? extends Event> type, Consumer<?> listener) {
            this.type = type;
            this.listener = listener;
        }
    }
}
