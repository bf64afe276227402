// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Environment;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The work that is on its way to other threads of a virtual clock. */
final class Errands {
    /** For how many looks work may be on its way to a thread until that is taken for busy with something else. */
    private static final long LOOKS_ON_THE_WAY = 500;

    private final ReentrantLock lock;
    private final Looks looks;
    private final Participants participants;
    /** What has been handed to executors and has not begun, and since which look. */
    private final Map<OnItsWay, Long> underWay = new HashMap<>();
    /** What each thread is handing over now. */
    private final Map<Thread, OnItsWay> sending = new HashMap<>();

    Errands(ReentrantLock lock, Looks looks, Participants participants) {
        this.lock = lock;
        this.looks = looks;
        this.participants = participants;
    }

    Environment.Errand errand() {
        OnItsWay errand = new OnItsWay();
        lock.lock();
        try {
            underWay.put(errand, looks.active());
            sending.put(Thread.currentThread(), errand);
        } finally {
            lock.unlock();
        }
        return errand;
    }

    /** The current thread puts something on the agenda: if it is an errand, that waits for the clock. */
    void putOnAgenda() {
        lock.lock();
        try {
            underWay.remove(sending.get(Thread.currentThread()));
        } finally {
            lock.unlock();
        }
    }

    Set<OnItsWay> underWayLocked() {
        return Set.copyOf(underWay.keySet());
    }

    /** Whether what has been handed over waits for threads that are busy. */
    boolean allWaitLocked(Set<OnItsWay> apart) {
        boolean wait = true;
        for (Map.Entry<OnItsWay, Long> each : underWay.entrySet()) {
            wait &= apart.contains(each.getKey()) || looks.haveLasted(each.getValue(), LOOKS_ON_THE_WAY);
        }
        return wait;
    }

    /** Work that goes to another thread. */
    final class OnItsWay implements Environment.Errand {
        private @Nullable Thread thread;

        private OnItsWay() {}

        @Override
        public void sent() {
            lock.lock();
            try {
                sending.remove(Thread.currentThread(), this);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void begins() {
            lock.lock();
            try {
                looks.active();
                thread = Thread.currentThread();
                underWay.remove(this);
                participants.beginsLocked(thread);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void ended() {
            lock.lock();
            try {
                looks.active();
                underWay.remove(this);
                participants.endedLocked(thread);
            } finally {
                lock.unlock();
            }
        }
    }
}
