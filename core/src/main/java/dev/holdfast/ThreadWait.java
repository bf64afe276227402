// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A wait for a thread of a gate's own executor, and that thread for as long as the call stays in the gate.
 *
 * <pre>
 *   the call   waits ──▶ goes on on the thread ── given up while code holds it ──▶ leaves the thread behind, goes on elsewhere
 *   the thread           arrives ───────────────── returns ──▶ BACK: who was left behind is so no more, and the gate may be left
 * </pre>
 */
final class ThreadWait extends AsyncWait {
    private final Executor executor;
    private final Delivery delivery = new Way();
    private final Environment.Errand errand;
    private final Environment environment;
    private final String name;
    private final ThreadContext.@Nullable Snapshot context;
    /** Of the gate. */
    final int level;
    /** The thread of a gate further out. */
    final @Nullable ThreadWait outer;

    private boolean arrived;
    private volatile boolean isBack;
    /** Complete when a thread that was left behind is back. */
    private volatile @Nullable CompletableFuture<@Nullable Void> back;

    ThreadWait(AsyncEngine<?> engine, Executor executor, int level, @Nullable ThreadWait outer) {
        super(engine);
        this.executor = executor;
        this.environment = engine.chain.environment;
        this.name = engine.chain.name;
        this.context = engine.context();
        this.level = level;
        this.outer = outer;
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

    // ---- The thread -----------------------------------------------------------------------------------------------

    /** The call has been taken from whatever it was at, and does not come back to the thread. */
    void leaveBehind() {
        if (back == null) {
            CompletableFuture<@Nullable Void> awaited = new CompletableFuture<>();
            back = awaited;
            // The thread says that it is back before it looks for who waits.
            if (isBack) {
                awaited.complete(null);
            }
        }
    }

    /** Complete when it is back, without the thread itself; {@code null} if it was not left behind, or is back. */
    @Nullable CompletableFuture<@Nullable Void> whenBack() {
        CompletableFuture<@Nullable Void> awaited = back;
        return awaited == null || awaited.isDone() ? null : awaited;
    }

    private void comesBack() {
        isBack = true;
        CompletableFuture<@Nullable Void> awaited = back;
        if (awaited != null) {
            // The gate is left there, and tells its listeners, which must not hold the thread.
            HandOver.away(environment, () -> Carried.within(context, name, () -> awaited.complete(null)));
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
                comesBack();
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
