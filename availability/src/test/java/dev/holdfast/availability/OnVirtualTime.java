// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Environment;
import dev.holdfast.testkit.VirtualTime;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/** Virtual time with an executor of its own. */
class OnVirtualTime implements Environment {
    private final VirtualTime time;
    private final Executor executor;

    OnVirtualTime(VirtualTime time, Executor executor) {
        this.time = time;
        this.executor = executor;
    }

    @Override
    public long nanoTime() {
        return time.nanoTime();
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

    @Override
    public Executor executor() {
        return executor;
    }
}
