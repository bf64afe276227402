// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.internal.Require;
import org.jspecify.annotations.Nullable;

/**
 * Totals of the past, to be asked for what came in any stretch of time until now. For one thread at a time.
 *
 * <pre>
 *   now ◀── each sample ──▶ 60 of them ◀── each 60th ──▶ 72 ◀── each 12th ──▶ 72 ◀── each 24th ──▶ 30
 *           5 s             5 min          5 min         6 h     1 h           3 d    1 d           30 d
 * </pre>
 *
 * <p>What is kept are totals at moments, so the sum of a stretch is a difference; between two moments calls are taken to have come evenly.
 * The error is what one slice of the ring that reaches so far holds, at its older end. 242 moments, whatever comes.
 */
final class History {
    private static final int[] SIZES = {62, 74, 74, 32};
    /** Usual samples between two moments of each ring. */
    private static final long[] STEPS = {1, 60, 60 * 12, 60 * 12 * 24};
    /** Two moments of each ring are to spare, because samples may come late. */
    private static final int SPARE = 2;

    /**
     * Totals at a moment.
     *
     * @param time since watching began, in nanoseconds
     * @param calls good and bad ones
     * @param bad those that failed
     * @param covered how much of the time somebody has looked
     */
    record Totals(long time, double calls, double bad, double covered) {
        static final Totals NONE = new Totals(0, 0, 0, 0);

        Totals minus(Totals before) {
            return new Totals(time - before.time, calls - before.calls, bad - before.bad, covered - before.covered);
        }

        void write(Snapshot.Writer out) {
            out.add(time).add(calls).add(bad).add(covered);
        }

        static Totals read(Snapshot.Reader in) {
            return new Totals(in.next(), in.nextDouble(), in.nextDouble(), in.nextDouble());
        }

        /** Between this moment and a later one. */
        Totals at(long moment, Totals later) {
            double part = later.time == time ? 0 : (double) (moment - time) / (later.time - time);
            return new Totals(
                    moment,
                    calls + part * (later.calls - calls),
                    bad + part * (later.bad - bad),
                    covered + part * (later.covered - covered));
        }
    }

    private final Totals[][] rings = new Totals[SIZES.length][];
    private final long every;
    /** How many moments each ring has been given, and when the last of them was. */
    private final long[] stored = new long[SIZES.length];

    private final long[] newest = new long[SIZES.length];
    private Totals now = Totals.NONE;

    /** @param every the usual time between two samples, in nanoseconds */
    History(long every) {
        this.every = every;
        for (int i = 0; i < SIZES.length; i++) {
            rings[i] = new Totals[SIZES[i]];
        }
    }

    /** How far back it reaches, in nanoseconds. */
    long reach() {
        int last = SIZES.length - 1;
        long samples = STEPS[last] * (SIZES[last] - SPARE);
        return every > Long.MAX_VALUE / samples ? Long.MAX_VALUE : every * samples;
    }

    /** A sample that comes a little early belongs to the step that it was meant for. */
    void add(Totals totals) {
        for (int i = 0; i < SIZES.length; i++) {
            if (stored[i] == 0 || now.time - newest[i] >= every * STEPS[i] - every / 2) {
                rings[i][(int) (stored[i]++ % SIZES[i])] = now;
                newest[i] = now.time;
            }
        }
        now = totals;
    }

    Totals now() {
        return now;
    }

    /** What came in the last so many nanoseconds, or since watching began. */
    Totals last(long nanos) {
        long from = now.time - nanos;
        return from <= 0 ? now : now.minus(at(from));
    }

    private Totals at(long moment) {
        // Of the finest ring that knows of one.
        Totals after = now;
        for (int ring = 0; ring < SIZES.length; ring++) {
            Totals before = null;
            for (Totals each : rings[ring]) {
                if (each != null && each.time <= moment && (before == null || each.time > before.time)) {
                    before = each;
                } else if (each != null && each.time > moment && each.time < after.time) {
                    after = each;
                }
            }
            if (before != null) {
                return before.at(moment, after);
            }
        }
        return oldest();
    }

    /** Longer ago than anything is known of. */
    private Totals oldest() {
        @Nullable Totals first = null;
        for (Totals each : rings[SIZES.length - 1]) {
            if (each != null && (first == null || each.time < first.time)) {
                first = each;
            }
        }
        return Require.nonNull(first, "first");
    }

    void write(Snapshot.Writer out) {
        now.write(out);
        for (int ring = 0; ring < SIZES.length; ring++) {
            out.add(stored[ring]).add(newest[ring]);
            for (int i = 0; i < Math.min(stored[ring], SIZES[ring]); i++) {
                rings[ring][i].write(out);
            }
        }
    }

    void read(Snapshot.Reader in) {
        now = Totals.read(in);
        for (int ring = 0; ring < SIZES.length; ring++) {
            stored[ring] = in.next();
            newest[ring] = in.next();
            for (int i = 0; i < Math.min(stored[ring], SIZES[ring]); i++) {
                rings[ring][i] = Totals.read(in);
            }
        }
    }
}
