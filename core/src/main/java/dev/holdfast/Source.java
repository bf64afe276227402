// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.function.Consumer;

/**
 * Something that has a name and numbers, and tells what happens to it: policies, and what watches over them. Bindings for logs, telemetry
 * and recordings take any of them, and know no kind.
 */
public interface Source extends Metered {
    /**
     * Its name.
     *
     * @return as it was given to the builder
     */
    String name();

    /**
     * What kind of thing it is, for the names of its numbers and events, and for those who show it.
     *
     * @return lower case: {@code retry}, {@code circuitbreaker}
     */
    String kind();

    /**
     * Whether it ever tells an event of a type.
     *
     * @param type which events
     * @return whether {@link #on} takes it
     */
    boolean tells(Class<? extends Event> type);

    /**
     * Listens to one type of event. {@code Event.class} listens to all, {@code Event.Change.class} to what happens to the source itself.
     *
     * @param <E> the type of event
     * @param type which events
     * @param listener runs as {@link Event} says
     * @return a handle to stop listening
     * @throws IllegalArgumentException if this source never tells such an event
     */
    <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener);
}
