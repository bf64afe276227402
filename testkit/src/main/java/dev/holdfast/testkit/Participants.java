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
    /**
     * A moment of real time in which somebody looked: what takes long on a busy machine, or while the whole process stands still,
     * is not taken for rest.
     */
    private static final long LOOK_NANOS = 1_000_000;
    /** For how many looks a thread must wait for another until it counts as one that waits. */
    private static final long LOOKS_AT_REST = 20;
    /** For how many looks it must still do so after another one has done something that may have let it go on. */
    private static final long LOOKS_AFTER_ACTIVITY = 3;
    /** For how many looks work may be on its way to a thread until that is taken for busy with something else. */
    private static final long LOOKS_ON_THE_WAY = 500;
    /** In real time: until one that has been woken and does not come to rest is no longer waited for. */
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final Agenda agenda;
    private final ReentrantLock lock = new ReentrantLock();
    private long looks;
    private long lastLook = realTime();
    /** At which look one of them last did something that may let another go on. */
    private long lastActivity;
    /** How many errands each thread is on. */
    private final Map<Thread, Integer> known = new HashMap<>();

    private final Set<Thread> running = new HashSet<>();
    /** Those of each who moves the clock by hand now. */
    private final List<Bystanders> passedOver = new ArrayList<>();
    /** Those that wait for the clock. */
    private final Set<Thread> waiting = new HashSet<>();
    /** At which look each of them was first seen waiting for another thread. */
    private final Map<Thread, Long> resting = new HashMap<>();
    /** Those that want to move the clock, and wait for others to come to rest. */
    private final Set<Thread> movers = new HashSet<>();

    /** What has been handed to executors and has not begun, and since which look. */
    private final Map<OnItsWay, Long> underWay = new HashMap<>();
    /** What each thread is handing over now. */
    private final Map<Thread, OnItsWay> sending = new HashMap<>();

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
        private final Set<OnItsWay> underWay;

        private Bystanders(Set<Thread> threads, Set<OnItsWay> underWay) {
            this.threads = threads;
            this.underWay = underWay;
        }
    }

    Environment.Errand errand() {
        OnItsWay errand = new OnItsWay();
        lock.lock();
        try {
            underWay.put(errand, active());
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
                active();
                wakeMovers();
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
            active();
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
            active();
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
                    || !(allRest(Set.of()) && allWait(Set.of()))
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
            return allRest(Set.of()) && allWait(Set.of());
        } finally {
            lock.unlock();
        }
    }

    /** The current thread is going to move the clock by hand; {@link #moved} must follow. */
    Bystanders bystanders() {
        lock.lock();
        try {
            running.add(Thread.currentThread());
            Bystanders found = new Bystanders(new HashSet<>(running), Set.copyOf(underWay.keySet()));
            passedOver.add(found);
            return found;
        } finally {
            lock.unlock();
        }
    }

    private static long realTime() {
        return Environment.system().nanoTime();
    }

    /** The number of this look. */
    private long look() {
        long now = realTime();
        if (now - lastLook >= LOOK_NANOS) {
            lastLook = now;
            looks++;
        }
        return looks;
    }

    private long active() {
        lastActivity = look();
        return lastActivity;
    }

    private boolean hasLasted(long since, long count) {
        long now = look();
        return now - since > count && now - lastActivity > LOOKS_AFTER_ACTIVITY;
    }

    /** Lets those that wait for others to come to rest look again. */
    private void wakeMovers() {
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

    /** Waits in real time until those that have been woken since have come to rest. */
    void settle(Bystanders bystanders) {
        long start = realTime();
        while (realTime() - start < PATIENCE_NANOS) {
            lock.lock();
            try {
                if (allRest(bystanders.threads) && allWait(bystanders.underWay)) {
                    return;
                }
            } finally {
                lock.unlock();
            }
            pause(LOOK_NANOS);
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

    /** Whether what has been handed over waits for threads that are busy. */
    private boolean allWait(Set<OnItsWay> apart) {
        boolean wait = true;
        for (Map.Entry<OnItsWay, Long> each : underWay.entrySet()) {
            wait &= apart.contains(each.getKey()) || hasLasted(each.getValue(), LOOKS_ON_THE_WAY);
        }
        return wait;
    }

    /** Who waits for another thread goes on only when that lets it, which may be waiting for the clock. */
    private boolean rests(Thread thread) {
        if (!thread.isAlive()) {
            return true;
        }
        if (waiting.contains(thread) || isAtALock(thread)) {
            return false;
        }
        if (!waitsForAnother(thread)) {
            resting.remove(thread);
            return false;
        }
        boolean rests = hasLasted(resting.computeIfAbsent(thread, first -> look()), LOOKS_AT_REST);
        if (rests && thread == creator && adopted != null) {
            // It waits for the thread that it has started for the test, as runners do that give each test a thread.
            leaves(thread);
        }
        return rests;
    }

    private void leaves(Thread thread) {
        known.remove(thread);
        running.remove(thread);
        resting.remove(thread);
        passedOver.forEach(each -> each.threads.remove(thread));
    }

    private boolean waitsForAnother(Thread thread) {
        Thread.State state = thread.getState();
        if (state != Thread.State.TIMED_WAITING || resting.containsKey(thread)) {
            return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
        }
        // With a time limit, as a test that waits for a result: but who only sleeps is going to go on by himself.
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getClassName().equals(Thread.class.getName())
                    && frame.getMethodName().startsWith("sleep")) {
                return false;
            }
        }
        return true;
    }

    /** Work that goes to another thread. */
    private final class OnItsWay implements Environment.Errand {
        private @Nullable Thread thread;

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
                active();
                thread = Thread.currentThread();
                underWay.remove(this);
                known.merge(thread, 1, Integer::sum);
                running.add(thread);
                resting.remove(thread);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void ended() {
            lock.lock();
            try {
                active();
                wakeMovers();
                underWay.remove(this);
                if (thread != null && known.merge(thread, -1, Integer::sum) == 0) {
                    leaves(thread);
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
