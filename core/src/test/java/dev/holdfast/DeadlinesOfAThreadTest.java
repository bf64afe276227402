// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deadlines of calls around each other, in pipelines that know nothing of each other; and interrupts of others among them. */
@Timeout(60)
class DeadlinesOfAThreadTest {
    private static final Environment SYSTEM = Environment.system();
    private static final long SECOND = 1_000_000_000L;

    private final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        pool.shutdownNow();
        assertThat(Thread.interrupted()).as("stray flag").isFalse();
        assertThat(Interruptions.innermost()).isNull();
    }

    private static Lab.Limit limit(Duration duration) {
        return new Lab.Limit(SYSTEM, duration.toNanos());
    }

    /** Goes on for so long whatever happens, and leaves the flag as it is. */
    private static void deaf(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() - end < 0) {
            Thread.onSpinWait();
        }
    }

    private static Duration took(Runnable call) {
        long start = System.nanoTime();
        call.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Test
    @DisplayName(
            "TO-7 the outer call ends the rest of its work at its time, also after an inner call's deadline has passed")
    void outerAfterInner() {
        Lab.Limit inner = limit(ms(100));
        for (Duration outer : List.of(ms(150), ms(250))) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Duration took =
                    took(() -> thrown.set(catchThrowable(() -> limit(outer).callChecked(() -> {
                        assertThatThrownBy(() -> inner.run(() -> deaf(ms(200)))).isInstanceOf(Lab.Exceeded.class);
                        Thread.sleep(20_000);
                        return "slept";
                    }))));
            assertThat(thrown.get())
                    .isInstanceOf(Lab.Exceeded.class)
                    .hasMessageContaining("limit after " + outer.toNanos());
            assertThat(took).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    @DisplayName("TO-7 three levels deep, whichever passes first, and in the wait of a loop")
    void threeLevels() {
        for (long[] limits : new long[][] {{100, 150, 200}, {200, 150, 100}, {150, 100, 200}, {150, 150, 150}}) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Duration took = took(() ->
                    thrown.set(catchThrowable(() -> limit(ms(limits[0])).callChecked(() -> {
                        catchThrowable(() -> limit(ms(limits[1])).callChecked(() -> {
                            catchThrowable(() -> limit(ms(limits[2])).run(() -> deaf(ms(250))));
                            Thread.sleep(20_000);
                            return "slept inside";
                        }));
                        return new Again(SYSTEM, 3, 20 * SECOND).callChecked(() -> {
                            throw new IllegalStateException();
                        });
                    }))));
            assertThat(thrown.get())
                    .isInstanceOf(Lab.Exceeded.class)
                    .hasMessageContaining("after " + ms(limits[0]).toNanos());
            assertThat(took).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    @DisplayName(
            "TO-7 work that its caller has left behind is ended, also where a deadline of its own passes meanwhile")
    void abandonedWork() throws Exception {
        CountingGate gate = new CountingGate("g", SYSTEM) {
            @Override
            protected Executor executor() {
                return pool;
            }
        };
        CountDownLatch ended = new CountDownLatch(1);
        long start = System.nanoTime();
        assertThatThrownBy(() -> Pipeline.of(limit(ms(150)), gate).callChecked(() -> {
                    try {
                        catchThrowable(() -> limit(ms(100)).run(() -> deaf(ms(250))));
                        Thread.sleep(20_000);
                    } finally {
                        ended.countDown();
                    }
                    return "slept";
                }))
                .isInstanceOf(Lab.Exceeded.class);
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(System.nanoTime() - start).isLessThan(10 * SECOND);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    @DisplayName("TO-3 an interrupt that came before the deadlines is not lost where work cleans up past them")
    void interruptBeforeDeadline(int deadlines) throws Exception {
        Pipeline<Object> pipeline = Pipeline.of();
        for (int i = 0; i < deadlines; i++) {
            pipeline = pipeline.then(limit(ms(300)));
        }
        Pipeline<Object> limited = pipeline;
        AtomicReference<String> seen = new AtomicReference<>();
        CountDownLatch sleeps = new CountDownLatch(1);
        Thread thread = new Thread(() -> {
            Throwable thrown = catchThrowable(() -> limited.callChecked(() -> {
                try {
                    sleeps.countDown();
                    Thread.sleep(20_000);
                    return "slept";
                } catch (InterruptedException interrupt) {
                    deaf(ms(400));
                    throw interrupt;
                }
            }));
            seen.set(thrown.getClass().getSimpleName() + ", flag "
                    + Thread.currentThread().isInterrupted());
        });
        thread.start();
        sleeps.await();
        thread.interrupt();
        thread.join();
        assertThat(seen).hasValue("Exceeded, flag true");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "TO-3 an interrupt while an inner deadline runs, or after it has passed and was noticed, is there at the end")
    void interruptAround(boolean after) throws Exception {
        AtomicReference<String> seen = new AtomicReference<>();
        CountDownLatch now = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Thread thread = new Thread(() -> {
            Throwable thrown =
                    catchThrowable(() -> limit(ms(after ? 50 : 20_000)).callChecked(() -> {
                        try {
                            if (!after) {
                                now.countDown();
                            }
                            Thread.sleep(10_000);
                        } catch (InterruptedException interrupt) {
                            if (!after) {
                                throw interrupt;
                            }
                            now.countDown();
                            done.await();
                            throw interrupt;
                        }
                        return "slept";
                    }));
            seen.set(thrown.getClass().getSimpleName() + ", flag "
                    + Thread.currentThread().isInterrupted());
        });
        thread.start();
        now.await();
        thread.interrupt();
        done.countDown();
        thread.join();
        // Either the work's own InterruptedException, or the flag: nobody's interrupt is lost.
        assertThat(seen.get())
                .isIn(
                        after
                                ? List.of("Exceeded, flag true", "Exceeded, flag false")
                                : List.of("InterruptedException, flag false"));
    }

    @Test
    @DisplayName("TO-8 a timeout covers the body of an asynchronous call that blocks on a thread of a gate's own")
    void blockingBody() throws Exception {
        HoldingGate gate = new HoldingGate(pool);
        AtomicBoolean interrupted = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        Supplier<CompletionStage<String>> body = () -> {
            try {
                Thread.sleep(20_000);
            } catch (InterruptedException interrupt) {
                interrupted.set(true);
            }
            ended.countDown();
            return CompletableFuture.completedFuture("slept");
        };
        long start = System.nanoTime();
        CompletableFuture<String> late = Pipeline.of(limit(ms(100)), gate).callAsync(body);
        assertThatThrownBy(() -> late.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(Lab.Exceeded.class);
        assertThat(System.nanoTime() - start).isLessThan(10 * SECOND);
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(interrupted).isTrue();
        gate.awaitEmpty();
    }

    @Test
    @DisplayName("XC-15 cancelling interrupts a body that blocks on such a thread, or does not, as it is asked to")
    void cancelBody() throws Exception {
        for (boolean mayInterrupt : new boolean[] {true, false}) {
            HoldingGate gate = new HoldingGate(pool);
            AtomicBoolean interrupted = new AtomicBoolean();
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch end = new CountDownLatch(1);
            CompletableFuture<String> future = gate.callAsync(() -> {
                begun.countDown();
                try {
                    end.await();
                } catch (InterruptedException interrupt) {
                    interrupted.set(true);
                }
                return CompletableFuture.completedFuture("done");
            });
            begun.await();
            assertThat(future.cancel(mayInterrupt)).isTrue();
            if (!mayInterrupt) {
                assertThat(gate.inside).hasValue(1);
                end.countDown();
            }
            gate.awaitEmpty();
            assertThat(interrupted.get()).isEqualTo(mayInterrupt);
        }
    }

    @Test
    @DisplayName("XC-15 cancel(false) stays false for the stage of the work")
    void cancelFalse() {
        for (boolean mayInterrupt : new boolean[] {true, false}) {
            AtomicReference<Boolean> asked = new AtomicReference<>();
            CompletableFuture<Integer> stage = new CompletableFuture<>() {
                @Override
                public boolean cancel(boolean may) {
                    asked.set(may);
                    return super.cancel(may);
                }
            };
            new CountingGate("g", SYSTEM).callAsync(() -> stage).cancel(mayInterrupt);
            assertThat(asked).hasValue(mayInterrupt);
        }
    }

    @Test
    @DisplayName("XC-15 whatever completes the future from outside ends what is under way")
    void completedFromOutside() {
        List<java.util.function.Consumer<CompletableFuture<String>>> ways = List.of(
                future -> future.complete("x"),
                future -> future.completeExceptionally(new IllegalStateException()),
                future -> future.completeAsync(() -> "x", Runnable::run),
                future -> future.completeAsync(
                        () -> {
                            throw new IllegalStateException();
                        },
                        Runnable::run),
                future -> future.obtrudeValue("x"),
                future -> future.obtrudeException(new IllegalStateException()),
                future -> future.cancel(true));
        for (var way : ways) {
            CompletableFuture<String> stage = new CompletableFuture<>();
            CompletableFuture<String> future = new CountingGate("g", SYSTEM).callAsync(() -> stage);
            way.accept(future);
            assertThat(stage).isCancelled();
            assertThat(future).isDone();
        }
    }

    @Test
    @DisplayName(
            "TO-6 a call that ended after its limit because its timer was late is a timeout, blocking and asynchronous")
    void lateTimer() {
        Lab lab = new Lab();
        List<Runnable> never = new ArrayList<>();
        Environment lazy = new LazyTimer(lab.time, never);
        Lab.Limit limit = new Lab.Limit(lazy, ms(5).toNanos());
        assertThatThrownBy(() -> limit.run(() -> lab.time.advance(ms(6)))).isInstanceOf(Lab.Exceeded.class);
        assertThat(limit.<String>call(() -> {
                    lab.time.advance(ms(5));
                    return "in time";
                }))
                .isEqualTo("in time");

        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> late = limit.callAsync(() -> stage);
        lab.time.advance(ms(6));
        stage.complete("late");
        assertThatThrownBy(late::join).hasCauseInstanceOf(Lab.Exceeded.class);
    }

    @Test
    @DisplayName(
            "a call whose turn cannot come before the deadline of its thread is not queued, whichever call that is of")
    void noTimeToWait() {
        Lab lab = new Lab();
        List<Long> left = new ArrayList<>();
        Gate gate = new FifoGate(lab.time, 0, ms(50).toNanos()) {
            @Override
            protected Turn queue(long now, long nanosLeft) {
                left.add(nanosLeft);
                return super.queue(now, nanosLeft);
            }
        };
        catchThrowable(() -> gate.run(() -> {}));
        catchThrowable(() -> new Lab.Limit(lab.time, 7_000).run(() -> gate.run(() -> {})));
        catchThrowable(() -> Pipeline.of(new Lab.Limit(lab.time, 7_000), gate).run(() -> {}));
        catchThrowable(() -> new Lab.Limit(lab.time, 7_000).run(() -> {
            lab.time.advance(Duration.ofNanos(2_000));
            catchThrowable(() -> new Lab.Limit(lab.time, 8_000).run(gate::acquire));
        }));
        Pipeline.of(new Lab.Limit(lab.time, 7_000), gate).callAsync(CompletableFuture::new);
        assertThat(left).containsExactly(Long.MAX_VALUE, 7_000L, 7_000L, 5_000L, 7_000L);
    }

    /** A gate that limits work, on an executor. */
    private static final class HoldingGate extends CountingGate {
        private final Executor executor;
        final java.util.concurrent.atomic.AtomicInteger inside = new java.util.concurrent.atomic.AtomicInteger();

        HoldingGate(Executor executor) {
            super("holding", SYSTEM);
            this.executor = executor;
        }

        @Override
        protected long enter(long now) {
            inside.incrementAndGet();
            return super.enter(now);
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
            inside.decrementAndGet();
            return super.exit(stamp, ending, failure, now, elapsedNanos);
        }

        @Override
        protected Executor executor() {
            return executor;
        }

        @Override
        protected boolean holdsUntilWorkEnds() {
            return true;
        }

        void awaitEmpty() {
            long end = System.nanoTime() + 10 * SECOND;
            while (inside.get() != 0) {
                assertThat(System.nanoTime() - end).isNegative();
                Thread.onSpinWait();
            }
        }
    }

    /** A clock with a timer that never comes. */
    private record LazyTimer(Environment time, List<Runnable> tasks) implements Environment {
        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            tasks.add(task);
            return () -> {};
        }

        @Override
        public boolean await(java.util.function.BooleanSupplier done, long nanos) throws InterruptedException {
            return time.await(done, nanos);
        }

        @Override
        public long nextLong(long bound) {
            return 0;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("TO-3 an interrupt that came before two deadlines that pass around each other is there at the end")
    void interruptBeforeTwoDeadlines(boolean innerFirst) {
        Lab.Limit outer = limit(ms(innerFirst ? 60 : 40));
        Lab.Limit inner = limit(ms(innerFirst ? 40 : 60));
        assertThatThrownBy(() -> outer.run(() -> {
                    Thread.currentThread().interrupt();
                    assertThatThrownBy(() -> inner.run(() -> deaf(ms(120)))).isInstanceOf(Lab.Exceeded.class);
                    assertThat(Thread.currentThread().isInterrupted()).isTrue();
                }))
                .isInstanceOf(Lab.Exceeded.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("TO-3 an interrupt that came before the deadline, and that work noticed after it, is there at the end")
    void interruptNoticedAfterDeadline(boolean interrupts) {
        Lab.Limit limit = limit(ms(20));
        limit.interrupts = interrupts;
        assertThatThrownBy(() -> limit.callChecked(() -> {
                    Thread.currentThread().interrupt();
                    deaf(ms(60));
                    Thread.sleep(20_000);
                    return "slept";
                }))
                .isInstanceOf(Lab.Exceeded.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("TO-3 TO-6 an interrupt that ended work after its deadline, whose timer was late, is there at the end")
    void interruptWhileTimerIsLate() {
        Lab lab = new Lab();
        Lab.Limit limit = new Lab.Limit(new LazyTimer(lab.time, new ArrayList<>()), ms(5).toNanos());
        assertThatThrownBy(() -> limit.callChecked(() -> {
                    lab.time.advance(ms(10));
                    throw new InterruptedException("somebody else's");
                }))
                .isInstanceOf(Lab.Exceeded.class);
        assertThat(Thread.interrupted()).isTrue();
    }
}
