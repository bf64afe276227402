// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import org.jspecify.annotations.Nullable;

/** A node that is down, or was down a short while ago. Guarded by the lock of its {@link Healing}. */
final class Patient<T> {
    /** What it is known by, and what its node is. */
    final Object key;

    final T target;
    final String name;
    /** Nobody has said that it is down yet. */
    boolean isUp = true;
    /** Nobody looks at it any more, so nobody knows whether it has been helped; it is taken for up. */
    boolean isAway;
    /** The callback works on it. */
    boolean isTreated;
    /** It waits for its turn. */
    boolean isQueued;

    boolean isGivenUp;
    /** Another one comes for the same node from now on. */
    boolean isGone;

    int attempts;
    /** When the last try ended, and how long after that the next may begin. */
    long ended;

    long lastWait;
    /** Since when it is down, if it is. */
    long downSince;
    /** Tells its timer from one that was set before. */
    long ticket;

    Environment.@Nullable Timer timer;

    Patient(Object key, T target) {
        this.key = key;
        this.target = target;
        this.name = Watched.nameOf(target);
    }

    /** What is to be done when its time has come. */
    enum Due {
        NOTHING,
        /** It has stayed up, or away. */
        WELL,
        /** It has stayed down. */
        TREAT,
        GIVE_UP
    }

    /** Whether what was tried with it in vain may go on with another one that has come in its place. */
    boolean canBeTakenOver() {
        return isAway && !isTreated && !isGivenUp && !isGone;
    }

    void takesOver(Patient<T> other) {
        attempts = other.attempts;
        ended = other.ended;
        lastWait = other.lastWait;
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
