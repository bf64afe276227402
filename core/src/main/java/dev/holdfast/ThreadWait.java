// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** A wait for a thread of a gate's own executor. */
final class ThreadWait extends AsyncWait {
    private final Executor executor;
    private final Delivery delivery = new Way();
    private final Environment.Errand errand;
    private boolean arrived;

    ThreadWait(AsyncEngine<?> engine, Executor executor) {
        super(engine);
        this.executor = executor;
        this.errand = engine.chain.environment.errand();
    }

    @Override
    void setUp(AsyncEngine<?> of) {
        try {
            delivery.send(executor, errand);
        } catch (Throwable thrown) {
            // What it throws after it has run the task is too late to matter.
            if (delivery.isUnderWay()) {
                throw thrown;
            }
        }
    }

    @Override
    void takeOver(AsyncEngine<?> of) {
        of.isOnGatesThread();
    }

    @Override
    void breakOff(AsyncEngine<?> of, Throwable thrown) {
        undo(of, true);
        if (arrived) {
            of.isOnGatesThread();
        }
        of.noThread(thrown);
    }

    @Override
    void undo(AsyncEngine<?> of, boolean interrupts) {
        // A task that the executor runs later does nothing.
        if (delivery.take()) {
            errand.ended();
        }
    }

    private final class Way extends Delivery {
        private static final long serialVersionUID = 1L;

        @Override
        void arrived() {
            errand.begins();
            arrived = true;
            try {
                ThreadWait.this.run();
            } finally {
                errand.ended();
            }
        }

        @Override
        void lost() {
            errand.ended();
            fail(new RejectedExecutionException("the executor has lost the task"));
        }
    }
}
