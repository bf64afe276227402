// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.HandOffTest.OneThread;
import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedDeadline;
import dev.holdfast.Lab.TracedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class DeadlineTest {
    private static final Step SLOW = Step.gives("late").after(ms(100));
    private final Lab lab = new Lab();

    @AfterEach
    void nothingIsLeft() {
        assertThat(Thread.interrupted()).isFalse();
        assertThat(lab.time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-6 the caller gets the deadline's exception at the deadline, not before and not after")
    void exceeded(Mode mode) {
        List<Event.TimedOut> told = new ArrayList<>();
        TracedDeadline deadline = lab.deadline("d", ms(7));
        deadline.on(Event.TimedOut.class, told::add);

        Outcome outcome = lab.run(mode, deadline, SLOW);

        assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class).hasMessage("d after 7000000 ns");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(7).toNanos());
        assertThat(lab.trace).containsExactly("work 1", "@d");
        assertThat(told).singleElement().satisfies(event -> {
            assertThat(event.policy()).isEqualTo("d");
            assertThat(event.limit()).isEqualTo(ms(7));
        });
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-4 in time, however it ends: the outcome as it is, and the timer is gone")
    void inTime(Mode mode) {
        for (Throwable failure : Arrays.asList(
                null, new Exception(), new Error(), new StackOverflowError(), new CancellationException())) {
            for (long takes : new long[] {0, 6}) {
                lab.trace.clear();
                Object value = failure == null ? "value" : null;
                Outcome outcome = lab.run(mode, lab.deadline("d", ms(7)), new Step(ms(takes), value, failure));
                assertThat(outcome).isEqualTo(new Outcome(value, failure));
                assertThat(lab.trace).endsWith("kept d");
                assertThat(lab.time.pendingTimers()).isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-4 a call that is refused inside, or whose gate throws, leaves no timer")
    void refusedInside(Mode mode) {
        Lab.TracedGate gate = lab.gate("g");
        gate.refuses = number -> number == 1;
        gate.enterThrows = number -> number == 2 ? new Error() : null;
        gate.exitThrows = number -> number == 1 ? new Error() : null;
        Policy<Object> policy = Pipeline.of(lab.deadline("d", ms(7)), gate);
        for (int i = 0; i < 3; i++) {
            // What a gate throws at its exit is not the outcome.
            assertThat(lab.run(mode, policy, Step.gives("value")).failure() == null)
                    .isEqualTo(i == 2);
            assertThat(lab.time.pendingTimers()).isZero();
        }
        assertThat(lab.trace).filteredOn("kept d"::equals).hasSize(3);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-5 zero and less: the work is not started; Long.MAX_VALUE: no timer at all")
    void extremes(Mode mode) {
        for (long limit : new long[] {0, -1, Long.MIN_VALUE}) {
            Outcome outcome = lab.run(mode, lab.deadline("d", Duration.ofNanos(limit)), Step.gives("value"));
            assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class).hasMessage("d after " + limit + " ns");
        }
        assertThat(lab.works).hasValue(0);
        lab.trace.clear();

        lab.environment.scheduleThrows = number -> new AssertionError("a timer");
        assertThat(lab.run(mode, lab.deadline("d", Duration.ofNanos(Long.MAX_VALUE)), SLOW)
                        .value())
                .isEqualTo("late");
        lab.environment.scheduleThrows = number -> null;
        assertThat(lab.run(mode, lab.deadline("d", Duration.ofNanos(Long.MAX_VALUE - 1)), SLOW)
                        .value())
                .isEqualTo("late");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-5 a deadline of zero has passed, and is told so once")
    void zeroIsTold(Mode mode) {
        lab.run(mode, lab.deadline("d", Duration.ZERO), Step.gives("value"));
        assertThat(lab.trace).containsExactly("@d");
    }

    @Test
    @DisplayName("TO-7 a deadline by another environment's clock says nothing of the time that is left by this one's")
    void otherClock() {
        Lab other = new Lab(12_345);
        Lab.TracedLoop loop = other.loop("r", 2, ms(1));
        lab.deadline("d", ms(50)).run(() -> other.run(Mode.SYNC, loop, Step.fails(new Exception())));
        assertThat(loop.left).containsExactly(Loop.NO_LIMIT, Loop.NO_LIMIT);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-7 nested: the nearer deadline counts, whichever of the two it is")
    void nested(Mode mode) {
        Outcome outcome = lab.run(mode, Pipeline.of(lab.deadline("outer", ms(5)), lab.deadline("inner", ms(9))), SLOW);
        assertThat(outcome.failure()).hasMessageStartingWith("outer after");
        assertThat(lab.trace).containsExactly("work 1", "kept inner", "@outer");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(5).toNanos());
        lab.trace.clear();

        outcome = lab.run(mode, Pipeline.of(lab.deadline("outer", ms(9)), lab.deadline("inner", ms(5))), SLOW);
        assertThat(outcome.failure()).hasMessageStartingWith("inner after");
        assertThat(lab.trace).containsExactly("work 2", "@inner", "kept outer");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(10).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-1 a deadline that has passed says nothing on the next attempt, which has none")
    void passedAndGone(Mode mode) {
        Lab.TracedDeadline deadline = lab.deadline("d", ms(5));
        TracedLoop loop = lab.loop("r", 2, ms(1));
        loop.onNext = () -> deadline.limit = Loop.NO_LIMIT;
        Policy<Object> policy = Pipeline.of(loop, deadline, lab.gate("g"));
        assertThat(lab.run(mode, policy, SLOW).value()).isEqualTo("late");
        assertThat(lab.trace)
                .containsExactly("+g", "work 1", "-g IGNORED", "@d", ">r 2", "+g", "work 2", "-g SUCCESS", "ok r 2");
        lab.assertBalanced("passed and gone");
    }

    @Test
    @DisplayName("TO-2 both passed within work that goes on: what waits between them is interrupted for the outer one")
    void bothPassed() {
        TracedLoop loop = lab.loop("r", 2, ms(1000));
        loop.looksAtTime = false;
        Policy<Object> policy = Pipeline.of(lab.deadline("outer", ms(5)), loop, lab.deadline("inner", ms(3)));
        assertThatThrownBy(() -> policy.run(() -> lab.time.advance(ms(10)))).hasMessageStartingWith("outer after");
        assertThat(lab.trace).containsExactly("@inner", "@outer", ">r 2");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(10).toNanos());
        lab.assertBalanced("both passed");
    }

    @Test
    @DisplayName(
            "TO-2 both passed within work that goes on: a recovery between them runs with the flag of the outer one")
    void bothPassedAroundARecovery() {
        Lab.TracedRecovery recovery = lab.recovery("f", "instead");
        recovery.onRecover =
                call -> lab.trace.add("flag " + Thread.currentThread().isInterrupted());
        Policy<Object> policy = Pipeline.of(lab.deadline("outer", ms(5)), recovery, lab.deadline("inner", ms(3)));
        assertThatThrownBy(() -> policy.run(() -> lab.time.advance(ms(10)))).hasMessageStartingWith("outer after");
        assertThat(lab.trace).containsExactly("@inner", "@outer", "*f", "flag true");
        lab.assertBalanced("both passed around a recovery");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-7 the work learns the time left: that of the inner deadline, or what remains of the outer")
    void timeLeft(Mode mode) throws Exception {
        List<Duration> left = new ArrayList<>();
        TracedLoop loop = lab.loop("r", 3, ms(2));
        Policy<Object> policy = Pipeline.of(lab.deadline("outer", ms(10)), loop, lab.deadline("inner", ms(4)));
        IllegalStateException failure = new IllegalStateException();
        if (mode == Mode.SYNC) {
            assertThatThrownBy(() -> policy.callWith(call -> {
                        left.add(call.timeLeft().orElseThrow());
                        Lab.sleep(lab, ms(1));
                        throw failure;
                    }))
                    .isSameAs(failure);
        } else {
            CompletableFuture<Object> future = policy.callAsyncWith(call -> {
                left.add(call.timeLeft().orElseThrow());
                return lab.stage(Step.fails(failure).after(ms(1)), mode == Mode.ASYNC_LATER);
            });
            assertThat(lab.outcome(future).failure()).isSameAs(failure);
        }
        // Starts at 0, 3 and 6 ms of the outer ten.
        assertThat(left).containsExactly(ms(4), ms(4), ms(4));
        assertThat(loop.left).containsExactly(ms(9).toNanos(), ms(6).toNanos(), ms(3).toNanos());
    }

    @Test
    @DisplayName("TO-7 an inner deadline that is later than what remains of the outer shows the outer's time left")
    void timeLeftOfTheOuter() {
        List<Duration> left = new ArrayList<>();
        Policy<Object> policy =
                Pipeline.of(lab.deadline("a", ms(10)), lab.deadline("b", ms(50)), lab.deadline("c", ms(20)));
        policy.callAsyncWith(call -> {
            left.add(call.timeLeft().orElseThrow());
            return CompletableFuture.completedFuture("value");
        });
        policy.callWith(call -> left.add(call.timeLeft().orElseThrow()));
        assertThat(left).containsExactly(ms(10), ms(10));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-7 a deadline around a loop stops it in the middle of an attempt and in the middle of a wait")
    void aroundALoop(Mode mode) {
        Step failing = Step.fails(new Exception()).after(ms(3));
        Outcome outcome = lab.run(mode, Pipeline.of(lab.deadline("d", ms(5)), lab.loop("r", 9, ms(1))), failing);
        assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(lab.trace).containsExactly("work 1", ">r 2", "work 2", "@d");
        lab.trace.clear();

        TracedLoop careless = lab.loop("r", 9, ms(4));
        careless.looksAtTime = false;
        outcome = lab.run(mode, Pipeline.of(lab.deadline("d", ms(5)), careless), failing);
        assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(lab.trace).containsExactly("work 3", ">r 2", "@d");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(10).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 a loop learns the time left of the deadline around it, before it begins a wait")
    void loopLearnsTheTimeLeft(Mode mode) {
        TracedLoop loop = lab.loop("r", 9, ms(4));
        Exception failure = new Exception();
        Outcome outcome = lab.run(
                mode,
                Pipeline.of(lab.deadline("d", ms(6)), lab.gate("g"), loop),
                Step.fails(failure).after(ms(3)));
        assertThat(outcome.failure()).isSameAs(failure);
        assertThat(loop.left).containsExactly(ms(3).toNanos());
        assertThat(lab.trace).containsExactly("+g", "work 1", "stop r 1", "-g FAILURE", "kept d");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(3).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-7 a deadline inside of a loop: each attempt has its own")
    void insideOfALoop(Mode mode) {
        Policy<Object> policy = Pipeline.of(lab.loop("r", 3, ms(1)), lab.deadline("d", ms(5)));
        Outcome outcome = lab.run(mode, policy, SLOW, SLOW, Step.gives("third").after(ms(4)));
        assertThat(outcome.value()).isEqualTo("third");
        assertThat(lab.trace)
                .containsExactly("work 1", "@d", ">r 2", "work 2", "@d", ">r 3", "work 3", "kept d", "ok r 3");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(5 + 1 + 5 + 1 + 4).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-2 a scheduler that throws refuses the call, and nothing was started")
    void schedulerThatThrows(Mode mode) {
        for (Throwable broken : List.of(new RejectedExecutionException(), new Error())) {
            Lab fresh = new Lab();
            fresh.environment.scheduleThrows = number -> broken;
            Outcome outcome = fresh.run(mode, Pipeline.of(fresh.gate("a"), fresh.deadline("d", ms(5))), SLOW);
            assertThat(outcome.failure())
                    .isInstanceOf(UnavailableException.class)
                    .hasCause(broken);
            assertThat(fresh.trace).containsExactly("+a", "-a IGNORED");
            fresh.assertBalanced(mode);
        }
    }

    @Test
    @DisplayName("TO-1 blocking: a value that comes after the deadline loses, and what the work threw is suppressed")
    void lateValueLoses() {
        Outcome outcome = lab.run(Mode.SYNC, lab.deadline("d", ms(5)), SLOW);
        assertThat(outcome.failure().getSuppressed())
                .hasOnlyElementsOfType(InterruptedException.class)
                .hasSize(1);

        assertThatThrownBy(() -> lab.deadline("d", ms(5)).call(() -> {
                    lab.time.advance(ms(6));
                    assertThat(Thread.currentThread().isInterrupted()).isTrue();
                    return "ignored the interrupt";
                }))
                .isInstanceOf(Lab.Exceeded.class)
                .hasNoSuppressedExceptions();
    }

    @Test
    @DisplayName("TO-3 blocking: the caller's own interrupt is there for the work, and afterwards")
    void callersOwnInterrupt() {
        Thread.currentThread().interrupt();
        boolean seen = lab.deadline("d", ms(5))
                .<Boolean>call(() -> Thread.currentThread().isInterrupted());
        assertThat(seen).isTrue();
        assertThat(Thread.interrupted()).isTrue();

        lab.deadline("d", ms(5)).run(() -> Thread.currentThread().interrupt());
        assertThat(Thread.interrupted()).isTrue();

        Outcome outcome = lab.run(Mode.SYNC, Pipeline.of(lab.deadline("d", ms(5)), lab.gate("g")), Step.gives("value"));
        assertThat(outcome.value()).isEqualTo("value");
    }

    @Test
    @DisplayName("TO-3 blocking: an interrupt of the caller in a loop's wait inside of a deadline is the caller's")
    void interruptedInAWait() {
        Thread caller = Thread.currentThread();
        lab.time.schedule(caller::interrupt, ms(2).toNanos());
        Policy<Object> policy = Pipeline.of(lab.deadline("d", ms(50)), lab.loop("r", 3, ms(10)));
        IllegalStateException failure = new IllegalStateException();
        Outcome outcome = lab.run(Mode.SYNC, policy, Step.fails(failure));

        assertThat(outcome.failure()).isInstanceOf(CallInterruptedException.class);
        assertThat(outcome.failure().getSuppressed()).contains(failure);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(lab.works).hasValue(1);
    }

    /** Makes calls whose work takes about as long as it may: longer after one in time, shorter after one that was late. */
    private static void callAtTheEdge(Policy<Object> policy) {
        int rounds = 2000;
        int late = 0;
        long takes = 150_000;
        for (int round = 0; round < rounds; round++) {
            long spins = takes;
            try {
                policy.run(() -> {
                    long start = System.nanoTime();
                    while (System.nanoTime() - start < spins
                            && !Thread.currentThread().isInterrupted()) {
                        Thread.onSpinWait();
                    }
                });
                takes += takes / 50;
            } catch (Lab.Exceeded expected) {
                takes -= takes / 50;
                late++;
            }
            assertThat(Thread.interrupted()).as("stray flag in round %s", round).isFalse();
        }
        assertThat(late).isBetween(1, rounds - 1);
    }

    @Test
    @DisplayName("TO-2 S blocking, on the real clock: work that ends at the very edge leaves no stray interrupt flag")
    void edge() {
        callAtTheEdge(new Lab.Limit(Environment.system(), 200_000));
    }

    @Test
    @DisplayName("TO-7 S blocking, on the real clock: two deadlines at the same time leave no stray flag")
    void edgeOfTwo() {
        callAtTheEdge(Pipeline.of(
                new Lab.Limit(Environment.system(), 200_000), new Lab.Limit(Environment.system(), 195_000)));
    }

    @Test
    @DisplayName("On an executor the caller goes on at the deadline, the work is interrupted, its outcome is not seen")
    void onAnExecutor() throws Exception {
        OneThread pool = new OneThread();
        try {
            Lab.Limit patient = new Lab.Limit(Environment.system(), SECONDS.toNanos(10));
            patient.executor = pool;
            assertThat(patient.<String>call(() -> Thread.currentThread().getName()))
                    .isEqualTo("pool");
            assertThatThrownBy(() -> patient.run(() -> {
                        throw new IllegalStateException("work");
                    }))
                    .hasMessage("work");
            CompletableFuture<String> outcome = new CompletableFuture<>();
            CountDownLatch never = new CountDownLatch(1);
            AtomicBoolean started = new AtomicBoolean();
            // On a busy machine the pool's thread may come later than the deadline: then the work never starts.
            for (long limit = 2_000_000; !started.get(); limit *= 2) {
                Lab.Limit impatient = new Lab.Limit(Environment.system(), limit);
                impatient.executor = pool;
                assertThatThrownBy(() -> impatient.callChecked(() -> {
                            started.set(true);
                            try {
                                never.await(10, SECONDS);
                                outcome.complete("not interrupted");
                            } catch (InterruptedException expected) {
                                outcome.complete("interrupted");
                            }
                            return "late";
                        }))
                        .isInstanceOf(Lab.Exceeded.class);
                pool.settle();
            }

            assertThat(outcome.get(10, SECONDS)).isEqualTo("interrupted");
            pool.settle();
            assertThat(pool.strayFlags).hasValue(0);
        } finally {
            pool.stop();
        }
    }

    @Test
    @DisplayName("On an executor that is busy the work never starts; on one that refuses, the refusal is the result")
    void onABusyExecutor() {
        List<Runnable> tasks = new ArrayList<>();
        TracedDeadline deadline = lab.deadline("d", ms(20));
        deadline.executor = tasks::add;
        assertThatThrownBy(() -> deadline.run(lab.works::incrementAndGet)).isInstanceOf(Lab.Exceeded.class);
        assertThat(lab.time.nanoTime()).isEqualTo(ms(20).toNanos());
        tasks.forEach(Runnable::run);
        assertThat(lab.works).hasValue(0);

        RejectedExecutionException full = new RejectedExecutionException();
        deadline.executor = task -> {
            throw full;
        };
        assertThatThrownBy(() -> deadline.run(() -> {}))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("'d' got no thread")
                .hasCause(full);
    }

    @Test
    @DisplayName("TO-3 on an executor: the caller's interrupt frees it, with the flag set")
    void interruptedWhileOnAnExecutor() {
        TracedDeadline deadline = lab.deadline("d", ms(20));
        deadline.executor = task -> {};
        lab.time.schedule(Thread.currentThread()::interrupt, ms(5).toNanos());
        assertThatThrownBy(() -> deadline.run(() -> {}))
                .isInstanceOf(CallInterruptedException.class)
                .hasMessage("interrupted while 'd' made the caller wait");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("TO-7 asynchronous: the stage is cancelled, and what it completes with later is not seen")
    void stageIsCancelled() {
        CompletableFuture<Object> cancellable = new CompletableFuture<>();
        CompletableFuture<Object> stubborn = new CompletableFuture<>();
        CompletableFuture<Object> first = lab.deadline("d", ms(5)).callAsync(() -> cancellable);
        CompletableFuture<Object> second = lab.deadline("d", ms(5)).callAsync(stubborn::minimalCompletionStage);
        lab.time.advance(ms(5));

        assertThat(cancellable).isCancelled();
        stubborn.complete("late");
        for (CompletableFuture<Object> future : List.of(first, second)) {
            assertThatThrownBy(future::join).hasCauseInstanceOf(Lab.Exceeded.class);
        }
        assertThat(lab.trace).containsExactly("@d", "@d");
    }

    @Test
    @DisplayName("TO-1 asynchronous: the value wins if it comes before the timer, and loses after it")
    void asynchronousWinner() {
        CompletableFuture<Object> early = new CompletableFuture<>();
        lab.time.schedule(() -> early.complete("first"), ms(5).toNanos());
        CompletableFuture<Object> won = lab.deadline("d", ms(5)).callAsync(() -> early);
        CompletableFuture<Object> late = new CompletableFuture<>();
        CompletableFuture<Object> lost = lab.deadline("d", ms(5)).callAsync(() -> late);
        lab.time.schedule(() -> late.complete("second"), ms(5).toNanos());
        lab.time.advance(ms(5));

        assertThat(won.join()).isEqualTo("first");
        assertThatThrownBy(lost::join).hasCauseInstanceOf(Lab.Exceeded.class);
        assertThat(lab.trace).containsExactly("kept d", "@d");
    }
}
