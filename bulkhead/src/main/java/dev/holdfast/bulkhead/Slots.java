// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Criticality;
import dev.holdfast.internal.Contention;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The permits of a bulkhead and those who wait for one.
 *
 * <pre>
 *   word:  | closed 1 | waiting 31 | in flight 32 |
 *
 *   enter ── nobody waits, in flight &lt; limit ──▶ +1
 *   queue ── +1 waiting, into the line ──▶ hand over
 *   leave ── -1 ── somebody waits ──▶ hand over:  a permit first, then a waiter
 *                                                   ├── grants ──▶ the waiter is in, go on
 *                                                   ├── has given up ──▶ the next one
 *                                                   └── nobody ──▶ give the permit back, look again
 * </pre>
 *
 * <p>Concurrency: one word holds both counts, so whoever gives a permit back knows from the same operation whether anybody
 * waits. A waiter is counted before it is in a line, and looks for a permit when it is; of a waiter that arrives and a
 * permit that is given back, one therefore sees the other. While anybody waits, nobody enters but by being handed a
 * permit: new arrivals do not overtake. Handing over is a loop, lock-free, and calls no user code.
 *
 * <p>It is the word itself, because every call changes it twice.
 */
final class Slots extends AtomicLong {
    private static final long serialVersionUID = 1L;
    private static final long WAITING = 1L << 32;
    private static final long CLOSED = Long.MIN_VALUE;

    private static final VarHandle RULES;

    static {
        try {
            RULES = MethodHandles.lookup().findVarHandle(Slots.class, "rules", Rules.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final transient Lines lines;
    private final transient Runnable ended;
    private transient volatile Rules rules;

    /**
     * Creates free slots.
     *
     * @param rules the settings
     * @param lines where calls wait: one, or one for each partition
     * @param ended runs when the slots are closed and the last call has left; more than once perhaps
     */
    Slots(Rules rules, Lines lines, Runnable ended) {
        this.rules = rules;
        this.lines = lines;
        this.ended = ended;
    }

    Rules rules() {
        return rules;
    }

    boolean replace(Rules before, Rules after) {
        return RULES.compareAndSet(this, before, after);
    }

    /** Takes a permit: the number of calls in flight, this one included, or 0 if it must wait or go. */
    int enter(Line line, int limit) {
        long now = get();
        // A word with waiters, or closed, is larger than any limit or negative.
        while (now >= 0 && now < limit) {
            if (compareAndSet(now, now + 1)) {
                line.entered();
                return (int) now + 1;
            }
            Contention.stayAway();
            now = get();
        }
        return 0;
    }

    void leave(Line line) {
        line.left();
        long now = getAndAdd(-1) - 1;
        if (now >>> 32 != 0) {
            if (now == CLOSED) {
                ended.run();
            } else {
                handOver();
            }
        }
    }

    /** Queues a call, unless its line is full of others that are as critical, or the slots are closed. */
    @Nullable Waiter queue(Line line, Criticality criticality) {
        BulkheadBuilder settings = rules.settings;
        Waiter waiter = line.newWaiter(this, criticality, settings.waitNanos);
        if (!line.reserve(settings.queue) && !displace(line, criticality, settings.lifo)) {
            return null;
        }
        if (!countWaiter()) {
            line.unreserve();
            return null;
        }
        try {
            line.add(waiter);
        } catch (Throwable outOfMemory) {
            line.unreserve();
            add(-WAITING);
            throw outOfMemory;
        }
        if (isClosed() && line.remove(waiter)) {
            add(-WAITING);
            return null;
        }
        handOver();
        return waiter;
    }

    /** Turns a less critical call away, for its place. */
    private boolean displace(Line line, Criticality criticality, boolean lifo) {
        Waiter displaced = line.displace(criticality, lifo);
        if (displaced == null) {
            return false;
        }
        add(-WAITING);
        displaced.turnAway();
        return true;
    }

    private boolean countWaiter() {
        long now = get();
        while (now >= 0) {
            if (compareAndSet(now, now + WAITING)) {
                return true;
            }
            now = get();
        }
        return false;
    }

    /** A waiter has given up. Whoever has polled it meanwhile finds out when granting. */
    void giveUp(Waiter waiter) {
        if (waiter.line.remove(waiter)) {
            add(-WAITING);
        }
    }

    /** Gives free permits to those who wait. */
    void handOver() {
        while (takeForWaiter()) {
            if (!handOverOne()) {
                add(-1);
                if (lines.areEmpty()) {
                    return;
                }
            }
        }
    }

    private boolean takeForWaiter() {
        while (true) {
            long now = get();
            if (waiting(now) == 0 || inFlight(now) >= rules.open()) {
                return false;
            }
            if (compareAndSet(now, now + 1)) {
                return true;
            }
        }
    }

    private boolean handOverOne() {
        Rules current = rules;
        int limit = current.open();
        for (Line next = lines.enterNext(limit); next != null; next = lines.enterNext(limit)) {
            Waiter waiter = next.poll(current.settings.lifo);
            if (waiter == null) {
                next.left();
                continue;
            }
            add(-WAITING);
            if (waiter.grant(current.stamp(inFlight()))) {
                lines.turn(next, limit);
                return true;
            }
            next.left();
        }
        return false;
    }

    private void add(long delta) {
        if (addAndGet(delta) == CLOSED) {
            ended.run();
        }
    }

    /** Nobody enters or queues from here on, and those who wait are turned away. */
    void close() {
        long now = get();
        while (now >= 0 && !compareAndSet(now, now | CLOSED)) {
            now = get();
        }
        for (Waiter waiter = lines.poll(); waiter != null; waiter = lines.poll()) {
            add(-WAITING);
            waiter.turnAway();
        }
        if (get() == CLOSED) {
            ended.run();
        }
    }

    boolean isClosed() {
        return get() < 0;
    }

    int inFlight() {
        return inFlight(get());
    }

    Bulkhead.Report report() {
        long now = get();
        return new Bulkhead.Report(rules.limit(), inFlight(now), waiting(now));
    }

    private static int inFlight(long word) {
        return (int) word;
    }

    private static int waiting(long word) {
        return (int) (word >>> 32) & Integer.MAX_VALUE;
    }
}
