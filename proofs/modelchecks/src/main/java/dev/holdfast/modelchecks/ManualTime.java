// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.modelchecks;

import dev.holdfast.Environment;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/** Time that a test sets. No lock, which would order what the test wants to see unordered. */
public final class ManualTime implements Environment {
    /** What {@link #nanoTime} gives. A plain field: set it before the threads of a test start. */
    public long now;

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        return () -> {};
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) {
        return done.getAsBoolean();
    }

    /** On the spot, so that a model sees what follows. */
    @Override
    public Executor executor() {
        return Runnable::run;
    }

    @Override
    public long nextLong(long bound) {
        return 0;
    }
}
