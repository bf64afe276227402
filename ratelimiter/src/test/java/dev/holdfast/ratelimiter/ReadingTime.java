// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.Environment;
import dev.holdfast.testkit.VirtualTime;
import java.util.function.BooleanSupplier;

/** Virtual time for tests in which something happens when the clock is read, which is all that they say. */
abstract class ReadingTime implements Environment {
    final VirtualTime time = VirtualTime.create();

    @Override
    public final Timer schedule(Runnable task, long delayNanos) {
        return time.schedule(task, delayNanos);
    }

    @Override
    public final boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
        return time.await(done, nanos);
    }

    @Override
    public final long nextLong(long bound) {
        return time.nextLong(bound);
    }
}
