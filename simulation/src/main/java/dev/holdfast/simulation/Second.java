// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.time.Duration;

/** What became of the calls that were made in one second. */
public final class Second {
    final int index;
    final Latencies latencies = new Latencies();
    long offered;
    long answered;
    long degraded;
    long refused;
    long failed;

    Second(int index) {
        this.index = index;
    }

    /**
     * Which second.
     *
     * @return 0 for the first
     */
    public int index() {
        return index;
    }

    /**
     * Calls made.
     *
     * @return how many
     */
    public long offered() {
        return offered;
    }

    /**
     * Calls that were answered by the service.
     *
     * @return how many
     */
    public long answered() {
        return answered;
    }

    /**
     * Calls that got something else than the service's answer, and no failure: what a fallback gave.
     *
     * @return how many
     */
    public long degraded() {
        return degraded;
    }

    /**
     * Calls that policies refused.
     *
     * @return how many
     */
    public long refused() {
        return refused;
    }

    /**
     * Calls that failed otherwise.
     *
     * @return how many
     */
    public long failed() {
        return failed;
    }

    /**
     * The share of calls that were answered by the service.
     *
     * @return 0 to 1; 1 where no call was made
     */
    public double goodput() {
        return offered == 0 ? 1 : (double) answered / offered;
    }

    /**
     * How long answered calls took, with all attempts and waits.
     *
     * @param quantile 0 to 1
     * @return to 5 %; zero where none was answered
     */
    public Duration latency(double quantile) {
        return latencies.quantile(quantile);
    }

    @Override
    public String toString() {
        return index + " s: " + answered + " of " + offered + " answered";
    }
}
