// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.holdfast.Call;
import dev.holdfast.Deadline;
import dev.holdfast.Environment;
import dev.holdfast.Permit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/** What the tests of bulkheads share. */
final class Testing {
    static final Duration LONG = Duration.ofMinutes(1);

    private Testing() {}

    /** Takes permits that must be free. */
    static List<Permit> hold(Bulkhead bulkhead, int count) {
        List<Permit> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Permit permit = bulkhead.tryAcquire();
            assertThat(permit).as("permit " + i).isNotNull();
            held.add(permit);
        }
        return held;
    }

    /** Nobody is in, nobody waits, and exactly the limit can be taken. */
    static void assertIdle(Bulkhead bulkhead) {
        int limit = bulkhead.report().limit();
        until("idle: " + bulkhead, () -> bulkhead.report().equals(new Bulkhead.Report(limit, 0, 0)));
        List<Permit> all = hold(bulkhead, limit);
        assertThat(bulkhead.tryAcquire()).as("one more than the limit").isNull();
        all.forEach(Permit::close);
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(limit, 0, 0));
    }

    /** Waits for something that another thread will do. */
    static void until(String what, BooleanSupplier holds) {
        long start = System.nanoTime();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - start > 10_000_000_000L) {
                fail("not within 10 s: " + what);
            }
            Thread.onSpinWait();
            Thread.yield();
        }
    }

    /** A call in a thread of its own, and what comes of it. */
    static <T> CompletableFuture<T> inThread(Callable<T> work) {
        CompletableFuture<T> outcome = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                outcome.complete(work.call());
            } catch (Throwable thrown) {
                outcome.completeExceptionally(thrown);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return outcome;
    }

    @SuppressWarnings("unchecked")
    static <X extends Throwable> RuntimeException sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }

    /** A stage that cannot be cancelled, as those of other libraries. */
    static final class Stubborn<T> extends CompletableFuture<T> {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }

    /** A deadline for a pipeline. */
    static final class After extends Deadline {
        private final Duration limit;
        private final Executor executor;

        After(Duration limit, Environment environment, Executor executor) {
            super("deadline", environment);
            this.limit = limit;
            this.executor = executor;
        }

        @Override
        protected long nanos(Call call) {
            return limit.toNanos();
        }

        @Override
        protected RuntimeException exceeded(long nanos) {
            return new SomeTimeoutException();
        }

        @Override
        protected void kept() {}

        @Override
        protected Executor executor() {
            return executor;
        }
    }

    static final class SomeTimeoutException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
