// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** A listener's handle. Cancelling it again does nothing. Safe to use from any thread. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {
    /** Stops the listener: no event that comes about after this call returns reaches it. */
    void cancel();

    /** The same as {@link #cancel()}, for try-with-resources. */
    @Override
    default void close() {
        cancel();
    }
}
