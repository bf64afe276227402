// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What answers of a node take: a moving average that jumps to each peak at once and sinks slowly, also while there are no answers (peak
 * EWMA, as in Finagle). With {@code w = exp(-dt / decay)}: an answer that takes longer than the cost becomes the cost; any other one makes it
 * {@code answer * (1 - w) + cost * w}; and read {@code dt} after the last one, it is {@code cost * w}.
 *
 * <p><b>Why logarithms.</b> Kept is {@code level = ln(cost) + t / decay}, with t the time of the last answer. As all costs sink at the same
 * rate, the quotient of two is {@code exp(level - other level)} whatever the time: to compare two nodes takes no clock, and writes nothing.
 * After ten years the rounding of a level is a part in 100 million of the cost.
 *
 * <p><b>Concurrency.</b> One compare-and-set on the level for each answer, so that no peak is lost. When the last answer came is written
 * besides it: of answers that end at the same time some weigh a little more than they should. Safe to use from any thread.
 */
final class Cost {
    /** The level of a node that has not answered yet: it costs nothing. */
    static final double UNKNOWN = Double.NEGATIVE_INFINITY;
    /** Below this the exponential is a straight line, to a part in ten billion. */
    private static final double SHORT = 1e-5;

    private final double decay;
    private final long origin;
    private final AtomicLong level = new AtomicLong(Double.doubleToRawLongBits(UNKNOWN));
    private volatile double last;

    /**
     * @param decayNanos in which an idle node's cost sinks to 37 %
     * @param origin a reading of the clock
     */
    Cost(long decayNanos, long origin) {
        this.decay = decayNanos;
        this.origin = origin;
    }

    /** The node has answered. */
    void answered(long nanos, long now) {
        took(nanos, nanos, now);
    }

    /**
     * A call has failed: counts as an answer that took the penalty, but in the average only. If it were a peak, one failure of a thousand would keep
     * calls from a node as long as if all failed, and the others would have to carry them.
     */
    void failed(long nanos, long penalty, long now) {
        took(nanos, Math.max(nanos, penalty), now);
    }

    /** Jumps to the peak, and tends to what it counts as. */
    private void took(long peak, long nanos, long now) {
        double x = decays(now);
        double counts = Math.max(1.0, (double) nanos);
        while (true) {
            double before = last;
            long bits = level.get();
            // A clock may go back.
            double sinks = Math.max(0, x - before);
            double known = Double.longBitsToDouble(bits);
            double cost = Math.exp(known - before);
            double w = known == UNKNOWN ? 0 : sinks < SHORT ? 1 - sinks : Math.exp(-sinks);
            double mean = counts * (1 - w) + cost * w;
            double next = peak > cost ? Math.max((double) peak, mean) : mean;
            if (level.compareAndSet(bits, Double.doubleToRawLongBits(Math.log(next) + before + sinks))) {
                last = before + sinks;
                return;
            }
        }
    }

    /** An answer would take so long at least: what was called off counts as its age. */
    void isAtLeast(long nanos, long now) {
        double x = Math.max(last, decays(now));
        double floor = Math.log(Math.max(1.0, (double) nanos)) + x;
        while (true) {
            long bits = level.get();
            if (Double.longBitsToDouble(bits) >= floor) {
                return;
            }
            if (level.compareAndSet(bits, Double.doubleToRawLongBits(floor))) {
                last = x;
                return;
            }
        }
    }

    /** The node is back: what it cost before says nothing any more. */
    void startsAnew(long nanos, long now) {
        double x = Math.max(last, decays(now));
        level.set(Double.doubleToRawLongBits(Math.log(Math.max(1.0, (double) nanos)) + x));
        last = x;
    }

    /** For comparisons with that of another node: see above. */
    double level() {
        return Double.longBitsToDouble(level.get());
    }

    /** In nanoseconds; 0 if nothing is known. */
    double nanos(long now) {
        return Math.exp(level() - Math.max(last, decays(now)));
    }

    private double decays(long now) {
        return (now - origin) / decay;
    }
}
