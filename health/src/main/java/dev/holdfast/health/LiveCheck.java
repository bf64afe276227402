// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Readiness.Condition;

/**
 * Whether this process is still able to work, for {@link HealthBuilder#live}. If it is not, it will be restarted: so this must not depend on
 * anything else, such as a database, which a restart does not heal. That is why it is sealed: no policy, no probe and no code of one's own is
 * one. What an application knows of itself it says by a {@link Progress}.
 */
public sealed interface LiveCheck permits Progress, Deadlocks {
    /**
     * Whether it is alive. Does not block.
     *
     * @return unknown while there was nothing to see yet, which counts as alive
     */
    Condition liveness();

    /**
     * No threads of this process wait for each other's locks.
     *
     * @return a check that finds monitors and {@link java.util.concurrent.locks.ReentrantLock}s, but neither virtual threads nor semaphores. It stops all
     *     threads for the moment in which it looks
     */
    static LiveCheck noDeadlock() {
        return new Deadlocks();
    }
}
