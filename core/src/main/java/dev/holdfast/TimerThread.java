// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timer of {@link Environment#system()}: made for timeouts, nearly all of which are cancelled soon after they were
 * set. To schedule is to push onto a stack, to cancel is to set a flag; one daemon thread does everything else.
 *
 * <pre>
 *   schedule ──push──▶ inbox ──each tick──▶ heap ──due──▶ run
 *                        └ cancelled meanwhile: dropped    └ cancelled meanwhile: swept once a second
 *
 *   no thread ── first timer ──▶ BUSY (looks into the inbox each tick) ⇄ QUIET (sleeps until the next is due)
 *       ▲                                                                     │
 *       └────────────────── nothing to do for ten seconds ◀───────────────────┘
 * </pre>
 *
 * <p>Concurrency: the heap belongs to the thread. Whoever pushes wakes the thread only if it would sleep past the new
 * timer, which it announces in {@link #wakeAt} before it looks into the inbox for the last time: one of the two sees the
 * other. A timer fires never early, and as a rule within a millisecond of its time.
 *
 * <p>Cost: 40 bytes a timer, and constant time to schedule and to cancel. Cancelled timers are garbage within a second.
 */
final class TimerThread {
    private static final Logger LOG = LoggerFactory.getLogger(Environment.class);

    private static final long TICK = 5_000_000;
    private static final long SWEEP = 1_000_000_000;
    private static final long BUSY = 1_000_000_000;
    private static final long IDLE = 10_000_000_000L;
    /** Further ahead than anybody waits, and near enough for differences not to overflow. */
    private static final long FAR = Long.MAX_VALUE / 2;

    private final AtomicReference<@Nullable Entry> inbox = new AtomicReference<>();
    private final AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
    private final PriorityQueue<Entry> heap = new PriorityQueue<>(TimerThread::compare);
    private volatile long wakeAt;
    /** Whether the thread sleeps for longer than a tick: then the first timer wakes it, or the inbox would fill up. */
    private volatile boolean quiet;
    private volatile int heapSize;
    private long sequence;

    Environment.Timer schedule(Runnable task, long delayNanos) {
        long now = System.nanoTime();
        Entry entry = new Entry(task, now + Math.min(Math.max(0, delayNanos), FAR));
        Entry head;
        do {
            head = inbox.get();
            entry.next = head;
        } while (!inbox.compareAndSet(head, entry));
        Thread running = thread.get();
        if (running == null) {
            start(entry);
        } else if (entry.due - wakeAt < 0 || head == null && quiet) {
            LockSupport.unpark(running);
        }
        return entry;
    }

    /** How many timers are set; those that have been cancelled count until they are swept. For tests. */
    int pending() {
        int waiting = heapSize;
        for (Entry entry = inbox.get(); entry != null; entry = entry.next) {
            waiting += entry.get() == Entry.WAITING ? 1 : 0;
        }
        return waiting;
    }

    private void start(Entry first) {
        // The first caller's thread-locals and class loader are no business of a thread that all share.
        Thread fresh = new Thread(null, this::run, "holdfast-timer", 0, false);
        fresh.setContextClassLoader(TimerThread.class.getClassLoader());
        fresh.setDaemon(true);
        if (thread.compareAndSet(null, fresh)) {
            try {
                fresh.start();
            } catch (Throwable noThread) {
                first.cancel();
                thread.set(null);
                throw noThread;
            }
        }
    }

    /** A thread that dies all the same leaves its timers to the next, which the next call to schedule starts. */
    private void run() {
        try {
            runTimers();
        } finally {
            thread.compareAndSet(Thread.currentThread(), null);
        }
    }

    private void runTimers() {
        long now = System.nanoTime();
        long lastSeen = now;
        long lastSweep = now;
        while (true) {
            if (drain()) {
                lastSeen = now;
            }
            runDue(now);
            if (now - lastSweep >= SWEEP) {
                heap.removeIf(entry -> entry.get() != Entry.WAITING);
                lastSweep = now;
            }
            heapSize = heap.size();
            if (heap.isEmpty() && now - lastSeen >= IDLE && stop()) {
                return;
            }
            sleep(now, now - lastSeen < BUSY ? TICK : heap.isEmpty() ? IDLE : SWEEP);
            now = System.nanoTime();
        }
    }

    /** Gives up the thread, unless a timer was scheduled that counts on it. */
    private boolean stop() {
        thread.set(null);
        return inbox.get() == null || !thread.compareAndSet(null, Thread.currentThread());
    }

    private void sleep(long now, long atMost) {
        Entry next = heap.peek();
        long until = next != null && next.due - now < atMost ? next.due : now + atMost;
        wakeAt = until;
        quiet = atMost > TICK;
        for (Entry entry = inbox.get(); entry != null; entry = entry.next) {
            // Scheduled since the last look, by somebody who may have read the announcement before this one.
            until = quiet ? now : entry.due - until < 0 ? entry.due : until;
        }
        LockSupport.parkNanos(this, until - System.nanoTime());
    }

    /** Moves what was scheduled into the heap, in the order in which it was; gives whether there was anything. */
    private boolean drain() {
        Entry newest = inbox.getAndSet(null);
        Entry oldest = null;
        for (Entry entry = newest; entry != null; ) {
            Entry earlier = entry.next;
            entry.next = oldest;
            oldest = entry;
            entry = earlier;
        }
        for (Entry entry = oldest; entry != null; ) {
            Entry later = entry.next;
            entry.next = null;
            if (entry.get() == Entry.WAITING) {
                entry.sequence = sequence++;
                heap.add(entry);
            }
            entry = later;
        }
        return newest != null;
    }

    private void runDue(long now) {
        for (Entry next = heap.peek(); next != null && next.due - now <= 0; next = heap.peek()) {
            heap.remove();
            next.run();
        }
    }

    /** By time, as a difference because the clock may wrap around; then in the order in which they were scheduled. */
    private static int compare(Entry a, Entry b) {
        long byTime = a.due - b.due;
        return byTime != 0 ? Long.signum(byTime) : Long.compare(a.sequence, b.sequence);
    }

    /** One timer: its own state, so that it is one object and not two. */
    private static final class Entry extends AtomicInteger implements Environment.Timer {
        private static final long serialVersionUID = 1L;
        static final int WAITING = 0;
        static final int OVER = 1;

        private final transient Runnable task;
        final long due;
        long sequence;
        transient @Nullable Entry next;

        Entry(Runnable task, long due) {
            this.task = task;
            this.due = due;
        }

        @Override
        public void cancel() {
            lazySet(OVER);
        }

        void run() {
            if (compareAndSet(WAITING, OVER)) {
                try {
                    task.run();
                } catch (Throwable thrown) {
                    Policy.tryTo(() -> LOG.warn("A timer's task threw", thrown));
                }
            }
        }
    }
}
