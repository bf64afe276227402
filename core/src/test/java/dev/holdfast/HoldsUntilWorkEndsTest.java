// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lab.TracedGate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Asynchronous work that goes on although nobody waits for it. */
class HoldsUntilWorkEndsTest {
    private final Lab lab = new Lab();
    private final TracedGate holding = lab.gate("h");
    private final TracedGate other = lab.gate("o");
    private final CompletableFuture<Object> work = new Uncancellable();

    HoldsUntilWorkEndsTest() {
        holding.holds = true;
    }

    private static final class Uncancellable extends CompletableFuture<Object> {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }

    private CompletableFuture<Object> start(Policy<Object> policy, CompletionStage<Object> stage) {
        return policy.callAsync(() -> stage);
    }

    @Test
    @DisplayName("BH-6 cancelled: the permit stays until the work has ended, and the work's outcome counts")
    void cancelled() {
        CompletableFuture<Object> future = start(Pipeline.of(other, holding), work);
        assertThat(future.cancel(true)).isTrue();
        assertThat(lab.trace).containsExactly("+o", "+h", "-o IGNORED");
        assertThat(holding.counts().calls()).isZero();

        work.complete("late");
        assertThat(lab.trace).containsExactly("+o", "+h", "-o IGNORED", "-h SUCCESS");
        assertThat(future).isCancelled();
    }

    @Test
    @DisplayName("BH-6 late failures count as failures, also where classifying or leaving throws")
    void lateFailure() {
        start(holding, work).cancel(true);
        work.completeExceptionally(new Exception("late"));
        assertThat(holding.counts()).isEqualTo(new CallCounts(0, 1, 0, 0, 0));

        holding.classifierThrows = number -> new IllegalStateException("classifier");
        CompletableFuture<Object> again = new Uncancellable();
        start(holding, again).cancel(true);
        again.complete("late");
        assertThat(holding.counts()).isEqualTo(new CallCounts(0, 1, 1, 0, 0));
        lab.assertBalanced("late");
    }

    @Test
    @DisplayName("BH-6 past a deadline: the caller goes on, the permit stays until the work has ended")
    void pastADeadline() {
        CompletableFuture<Object> future = start(Pipeline.of(lab.deadline("d", ms(5)), other, holding), work);
        assertThat(lab.outcome(future).failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(lab.trace).containsExactly("+o", "+h", "-o IGNORED", "@d");

        lab.time.advance(ms(100));
        work.complete("late");
        assertThat(lab.trace).endsWith("-h SUCCESS");
        assertThat(lab.time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("BH-6 a new attempt of a loop around the deadline asks for a permit of its own")
    void loopAroundTheDeadline() {
        CompletableFuture<Object> future =
                start(Pipeline.of(lab.loop("r", 3, ms(1)), lab.deadline("d", ms(5)), holding), work);
        assertThat(lab.outcome(future).failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(lab.trace).filteredOn("+h"::equals).hasSize(3);
        assertThat(lab.trace).doesNotContain("-h SUCCESS");
        work.complete("late");
        assertThat(holding.counts().successes()).isEqualTo(3);
        assertThat(lab.time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("BH-6 work that can be cancelled ends at once, and so does its stay")
    void cancellableWork() {
        start(holding, new CompletableFuture<>()).cancel(true);
        assertThat(lab.trace).containsExactly("+h", "-h IGNORED");
    }

    @Test
    @DisplayName("BH-6 stages whose work cannot be cancelled are waited for: minimal stages, and those of others")
    void stagesOfOthers() {
        List<Function<CompletableFuture<Object>, CompletionStage<Object>>> views =
                List.of(CompletableFuture::minimalCompletionStage, Lab::foreign);
        for (Function<CompletableFuture<Object>, CompletionStage<Object>> view : views) {
            lab.trace.clear();
            CompletableFuture<Object> source = new CompletableFuture<>();
            start(holding, view.apply(source)).cancel(true);
            assertThat(source.isDone()).isFalse();
            assertThat(lab.trace).containsExactly("+h");
            source.complete("late");
            assertThat(lab.trace).containsExactly("+h", "-h SUCCESS");
        }
    }

    /** A gate with one thread of its own, around work that blocks it; it writes down how it is left, and where. */
    private static final class OneThread extends CountingGate {
        final ExecutorService thread = Executors.newSingleThreadExecutor(task -> new Thread(task, "own"));
        final List<String> howLeft = new CopyOnWriteArrayList<>();
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch end = new CountDownLatch(1);

        OneThread() {
            super("own", Environment.system());
        }

        @Override
        protected Executor executor() {
            return thread;
        }

        @Override
        protected boolean exit(long stamp, Ending ending, Throwable failure, long now, long elapsedNanos) {
            howLeft.add(ending + (isOnIt() ? " on its own thread" : ""));
            return super.exit(stamp, ending, failure, now, elapsedNanos);
        }

        static boolean isOnIt() {
            return Thread.currentThread().getName().equals("own");
        }

        /** Until it is told to end, whatever interrupts it; it gives its stage only then. */
        CompletionStage<Object> block() {
            begun.countDown();
            while (end.getCount() > 0) {
                LockSupport.parkNanos(100_000);
                Thread.interrupted();
            }
            return CompletableFuture.completedFuture("late");
        }

        /** Makes a call until its work blocks the thread: on a slow machine its deadline may pass before that has begun. */
        void call(Supplier<CompletableFuture<Object>> call, Consumer<CompletableFuture<Object>> ends) {
            while (true) {
                CompletableFuture<Object> future = call.get();
                ends.accept(future);
                Lab.until(() -> begun.getCount() == 0 || !howLeft.isEmpty());
                if (begun.getCount() == 0) {
                    return;
                }
                howLeft.clear();
            }
        }

        /** It is left when its thread is free, and not before. */
        void isLeftWhenFree(String ending) {
            assertThat(howLeft).isEmpty();
            end.countDown();
            Lab.until(() -> !howLeft.isEmpty());
            assertThat(howLeft).containsExactly(ending);
            thread.shutdown();
        }
    }

    /** A race of one attempt. */
    private static final class Once extends Race<Object> {
        Once() {
            super("once", Environment.system());
        }

        @Override
        protected int attempts() {
            return 1;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Classifier.standard();
        }

        @Override
        protected long headStart(Call call) {
            return HOLD;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            return HOLD;
        }
    }

    private static void passesItsDeadline(CompletableFuture<Object> future) {
        assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(Lab.Exceeded.class);
    }

    private static Lab.Limit limit(boolean interrupts) {
        Lab.Limit limit = new Lab.Limit(Environment.system(), ms(20).toNanos());
        limit.interrupts = interrupts;
        return limit;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Timeout(60)
    @DisplayName("BH-6 a deadline inside of a gate with threads of its own: the permit stays until the thread is free")
    void deadlineInsideOfOwnThreads(boolean interrupts) {
        OneThread gate = new OneThread();
        Pipeline<Object> pipeline = Pipeline.of(gate, limit(interrupts));
        gate.call(() -> pipeline.callAsync(gate::block), HoldsUntilWorkEndsTest::passesItsDeadline);
        gate.isLeftWhenFree("FAILURE");
    }

    @Test
    @Timeout(60)
    @DisplayName("BH-6 the same where a loop goes again without the thread, and succeeds")
    void loopInsideOfOwnThreads() {
        OneThread gate = new OneThread();
        Pipeline<Object> pipeline = Pipeline.of(gate, new Again(Environment.system(), 100, 0), limit(true));
        gate.call(
                () -> pipeline.callAsync(
                        () -> OneThread.isOnIt() ? gate.block() : CompletableFuture.completedFuture("again")),
                future -> assertThat(future.orTimeout(20, TimeUnit.SECONDS).join())
                        .isEqualTo("again"));
        gate.isLeftWhenFree("SUCCESS");
    }

    @Test
    @Timeout(60)
    @DisplayName("BH-6 the same where a loop goes again without the thread, and the call is cancelled")
    void cancelledInsideOfOwnThreads() {
        OneThread gate = new OneThread();
        CountDownLatch again = new CountDownLatch(1);
        Pipeline<Object> pipeline = Pipeline.of(gate, new Again(Environment.system(), 10_000, 0), limit(true));
        gate.call(
                () -> pipeline.callAsync(() -> {
                    if (OneThread.isOnIt()) {
                        return gate.block();
                    }
                    again.countDown();
                    return new CompletableFuture<>();
                }),
                future -> {
                    Lab.until(() -> again.getCount() == 0);
                    future.cancel(true);
                });
        gate.isLeftWhenFree("IGNORED");
    }

    @Test
    @Timeout(60)
    @DisplayName("BH-6 the same of a race whose first attempt blocks the thread")
    void raceInsideOfOwnThreads() {
        OneThread gate = new OneThread();
        Pipeline<Object> pipeline = Pipeline.of(gate, limit(true), new Once());
        gate.call(() -> pipeline.callAsync(gate::block), HoldsUntilWorkEndsTest::passesItsDeadline);
        gate.isLeftWhenFree("FAILURE");
    }

    @Test
    @Timeout(60)
    @DisplayName("BH-6 a stage that goes on holds no thread: the gate around its deadline is left when that has passed")
    void stageHoldsNoThread() {
        OneThread gate = new OneThread();
        passesItsDeadline(Pipeline.of(gate, limit(true)).callAsync(() -> work));
        Lab.until(() -> !gate.howLeft.isEmpty());
        assertThat(gate.howLeft).containsExactly("FAILURE");
        gate.thread.shutdown();
    }
}
