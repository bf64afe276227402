// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.chaos.RatioProbe.Counts;
import org.jspecify.annotations.Nullable;

/** A {@link RatioProbe} in one run. */
final class RatioWatch extends Watch {
    private static final Counts NONE = new Counts(0, 0);

    private final RatioProbe probe;
    private @Nullable Counts read;
    private @Nullable Counts total;
    private Counts sinceBefore = NONE;
    private Counts sinceBeginning = NONE;

    RatioWatch(RatioProbe probe) {
        this.probe = probe;
    }

    @Override
    void read() {
        Counts counts = probe.read();
        Counts before = total;
        if (before != null && (counts.good() < before.good() || counts.bad() < before.bad())) {
            throw new ProbeException(
                    "went back from " + before + " to " + counts + " (expected: totals, which only grow)");
        }
        read = counts;
    }

    @Override
    void take(long now) {
        Counts counts = read;
        Counts before = total;
        if (counts != null) {
            sinceBefore = before == null ? NONE : counts.since(before);
            sinceBeginning =
                    new Counts(sinceBeginning.good() + sinceBefore.good(), sinceBeginning.bad() + sinceBefore.bad());
            total = counts;
        }
    }

    @Override
    void begin() {
        sinceBeginning = NONE;
    }

    @Override
    RatioProbe probe() {
        return probe;
    }

    Counts seen() {
        return sinceBeginning;
    }

    /** Calls since the reading before the last. */
    Counts fresh() {
        return sinceBefore;
    }

    @Override
    String words() {
        return sinceBeginning.all() == 0
                ? "no calls"
                : Percents.of(sinceBeginning.share()) + " of " + sinceBeginning.all() + " calls";
    }

    @Override
    @Nullable String offence(long now) {
        return null;
    }

    @Override
    @Nullable String doubt() {
        return needsMore() || sinceBeginning.share() < probe.target
                ? probe.name() + " is " + words() + " (expected: " + probe.tolerance() + ")"
                : null;
    }

    @Override
    boolean needsMore() {
        return sinceBeginning.all() < probe.evidence;
    }

    /** Whether so many were bad that even good ones up to the evidence would not make it hold. */
    boolean isHopeless() {
        return sinceBeginning.bad() > (1 - probe.target) * Math.max(probe.evidence, sinceBeginning.all()) + 1e-9;
    }

    @Override
    double last() {
        return sinceBefore.all() == 0 ? Double.NaN : sinceBefore.share();
    }

    // ---- What calls show ------------------------------------------------------------------------------------------

    /** What was seen since the beginning shows it, so surely. */
    boolean isShown(double confidence) {
        return !needsMore()
                && Chances.atMost(sinceBeginning.bad(), sinceBeginning.all(), 1 - probe.target) <= 1 - confidence;
    }

    /** What was seen since the beginning shows the contrary, so surely. */
    boolean isRefuted(double confidence) {
        return !needsMore()
                && Chances.atLeast(sinceBeginning.bad(), sinceBeginning.all(), 1 - probe.target) <= 1 - confidence;
    }
}
