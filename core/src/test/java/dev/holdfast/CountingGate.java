// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A gate that lets everybody in, or nobody, and counts. */
class CountingGate extends Gate {
    final AtomicInteger entered = new AtomicInteger();
    final AtomicInteger left = new AtomicInteger();
    volatile boolean shut;
    volatile long retryAfterNanos = RejectedException.UNKNOWN;

    CountingGate(String name) {
        this(name, Environment.system());
    }

    CountingGate(String name, Environment environment) {
        super(name, environment);
    }

    @Override
    protected long enter(long now) {
        return shut ? REFUSED : entered.incrementAndGet();
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        left.incrementAndGet();
        return true;
    }

    @Override
    protected RejectedException rejection(long now) {
        return new Refusal(name(), retryAfterNanos);
    }

    @Override
    public String toString() {
        return "CountingGate[" + quotedName() + "]";
    }

    static final class Refusal extends RejectedException {
        private static final long serialVersionUID = 1L;

        Refusal(String policy, long retryAfterNanos) {
            super(policy, retryAfterNanos);
        }
    }
}
