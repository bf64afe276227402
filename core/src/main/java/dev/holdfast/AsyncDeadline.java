// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One deadline of one asynchronous call.
 *
 * <pre>
 *   RUNNING ── timer ──▶ FIRED ── end() ──▶ OVER    too late
 *      └────── end() ─────────────────────▶ OVER    in time: a timer that comes now does nothing
 * </pre>
 */
final class AsyncDeadline implements Runnable {
    private static final int RUNNING = 0;
    private static final int FIRED = 1;
    private static final int OVER = 2;

    /** Nanoseconds. */
    final long limit;
    /** The context of the call outside of this deadline. */
    final @Nullable Call outerCall;
    /** The context of the call inside of this deadline. */
    final @Nullable Call innerCall;

    private final Consumer<AsyncDeadline> onPassed;
    private final Environment environment;
    private final AtomicInteger state = new AtomicInteger(RUNNING);
    private Environment.@Nullable Timer timer;

    AsyncDeadline(
            Consumer<AsyncDeadline> onPassed,
            Environment environment,
            long limit,
            @Nullable Call outerCall,
            @Nullable Call innerCall) {
        this.onPassed = onPassed;
        this.environment = environment;
        this.limit = limit;
        this.outerCall = outerCall;
        this.innerCall = innerCall;
    }

    void start() {
        timer = environment.schedule(this, limit);
    }

    @Override
    public void run() {
        if (state.compareAndSet(RUNNING, FIRED)) {
            onPassed.accept(this);
        }
    }

    boolean hasFired() {
        return state.get() == FIRED;
    }

    /** Ends it and removes its timer; gives whether it was in time. */
    boolean end() {
        boolean inTime = state.getAndSet(OVER) == RUNNING;
        if (timer != null) {
            timer.cancel();
        }
        return inTime;
    }
}
