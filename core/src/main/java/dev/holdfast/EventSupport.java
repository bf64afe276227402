// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The listeners of a source that is no policy, for who writes one: it keeps an instance, and hands {@link Source#tells} and
 * {@link Source#on} on to it. What it tells is logged, too.
 *
 * <p>Safe to use from any thread. What a listener throws is logged, and the others are told.
 */
public final class EventSupport {
    private final Source source;
    private final Set<Class<? extends Event>> events;
    private final Listeners listeners = new Listeners(Environment.standard());

    private EventSupport(Source source, Set<Class<? extends Event>> events) {
        this.source = source;
        this.events = events;
    }

    /**
     * For a source that tells some events.
     *
     * @param source who keeps it
     * @param events all that it ever tells
     * @return without listeners
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    public static EventSupport of(Source source, Class<? extends Event>... events) {
        return new EventSupport(Require.nonNull(source, "source"), Set.of(events));
    }

    /**
     * As {@link Source#tells}.
     *
     * @param type which events
     * @return whether it ever tells one
     */
    public boolean tells(Class<? extends Event> type) {
        return events.stream().anyMatch(type::isAssignableFrom);
    }

    /**
     * As {@link Source#on}.
     *
     * @param <E> the type of event
     * @param type which events
     * @param listener is told of them
     * @return a handle to stop listening
     * @throws IllegalArgumentException if it never tells such an event
     */
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        Require.nonNull(listener, "listener");
        if (!tells(Require.nonNull(type, "type"))) {
            throw new IllegalArgumentException(
                    "type: " + type.getName() + " (expected: an event of " + source + ", which are " + events + ")");
        }
        return listeners.add(type, listener, false);
    }

    /**
     * Writes into the source's log what happened, with its parts as key-value pairs, and tells those who listen, on this thread. What the
     * event throws when it is asked what to log is logged, and keeps nobody from being told. Not to be called under a lock.
     *
     * @param event what happened
     */
    public void tell(Event.Change event) {
        EventLog.write(event, event::toString);
        listeners.tell(event);
    }
}
