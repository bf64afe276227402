// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timer of {@link Environment#system()}. Its thread fires and hands over: it runs no code of users, and completes nothing
 * that they hold. Made for timeouts, nearly all of which are cancelled soon after they were
 * set, by the thread that set them. To schedule is to push onto a stack, to cancel is to set a flag and, from the top of the
 * stack, to pop; one daemon thread does everything else.
 *
 * <pre>
 *   schedule ──push──▶ inbox ──each tick──▶ heap ──due──▶ run
 *                        ├ cancelled on top: popped        └ cancelled meanwhile: swept once a second
 *                        └ cancelled below: dropped
 *
 *   no thread ── first timer ──▶ BUSY (looks into the inboxes each tick) ⇄ QUIET (sleeps until the next is due)
 *       ▲                                                                     │
 *       └────────────────── nothing to do for ten seconds ◀───────────────────┘
 * </pre>
 *
 * <p>Concurrency: the heap belongs to the thread. The inboxes are a few stacks, one for each group of threads, so that calls
 * of different threads rarely meet. An entry is pushed once, and the timer's thread takes a stack as a whole: as long as an
 * entry is on top, what lies below it is what lay there when it was pushed, and a compare-and-set pops it. Whoever pushes
 * wakes the thread only if it would sleep past the new timer, which it announces in {@link #wakeAt} before it looks into the
 * inboxes for the last time: one of the two sees the other. A timer fires never early, and as a rule within a millisecond of
 * its time; those that one thread sets for the same time fire in the order in which it set them.
 *
 * <p>Cost: 40 bytes a timer, and constant time to schedule and to cancel. Cancelled timers are garbage within a second, most
 * of them at once.
 */
final class TimerThread implements TimerEntry.Home {
    private static final Logger LOG = LoggerFactory.getLogger(Environment.class);

    /** Further ahead than anybody waits, and near enough for differences not to overflow. */
    static final long FAR = Long.MAX_VALUE / 2;

    /** Entries of an array, so that no two inboxes share a cache line, or a pair of lines that are fetched together. */
    private static final int APART = 32;
    /** How many timers an inbox holds before a thread that sleeps for long is woken to look at it. */
    private static final int MANY = 64;

    /**
     * How often the thread looks around, in nanoseconds.
     *
     * @param tick between two looks into the inboxes while it is busy
     * @param busy how long it is busy after it has found something
     * @param sweep between two looks for timers that have been cancelled
     * @param idle how long it stays without a timer
     */
    record Rhythm(long tick, long busy, long sweep, long idle) {
        static final Rhythm DEFAULT = new Rhythm(5_000_000, 1_000_000_000, 1_000_000_000, 10_000_000_000L);
    }

    private final AtomicReferenceArray<@Nullable TimerEntry> inboxes;
    private final int lastInbox;
    private final Rhythm rhythm;
    private final AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
    private final PriorityQueue<TimerEntry> heap = new PriorityQueue<>(TimerThread::compare);
    private volatile long wakeAt;
    /** Whether the thread sleeps for longer than a tick: then many timers wake it, or the inboxes would fill up. */
    private volatile boolean quiet;

    private volatile int heapSize;
    private int sequence;

    TimerThread() {
        this(8, Rhythm.DEFAULT);
    }

    /**
     * Creates a timer without a thread.
     *
     * @param inboxes a power of two
     * @param rhythm how often it looks around
     */
    TimerThread(int inboxes, Rhythm rhythm) {
        this.rhythm = rhythm;
        this.inboxes = new AtomicReferenceArray<>(inboxes * APART);
        this.lastInbox = inboxes - 1;
    }

    Environment.Timer schedule(Runnable task, long delayNanos) {
        TimerEntry entry = new TimerEntry.OfTask(task);
        schedule(entry, System.nanoTime(), delayNanos);
        return entry;
    }

    /** Schedules an entry, for the only time in its life. */
    void schedule(TimerEntry entry, long now, long delayNanos) {
        entry.home = this;
        entry.due = now + Math.min(Math.max(0, delayNanos), FAR);
        int inbox = inboxOfThisThread();
        TimerEntry top;
        do {
            top = inboxes.get(inbox);
            entry.next = top;
            entry.order = top == null ? 1 : top.order + 1;
        } while (!inboxes.compareAndSet(inbox, top, entry));
        Thread running = thread.get();
        if (running == null) {
            start(entry);
        } else if (entry.due - wakeAt < 0 || (entry.order % MANY == 0 && quiet)) {
            LockSupport.unpark(running);
        }
    }

    /** A timer was cancelled: gone at once, if nothing has come since. */
    @Override
    public void forget(TimerEntry entry) {
        int inbox = inboxOfThisThread();
        if (inboxes.get(inbox) == entry) {
            inboxes.compareAndSet(inbox, entry, entry.next);
        }
    }

    boolean isOnItsThread() {
        return thread.get() == Thread.currentThread();
    }

    private int inboxOfThisThread() {
        return ((int) Thread.currentThread().getId() & lastInbox) * APART;
    }

    /**
     * How many timers are set; those that have been cancelled count until they are swept. Counts none of those that the
     * thread is moving into the heap at this moment. For tests.
     */
    int pending() {
        int waiting = heapSize;
        for (int inbox = 0; inbox < inboxes.length(); inbox += APART) {
            for (TimerEntry entry = inboxes.get(inbox); entry != null; entry = entry.next) {
                waiting += entry.isWaiting() ? 1 : 0;
            }
        }
        return waiting;
    }

    private void start(TimerEntry first) {
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
            if (now - lastSweep >= rhythm.sweep) {
                heap.removeIf(entry -> !entry.isWaiting());
                lastSweep = now;
            }
            heapSize = heap.size();
            if (heap.isEmpty() && now - lastSeen >= rhythm.idle && stop()) {
                return;
            }
            sleep(now, now - lastSeen < rhythm.busy);
            now = System.nanoTime();
            if (now - wakeAt < 0) {
                // Woken for a timer, which may have been cancelled since: the next ones must not all have to do that.
                lastSeen = now;
            }
        }
    }

    /** Gives up the thread, unless a timer was scheduled that counts on it. */
    private boolean stop() {
        thread.set(null);
        return inboxesAreEmpty() || !thread.compareAndSet(null, Thread.currentThread());
    }

    private boolean inboxesAreEmpty() {
        for (int inbox = 0; inbox < inboxes.length(); inbox += APART) {
            if (inboxes.get(inbox) != null) {
                return false;
            }
        }
        return true;
    }

    private void sleep(long now, boolean busy) {
        long atMost = busy ? rhythm.tick : heap.isEmpty() ? rhythm.idle : rhythm.sweep;
        TimerEntry next = heap.peek();
        long until = next != null && next.due - now < atMost ? next.due : now + atMost;
        wakeAt = until;
        quiet = !busy;
        for (int inbox = 0; inbox < inboxes.length(); inbox += APART) {
            for (TimerEntry entry = inboxes.get(inbox); entry != null; entry = entry.next) {
                // Scheduled since the last look, by somebody who may have read the announcement before this one.
                until = !busy ? now : entry.due - until < 0 ? entry.due : until;
            }
        }
        LockSupport.parkNanos(this, until - System.nanoTime());
        // Whoever interrupts all threads of a group does not mean this one, and a thread with its flag up cannot sleep.
        Thread.interrupted();
    }

    /** Moves what was scheduled into the heap; gives whether there was anything. */
    private boolean drain() {
        boolean any = false;
        for (int inbox = 0; inbox < inboxes.length(); inbox += APART) {
            if (inboxes.get(inbox) != null) {
                drain(inboxes.getAndSet(inbox, null));
                any = true;
            }
        }
        return any;
    }

    /** Moves an inbox into the heap, in the order in which it was filled. */
    private void drain(@Nullable TimerEntry newest) {
        TimerEntry oldest = null;
        for (TimerEntry entry = newest; entry != null; ) {
            TimerEntry earlier = entry.next;
            entry.next = oldest;
            oldest = entry;
            entry = earlier;
        }
        for (TimerEntry entry = oldest; entry != null; ) {
            TimerEntry later = entry.next;
            entry.next = null;
            if (entry.isWaiting()) {
                entry.order = sequence++;
                heap.add(entry);
            }
            entry = later;
        }
    }

    private void runDue(long now) {
        for (TimerEntry next = heap.peek(); next != null && next.due - now <= 0; next = heap.peek()) {
            heap.remove();
            try {
                next.fire();
            } catch (Throwable thrown) {
                Policy.tryTo(() -> LOG.warn("A timer's task threw", thrown));
            }
        }
    }

    /** By time, as a difference because the clock may wrap around, as the order may; then in the order of the inbox. */
    private static int compare(TimerEntry a, TimerEntry b) {
        long byTime = a.due - b.due;
        return byTime != 0 ? Long.signum(byTime) : a.order - b.order;
    }
}
