// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A task on its way to an executor of the user's, which may refuse it, run it at once, later or twice, or lose it.
 *
 * <pre>
 *   UNDER WAY ── the executor runs it ───────────────────────▶ TAKEN: arrived(), once
 *       ├─────── whoever has no use for it any more takes it ─▶ TAKEN: nothing happens
 *       └─────── the executor has lost it ───────────────────▶ TAKEN: lost(), once
 * </pre>
 *
 * <p>An executor that is shut down with {@code shutdownNow} loses what waits in its queue, and one that discards what does not fit
 * loses it at once; neither says so. So somebody looks, after a tenth of a second and then ever less often: an executor that has
 * terminated runs nothing any more. A plain {@link ThreadPoolExecutor} that is shut down or discards what does not fit, and that has
 * not had the task in its queue for some seconds, has lost it; not before, because the first task of a new thread is never
 * there, and threads may be slow to start. What other executors drop without a word cannot be known.
 */
abstract class Delivery extends AtomicInteger implements Runnable {
    private static final long serialVersionUID = 1L;
    private static final int UNDER_WAY = 0;
    /** What comes after it is up to the task. */
    static final int TAKEN = 1;

    private static final long FIRST_LOOK = 100_000_000;
    /** So often in a row, with a look's time between, a task that an executor still has cannot be missing. */
    private static final int LOOKS = 30;

    private static final long LAST_LOOK = 10_000_000_000L;

    private transient volatile @Nullable Look look;

    /** The executor runs it. */
    abstract void arrived();

    /** The executor never will. On a thread of {@link SharedThreads}. */
    abstract void lost();

    /** Decides what becomes of it; {@code true} for the first who asks. */
    final boolean take() {
        if (!compareAndSet(UNDER_WAY, TAKEN)) {
            return false;
        }
        lookNoMore();
        return true;
    }

    final boolean isUnderWay() {
        return get() == UNDER_WAY;
    }

    /** Hands it over; what the executor throws, if it does not take it, is thrown. */
    final void send(Executor executor, Environment.Errand errand) {
        try {
            executor.execute(this);
        } finally {
            errand.sent();
        }
        if (isUnderWay() && executor instanceof ExecutorService mayLoseIt) {
            new Look(this, mayLoseIt, 0).in(FIRST_LOOK);
        }
    }

    @Override
    public final void run() {
        if (take()) {
            arrived();
        }
    }

    private void lookNoMore() {
        Look planned = look;
        if (planned != null) {
            look = null;
            planned.cancel();
        }
    }

    private boolean isMissing(ExecutorService executor) {
        if (executor.isTerminated()) {
            return true;
        }
        if (executor.getClass() == ThreadPoolExecutor.class) {
            ThreadPoolExecutor pool = (ThreadPoolExecutor) executor;
            return (pool.isShutdown() || discards(pool)) && !pool.getQueue().contains(this);
        }
        return executor instanceof ThreadPoolExecutor pool
                && pool.isShutdown()
                && pool.getQueue().isEmpty();
    }

    private static boolean discards(ThreadPoolExecutor pool) {
        RejectedExecutionHandler handler = pool.getRejectedExecutionHandler();
        return handler instanceof ThreadPoolExecutor.DiscardPolicy
                || handler instanceof ThreadPoolExecutor.DiscardOldestPolicy;
    }

    /** Looks for it now and then. The timer's thread asks nothing of a user's executor. */
    private static final class Look extends TimerEntry implements Runnable {
        private static final long serialVersionUID = 1L;
        private static final int OVER = 1;

        private final transient Delivery delivery;
        private final transient ExecutorService executor;
        private final int missed;
        private long patience;

        Look(Delivery delivery, ExecutorService executor, int missed) {
            this.delivery = delivery;
            this.executor = executor;
            this.missed = missed;
        }

        void in(long nanos) {
            patience = nanos;
            delivery.look = this;
            SystemEnvironment.start(this, nanos);
            if (!delivery.isUnderWay()) {
                delivery.lookNoMore();
            }
        }

        @Override
        void fire() {
            if (compareAndSet(WAITING, OVER)) {
                SharedThreads.INSTANCE.execute(this);
            }
        }

        @Override
        public void run() {
            boolean missing = delivery.isMissing(executor);
            // Twice at least: a task that is on its way from the queue to a thread is in neither.
            if (missing && missed >= (executor.isTerminated() ? 1 : LOOKS)) {
                if (delivery.take()) {
                    delivery.lost();
                }
            } else if (delivery.isUnderWay()) {
                new Look(delivery, executor, missing ? missed + 1 : 0)
                        .in(missing ? FIRST_LOOK : Math.min(LAST_LOOK, 2 * patience));
            }
        }

        @Override
        public void cancel() {
            lazySet(OVER);
            unschedule();
        }
    }
}
