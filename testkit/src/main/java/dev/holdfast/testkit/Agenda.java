// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Environment;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The virtual clock, and what is going to happen when: timers, and threads whose waits end. */
final class Agenda {
    private static final Logger LOG = LoggerFactory.getLogger(VirtualTime.class);

    private final ReentrantLock lock = new ReentrantLock();
    private final TreeSet<Entry> entries = new TreeSet<>(Agenda::compare);
    /** The threads that run a timer's task now. */
    private final Set<Thread> inTimer = ConcurrentHashMap.newKeySet();

    private volatile long now;
    /** Where those that move the clock at this moment want it to be. */
    private long goal;

    private long sequence;
    private long reads;
    private int timers;
    private @Nullable Throwable thrown;

    Agenda(long start) {
        this.now = start;
        this.goal = start;
    }

    long now() {
        return now;
    }

    long read() {
        lock.lock();
        try {
            reads++;
            return now;
        } finally {
            lock.unlock();
        }
    }

    long reads() {
        lock.lock();
        try {
            return reads;
        } finally {
            lock.unlock();
        }
    }

    int timers() {
        lock.lock();
        try {
            return timers;
        } finally {
            lock.unlock();
        }
    }

    Environment.Timer add(Runnable task, long delayNanos) {
        return add(new Timer(task, now + Math.max(0, delayNanos), sequence()));
    }

    /** Something to do as soon as the clock is moved; no timer that anybody has set. */
    void addNow(Runnable task) {
        add(new Task(task, now, sequence()));
    }

    /** Whether the thread stands before this agenda, and is going to go on by itself. */
    boolean isAwaitedBy(Thread thread) {
        return lock.hasQueuedThread(thread);
    }

    private Environment.Timer add(Entry entry) {
        lock.lock();
        try {
            entries.add(entry);
            timers += entry instanceof Timer ? 1 : 0;
            return () -> remove(entry);
        } finally {
            lock.unlock();
        }
    }

    private long sequence() {
        lock.lock();
        try {
            return sequence++;
        } finally {
            lock.unlock();
        }
    }

    Wake addWake(Thread thread, long nanos, Participants participants) {
        lock.lock();
        try {
            Wake entry = new Wake(thread, participants, now + nanos, sequence++);
            entries.add(entry);
            return entry;
        } finally {
            lock.unlock();
        }
    }

    void remove(Entry entry) {
        lock.lock();
        try {
            if (entries.remove(entry) && entry instanceof Timer) {
                timers--;
            }
        } finally {
            lock.unlock();
        }
    }

    /** The time at which the clock will be when it has been moved by so much, beside what others move it by. */
    long reach(long nanos) {
        lock.lock();
        try {
            goal = (goal - now > 0 ? goal : now) + nanos;
            return goal;
        } finally {
            lock.unlock();
        }
    }

    /** Moves the clock to what comes first, whenever that is; {@code null} if nothing comes. */
    @Nullable Entry pollNext() {
        return pollUntil(now + Long.MAX_VALUE / 2);
    }

    /** Moves the clock to what comes first, if that is not after {@code limit}. */
    @Nullable Entry pollUntil(long limit) {
        lock.lock();
        try {
            Entry next = entries.isEmpty() ? null : entries.first();
            if (next == null || next.due - limit > 0) {
                return null;
            }
            entries.remove(next);
            timers -= next instanceof Timer ? 1 : 0;
            now = next.due - now > 0 ? next.due : now;
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** Lets it happen that the clock has come to. */
    void happen(Entry next) {
        inTimer.add(Thread.currentThread());
        try {
            next.happen();
        } catch (Throwable failure) {
            failed(failure);
        } finally {
            inTimer.remove(Thread.currentThread());
        }
    }

    void moveTo(long target) {
        lock.lock();
        try {
            now = target - now > 0 ? target : now;
        } finally {
            lock.unlock();
        }
    }

    private void failed(Throwable failure) {
        LOG.warn("A timer's task threw", failure);
        lock.lock();
        try {
            if (thrown == null) {
                thrown = failure;
            } else if (thrown != failure) {
                thrown.addSuppressed(failure);
            }
        } finally {
            lock.unlock();
        }
    }

    void throwWhatTimersThrew() {
        Throwable failure;
        lock.lock();
        try {
            failure = thrown;
            thrown = null;
        } finally {
            lock.unlock();
        }
        if (failure != null) {
            throw Agenda.<RuntimeException>asThrown(failure);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X asThrown(Throwable failure) throws X {
        throw (X) failure;
    }

    void refuseToWaitInTimer() {
        if (inTimer.contains(Thread.currentThread())) {
            throw new IllegalStateException("VirtualTime: a timer's task waits (expected: a short one;"
                    + " what may wait belongs on VirtualTime.executor() or threads())");
        }
    }

    /** By time, as a difference because the clock may wrap around; timers before ends of waits; then in the order of coming. */
    private static int compare(Entry a, Entry b) {
        long byTime = a.due - b.due;
        if (byTime != 0) {
            return Long.signum(byTime);
        }
        int byKind = Boolean.compare(a instanceof Wake, b instanceof Wake);
        return byKind != 0 ? byKind : Long.compare(a.sequence, b.sequence);
    }

    /** Something that happens at a time. */
    abstract static class Entry {
        final long due;
        final long sequence;

        Entry(long due, long sequence) {
            this.due = due;
            this.sequence = sequence;
        }

        abstract void happen();
    }

    private static class Task extends Entry {
        private final Runnable task;

        Task(Runnable task, long due, long sequence) {
            super(due, sequence);
            this.task = task;
        }

        @Override
        void happen() {
            task.run();
        }
    }

    private static final class Timer extends Task {
        Timer(Runnable task, long due, long sequence) {
            super(task, due, sequence);
        }
    }

    /** The end of a thread's wait. */
    static final class Wake extends Entry {
        private final Thread thread;
        private final Participants participants;
        private volatile boolean over;

        Wake(Thread thread, Participants participants, long due, long sequence) {
            super(due, sequence);
            this.thread = thread;
            this.participants = participants;
        }

        boolean isOver() {
            return over;
        }

        @Override
        void happen() {
            over = true;
            participants.wakes(thread);
        }
    }
}
