// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Subscription;
import dev.holdfast.internal.Require;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who is told of something. What one of them throws is logged, and the others are told. */
final class Told<T> {
    private static final Logger LOG = LoggerFactory.getLogger(Availability.class);

    private final String owner;
    private final List<Consumer<T>> listeners = new CopyOnWriteArrayList<>();

    /** @param owner what the log calls it */
    Told(String owner) {
        this.owner = owner;
    }

    Subscription add(Consumer<? super T> listener) {
        Require.nonNull(listener, "listener");
        // An object of its own, so that the same listener given twice is two.
        Consumer<T> added = what -> listener.accept(what);
        listeners.add(added);
        return () -> listeners.remove(added);
    }

    void tell(T what) {
        for (Consumer<T> listener : listeners) {
            try {
                listener.accept(what);
            } catch (RuntimeException thrown) {
                LOG.warn("{}: a listener threw; it goes on", owner, thrown);
            }
        }
    }
}
