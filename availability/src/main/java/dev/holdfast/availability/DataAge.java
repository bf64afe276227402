// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * How old the data are, as far as somebody can tell. Whoever reads it asks the dependency, mostly, so it throws or hangs just when that is down:
 * it is read on a thread of its own, and what is not known is not measured. Safe to use from any thread.
 */
final class DataAge {
    /** Nothing is known of it. */
    static final long UNKNOWN = -1;

    private final Supplier<Duration> age;
    private final Environment environment;
    private final Consumer<Throwable> complain;
    private final AtomicBoolean reading = new AtomicBoolean();
    /** Said once, until it is well again. */
    private final AtomicBoolean complained = new AtomicBoolean();

    private volatile long nanos = UNKNOWN;

    /** @param complain hears what reading it throws, once until it is well again */
    DataAge(Supplier<Duration> age, Environment environment, Consumer<Throwable> complain) {
        this.age = age;
        this.environment = environment;
        this.complain = complain;
    }

    /** As it was read the last time, in nanoseconds; {@link #UNKNOWN} where that did not work, or is not over. */
    long nanos() {
        return nanos;
    }

    /** Begins to read it, unless somebody does. */
    void read() {
        if (!reading.compareAndSet(false, true)) {
            nanos = UNKNOWN;
            return;
        }
        try {
            environment.executor().execute(this::readNow);
        } catch (Throwable refused) {
            failed(refused);
        }
    }

    private void readNow() {
        try {
            nanos = Require.saturatedNanos(Require.nonNull(age.get(), "age"));
            complained.set(false);
            reading.set(false);
        } catch (Throwable thrown) {
            failed(thrown);
        }
    }

    private void failed(Throwable thrown) {
        nanos = UNKNOWN;
        reading.set(false);
        if (complained.compareAndSet(false, true)) {
            complain.accept(thrown);
        }
    }
}
