// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A caller with a fixed pace. A call that is due while an earlier one has not ended is missed and never made up for: a
 * shop's customer does not come back either, and a backlog would load the service with the past.
 */
final class LoadClient implements Runnable {
    /** Few enough that every one has a last known answer soon. */
    private static final int SKUS = 10;

    private final Stocks stocks;
    private final Recorder recorder;
    private final Stopwatch stopwatch;
    private final AtomicReference<Throwable> unexpected;
    private final long interval;
    private final long patience;
    private long due;
    private volatile boolean stopped;

    /**
     * Does not call yet.
     *
     * @param stocks what to call
     * @param recorder takes the results
     * @param stopwatch the time
     * @param pace how often it calls, and how long it waits
     * @param first when the first call is due
     * @param unexpected takes what no fault of the script explains
     */
    LoadClient(
            Stocks stocks,
            Recorder recorder,
            Stopwatch stopwatch,
            Pace pace,
            long first,
            AtomicReference<Throwable> unexpected) {
        this.stocks = stocks;
        this.recorder = recorder;
        this.stopwatch = stopwatch;
        this.unexpected = unexpected;
        interval = pace.interval().toNanos();
        patience = pace.patience().toNanos();
        due = first;
    }

    /** No call begins any more. */
    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        try {
            stopwatch.sleepUntil(due);
            while (!stopped) {
                int phase = recorder.phase();
                call("sku-" + ThreadLocalRandom.current().nextInt(SKUS), phase);
                skipMissed(phase);
                stopwatch.sleepUntil(due);
            }
        } catch (InterruptedException e) {
            // The run is over.
        } catch (RuntimeException | Error e) {
            // A call that took too long to wait for at the end is interrupted: no surprise.
            if (!stopped) {
                unexpected.compareAndSet(null, e);
            }
        }
    }

    private void call(String sku, int phase) {
        long start = stopwatch.nanos();
        Outcome outcome;
        try {
            outcome = stocks.stock(sku).degraded() ? Outcome.DEGRADED : Outcome.FRESH;
        } catch (IOException e) {
            outcome = Outcome.FAILED;
        }
        long end = stopwatch.nanos();
        recorder.ended(phase, start, end, end - start > patience ? Outcome.FAILED : outcome);
    }

    private void skipMissed(int phase) {
        due += interval;
        for (long now = stopwatch.nanos(); now - due > interval; due += interval) {
            recorder.missed(phase, due);
        }
    }
}
