// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.RejectedException;
import java.util.concurrent.atomic.AtomicInteger;

/** Refuses while it is shut; counts who is inside. */
final class Door extends Gate {
    private static final class Shut extends RejectedException {
        private static final long serialVersionUID = 1L;

        Shut(String name, long retryAfter) {
            super(name, retryAfter);
        }

        @Override
        protected String reason() {
            return "is shut";
        }
    }

    final AtomicInteger inside = new AtomicInteger();
    volatile boolean shut;
    volatile long retryAfter = RejectedException.UNKNOWN;

    Door(String name, Environment environment) {
        super(name, environment);
    }

    @Override
    protected long enter(long now) {
        if (shut) {
            return REFUSED;
        }
        inside.incrementAndGet();
        return 0;
    }

    @Override
    protected boolean exit(long stamp, Ending ending, Throwable failure, long now, long elapsedNanos) {
        inside.decrementAndGet();
        return true;
    }

    @Override
    protected RejectedException rejection(long now) {
        return new Shut(name(), retryAfter);
    }
}
