// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One injection in the hands of one experiment. Safe to use from any thread.
 *
 * <pre>
 *   takes the seat ── set-up ──▶ live ── disarm, its own timer, the lever, ──▶ over ── undo ──▶ undone
 *                       │                 or a call that comes past its end     ▲
 *                       └── fails, or is too late ──────────────────────────────┘
 * </pre>
 *
 * <p><b>Concurrency.</b> {@link #over} is the one thing that ends it: it is written first, and every call looks at it after it has taken its
 * place in the {@link Blast} and before anything is done to it. A call that waits puts itself on the list first and looks then; who ends it
 * writes first and goes through the list then: one of the two sees the other. In the same way set-up ends by looking whether it is over, and
 * who ends it by looking whether it has been set up. No lock is taken on the way, and nobody is waited for.
 */
final class Armed {
    final Terms terms;
    /** Of the terms, and the injection: two injections of one experiment draw apart. */
    final long seed;

    private final Seat seat;
    private final LongAdder passed = new LongAdder();
    private final Map<Fault, LongAdder> injected = Fault.counts();
    private final LongAdder overflow = new LongAdder();
    private final AtomicLong matched = new AtomicLong();
    private final AtomicLong again = new AtomicLong();
    private final AtomicLong tickets = new AtomicLong();
    /** What wakes calls that are delayed, or hang. Skip lists take no locks. */
    private final ConcurrentSkipListMap<Long, Runnable> waiting = new ConcurrentSkipListMap<>();
    /** What undoes the set-up, the last step first; written by who sets it up, until {@link #isSetUp}. */
    private final Deque<Runnable> undo = new ArrayDeque<>();

    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicBoolean undoing = new AtomicBoolean();
    private final CompletableFuture<@Nullable Throwable> undone = new CompletableFuture<>();
    private volatile boolean over;
    private volatile boolean isSetUp;
    private volatile double share = 1;
    private volatile Environment.@Nullable Timer timer;

    Armed(Seat seat, Terms terms) {
        this.seat = seat;
        this.terms = terms;
        this.seed = Draws.mix(terms.seed() ^ Draws.mix(seat.injection.name().hashCode()));
    }

    /** It has its seat; {@code setUp} adds what undoes it step by step. */
    void begin(Consumer<Armed> setUp) {
        try {
            // First on the lever's list, then a look at it: it may be engaged between.
            SafetyLever.enlist(this);
            SafetyLever.require(terms);
            long left = terms.end() - terms.environment().nanoTime();
            if (left <= 0) {
                throw new IllegalStateException(terms.title() + ": past its end (expected: time left)");
            }
            timer = LateTimers.onTime(terms.environment()).schedule(this::disarm, left);
            setUp.accept(this);
        } catch (Throwable thrown) {
            disarm();
            // Who has ended it before did not know of the timer.
            cancelTimer();
            undoOnce(Armed::here);
            throw thrown;
        }
        isSetUp = true;
        if (over) {
            cancelTimer();
            undoOnce(Armed::here);
            throw new IllegalStateException(terms.title() + ": ended before it was armed (expected: no end so soon)");
        }
        quietly(() -> seat.tellArmed(this));
    }

    /** A step of the set-up has been taken; this undoes it. */
    void undoing(Runnable step) {
        undo.push(step);
    }

    /** How much of the rates counts from now on, for stages: from 0 to 1; 1 at first. */
    void share(double ofRates) {
        share = Require.range(ofRates, 0, 1, "share");
    }

    /**
     * Ends it. From when this returns, no call that comes is injected, and those that are delayed or hang go on. Takes no lock, waits for
     * nobody, throws nothing; doing it again does nothing.
     */
    void disarm() {
        over = true;
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        seat.compareAndSet(this, null);
        waiting.values().forEach(Armed::quietly);
        SafetyLever.delist(this);
        cancelTimer();
        if (isSetUp) {
            // What users have written may block.
            undoOnce(seat.injection instanceof Burden ? terms.environment().executor() : Armed::here);
            quietly(() -> seat.tellDisarmed(this));
        }
    }

    private void cancelTimer() {
        Environment.Timer set = timer;
        if (set != null) {
            quietly(set::cancel);
        }
    }

    private void undoOnce(Executor on) {
        if (undoing.compareAndSet(false, true)) {
            try {
                on.execute(this::undoNow);
            } catch (Throwable refused) {
                undoNow();
            }
        }
    }

    private static void here(Runnable task) {
        task.run();
    }

    private void undoNow() {
        Throwable failure = null;
        for (Runnable step = undo.poll(); step != null; step = undo.poll()) {
            try {
                step.run();
            } catch (Throwable thrown) {
                if (failure == null) {
                    failure = thrown;
                } else if (failure != thrown) {
                    failure.addSuppressed(thrown);
                }
            }
        }
        undone.complete(failure);
    }

    private static void quietly(Runnable aside) {
        try {
            aside.run();
        } catch (Throwable dropped) {
            // Somebody's timer, executor or logger. What counts has been done before.
        }
    }

    // ---- For calls --------------------------------------------------------------------------------------------------

    /** Whether it has been set up and is not over; its end is looked at before anything is done to a call: see {@link #isOn}. */
    boolean isLive() {
        return isSetUp && !over;
    }

    /** Whether something may be done to a call now. Past its end it is over, whatever has become of its timer. */
    boolean isOn() {
        if (!isLive()) {
            return false;
        }
        if (terms.end() - terms.environment().nanoTime() > 0) {
            return true;
        }
        disarm();
        return false;
    }

    /** A call came by that it is not for. */
    void passedBy() {
        passed.increment();
    }

    /** The number of a call that it is for, from 0 on. */
    long next() {
        return matched.getAndIncrement();
    }

    /** The number of a call that it is for once more. */
    long nextAgain() {
        return again.getAndIncrement();
    }

    /** Nanoseconds until its end; at least 1. */
    long nanosLeft() {
        return Math.max(1, terms.end() - terms.environment().nanoTime());
    }

    /** Whether a fault comes to a call by chance. */
    boolean draws(long which, Fault fault, double rate) {
        return rate > 0 && Draws.unit(seed, which, fault.draw) < rate * share;
    }

    /** Takes room for a fault. {@link Blast#leave} follows where there is some. */
    boolean takes(Fault fault) {
        Blast blast = terms.blast();
        if (!blast.take()) {
            overflow.increment();
            seat.overflowed();
            return false;
        }
        if (over) {
            blast.giveBack();
            return false;
        }
        Fault.in(injected, fault).increment();
        seat.counted(fault);
        return true;
    }

    /** A fault that is not one of a call, and takes no room. */
    void counts(Fault fault) {
        Fault.in(injected, fault).increment();
        seat.counted(fault);
    }

    /** A call begins to wait. */
    long waits(Runnable wake) {
        Long ticket = tickets.getAndIncrement();
        waiting.put(ticket, wake);
        if (over) {
            quietly(wake);
        }
        return ticket;
    }

    void waitsNoMore(long ticket) {
        waiting.remove(ticket);
    }

    // ---- For the experiment -----------------------------------------------------------------------------------------

    /** Whether it has ended, also by its own time. */
    boolean isOver() {
        return over || terms.end() - terms.environment().nanoTime() <= 0;
    }

    /** Complete when all has been undone: with what was thrown, or {@code null}. */
    CompletionStage<@Nullable Throwable> undone() {
        return undone.minimalCompletionStage();
    }

    /** Calls that came by. */
    long entered() {
        return passed.sum() + matched.get();
    }

    /** Those of them that the injection is for. */
    long matched() {
        return matched.get();
    }

    /** Faults in all. */
    long injected() {
        long sum = 0;
        for (LongAdder each : injected.values()) {
            sum += each.sum();
        }
        return sum;
    }

    /** Faults of a kind. */
    long injected(Fault fault) {
        return Fault.in(injected, fault).sum();
    }

    /** Faults that did not fit in the {@link Blast}. */
    long overflow() {
        return overflow.sum();
    }

    /** Calls that wait now. */
    int waiting() {
        return waiting.size();
    }

    @Override
    public String toString() {
        return seat.injection.name() + " for " + terms.title();
    }
}
