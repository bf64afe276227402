// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/**
 * What has happened at a gate since it was built. While calls are under way a snapshot may miss the newest of them, and
 * {@link #calls()} is always the sum of the others.
 *
 * @param successes calls that were let in and succeeded
 * @param failures calls that were let in and failed
 * @param ignored calls that were let in and ended in a way that says nothing about the dependency
 * @param rejected calls that were refused
 * @param abandoned calls that waited for their turn and gave up before it came: interrupted, cancelled, or past a deadline further out
 */
public record CallCounts(long successes, long failures, long ignored, long rejected, long abandoned) {
    /**
     * All calls that have ended.
     *
     * @return the sum of all counts
     */
    public long calls() {
        return successes + failures + ignored + rejected + abandoned;
    }
}
