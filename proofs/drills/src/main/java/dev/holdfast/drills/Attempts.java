// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Call;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What both sides know of each attempt: the client when it must be over, and the dependency when it was.
 *
 * <pre>
 *   client: begins ──────────── deadline
 *                                  ├─ lag ─┤
 *   server:     stalls ────────────────── left
 * </pre>
 */
final class Attempts {
    /** How long a dependency stalls before it gives up itself: far longer than any deadline. */
    static final Duration PATIENCE = Duration.ofSeconds(3);

    /** One attempt of one call. */
    record Attempt(int number, int attempt, Fault fault) {}

    private final Plan plan;
    private final Map<Integer, Integer> begun = new ConcurrentHashMap<>();
    private final Map<Attempt, Long> deadlines = new ConcurrentHashMap<>();
    private final AtomicInteger starts = new AtomicInteger();
    private final AtomicInteger stalls = new AtomicInteger();
    private final AtomicInteger stayed = new AtomicInteger();
    private final ConcurrentLinkedQueue<Long> lags = new ConcurrentLinkedQueue<>();

    Attempts(Plan plan) {
        this.plan = plan;
    }

    // ---- The client's side

    /** An attempt begins, by work that knows its call. */
    Attempt begin(int number, Call call) {
        return begin(number, call.attempt(), call.timeLeft().orElse(PATIENCE));
    }

    /** An attempt begins, by work that does not, and that has not waited since the limit began. */
    Attempt begin(int number) {
        return begin(number, begun.merge(number, 1, Integer::sum), Guard.LIMIT);
    }

    private Attempt begin(int number, int attempt, Duration left) {
        starts.incrementAndGet();
        Attempt begun = new Attempt(number, attempt, plan.fault(number, attempt));
        if (begun.fault().stalls()) {
            deadlines.put(begun, System.nanoTime() + left.toNanos());
        }
        return begun;
    }

    /** How often work has begun. */
    int starts() {
        return starts.get();
    }

    // ---- The dependency's side

    /** The dependency begins to stall. */
    void stalls(Attempt attempt) {
        stalls.incrementAndGet();
    }

    /** The dependency has noticed that nobody waits any more. */
    void left(Attempt attempt) {
        long deadline = Objects.requireNonNull(deadlines.get(attempt), "deadline");
        lags.add(Math.max(0, System.nanoTime() - deadline));
    }

    /** The dependency has lost its patience, and the client was still there. */
    void stayed() {
        stayed.incrementAndGet();
    }

    /** Work that stalls by itself has ended: if before its patience was at an end, then because somebody ended it. */
    void ended(Attempt attempt, long began) {
        if (System.nanoTime() - began < PATIENCE.toNanos()) {
            left(attempt);
        } else {
            stayed();
        }
    }

    // ---- Afterwards

    /** How many the dependency still has to do with. */
    int stalling() {
        return stalls.get() - stayed.get() - lags.size();
    }

    /** How many stalls the client sat out. */
    int satOut() {
        return stayed.get();
    }

    /** How long after its deadline each client left. */
    Spread lags() {
        return Spread.of(List.copyOf(lags));
    }
}
