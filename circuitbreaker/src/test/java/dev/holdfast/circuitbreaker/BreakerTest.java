// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Ending;
import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.Report;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/** What the tests of the breaker speak in: virtual time, calls in every form, and what became of the breaker. */
abstract class BreakerTest {
    static final Duration WAIT = Duration.ofSeconds(10);
    static final Duration TRIAL_TIMEOUT = Duration.ofSeconds(5);
    static final Runnable NOTHING = () -> {};

    VirtualTime time = VirtualTime.create();

    /** Opens at the first failure, for {@link #WAIT}, and tries with one call. */
    CircuitBreakerBuilder tripping() {
        return CircuitBreaker.builder("tripping")
                .environment(time)
                .noFailureRate()
                .consecutiveFailures(1)
                .openFor(WAIT)
                .trials(1)
                .trialTimeout(TRIAL_TIMEOUT);
    }

    /** Never opens by itself in these tests, but counts. */
    CircuitBreakerBuilder counting() {
        return CircuitBreaker.builder("counting")
                .environment(time)
                .noFailureRate()
                .consecutiveFailures(1_000_000);
    }

    /** The breaker open, its wait over, and nobody has asked yet. */
    CircuitBreaker waited(CircuitBreakerBuilder builder) {
        CircuitBreaker breaker = builder.build();
        breaker.transitionTo(State.OPEN);
        time.advance(breaker.report().untilNextTrial());
        return breaker;
    }

    CircuitBreaker halfOpen(CircuitBreakerBuilder builder) {
        CircuitBreaker breaker = builder.build();
        breaker.transitionTo(State.HALF_OPEN);
        return breaker;
    }

    static Duration nanos(long value) {
        return Duration.ofNanos(value);
    }

    static Permit admitted(CircuitBreaker breaker) {
        Permit permit = breaker.tryAcquire();
        assertThat(permit).as("a permit of %s", breaker).isNotNull();
        return permit;
    }

    static void assertRefuses(CircuitBreaker breaker) {
        assertThat(breaker.tryAcquire()).as("a permit of %s", breaker).isNull();
    }

    static void succeed(CircuitBreaker breaker) {
        admitted(breaker).succeeded();
    }

    static void fail(CircuitBreaker breaker) {
        admitted(breaker).failed();
    }

    static void ignore(CircuitBreaker breaker) {
        admitted(breaker).ignored();
    }

    static void times(int count, Runnable action) {
        for (int i = 0; i < count; i++) {
            action.run();
        }
    }

    static void end(Permit permit, Ending ending) {
        switch (ending) {
            case SUCCESS -> permit.succeeded();
            case FAILURE -> permit.failed();
            default -> permit.ignored();
        }
    }

    /** {@code calls, failures, slowCalls}. */
    static List<Long> window(CircuitBreaker breaker) {
        Report report = breaker.report();
        return List.of(report.calls() + report.overdue(), report.failures(), report.slowCalls());
    }

    /** Collects transitions as {@code "CLOSED>OPEN"}, safe from any thread. */
    static List<String> edges(CircuitBreaker breaker) {
        List<String> edges = java.util.Collections.synchronizedList(new ArrayList<>());
        breaker.on(StateChanged.class, event -> edges.add(event.from() + ">" + event.to()));
        return edges;
    }

    /** What user code can throw: all of it means that the dependency failed. */
    static Stream<Throwable> throwables() {
        return Stream.of(
                new Exception("checked"),
                new IllegalStateException("unchecked"),
                new Error("error"),
                new StackOverflowError("thrown"),
                new OutOfMemoryError("thrown"),
                new DeathOfThread());
    }

    /** What ends a call in each of the three ways, by the standard classifier. */
    static Throwable thrownFor(Ending ending) {
        return switch (ending) {
            case SUCCESS -> null;
            case FAILURE -> new IllegalStateException("down");
            default -> new CancellationException("gone");
        };
    }

    /** Like {@code java.lang.ThreadDeath}, which newer JDKs are about to remove. */
    static final class DeathOfThread extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** The ways to make a call. */
    enum Form {
        SYNC {
            @Override
            Throwable call(CircuitBreaker breaker, Runnable meanwhile, Throwable outcome) {
                try {
                    breaker.callChecked(() -> work(meanwhile, outcome));
                    return null;
                } catch (Throwable thrown) {
                    return thrown;
                }
            }
        },
        ASYNC {
            @Override
            Throwable call(CircuitBreaker breaker, Runnable meanwhile, Throwable outcome) {
                CompletableFuture<String> stage = new CompletableFuture<>();
                CompletableFuture<String> future = breaker.callAsync(() -> stage);
                if (!future.isDone()) {
                    meanwhile.run();
                }
                if (outcome == null) {
                    stage.complete("done");
                } else {
                    stage.completeExceptionally(outcome);
                }
                return failureOf(future);
            }
        },
        ASYNC_WITHOUT_STAGE {
            @Override
            Throwable call(CircuitBreaker breaker, Runnable meanwhile, Throwable outcome) {
                return failureOf(breaker.callAsync(() -> {
                    try {
                        return CompletableFuture.completedFuture(work(meanwhile, outcome));
                    } catch (Exception thrown) {
                        throw Form.<RuntimeException>asThrown(thrown);
                    }
                }));
            }
        },
        BY_HAND {
            @Override
            Throwable call(CircuitBreaker breaker, Runnable meanwhile, Throwable outcome) {
                try (Permit permit = breaker.acquire()) {
                    meanwhile.run();
                    permit.ended("done", outcome);
                    return outcome;
                } catch (CircuitOpenException refused) {
                    return refused;
                }
            }
        };

        /**
         * Makes one call, during which something else happens, and which then ends.
         *
         * @return what the caller gets instead of a result, or {@code null}
         */
        abstract Throwable call(CircuitBreaker breaker, Runnable meanwhile, Throwable outcome);

        static String work(Runnable meanwhile, Throwable outcome) throws Exception {
            meanwhile.run();
            if (outcome != null) {
                throw Form.<Exception>asThrown(outcome);
            }
            return "done";
        }

        static Throwable failureOf(CompletableFuture<?> future) {
            assertThat(future).isDone();
            try {
                future.join();
                return null;
            } catch (CompletionException wrapped) {
                return wrapped.getCause();
            } catch (CancellationException cancelled) {
                return cancelled;
            }
        }

        @SuppressWarnings("unchecked")
        private static <X extends Throwable> X asThrown(Throwable thrown) throws X {
            throw (X) thrown;
        }
    }

    /** Runs a body on several threads at once, all starting together, and waits for them. */
    static void race(int threads, IntConsumer body) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            CyclicBarrier start = new CyclicBarrier(threads);
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int number = i;
                all.add(pool.submit(() -> {
                    start.await(60, TimeUnit.SECONDS);
                    body.accept(number);
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get(60, TimeUnit.SECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
    }
}
