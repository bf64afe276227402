// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.CallCounts;
import dev.holdfast.Gate;
import java.util.function.Supplier;

/**
 * What is known of calls, as totals that only grow.
 *
 * @param good calls that got an answer
 * @param degraded calls that got another answer instead, as from a fallback; they say nothing of the dependency
 * @param bad calls that failed, or were answered too late
 * @param asked all that wanted something, also those that were refused or ignored
 * @param begun all that have begun; 0 where nobody knows
 * @param ended all of those that have ended, however they did; 0 where nobody knows
 * @param ignored those of them that ended by themselves, and are neither good nor bad: the dependency does not hang; 0 where nobody knows
 */
public record Evidence(long good, long degraded, long bad, long asked, long begun, long ended, long ignored) {
    /** Nothing yet. */
    static final Evidence NONE = new Evidence(0, 0, 0, 0);

    /**
     * Where nobody knows of calls that have not ended.
     *
     * @param good calls that got an answer
     * @param degraded calls that got another answer instead, as from a fallback
     * @param bad calls that failed
     * @param asked all that wanted something, also those that were refused or ignored
     */
    public Evidence(long good, long degraded, long bad, long asked) {
        this(good, degraded, bad, asked, 0, 0, 0);
    }

    /**
     * As the dependency is seen: what was refused, ignored or given up says nothing of it.
     *
     * @param gate a policy directly around it, inside of retries; an {@link Indicator} also knows slow answers and calls that hang
     * @return evidence
     */
    public static Evidence ofDependency(Gate gate) {
        if (gate instanceof Indicator indicator) {
            return indicator.evidence();
        }
        CallCounts counts = gate.counts();
        return new Evidence(counts.successes(), 0, counts.failures(), counts.calls());
    }

    /**
     * As callers see it: who was refused, or gave up, has no answer.
     *
     * @param gate the outermost policy that counts; an {@link Indicator} also knows slow answers and calls that hang
     * @return evidence
     */
    public static Evidence ofCallers(Gate gate) {
        CallCounts counts = gate.counts();
        long withoutAnswer = counts.rejected() + counts.abandoned();
        if (gate instanceof Indicator indicator) {
            withoutAnswer += indicator.givenUp();
        }
        Evidence seen = ofDependency(gate);
        return new Evidence(seen.good, 0, seen.bad + withoutAnswer, seen.asked, seen.begun, seen.ended, seen.ignored);
    }

    /** How many calls have not ended; 0 where nobody knows. */
    long underWay() {
        return Math.max(0, begun - ended);
    }

    /** How many have ended by themselves, so that what they called does not hang. */
    long answered() {
        return good + degraded + bad + ignored;
    }

    /** What has come since; where totals have begun anew, all that there is now. */
    Evidence since(Evidence before) {
        boolean anew = good < before.good || degraded < before.degraded || bad < before.bad || asked < before.asked;
        return anew
                ? atLeast(NONE)
                : new Evidence(
                        good - before.good,
                        degraded - before.degraded,
                        bad - before.bad,
                        asked - before.asked,
                        Math.max(0, begun - before.begun),
                        Math.max(0, ended - before.ended),
                        Math.max(0, ignored - before.ignored));
    }

    /** The same and what was before. */
    Evidence and(Evidence before) {
        return new Evidence(
                good + before.good,
                degraded + before.degraded,
                bad + before.bad,
                asked + before.asked,
                begun + before.begun,
                ended + before.ended,
                ignored + before.ignored);
    }

    /** Of counts that are read while they grow one may be newer than another; their differences do not go back. */
    static Supplier<Evidence> growing(Supplier<Evidence> evidence) {
        Evidence[] last = {NONE};
        return () -> last[0] = evidence.get().atLeast(last[0]);
    }

    /** Totals that were read while they grew may miss some of one and not of the other, but they do not go back. */
    Evidence atLeast(Evidence before) {
        return new Evidence(
                Math.max(good, before.good),
                Math.max(degraded, before.degraded),
                Math.max(bad, before.bad),
                Math.max(asked, before.asked),
                Math.max(begun, before.begun),
                Math.max(ended, before.ended),
                Math.max(ignored, before.ignored));
    }
}
