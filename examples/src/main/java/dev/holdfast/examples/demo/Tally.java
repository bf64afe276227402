// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** Results of calls, added up. Not safe to share between threads. */
final class Tally {
    /** A fresh answer that takes longer than this has been waited for as well. */
    static final long SLOW_NANOS = 250_000_000;

    private final long[] outcomes = new long[Outcome.values().length];
    private final Latencies latencies = new Latencies();
    private long lostNanos;
    private long requests;

    void ended(Outcome outcome, long nanos) {
        outcomes[outcome.ordinal()]++;
        latencies.add(nanos);
        if (outcome != Outcome.FRESH || nanos > SLOW_NANOS) {
            lostNanos += nanos;
        }
    }

    void missed() {
        outcomes[Outcome.MISSED.ordinal()]++;
    }

    void requested() {
        requests++;
    }

    Tally add(Tally other) {
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] += other.outcomes[i];
        }
        latencies.add(other.latencies);
        lostNanos += other.lostNanos;
        requests += other.requests;
        return this;
    }

    long count(Outcome outcome) {
        return outcomes[outcome.ordinal()];
    }

    /** Calls that got an answer, old or new. */
    long answered() {
        return count(Outcome.FRESH) + count(Outcome.DEGRADED);
    }

    /** Calls that were due, whether they were made or not. */
    long due() {
        return answered() + count(Outcome.FAILED) + count(Outcome.MISSED);
    }

    /** Percent of the calls that were due. */
    double answeredPercent() {
        return due() == 0 ? 0 : 100.0 * answered() / due();
    }

    /** Nanoseconds, or -1 if no call has ended. */
    long percentile(double fraction) {
        return latencies.percentile(fraction);
    }

    /** Time that callers spent in calls that brought nothing new, or brought it slowly. */
    long lostNanos() {
        return lostNanos;
    }

    /** HTTP requests that were sent. */
    long requests() {
        return requests;
    }
}
