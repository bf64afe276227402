// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Environment;
import dev.holdfast.Subscription;
import dev.holdfast.ThreadContext;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * An environment whose timers an experiment can make late: for deadlines, delays of retries and whatever else goes by them. Policies have to
 * be built with it. As long as no experiment has its {@link #burden} armed, it is the environment that it is made of.
 *
 * <p>What ends experiments is never late.
 *
 * <p>Safe to use from any thread.
 */
public final class LateTimers implements Environment {
    private final Environment inner;
    private volatile long late;

    private LateTimers(Environment inner) {
        this.inner = inner;
    }

    /**
     * Makes one of another environment, such as {@link Environment#system()}.
     *
     * @param environment does all the work
     * @return a new environment
     */
    public static LateTimers of(Environment environment) {
        return new LateTimers(Require.nonNull(environment, "environment"));
    }

    /**
     * Makes timers late that are set while an experiment has it armed. Those that are set before or after are not.
     *
     * @param by longer than zero
     * @return a new burden
     */
    public Burden burden(Duration by) {
        long nanos = Require.positiveNanos(by, "by");
        return Burden.of("timers late by " + by, () -> late = nanos, () -> late = 0);
    }

    /** One whose timers are on time. */
    static Environment onTime(Environment environment) {
        return environment instanceof LateTimers late ? late.inner : environment;
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        long more = late;
        return inner.schedule(
                task, more == 0 ? delayNanos : Math.max(0, Math.min(delayNanos, Long.MAX_VALUE - more)) + more);
    }

    @Override
    public long nanoTime() {
        return inner.nanoTime();
    }

    @Override
    public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
        return inner.await(done, nanos);
    }

    @Override
    public void wake(Thread thread) {
        inner.wake(thread);
    }

    @Override
    public long nextLong(long bound) {
        return inner.nextLong(bound);
    }

    @Override
    public Executor executor() {
        return inner.executor();
    }

    @Override
    public ThreadContext context() {
        return inner.context();
    }

    @Override
    public Errand errand() {
        return inner.errand();
    }

    @Override
    public Subscription onClose(Runnable task) {
        return inner.onClose(task);
    }

    @Override
    public boolean isClosed() {
        return inner.isClosed();
    }

    @Override
    public void close() {
        inner.close();
    }

    @Override
    public String toString() {
        return "LateTimers[" + inner + "]";
    }
}
