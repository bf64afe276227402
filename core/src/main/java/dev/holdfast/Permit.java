// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One admission through a {@link Gate}, for code that cannot be wrapped.
 *
 * <pre>{@code
 * try (Permit permit = breaker.acquire()) {
 *     send(request);
 *     permit.succeeded();
 * }
 * }</pre>
 *
 * <p>The first report counts, every later one changes nothing. A permit that is closed without a report counts as
 * ignored. Safe to report from any thread.
 */
public final class Permit implements AutoCloseable {
    private static final VarHandle ENDED;

    static {
        try {
            ENDED = MethodHandles.lookup().findVarHandle(Permit.class, "ended", boolean.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final Gate gate;
    private final long stamp;
    private final long start;

    @SuppressWarnings("unused") // Through ENDED.
    private volatile boolean ended;

    Permit(Gate gate, long stamp, long start) {
        this.gate = gate;
        this.stamp = stamp;
        this.start = start;
    }

    /**
     * Reports a success.
     *
     * @return whether this was the first report
     */
    public boolean succeeded() {
        return end(Ending.SUCCESS, null);
    }

    /**
     * Reports a failure.
     *
     * @return whether this was the first report
     */
    public boolean failed() {
        return end(Ending.FAILURE, null);
    }

    /**
     * Reports an ending that says nothing about the dependency.
     *
     * @return whether this was the first report
     */
    public boolean ignored() {
        return end(Ending.IGNORED, null);
    }

    /**
     * Reports an outcome and lets the gate's classifier decide what it means.
     *
     * @param value the result, if nothing was thrown
     * @param failure what was thrown, or {@code null}
     * @return whether this was the first report
     */
    public boolean ended(@Nullable Object value, @Nullable Throwable failure) {
        return end(gate.classify(null, value, failure), failure);
    }

    /** Reports an ignored ending, unless there was a report. */
    @Override
    public void close() {
        end(Ending.IGNORED, null);
    }

    private boolean end(Ending ending, @Nullable Throwable failure) {
        if (!ENDED.compareAndSet(this, false, true)) {
            return false;
        }
        if (stamp < 0) {
            // It has passed by the gate.
            return true;
        }
        try {
            gate.leave(stamp, ending, null, failure, start, Gate.NO_TIME, null);
        } catch (Throwable broken) {
            // The work has ended, and nothing that the gate asks makes that a failure.
            gate.outcomeStands(broken, null);
        }
        return true;
    }
}
