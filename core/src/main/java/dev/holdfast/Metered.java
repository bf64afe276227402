// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.List;

/**
 * Something that has numbers: a policy, a pipeline, a limiter of many keys, guards made of settings. What shows numbers takes any of
 * them.
 */
public interface Metered {
    /**
     * Its numbers.
     *
     * @return of the same thing the same meters each time; reading one costs calls nothing
     */
    List<Meter> meters();

    /**
     * Who tells what happens to it, for who listens to all of it.
     *
     * @return by default itself, if it is a {@link Source}; of guards, their pipelines
     */
    default List<? extends Source> sources() {
        return this instanceof Source source ? List.of(source) : List.of();
    }

    /**
     * Hears when {@link #meters} or {@link #sources} has become another list, as after a reload of settings.
     *
     * @param changed runs on the thread that has changed it, afterwards; must be quick
     * @return a handle to hear no more; by default nothing ever changes
     */
    default Subscription onMetersChanged(Runnable changed) {
        return () -> {};
    }
}
