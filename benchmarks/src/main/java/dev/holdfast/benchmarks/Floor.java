// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.Locale;

/**
 * What this machine's {@link Floors} were in one run, in nanoseconds, on each of some threads; NaN where they were not
 * measured.
 *
 * @param threads on how many threads
 * @param bareCall the call that all others wrap
 * @param clock a reading of the clock
 * @param atomic an increment of an atomic word, contended where there is more than one thread
 * @param adder an increment of a striped counter
 */
record Floor(int threads, double bareCall, double clock, double atomic, double adder) {
    /** The machine on which the targets were set. */
    private static final Floor ALONE = new Floor(1, 0.7, 25.4, 2.2, 2.7);

    private static final Floor OF_TWO = new Floor(2, 0.8, 25.6, 9.8, 3.3);

    /** What nobody can be faster than on a path. */
    double of(Path path) {
        return bareCall + path.clockReadings * clock;
    }

    /**
     * What a path may take here. A machine's clock and the rest of it differ by different factors, so the clock readings in a
     * target are replaced by this machine's own, and the rest grows as an uncontended atomic operation does.
     */
    double target(Path path) {
        double there = path.target.on(threads);
        if (!path.target.scaled()) {
            return there;
        }
        Floor reference = threads == 1 ? ALONE : OF_TWO;
        double rest = there - path.clockReadings * reference.clock;
        return path.clockReadings * clock + rest * adder / reference.adder;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d thread%s: bare call %.1f, clock reading %.1f, atomic increment %.1f, striped increment %.1f",
                threads,
                threads == 1 ? "" : "s",
                bareCall,
                clock,
                atomic,
                adder);
    }
}
