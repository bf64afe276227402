// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.time.Duration;

/**
 * A policy that has an end: from then on it lets no call in, and those inside may end. For who closes policies without knowing what
 * they are.
 */
public interface Drainable extends AutoCloseable {
    /** Lets no call in any more. Waits for nothing; the second time it does nothing. */
    @Override
    void close();

    /**
     * {@link #close()}, and waits until the last call has ended.
     *
     * @param patience how long to wait at most; zero or less looks once
     * @return whether no call is in flight any more
     * @throws InterruptedException if the thread is interrupted while it waits; it is closed all the same
     */
    boolean closeAndWait(Duration patience) throws InterruptedException;
}
