// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import org.jspecify.annotations.Nullable;

/** A node that is down, or was down a short while ago. Guarded by the lock of its {@link Healing}. */
final class Patient<T> {
    final T target;
    final String name;
    boolean isUp;
    /** The callback works on it. */
    boolean isTreated;
    /** It waits for its turn. */
    boolean isQueued;

    boolean isGivenUp;
    /** Another one comes for the same node from now on. */
    boolean isGone;

    int attempts;
    long lastWait;
    /** Tells its timer from one that was set before. */
    long ticket;

    Environment.@Nullable Timer timer;

    Patient(T target) {
        this.target = target;
        this.name = Watched.nameOf(target);
    }

    /** What is to be done when its time has come. */
    enum Due {
        NOTHING,
        /** It has stayed up. */
        WELL,
        /** It has stayed down. */
        TREAT,
        GIVE_UP
    }

    Due due(long fired, int most) {
        if (ticket != fired || isTreated || isGone) {
            return Due.NOTHING;
        }
        if (isUp) {
            return Due.WELL;
        }
        return attempts < most ? Due.TREAT : Due.GIVE_UP;
    }
}
