// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The settings of a timeout: see {@link Timeout#builder(String, Duration)}. Not thread-safe. */
public final class TimeoutBuilder {
    final String name;
    final @Nullable Function<? super Call, Duration> perCall;
    long nanos;
    private boolean hasDuration;
    Environment environment = Environment.standard();

    @Nullable Executor executor;

    boolean interrupts = true;

    TimeoutBuilder(String name, @Nullable Function<? super Call, Duration> perCall) {
        this.name = Require.name(name);
        this.perCall = perCall;
    }

    /** For settings that come one by one: the duration has to be among them. */
    static TimeoutBuilder withoutDuration(String name) {
        return new TimeoutBuilder(name, null);
    }

    boolean hasDuration() {
        return hasDuration;
    }

    /**
     * How long a call may take.
     *
     * @param value zero, negative and huge ones as {@link Timeout} says
     * @return this builder
     * @throws IllegalStateException if the duration depends on the call
     */
    public TimeoutBuilder duration(Duration value) {
        long changed = Timeout.nanos(value, "duration");
        if (perCall != null) {
            throw new IllegalStateException("Timeout " + Event.quoted(name) + ": duration " + value
                    + " (expected: a timeout of a fixed duration)");
        }
        nanos = changed;
        hasDuration = true;
        return this;
    }

    /**
     * Where time and timers come from.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public TimeoutBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * Runs blocking calls on an executor, and lets their callers go at the deadline. Work that has not started by then
     * never will; work that runs is interrupted, and whatever it gives is not seen. If the executor refuses the work, or loses it
     * because it is shut down, the caller gets an {@link dev.holdfast.UnavailableException}; an executor that drops work without a
     * word lets its caller wait until the deadline. Asynchronous calls have no use for it and stay where they are.
     *
     * @param value must run work on another thread: nobody could let a caller go who is busy with the work himself, as
     *     {@link java.util.concurrent.ThreadPoolExecutor.CallerRunsPolicy} has it; stays the caller's; default: none, the
     *     work runs on its caller's thread
     * @return this builder
     */
    public TimeoutBuilder runOn(Executor value) {
        executor = Require.nonNull(value, "executor");
        return this;
    }

    /**
     * Whether work is interrupted at the deadline. Without it, work on its caller's thread runs to its end, or to that of its own
     * {@linkplain Call#onAbandon hooks}, and only then does the caller get the timeout; work on an executor goes on without a caller;
     * stages are cancelled by {@code cancel(false)}. For work that shares what an interrupt would destroy: see {@link Timeout}.
     *
     * @param value default: {@code true}
     * @return this builder
     */
    public TimeoutBuilder interrupt(boolean value) {
        interrupts = value;
        return this;
    }

    /**
     * Builds the timeout.
     *
     * @return a new timeout
     */
    public Timeout build() {
        if (perCall == null && !hasDuration) {
            throw new IllegalArgumentException("duration: missing (expected: how long a call may take)");
        }
        return new Timeout(copy());
    }

    TimeoutBuilder copy() {
        TimeoutBuilder copy = new TimeoutBuilder(name, perCall);
        copy.nanos = nanos;
        copy.hasDuration = hasDuration;
        copy.environment = environment;
        copy.executor = executor;
        copy.interrupts = interrupts;
        return copy;
    }
}
