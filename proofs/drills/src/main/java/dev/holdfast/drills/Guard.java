// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Backoff;
import dev.holdfast.CallCounts;
import dev.holdfast.Pipeline;
import dev.holdfast.WorkThreads;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The pipeline around a client, in the recommended order, and whether its counts agree. */
final class Guard implements AutoCloseable {
    /** What one attempt may take. */
    static final Duration LIMIT = Duration.ofMillis(100);

    /** How blocking work runs and ends. */
    enum Mode {
        /** On its caller's thread, which is interrupted at the deadline. */
        INTERRUPTED(true, false),
        /** On its caller's thread, which nobody interrupts. */
        UNINTERRUPTED(false, false),
        /** On other threads, so that its caller goes at the deadline. */
        ELSEWHERE(true, true),
        /** On its caller's virtual thread, which is interrupted at the deadline. */
        VIRTUAL(true, false);

        private final boolean interrupts;
        private final boolean elsewhere;

        Mode(boolean interrupts, boolean elsewhere) {
            this.interrupts = interrupts;
            this.elsewhere = elsewhere;
        }

        /** A thread for each caller. */
        Executor callers() {
            String name = "drill caller ";
            return this == VIRTUAL ? WorkThreads.virtual(name) : task -> new Thread(task, name).start();
        }
    }

    final Pipeline<Object> pipeline;
    final CircuitBreaker breaker;
    final Bulkhead bulkhead;
    private final Retry<Object> retry;
    private final Timeout timeout;
    private final @Nullable ExecutorService threads;

    Guard(Mode mode, int permits) {
        retry = Retry.builder("drill")
                .maxAttempts(3)
                .backoff(Backoff.exponential(Duration.ofMillis(1), Duration.ofMillis(10)))
                .build();
        breaker = CircuitBreaker.builder("drill")
                .over(Window.calls(20))
                .failureRate(0.6)
                .openFor(Duration.ofMillis(30))
                .trials(3)
                .build();
        threads = mode.elsewhere ? Executors.newCachedThreadPool(task -> new Thread(task, "drill work")) : null;
        TimeoutBuilder limit = Timeout.builder("drill", LIMIT).interrupt(mode.interrupts);
        timeout = threads == null ? limit.build() : limit.runOn(threads).build();
        bulkhead = Bulkhead.builder("drill")
                .limit(permits)
                .queue(permits)
                .waitUpTo(Duration.ofMillis(20))
                .build();
        pipeline = Pipeline.of(retry, breaker, timeout, bulkhead);
    }

    long timedOut() {
        return timeout.counts().timedOut();
    }

    /** Where what one policy let through is not what the next one inside got. */
    List<String> imbalances(int calls, int answers, int starts) {
        List<String> found = new ArrayList<>();
        Retry.Counts repeated = retry.counts();
        Timeout.Counts limited = timeout.counts();
        long attempts = calls + repeated.retries();
        long limitedAttempts = limited.inTime() + limited.timedOut();
        long successes = repeated.firstSuccesses() + repeated.laterSuccesses();
        equal(found, "answers of calls, successes of the retry", answers, successes);
        equal(
                found,
                "attempts, calls of the breaker",
                attempts,
                breaker.counts().calls());
        equal(found, "let in by the breaker, limited", letIn(breaker.counts()), limitedAttempts);
        // Whose time is over before work begins, elsewhere or after a wait, does not begin it.
        CallCounts inside = bulkhead.counts();
        long neverBegun = limitedAttempts - inside.rejected() - inside.abandoned() - starts;
        between(found, "never begun, timed out", neverBegun, limited.timedOut());
        between(found, "let in by the bulkhead and never begun, timed out", letIn(inside) - starts, limited.timedOut());
        return found;
    }

    private static long letIn(CallCounts counts) {
        return counts.successes() + counts.failures() + counts.ignored();
    }

    private static void between(List<String> found, String what, long part, long whole) {
        if (part < 0 || part > whole) {
            found.add(what + ": " + part + ", " + whole);
        }
    }

    private static void equal(List<String> found, String what, long one, long other) {
        if (one != other) {
            found.add(what + ": " + one + ", " + other);
        }
    }

    @Override
    public void close() {
        if (threads != null) {
            threads.shutdown();
        }
    }
}
