// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.internal.Durations;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/** What is known of when the beats of one node come, and so of how late the next one is. Guarded by the node's lock. */
interface Arrivals {
    /**
     * A beat after the first.
     *
     * @param interval since the last one, in nanoseconds; not negative
     * @param steps how many beats it is further on; 0 if nobody has said so
     * @param isUsual whether something may be learned from it
     */
    void beat(long interval, long steps, boolean isUsual);

    /** How long after the last beat the node is suspected, in nanoseconds; not negative. */
    long due();

    /** How much it is suspected so long after the last beat: at the threshold from {@link #due} on. */
    double suspicion(long elapsed);

    /** For people. */
    String why(long elapsed);

    /** What is late is what comes later than that. */
    record Deadline(long nanos) implements Arrivals {
        @Override
        public void beat(long interval, long steps, boolean isUsual) {
            // It learns nothing.
        }

        @Override
        public long due() {
            return nanos;
        }

        @Override
        public double suspicion(long elapsed) {
            return (double) elapsed / nanos;
        }

        @Override
        public String why(long elapsed) {
            return "no beat for " + shown(elapsed) + " (deadline " + Durations.write(Duration.ofNanos(nanos)) + ")";
        }
    }

    /** In milliseconds from a second up, because nobody reads nanoseconds. */
    static String shown(long nanos) {
        return Durations.write(Duration.ofNanos(nanos < 1_000_000_000 ? nanos : nanos / 1_000_000 * 1_000_000));
    }

    /**
     * NFD-E of Chen, Toueg and Aguilera, "On the Quality of Service of Failure Detectors", IEEE Transactions on Computers 51(5), 2002: the
     * next beat is expected where the mean of the last ones says, each moved by as many intervals as it is away, and suspected {@code alpha}
     * later.
     *
     * <p>Only offsets are kept, of beat i by how much it came later than the first one and i intervals. They stay small, so that their sum is
     * exact in a long.
     */
    final class Expected implements Arrivals {
        /** Six days: as many of them as a window has fit into a long. */
        private static final long FARTHEST = 1L << 49;

        private static final long MOST_STEPS = 10_000;

        private final long interval;
        private final long alpha;
        private final long[] offsets;
        private int count = 1;
        private int at;
        private long sum;
        private long last;

        Expected(long interval, long alpha, int window) {
            this.interval = interval;
            this.alpha = alpha;
            this.offsets = new long[window];
        }

        @Override
        public void beat(long since, long said, boolean isUsual) {
            // Without a number one that comes at once after another is no beat further on.
            long steps = said > 0 ? said : (since + interval / 2) / interval;
            long offset = steps > MOST_STEPS || since > FARTHEST ? Long.MAX_VALUE / 2 : last + since - steps * interval;
            // By its number: one that comes when it should says so, also if those before it were lost and the node was
            // suspected.
            long late = offset - Math.floorDiv(sum, (long) count);
            // Those that come far too early would have the next one expected far too late.
            boolean isEarly = -late > alpha && -late - alpha > interval;
            if (late > alpha || isEarly || offset > FARTHEST || offset < -FARTHEST) {
                restart();
                return;
            }
            at = (at + 1) % offsets.length;
            sum += offset - offsets[at];
            offsets[at] = offset;
            count = Math.min(offsets.length, count + 1);
            last = offset;
        }

        /** After a pause beats come at other times than before, and by the old ones the next would be late already. */
        private void restart() {
            Arrays.fill(offsets, 0);
            count = 1;
            at = 0;
            sum = 0;
            last = 0;
        }

        /** From the last beat to where the next is expected. */
        private long expected() {
            return Math.floorDiv(sum, (long) count) - last + interval;
        }

        @Override
        public long due() {
            return Math.max(0, expected() + alpha);
        }

        @Override
        public double suspicion(long elapsed) {
            return Math.max(0, (double) (elapsed - expected()) / alpha);
        }

        @Override
        public String why(long elapsed) {
            return "the next beat is " + shown(Math.max(0, elapsed - expected())) + " late ("
                    + Durations.write(Duration.ofNanos(alpha)) + " allowed)";
        }
    }

    /**
     * Phi accrual of Hayashibara, Défago, Yared and Katayama, "The phi accrual failure detector", 2004, with a normal distribution of
     * intervals: phi is the negative decimal logarithm of how likely it is that the next beat is still to come.
     */
    final class Phi implements Arrivals {
        /** What all nodes have in common. */
        record Settings(double threshold, double y, double minDeviation, double pause, long first, int window) {}

        private final Settings settings;
        private long[] intervals;
        private int count;
        private int at;
        private double mean;
        /** The sum of the squares of what intervals are away from their mean. */
        private double squares;

        Phi(Settings settings) {
            this.settings = settings;
            this.intervals = new long[Math.min(16, settings.window)];
            // Until some were seen, a quarter more or less of what was said is usual.
            learn(settings.first - settings.first / 4);
            learn(settings.first + settings.first / 4);
        }

        @Override
        public void beat(long interval, long steps, boolean isUsual) {
            if (isUsual) {
                learn(interval);
            }
        }

        void learn(long interval) {
            if (count < settings.window) {
                if (count == intervals.length) {
                    intervals = Arrays.copyOf(intervals, Math.min(2 * count, settings.window));
                }
                intervals[count++] = interval;
                double away = interval - mean;
                mean += away / count;
                squares += away * (interval - mean);
                return;
            }
            double before = mean;
            double former = squares;
            double change = (double) interval - intervals[at];
            mean += change / count;
            squares += change * ((interval - mean) + (intervals[at] - before));
            intervals[at] = interval;
            at = (at + 1) % count;
            if (at == 0 || squares < former / 1_000) {
                // Once a round, so that what is lost to rounding does not add up, and where what has gone was all that
                // there was.
                sumUp();
            }
        }

        private void sumUp() {
            double sum = 0;
            for (long interval : intervals) {
                sum += interval;
            }
            mean = sum / count;
            squares = 0;
            for (long interval : intervals) {
                squares += (interval - mean) * (interval - mean);
            }
        }

        double mean() {
            return mean;
        }

        double deviation() {
            return Math.max(settings.minDeviation, Math.sqrt(Math.max(0, squares / count)));
        }

        @Override
        public long due() {
            return (long) Math.max(0, Math.ceil(mean + settings.pause + settings.y * deviation()));
        }

        @Override
        public double suspicion(long elapsed) {
            return Normal.phi((elapsed - mean - settings.pause) / deviation());
        }

        @Override
        public String why(long elapsed) {
            return String.format(Locale.ROOT, "phi %.1f (threshold %.1f)", suspicion(elapsed), settings.threshold);
        }
    }
}
