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
     * Hears when {@link #meters} has become another list, as after a reload of settings.
     *
     * @param changed runs on the thread that has changed it, afterwards; must be quick
     * @return a handle to hear no more; by default nothing ever changes
     */
    default Subscription onMetersChanged(Runnable changed) {
        return () -> {};
    }
}
