// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** The threads that want to move a virtual clock, and wait in real time for others to come to rest. */
final class Movers {
    private final ReentrantLock lock;
    private final Set<Thread> movers = new HashSet<>();

    /** @param lock that of the {@link Participants}, which is held by who {@link #wake wakes} */
    Movers(ReentrantLock lock) {
        this.lock = lock;
    }

    /** Lets them look again. */
    void wake() {
        movers.forEach(LockSupport::unpark);
    }

    /** Lets the current thread rest until something has changed, it is interrupted, or for a moment of real time. */
    void rest(long nanos) {
        begin();
        // Its flag stays up: who looks at it must not take it for one that goes on waiting, and move the clock
        // meanwhile.
        LockSupport.parkNanos(this, nanos);
        end();
    }

    /** The same for one that nobody can interrupt. */
    void pause(long nanos) {
        begin();
        // A thread with its flag up cannot rest; and an interrupt leaves a permit, with which it would not rest either.
        boolean interrupted = Thread.interrupted();
        if (interrupted) {
            LockSupport.parkNanos(this, 1);
        }
        LockSupport.parkNanos(this, nanos);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        end();
    }

    private void begin() {
        lock.lock();
        try {
            movers.add(Thread.currentThread());
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            movers.remove(Thread.currentThread());
        } finally {
            lock.unlock();
        }
    }
}
