// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.CallCounts;
import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Threads that call the stock service through a pipeline until they are told to stop, and what must hold then. */
final class DrillCallers implements AutoCloseable {
    private static final int THREADS = 4;
    private static final long PERIOD = TimeUnit.MILLISECONDS.toNanos(5);
    private static final int BURST = 10;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

    final CircuitBreaker breaker = CircuitBreaker.builder("drill")
            .over(Window.calls(20))
            .minimumCalls(5)
            .failureRate(0.5)
            .openFor(Duration.ofMillis(200))
            .build();
    private final Retry<Object> retry = Retry.builder("drill")
            .maxAttempts(2)
            .backoff(Backoff.fixed(Duration.ofMillis(10)))
            .build();
    private final RateLimiter limiter = RateLimiter.builder("drill")
            .limit(200, Duration.ofSeconds(1))
            .burst(BURST)
            .build();
    private final Timeout timeout = Timeout.of("drill", Duration.ofMillis(300));
    /** One place less than there are callers. */
    private final Bulkhead bulkhead =
            Bulkhead.builder("drill").limit(THREADS - 1).build();

    private final StockClient client;
    private final List<Thread> threads = new ArrayList<>();
    private final ConcurrentLinkedQueue<Long> begun = new ConcurrentLinkedQueue<>();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger mostInside = new AtomicInteger();
    private final AtomicInteger strayFlags = new AtomicInteger();
    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong answers = new AtomicLong();
    private volatile boolean stopped;

    DrillCallers(URI server) {
        client = new StockClient(server, StockClient.TIMEOUT, () -> {});
        Pipeline<Object> pipeline = Pipeline.of(retry, breaker, limiter, timeout, bulkhead);
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> callUntilStopped(pipeline), "drill-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void callUntilStopped(Pipeline<Object> pipeline) {
        while (!stopped) {
            calls.incrementAndGet();
            try {
                pipeline.callChecked(this::ask);
                answers.incrementAndGet();
            } catch (Exception expected) {
                // What a caller gets is looked at elsewhere.
            }
            strayFlags.addAndGet(Thread.interrupted() ? 1 : 0);
            pause();
        }
    }

    private Object ask() throws Exception {
        begun.add(System.nanoTime());
        mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
        try {
            return client.stock("a");
        } finally {
            inside.decrementAndGet();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(2);
        } catch (InterruptedException stray) {
            throw new AssertionError(stray);
        }
    }

    /** Waits for so many more answers. */
    void awaitAnswers(int more) {
        long wanted = answers.get() + more;
        until(more + " more answers", () -> answers.get() >= wanted);
    }

    void awaitState(CircuitBreaker.State state) {
        until("state " + state, () -> breaker.report().state() == state);
    }

    static void until(String what, BooleanSupplier holds) {
        long start = System.nanoTime();
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as("time until %s", what).isLessThan(PATIENCE);
            pause();
        }
    }

    /** Ends the calls that are under way, and reads from the counters what must hold whatever has happened. */
    void stopAndCheck() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join(TimeUnit.NANOSECONDS.toMillis(PATIENCE));
            assertThat(thread.isAlive()).as("%s still calls", thread.getName()).isFalse();
        }
        assertThat(strayFlags).as("TO-2: stray interrupts").hasValue(0);
        assertThat(bulkhead.report()).as("BH-1").isEqualTo(new Bulkhead.Report(THREADS - 1, 0, 0));
        assertThat(mostInside.get()).as("BH-6: at once").isLessThanOrEqualTo(THREADS - 1);
        CallCounts seenByBreaker = breaker.counts();
        CallCounts seenByLimiter = limiter.counts();
        CallCounts seenByBulkhead = bulkhead.counts();
        Timeout.Counts times = timeout.counts();
        assertThat(seenByBreaker.calls())
                .as("MX-1: attempts")
                .isEqualTo(calls.get() + retry.counts().retries());
        assertThat(seenByLimiter.calls())
                .as("MX-1: calls at the limiter")
                .isEqualTo(seenByBreaker.calls() - seenByBreaker.rejected());
        assertThat(times.inTime() + times.timedOut())
                .as("MX-1: calls at the timeout")
                .isEqualTo(seenByLimiter.calls() - seenByLimiter.rejected());
        assertThat(seenByBulkhead.calls())
                .as("MX-1: calls at the bulkhead")
                .isEqualTo(times.inTime() + times.timedOut());
        assertThat((long) begun.size()).as("MX-1: work").isEqualTo(seenByBulkhead.calls() - seenByBulkhead.rejected());
        checkRate();
    }

    /** RL-1 in all stretches of time; those who were let in and then held up may begin later, all of them at once. */
    private void checkRate() {
        long[] at = begun.stream().mapToLong(Long::longValue).sorted().toArray();
        for (int from = 0; from < at.length; from++) {
            for (int to = from; to < at.length; to++) {
                long allowed = (at[to] - at[from]) / PERIOD + BURST + THREADS;
                assertThat((long) to - from + 1)
                        .as("RL-1: from %s to %s", from, to)
                        .isLessThanOrEqualTo(allowed);
            }
        }
    }

    @Override
    public void close() {
        stopped = true;
        client.close();
    }
}
