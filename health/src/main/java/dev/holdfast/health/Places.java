// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import java.util.concurrent.atomic.AtomicInteger;

/** Room for so many nodes. More than there are is never taken, not even for a moment: another one would find no room. */
final class Places {
    private final int most;
    private final AtomicInteger taken = new AtomicInteger();

    Places(int most) {
        this.most = most;
    }

    int taken() {
        return taken.get();
    }

    boolean areLeft() {
        return taken.get() < most;
    }

    /** Whether there was one. */
    boolean take() {
        for (int now = taken.get(); now < most; now = taken.get()) {
            if (taken.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    void leave() {
        taken.decrementAndGet();
    }
}
