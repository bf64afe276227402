// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * No combination of two policies and a callback that calls back into them deadlocks where the same calls one after the other
 * would not. Each policy has room for one call, and one thread if it has threads.
 */
class CallbacksThatCallBackTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    private final List<ExecutorService> pools = new ArrayList<>();
    private final List<AutoCloseable> closing = new ArrayList<>();

    /** How a call ends, so that its callbacks run on one thread or another. */
    private enum Completion {
        /** Before anybody can hang a callback on it. */
        AT_ONCE,
        /** On the thread on which the work began, when a callback has been attached. */
        BY_THE_WORK,
        /** On a thread that the library does not know. */
        BY_ANOTHER,
        /** By a second attempt, after the first one has failed. */
        SECOND_ATTEMPT,
        /** By a failure. */
        FAILURE
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : closing) {
            each.close();
        }
        pools.forEach(ExecutorService::shutdownNow);
    }

    private Stream<Supplier<Policy<Object>>> policies() {
        return Stream.of(
                () -> Bulkhead.of("b", 1),
                () -> closed(Bulkhead.builder("own").limit(1).ownThreads().build()),
                () -> closed(Bulkhead.builder("queue")
                        .limit(1)
                        .queue(10)
                        .waitUpTo(LONG)
                        .ownThreads()
                        .build()),
                () -> Bulkhead.builder("given").limit(1).runOn(oneThread()).build(),
                () -> Timeout.of("t", LONG),
                () -> Timeout.builder("elsewhere", LONG).runOn(oneThread()).build(),
                () -> Retry.builder("r")
                        .withoutBudget()
                        .backoff(Backoff.fixed(Duration.ofMillis(1)))
                        .build(),
                () -> CircuitBreaker.builder("c").build(),
                () -> RateLimiter.builder("l")
                        .limit(1000, Duration.ofSeconds(1))
                        .waitUpTo(LONG)
                        .build(),
                () -> Fallback.builder("f", Object.class).value("f").build());
    }

    private ExecutorService oneThread() {
        ExecutorService pool = Executors.newFixedThreadPool(1);
        pools.add(pool);
        return pool;
    }

    private Bulkhead closed(Bulkhead bulkhead) {
        closing.add(bulkhead);
        return bulkhead;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-11 a callback that calls its own policies, blocking, ends like the same calls one after the other")
    void callbacks(Completion completion) throws Exception {
        for (Supplier<Policy<Object>> one : policies().toList()) {
            for (Supplier<Policy<Object>> other : policies().toList()) {
                Pipeline<Object> pipeline = Pipeline.of(one.get(), other.get());
                CompletableFuture<Object> back =
                        started(pipeline, completion).handle((value, failure) -> pipeline.call(() -> completion));
                assertThat(outcome(pipeline, back)).isEqualTo(completion);
                // And once more from there, where the first callback was.
                CompletableFuture<Object> again = started(pipeline, completion)
                        .handle((value, failure) -> pipeline.callAsync(() -> CompletableFuture.completedFuture(1))
                                .thenApply(inner -> pipeline.call(() -> completion))
                                .join());
                assertThat(outcome(pipeline, again)).isEqualTo(completion);
            }
        }
    }

    private static Object outcome(Policy<Object> policy, CompletableFuture<Object> call) throws Exception {
        try {
            return call.get(20, SECONDS);
        } catch (TimeoutException deadlock) {
            throw new AssertionError("for ever: " + policy, deadlock);
        }
    }

    private CompletableFuture<Object> started(Pipeline<Object> pipeline, Completion completion) {
        CountDownLatch attached = new CountDownLatch(1);
        CompletableFuture<Object> stage = new CompletableFuture<>();
        boolean[] failed = {completion != Completion.SECOND_ATTEMPT};
        CompletableFuture<Object> result = pipeline.callAsync(() -> {
            if (completion == Completion.BY_THE_WORK) {
                // On the caller's own thread there is nobody who could attach one meanwhile.
                LockSupport.parkNanos(attached.getCount() == 0 ? 0 : 2_000_000);
            } else if (completion == Completion.BY_ANOTHER) {
                return stage;
            } else if (completion == Completion.FAILURE) {
                return CompletableFuture.failedFuture(new IllegalStateException("failure"));
            } else if (!failed[0]) {
                failed[0] = true;
                return CompletableFuture.failedFuture(new IllegalStateException("first attempt"));
            }
            return CompletableFuture.completedFuture(completion);
        });
        if (completion == Completion.BY_ANOTHER) {
            stage.completeAsync(() -> completion);
        }
        attached.countDown();
        return result;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-11 a listener that calls its own policy, blocking, ends like the same calls one after the other")
    void listeners(Completion completion) throws Exception {
        for (Supplier<Policy<Object>> each : policies().toList()) {
            Policy<Object> policy = each.get();
            List<Class<? extends Event>> heard = List.of(
                    Event.CallEnded.class,
                    Event.RetryScheduled.class,
                    Event.RetriesExhausted.class,
                    Event.CallRejected.class);
            // Or else each inner call's listener would call again, without end.
            AtomicInteger calls = new AtomicInteger();
            for (Class<? extends Event> type : heard) {
                try {
                    policy.on(type, event -> {
                        if (calls.getAndIncrement() < 3) {
                            policy.call(() -> completion);
                        }
                    });
                } catch (IllegalArgumentException notOfThis) {
                    continue;
                }
            }
            CompletableFuture<Object> call = started(Pipeline.of(policy), completion);
            assertThat(outcome(policy, call.handle((value, failure) -> completion)))
                    .isEqualTo(completion);
        }
    }
}
