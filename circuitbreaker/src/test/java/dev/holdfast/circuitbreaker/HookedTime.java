// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.Environment;
import dev.holdfast.testkit.VirtualTime;
import java.util.function.BooleanSupplier;

/** Virtual time with a seam: something else happens between a reading of the clock and what is done with it. */
final class HookedTime implements Environment {
    final VirtualTime time = VirtualTime.create();

    private Runnable afterReading = () -> {};

    /** Runs at the next reading, once. */
    void afterNextReading(Runnable action) {
        afterReading = () -> {
            afterReading = () -> {};
            action.run();
        };
    }

    /** Runs at every reading. */
    void afterEachReading(Runnable action) {
        afterReading = action;
    }

    @Override
    public long nanoTime() {
        long now = time.nanoTime();
        afterReading.run();
        return now;
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        return time.schedule(task, delayNanos);
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
        return time.await(done, nanos);
    }

    @Override
    public long nextLong(long bound) {
        return time.nextLong(bound);
    }
}
