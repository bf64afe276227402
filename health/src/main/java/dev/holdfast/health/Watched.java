// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.internal.Names;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A target of a detector, and whether it seems to be up.
 *
 * <p>Its lock is held for arithmetic only, and while what has changed is put down for those who follow, so that they hear it in the order
 * in which it came about. They are told when no lock is held.
 *
 * @param <T> what the target is
 */
class Watched<T> {
    final T target;
    final ReentrantLock lock = new ReentrantLock();
    private final Followers<T> followers;
    /** Under the lock. */
    private boolean down;
    /** Under the lock: nobody looks at it any more, and the next that is equal to it is another one. */
    private boolean gone;

    Watched(T target, Followers<T> followers) {
        this.target = target;
        this.followers = followers;
    }

    /** What a target says of itself may be anything. */
    static String nameOf(Object target) {
        String said = null;
        try {
            said = target.toString();
        } catch (Throwable broken) {
            // Then its class will do.
        }
        return said == null || said.isBlank() ? target.getClass().getName() : Names.cut(said);
    }

    // ---- Under the lock ---------------------------------------------------------------------------------------------

    final boolean isDown() {
        return down;
    }

    final boolean isGone() {
        return gone;
    }

    /** Puts down what has changed, if anything has. Whether there is something to tell, without the lock. */
    final boolean becomes(boolean isUp, String why) {
        if (isUp != down) {
            return false;
        }
        down = !isUp;
        followers.changed(this, isUp, why);
        return true;
    }

    /**
     * Nobody looks at it any more.
     *
     * @param why it is up for those who follow; {@code null} if what is known stays
     */
    final boolean goes(@Nullable String why) {
        gone = true;
        return why != null && becomes(true, why);
    }

    // ---- Anywhere ---------------------------------------------------------------------------------------------------

    /** For one who has just begun to follow. */
    final void tellIfDown(Followers.Follower<T> follower) {
        lock.lock();
        try {
            if (down) {
                follower.hears(new Followers.News<>(this, false, false, "it was before"));
            }
        } finally {
            lock.unlock();
        }
    }
}
