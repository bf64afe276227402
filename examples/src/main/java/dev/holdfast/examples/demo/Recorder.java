// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What happened in a run, by time and by phase. Its size is fixed by the script. Safe to share between threads; the
 * lock is held for a few additions only.
 *
 * <p>A call belongs to the time at which it ended, and to the phase in which it began: what began in a fault and ended
 * after it is part of the fault's bill.
 */
final class Recorder {
    static final long BUCKET_NANOS = 250_000_000;
    /** For a script that is played late. */
    private static final Duration SLACK = Duration.ofSeconds(20);

    private final Tally[] buckets;
    private final Tally[] phases;
    /** By the phase after the fault. */
    private final Map<Integer, RecoveryWatch> recoveries = new HashMap<>();

    private int phase;

    /**
     * Makes the room.
     *
     * @param total how long the run is due to be; what ends much later is added to the last bucket
     * @param phases how many there are
     */
    Recorder(Duration total, int phases) {
        this.buckets = tallies((int) (total.plus(SLACK).toNanos() / BUCKET_NANOS) + 1);
        this.phases = tallies(phases);
    }

    private static Tally[] tallies(int count) {
        Tally[] made = new Tally[count];
        for (int i = 0; i < count; i++) {
            made[i] = new Tally();
        }
        return made;
    }

    /**
     * A phase begins.
     *
     * @param next its index
     * @param fault what is wrong in it
     * @param now nanoseconds since the start of the runs
     */
    synchronized void enter(int next, Fault fault, long now) {
        finish(now);
        if (fault == Fault.HEALTHY && next > 0) {
            recoveries.put(next, new RecoveryWatch(now));
        }
        phase = next;
    }

    /** The phase that is on ends. */
    synchronized void finish(long now) {
        RecoveryWatch watch = recoveries.get(phase);
        if (watch != null) {
            watch.finish(now);
        }
    }

    synchronized int phase() {
        return phase;
    }

    synchronized void requested(long now) {
        bucket(now).requested();
        phases[phase].requested();
    }

    synchronized void ended(int begunIn, long start, long end, Outcome outcome) {
        bucket(end).ended(outcome, end - start);
        phases[begunIn].ended(outcome, end - start);
        recover(begunIn, start, outcome);
    }

    synchronized void missed(int blockedIn, long due) {
        bucket(due).missed();
        phases[blockedIn].missed();
        recover(blockedIn, due, Outcome.MISSED);
    }

    private void recover(int begunIn, long start, Outcome outcome) {
        RecoveryWatch watch = recoveries.get(begunIn);
        if (watch != null) {
            watch.ended(start, outcome);
        }
    }

    private Tally bucket(long nanos) {
        return buckets[(int) Math.min(buckets.length - 1, nanos / BUCKET_NANOS)];
    }

    int buckets() {
        return buckets.length;
    }

    /** The sum of a range of buckets, cut to those that exist. */
    synchronized Tally between(int from, int to) {
        Tally sum = new Tally();
        for (int i = Math.max(0, from); i < Math.min(to, buckets.length); i++) {
            sum.add(buckets[i]);
        }
        return sum;
    }

    synchronized Tally phase(int index) {
        return new Tally().add(phases[index]);
    }

    synchronized Tally total() {
        Tally sum = new Tally();
        for (Tally tally : phases) {
            sum.add(tally);
        }
        return sum;
    }

    /**
     * How long after the end of a fault the run was well again.
     *
     * @param fault the phase of the fault, which is over
     */
    synchronized Recovery recovery(int fault) {
        RecoveryWatch found = recoveries.get(fault + 1);
        return found == null ? new Recovery(0, false) : found.recovery();
    }
}
