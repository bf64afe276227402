// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.CallCounts;

/**
 * What is known of calls, as totals that only grow.
 *
 * @param good calls that got an answer
 * @param degraded calls that got another answer instead, as from a fallback; they say nothing of the dependency
 * @param bad calls that failed
 * @param asked all that wanted something, also those that were refused or ignored
 */
public record Evidence(long good, long degraded, long bad, long asked) {
    /**
     * As the dependency is seen: what was refused, ignored or given up says nothing of it.
     *
     * @param counts of a policy directly around it, inside of retries
     * @return evidence
     */
    public static Evidence ofDependency(CallCounts counts) {
        return new Evidence(counts.successes(), 0, counts.failures(), counts.calls());
    }

    /**
     * As callers see it: who was refused, or gave up, has no answer.
     *
     * @param counts of the outermost policy that counts
     * @return evidence
     */
    public static Evidence ofCallers(CallCounts counts) {
        return new Evidence(
                counts.successes(), 0, counts.failures() + counts.rejected() + counts.abandoned(), counts.calls());
    }

    /** What has come since. */
    Evidence since(Evidence before) {
        return new Evidence(good - before.good, degraded - before.degraded, bad - before.bad, asked - before.asked);
    }
}
