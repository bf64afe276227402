// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Environment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The threads that a virtual clock knows, and which of them run.
 *
 * <pre>
 *   under way to a thread ── begins() ──▶ runs ── waits() ──▶ waits for the clock
 *                                          ▲ │                      │
 *                                          │ └── ended() ──▶ gone   │
 *                                          └── goesOn() ◀───────────┘
 * </pre>
 */
final class Participants {
    /** In real time: until one that has been woken and does not come to rest is no longer waited for. */
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final Agenda agenda;
    private final ReentrantLock lock = new ReentrantLock();
    private final Looks looks = new Looks();
    private final Movers movers = new Movers(lock);
    private final Errands errands = new Errands(lock, looks, this);
    /** How many errands each thread is on. */
    private final Map<Thread, Integer> known = new HashMap<>();

    private final Set<Thread> running = new HashSet<>();
    /** Those of each who moves the clock by hand now. */
    private final List<Bystanders> passedOver = new ArrayList<>();
    /** Those that wait for the clock. */
    private final Set<Thread> waiting = new HashSet<>();

    private final Thread creator = Thread.currentThread();
    /** A thread that nobody has told of, and which is taken for the test's own. */
    private @Nullable Thread adopted;
    /** Whether there has been another while that one lived: then nobody can tell whom to wait for. */
    private boolean crowded;

    Participants(Agenda agenda) {
        this.agenda = agenda;
        known.put(creator, 1);
        running.add(creator);
    }

    /** Who ran, and what was under way, before the clock was moved by hand. Who has ended what he did is none any more. */
    static final class Bystanders {
        private final Set<Thread> threads;
        private final Set<Errands.OnItsWay> underWay;

        private Bystanders(Set<Thread> threads, Set<Errands.OnItsWay> underWay) {
            this.threads = threads;
            this.underWay = underWay;
        }
    }

    Environment.Errand errand() {
        return errands.errand();
    }

    /** The current thread puts something on the agenda: if it is an errand, that waits for the clock. */
    void putOnAgenda() {
        errands.putOnAgenda();
    }

    /**
     * The current thread waits for the clock. A stranger that comes alone becomes known by it.
     *
     * @param over whether it waits no more: in one step, so that no other can move the clock while it has still to find that out
     * @return whether it waits
     */
    boolean waits(BooleanSupplier over) {
        Thread thread = Thread.currentThread();
        lock.lock();
        try {
            if (over.getAsBoolean()) {
                return false;
            }
            if (!known.containsKey(thread)) {
                meet(thread);
            }
            boolean ran = running.remove(thread);
            if (waiting.add(thread) || ran) {
                looks.active();
                movers.wake();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** A stranger may be the test's own thread, as long as it is the only one; the creator may come back. */
    private void meet(Thread stranger) {
        if (stranger == creator) {
            known.put(creator, 1);
        } else if (adopted != null && adopted.isAlive()) {
            crowded = true;
        } else if (!crowded) {
            known.remove(adopted);
            adopted = stranger;
            known.put(stranger, 1);
        }
    }

    boolean isKnown() {
        lock.lock();
        try {
            return known.containsKey(Thread.currentThread());
        } finally {
            lock.unlock();
        }
    }

    /** The current thread has waited. */
    void goesOn() {
        Thread thread = Thread.currentThread();
        lock.lock();
        try {
            looks.active();
            waiting.remove(thread);
            if (known.containsKey(thread)) {
                running.add(thread);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A thread that waits has something to look at: until it has done so it runs. */
    void wakes(Thread thread) {
        lock.lock();
        try {
            looks.active();
            if (waiting.contains(thread) && known.containsKey(thread)) {
                running.add(thread);
            }
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(thread);
    }

    /**
     * Moves the clock to what comes next if all others rest, on behalf of the current thread, which waits. In one step: of several
     * that wait, no other can move it on before what happens there has happened.
     *
     * @param over whether it waits no more: asked after the look at the others, none of whom can make it so afterwards
     * @return what happens there, which the thread lets happen, or {@code null}
     */
    Agenda.@Nullable Entry moveOn(BooleanSupplier over) {
        lock.lock();
        try {
            if (!known.containsKey(Thread.currentThread())
                    || !(allRest(Set.of()) && errands.allWaitLocked(Set.of()))
                    || over.getAsBoolean()) {
                return null;
            }
            Agenda.Entry next = agenda.pollNext();
            if (next != null) {
                waiting.remove(Thread.currentThread());
                running.add(Thread.currentThread());
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** Whether nobody runs but perhaps the current thread. */
    boolean allOthersRest() {
        lock.lock();
        try {
            return allRest(Set.of()) && errands.allWaitLocked(Set.of());
        } finally {
            lock.unlock();
        }
    }

    /** The current thread is going to move the clock by hand; {@link #moved} must follow. */
    Bystanders bystanders() {
        lock.lock();
        try {
            running.add(Thread.currentThread());
            Bystanders found = new Bystanders(new HashSet<>(running), errands.underWayLocked());
            passedOver.add(found);
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** Lets the current thread rest until something has changed, it is interrupted, or for a moment of real time. */
    void rest(long nanos) {
        movers.rest(nanos);
    }

    /** The same for one that nobody can interrupt. */
    void pause(long nanos) {
        movers.pause(nanos);
    }

    /** Waits in real time until those that have been woken since have come to rest. */
    void settle(Bystanders bystanders) {
        long start = Looks.realTime();
        while (Looks.realTime() - start < PATIENCE_NANOS) {
            lock.lock();
            try {
                if (allRest(bystanders.threads) && errands.allWaitLocked(bystanders.underWay)) {
                    return;
                }
            } finally {
                lock.unlock();
            }
            pause(Looks.LOOK_NANOS);
        }
    }

    void moved(Bystanders bystanders) {
        lock.lock();
        try {
            passedOver.remove(bystanders);
            if (!known.containsKey(Thread.currentThread())) {
                running.remove(Thread.currentThread());
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean allRest(Set<Thread> apart) {
        boolean rest = true;
        for (Thread thread : List.copyOf(running)) {
            if (thread != Thread.currentThread() && !apart.contains(thread)) {
                rest &= rests(thread);
            }
        }
        for (Thread thread : waiting) {
            rest &= thread == Thread.currentThread() || !(thread.isInterrupted() || isAtALock(thread));
        }
        return rest;
    }

    /** It is going to go on by itself; and its flag does not show while it stands there. */
    private boolean isAtALock(Thread thread) {
        return lock.hasQueuedThread(thread) || agenda.isAwaitedBy(thread);
    }

    /** Who waits for another thread goes on only when that lets it, which may be waiting for the clock. */
    private boolean rests(Thread thread) {
        if (!thread.isAlive()) {
            return true;
        }
        if (waiting.contains(thread) || isAtALock(thread)) {
            return false;
        }
        boolean rests = looks.restsForAnother(thread);
        if (rests && thread == creator && adopted != null) {
            // It waits for the thread that it has started for the test, as runners do that give each test a thread.
            leaves(thread);
        }
        return rests;
    }

    private void leaves(Thread thread) {
        known.remove(thread);
        running.remove(thread);
        looks.forget(thread);
        passedOver.forEach(each -> each.threads.remove(thread));
    }

    /** An errand begins on this thread. */
    void beginsLocked(Thread thread) {
        known.merge(thread, 1, Integer::sum);
        running.add(thread);
        looks.forget(thread);
    }

    /** An errand has ended; on this thread, if it had begun. */
    void endedLocked(@Nullable Thread thread) {
        movers.wake();
        if (thread != null && known.merge(thread, -1, Integer::sum) == 0) {
            leaves(thread);
        }
    }
}
