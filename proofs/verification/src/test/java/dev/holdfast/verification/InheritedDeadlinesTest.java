// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Outcome;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.UnavailableException;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimitedException;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.testkit.Way;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How long a call may take, as somebody further out has said. */
class InheritedDeadlinesTest {
    private final VirtualTime time = VirtualTime.create();
    private final Timeout timeout =
            Timeout.builder("each", Duration.ofSeconds(5)).environment(time).build();
    private final Retry<Object> retry = Retry.builder("stock")
            .withoutBudget()
            .environment(time)
            .maxAttempts(10)
            .backoff(Backoff.fixed(Duration.ofSeconds(1)))
            .build();

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    private Outcome<Object> inside(Duration limit, Way way, Pipeline<Object> pipeline, Script<Object> script) {
        if (way == Way.BLOCKING) {
            return time.within(limit, () -> way.call(pipeline, script));
        }
        CompletableFuture<Object> future = time.within(limit, () -> way.start(pipeline, script));
        CompletableFuture<Outcome<Object>> outcome = future.handle(
                (value, failure) -> failure == null ? Outcome.ofResult(value) : Outcome.ofFailure(failure));
        return time.join(outcome);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("DL-5 a timeout ends with what is left, whether a pipeline or the thread says so")
    void timeoutEndsEarlier(Way way) {
        Pipeline<Object> pipeline = Pipeline.<Object>of(timeout);
        long start = time.nanoTime();
        assertThat(way.call(pipeline.within(ms(300)), Script.<Object>of(time).hangs())
                        .failure())
                .isInstanceOf(TimeoutExceededException.class)
                .hasMessageContaining("0.3S");
        assertThat(time.nanoTime() - start).isEqualTo(ms(300).toNanos());

        start = time.nanoTime();
        assertThat(inside(ms(200), way, pipeline, Script.<Object>of(time).hangs())
                        .failure())
                .isInstanceOf(TimeoutExceededException.class);
        assertThat(time.nanoTime() - start).isEqualTo(ms(200).toNanos());

        start = time.nanoTime();
        inside(ms(400), way, pipeline.within(ms(100)), Script.<Object>of(time).hangs());
        assertThat(time.nanoTime() - start).isEqualTo(ms(100).toNanos());
        start = time.nanoTime();
        inside(ms(100), way, pipeline.within(ms(400)), Script.<Object>of(time).hangs());
        assertThat(time.nanoTime() - start).isEqualTo(ms(100).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "DL-5 a timeout that its caller's time cuts short says so, and nobody takes it for the dependency's failure")
    void theCallersTimeIsNoFailure(Way way) {
        ExecutorService threads = Executors.newCachedThreadPool();
        Timeout elsewhere = Timeout.builder("elsewhere", Duration.ofSeconds(5))
                .environment(time)
                .runOn(threads)
                .build();
        for (Timeout each : List.of(timeout, elsewhere)) {
            CircuitBreaker breaker = CircuitBreaker.builder("stock")
                    .environment(time)
                    .consecutiveFailures(1)
                    .build();
            Pipeline<Object> pipeline = Pipeline.<Object>of(retry, breaker, each);
            Throwable failure = way.call(
                            pipeline.within(ms(300)), Script.<Object>of(time).hangs())
                    .failure();
            assertThat(failure)
                    .isInstanceOf(TimeoutExceededException.class)
                    .hasMessageEndingWith(
                            " ended the call after PT0.3S, which is what its caller had left; its own limit is PT5S");
            TimeoutExceededException exceeded = (TimeoutExceededException) failure;
            assertThat(exceeded.isInherited()).isTrue();
            assertThat(exceeded.limit()).isEqualTo(Duration.ofSeconds(5));
            assertThat(exceeded.allowed()).isEqualTo(ms(300));
            assertThat(each.counts().timedOut()).isEqualTo(1);
            assertThat(breaker.counts().ignored()).isEqualTo(1);
            assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.CLOSED);

            assertThat(way.call(
                                    Pipeline.<Object>of(breaker, each).within(Duration.ofSeconds(9)),
                                    Script.<Object>of(time).hangs())
                            .failure())
                    .isInstanceOfSatisfying(
                            TimeoutExceededException.class,
                            own -> assertThat(own.isInherited()).isFalse());
            assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN);
        }
        threads.shutdown();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "DL-5 a rule on the exception says otherwise, one on a class above it does not; a fallback has the last word")
    void rulesOnTheCallersTime(Way way) {
        for (boolean counts : List.of(true, false)) {
            CircuitBreaker breaker = CircuitBreaker.builder("stock")
                    .environment(time)
                    .consecutiveFailures(1)
                    .classify(so ->
                            counts ? so.failOn(TimeoutExceededException.class) : so.failOn(RuntimeException.class))
                    .build();
            way.call(
                    Pipeline.<Object>of(breaker, timeout).within(ms(300)),
                    Script.<Object>of(time).hangs());
            assertThat(breaker.state() == CircuitBreaker.State.OPEN).isEqualTo(counts);
        }
        Fallback<Object> fallback = Fallback.builder("stock", Object.class)
                .environment(time)
                .value("none")
                .build();
        assertThat(way.call(
                                Pipeline.of(fallback, timeout).within(ms(300)),
                                Script.<Object>of(time).hangs())
                        .result())
                .contains("none");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("DL-6 a retry whose wait would pass it does not wait")
    void retryStops(Way way) {
        Pipeline<Object> pipeline = Pipeline.<Object>of(retry);
        Script<Object> work =
                Script.<Object>of(time).fails(new IOException("down")).times(10);
        assertThat(way.call(pipeline.within(ms(2_500)), work).failure()).hasMessage("down");
        assertThat(work.calls()).isEqualTo(3);

        Script<Object> again =
                Script.<Object>of(time).fails(new IOException("down")).times(10);
        inside(ms(1_500), way, pipeline, again);
        assertThat(again.calls()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a wait for a turn that would pass it is refused at once")
    void turns(Way way) {
        RateLimiter limiter = RateLimiter.builder("stock")
                .environment(time)
                .limit(1, Duration.ofSeconds(1))
                .waitUpTo(Duration.ofSeconds(10))
                .build();
        limiter.drain();
        Pipeline<Object> pipeline = Pipeline.<Object>of(limiter);
        long start = time.nanoTime();
        assertThat(way.call(pipeline.within(ms(500)), Script.<Object>of(time).gives("late"))
                        .failure())
                .isInstanceOf(RateLimitedException.class);
        assertThat(time.nanoTime()).isEqualTo(start);
        assertThat(way.call(pipeline.within(ms(1_500)), Script.<Object>of(time).gives("there"))
                        .result())
                .contains("there");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("DL-2 a call that has no time left does not begin")
    void expired(Way way) {
        Script<Object> work = Script.<Object>of(time).gives("never");
        assertThat(way.call(Pipeline.<Object>of(retry).within(Duration.ZERO), work)
                        .failure())
                .isInstanceOf(UnavailableException.class);
        assertThat(inside(Duration.ofSeconds(-1), way, Pipeline.<Object>of(retry), work)
                        .failure())
                .isInstanceOf(UnavailableException.class);
        assertThat(work.calls()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("it ends nothing by itself: a result that comes too late is given")
    void endsNothing(Way way) {
        Script<Object> slow = Script.<Object>of(time).gives("late").after(ms(900));
        assertThat(way.call(Pipeline.<Object>of(retry).within(ms(100)), slow).result())
                .contains("late");
    }

    @Test
    @DisplayName("DL-1 the work knows what is left, and calls that it makes have no more than that")
    void nested() {
        List<Optional<Duration>> left = new ArrayList<>();
        Pipeline<Object> inner = Pipeline.<Object>of(Timeout.builder("inner", Duration.ofSeconds(9))
                .environment(time)
                .build());
        Pipeline<Object> outer = Pipeline.<Object>of(retry).within(ms(1_000));
        outer.callWith(call -> {
            left.add(call.timeLeft());
            time.advance(ms(400));
            left.add(call.timeLeft());
            return inner.callWith(nested -> {
                left.add(nested.timeLeft());
                return "done";
            });
        });
        assertThat(left).containsExactly(Optional.of(ms(1_000)), Optional.of(ms(600)), Optional.of(ms(600)));
        assertThat(time.timeLeft()).isEmpty();
    }

    @Test
    @DisplayName("DL-1 an asynchronous call takes it along, to further attempts and to calls that they make")
    void asynchronousNested() {
        List<Optional<Duration>> left = new ArrayList<>();
        Pipeline<Object> inner = Pipeline.<Object>of(retry);
        CompletableFuture<Object> future = time.within(
                ms(5_000),
                () -> retry.callAsyncWith(call -> {
                    left.add(call.timeLeft());
                    inner.callWith(nested -> {
                        left.add(nested.timeLeft());
                        return "nested";
                    });
                    return call.attempt() < 3
                            ? CompletableFuture.failedFuture(new IOException("down"))
                            : CompletableFuture.completedFuture("there");
                }));
        assertThat(time.join(future)).isEqualTo("there");
        assertThat(left)
                .containsExactly(
                        Optional.of(ms(5_000)),
                        Optional.of(ms(5_000)),
                        Optional.of(ms(4_000)),
                        Optional.of(ms(4_000)),
                        Optional.of(ms(3_000)),
                        Optional.of(ms(3_000)));
    }

    @Test
    @DisplayName("DL-5 a detached pipeline does not know it, and what it calls does not either")
    void detached() {
        Pipeline<Object> audit = Pipeline.<Object>of(timeout).detached();
        time.runWithin(ms(100), () -> {
            assertThat(audit.<Object>callWith(call -> call.timeLeft().orElseThrow()))
                    .isEqualTo(Duration.ofSeconds(5));
            audit.run(() -> assertThat(time.timeLeft()).isEmpty());
            assertThat(audit.within(ms(50))
                            .<Object>callWith(call -> call.timeLeft().orElseThrow()))
                    .isEqualTo(ms(50));
            assertThat(time.timeLeft()).contains(ms(100));
        });
        CompletableFuture<Object> later = time.within(
                ms(100), () -> audit.callAsyncWith(call -> CompletableFuture.completedFuture(call.timeLeft())));
        assertThat(later).isCompletedWithValue(Optional.of(Duration.ofSeconds(5)));
    }

    @Test
    @DisplayName("DL-8 it is gone afterwards, also when work throws, and visible on threads of runOn and of a bulkhead")
    void goneAndElsewhere() throws Exception {
        assertThatThrownBy(() -> time.runWithin(ms(100), () -> {
                    throw new IOException("down");
                }))
                .isInstanceOf(IOException.class);
        assertThat(time.timeLeft()).isEmpty();

        Environment real = Environment.builder().build();
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            Pipeline<Object> elsewhere = Pipeline.<Object>of(Timeout.builder("elsewhere", Duration.ofSeconds(60))
                    .environment(real)
                    .runOn(threads)
                    .build());
            Bulkhead own =
                    Bulkhead.builder("own").environment(real).ownThreads().build();
            real.runWithin(Duration.ofSeconds(20), () -> {
                Thread here = Thread.currentThread();
                elsewhere.run(() -> {
                    assertThat(Thread.currentThread()).isNotSameAs(here);
                    assertThat(real.timeLeft().orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(20));
                });
                own.run(() -> {
                    assertThat(Thread.currentThread()).isNotSameAs(here);
                    assertThat(real.timeLeft().orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(20));
                });
                Thread foreign = new Thread(() -> assertThat(real.timeLeft()).isEmpty());
                foreign.start();
                foreign.join();
            });
            assertThat(threads.submit(() -> real.timeLeft()).get()).isEmpty();
            CompletableFuture<Optional<Duration>> carried = real.within(
                    Duration.ofSeconds(20),
                    () -> CompletableFuture.supplyAsync(real::timeLeft, real.carrying(threads)));
            assertThat(carried.get())
                    .hasValueSatisfying(left -> assertThat(left).isLessThanOrEqualTo(Duration.ofSeconds(20)));
            assertThat(CompletableFuture.supplyAsync(real::timeLeft, real.carrying(threads))
                            .get())
                    .isEmpty();
            own.close();
        } finally {
            threads.shutdownNow();
            real.close();
        }
    }

    @Test
    @DisplayName("it is by one environment's clock: calls of another do not know it")
    void otherEnvironment() {
        Retry<Object> elsewhere = Retry.builder("other")
                .withoutBudget()
                .environment(VirtualTime.create())
                .build();
        time.runWithin(
                ms(100),
                () -> assertThat(elsewhere.<Object>callWith(call -> call.timeLeft()))
                        .isEqualTo(Optional.empty()));
    }

    @Test
    @DisplayName("it is said of the outermost pipeline, and of no part of it")
    void outermost() {
        Pipeline<Object> part = Pipeline.<Object>of(timeout).within(ms(300));
        assertThatThrownBy(() -> Pipeline.<Object>of(retry, part))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("within, or detached: of Pipeline[Timeout['each'");
        assertThatThrownBy(() -> Pipeline.<Object>of(retry, part.detached()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(part.then(retry).<Object>callWith(call -> call.timeLeft().orElseThrow()))
                .isEqualTo(ms(300));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("listeners hear of the deadline that a timeout was held to")
    void told(Way way) {
        List<Duration> limits = new ArrayList<>();
        timeout.on(Event.TimedOut.class, e -> limits.add(e.limit()));
        way.call(
                Pipeline.<Object>of(timeout).within(ms(300)),
                Script.<Object>of(time).hangs());
        assertThat(limits).containsExactly(ms(300));
        assertThat(timeout.counts().timedOut()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "DL-6 a place in a bulkhead's line is given up when there is no time left, and work does not begin then")
    void lines(Way way) {
        Bulkhead full = Bulkhead.builder("full")
                .environment(time)
                .limit(1)
                .queue(5)
                .waitUpTo(Duration.ofSeconds(2))
                .build();
        Permit taken = full.acquire();
        long start = time.nanoTime();
        Script<Object> work = Script.<Object>of(time).gives("never");
        assertThat(way.call(Pipeline.<Object>of(full).within(ms(100)), work).failure())
                .isInstanceOf(UnavailableException.class);
        assertThat(time.nanoTime() - start).isEqualTo(ms(100).toNanos());
        assertThat(work.calls()).isZero();
        assertThat(full.counts().abandoned()).isEqualTo(1);
        taken.close();
        assertThat(full.report().inFlight()).isZero();
        assertThat(full.report().waiting()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a call that was refused because there was no time left is told as a whole, too")
    void refusedIsTold(Way way) {
        List<Event.CallCompleted> told = new ArrayList<>();
        Pipeline<Object> pipeline = Pipeline.<Object>of(retry);
        pipeline.on(Event.CallCompleted.class, told::add);
        way.call(pipeline.within(Duration.ZERO), Script.<Object>of(time).gives("never"));
        assertThat(told).hasSize(1);
        assertThat(told.get(0).outcome().failure()).isInstanceOf(UnavailableException.class);
    }

    @Test
    @DisplayName(
            "DL-8 a limit leaves nothing on a thread that work was handed to, nor does it hold for what is detached there")
    void onOtherThreads() throws Exception {
        Environment real = Environment.builder().build();
        ExecutorService one = Executors.newSingleThreadExecutor();
        try {
            Bulkhead elsewhere =
                    Bulkhead.builder("elsewhere").environment(real).runOn(one).build();
            Retry<Object> again = Retry.builder("again")
                    .withoutBudget()
                    .environment(real)
                    .backoff(Backoff.none())
                    .build();
            Pipeline<Object> pipeline = Pipeline.of(elsewhere, again);
            AtomicInteger attempts = new AtomicInteger();
            Runnable fails = () -> {
                attempts.incrementAndGet();
                throw new IllegalStateException("down");
            };
            pipeline.within(ms(50)).run(() -> {
                try {
                    Thread.sleep(100);
                } catch (InterruptedException stop) {
                    throw new AssertionError(stop);
                }
                assertThatThrownBy(() -> Pipeline.<Object>of(again).detached().run(fails))
                        .hasMessage("down");
                assertThat(attempts).hasValue(3);
            });
            // As many threads as there is no place for in the table that is looked at first.
            CountDownLatch in = new CountDownLatch(1_300);
            CountDownLatch out = new CountDownLatch(1);
            Timeout patient = Timeout.builder("patient", Duration.ofMinutes(1))
                    .environment(real)
                    .build();
            List<Thread> crowd = new ArrayList<>();
            for (int i = 0; i < 1_300; i++) {
                Thread thread = new Thread(() -> patient.run(() -> {
                    in.countDown();
                    try {
                        out.await();
                    } catch (InterruptedException stop) {
                        throw new AssertionError(stop);
                    }
                }));
                thread.setDaemon(true);
                thread.start();
                crowd.add(thread);
            }
            in.await();
            attempts.set(0);
            assertThatThrownBy(() -> pipeline.run(fails)).hasMessage("down");
            assertThat(attempts).hasValue(3);
            out.countDown();
            for (Thread thread : crowd) {
                thread.join();
            }
        } finally {
            one.shutdownNow();
            real.close();
        }
    }

    @Test
    @DisplayName("DL-8 whoever gives an asynchronous call its turn, or completes its stage, does not give it his limit")
    void notOfOthers() {
        Environment inline = Environment.builder().executor(Runnable::run).build();
        Bulkhead one = Bulkhead.builder("one")
                .environment(inline)
                .limit(1)
                .queue(2)
                .waitUpTo(Duration.ofMinutes(1))
                .build();
        Permit taken = one.acquire();
        CompletableFuture<Optional<Duration>> free =
                one.callAsync(() -> CompletableFuture.completedFuture(inline.timeLeft()));
        CompletableFuture<Optional<Duration>> limited = inline.within(
                Duration.ofMinutes(9), () -> one.callAsync(() -> CompletableFuture.completedFuture(inline.timeLeft())));
        inline.runWithin(Duration.ofMinutes(5), taken::close);
        assertThat(free).isCompletedWithValue(Optional.empty());
        assertThat(limited.join().orElseThrow()).isGreaterThan(Duration.ofMinutes(8));

        Fallback<Object> instead = Fallback.<Object>builder("instead", Object.class)
                .environment(inline)
                .apply(replaced -> inline.timeLeft())
                .build();
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> replaced = instead.callAsync(() -> stage);
        inline.runWithin(Duration.ofMinutes(5), () -> stage.completeExceptionally(new IOException("down")));
        assertThat(replaced).isCompletedWithValue(Optional.empty());
        inline.close();
    }

    @Test
    @DisplayName("the future of an asynchronous call keeps nothing of the calls that it was made inside of")
    void keepsNothing() throws Exception {
        List<CompletableFuture<Object>> kept = new ArrayList<>();
        WeakReference<Object> argument = new WeakReference<>(new Object());
        Function<Object, Object> around = Pipeline.<Object>of(timeout)
                .functionWith((call, it) -> time.within(ms(100), () -> {
                    kept.add(retry.callAsync(() -> CompletableFuture.completedFuture("done")));
                    kept.add(retry.callAsync(CompletableFuture::new));
                    return "done";
                }));
        around.apply(argument.get());
        for (int i = 0; i < 500 && argument.get() != null; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(argument.get()).isNull();
        assertThat(kept).hasSize(2);
    }
}
