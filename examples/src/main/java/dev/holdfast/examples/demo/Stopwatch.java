// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Both runs, the script and the charts count time from one start. */
final class Stopwatch {
    private volatile long origin = System.nanoTime();

    /** Counts from now on. */
    void restart() {
        origin = System.nanoTime();
    }

    /** Nanoseconds since the start. */
    long nanos() {
        return System.nanoTime() - origin;
    }

    void sleepUntil(long nanos) throws InterruptedException {
        long left = nanos - nanos();
        if (left > 0) {
            TimeUnit.NANOSECONDS.sleep(left);
        }
    }

    void sleepUntil(Duration time) throws InterruptedException {
        sleepUntil(time.toNanos());
    }
}
