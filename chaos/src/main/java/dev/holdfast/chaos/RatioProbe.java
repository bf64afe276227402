// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.internal.Require;
import java.util.Locale;
import java.util.function.Supplier;

/** The share of good calls: see {@link Probe#ratio(String, Supplier)}. Immutable. */
public final class RatioProbe extends Probe {
    private static final long USUAL_EVIDENCE = 100;

    final double target;
    final long evidence;
    private final Supplier<Counts> counts;

    RatioProbe(String name, Supplier<Counts> counts) {
        this(name, counts, 0, USUAL_EVIDENCE);
    }

    private RatioProbe(String name, Supplier<Counts> counts, double target, long evidence) {
        super(name);
        this.counts = counts;
        this.target = target;
        this.evidence = evidence;
    }

    /** Totals. */
    record Counts(long good, long bad) {
        long all() {
            return good + bad;
        }

        double share() {
            return (double) good / all();
        }

        Counts since(Counts earlier) {
            return new Counts(good - earlier.good, bad - earlier.bad);
        }
    }

    /**
     * What it has to be. It is {@linkplain Verdict#CONFIRMED confirmed} when calls show that it is so, and {@linkplain Verdict#REFUTED
     * refuted} when they show that it is not, both as surely as {@link ExperimentBuilder#confidence}; to show 0.99 takes 299 calls without a bad one, or
     * 473 with one.
     *
     * @param share more than 0 and less than 1: no number of calls shows that all are good
     * @return another probe
     */
    public RatioProbe atLeast(double share) {
        if (!(share > 0 && share < 1)) {
            throw new IllegalArgumentException("share: " + share + " (expected: more than 0 and less than 1)");
        }
        return new RatioProbe(name(), counts, share, evidence);
    }

    /**
     * How many calls there have to be before, during, and after the faults, for what they say to count at all.
     *
     * @param calls from 1 up; default: 100
     * @return another probe
     */
    public RatioProbe evidence(long calls) {
        return new RatioProbe(name(), counts, target, Require.range(calls, 1L, Long.MAX_VALUE, "evidence"));
    }

    @Override
    String tolerance() {
        return String.format(Locale.ROOT, "at least %s of %d calls or more", Percents.of(target), evidence);
    }

    @Override
    boolean hasLimit() {
        return target > 0;
    }

    @Override
    RatioWatch watch() {
        return new RatioWatch(this);
    }

    Counts read() {
        return counts.get();
    }
}
