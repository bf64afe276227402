// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The settings of a timeout: see {@link Timeout#builder(String, Duration)}. Not thread-safe. */
public final class TimeoutBuilder {
    final String name;
    final long nanos;
    final @Nullable Function<? super Call, Duration> perCall;
    Environment environment = Environment.system();

    @Nullable Executor executor;

    boolean interrupts = true;

    TimeoutBuilder(String name, long nanos, @Nullable Function<? super Call, Duration> perCall) {
        this.name = Require.name(name);
        this.nanos = nanos;
        this.perCall = perCall;
    }

    /**
     * Where time and timers come from.
     *
     * @param value default: {@link Environment#system()}
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
        return new Timeout(this);
    }
}
