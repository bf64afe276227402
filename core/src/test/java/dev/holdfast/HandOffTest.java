// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Gates that have an executor for what is inside of them. */
@Timeout(60)
class HandOffTest {
    private final Lab lab = new Lab();
    private final TracedGate gate = lab.gate("g");
    private final OneThread pool = new OneThread();

    @AfterEach
    void stop() {
        pool.stop();
        assertThat(Thread.interrupted()).isFalse();
    }

    /** A pool of one thread that, other than those of the JDK, does not clear the interrupt flag between tasks. */
    static final class OneThread implements Executor {
        private static final Runnable STOP = () -> {};
        final AtomicInteger strayFlags = new AtomicInteger();
        final Thread thread = new Thread(this::run, "pool");
        private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

        OneThread() {
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            Runnable task = null;
            while (task != STOP) {
                try {
                    task = tasks.take();
                    task.run();
                    strayFlags.addAndGet(Thread.interrupted() ? 1 : 0);
                } catch (InterruptedException between) {
                    strayFlags.incrementAndGet();
                }
            }
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        void stop() {
            tasks.add(STOP);
        }

        /** Waits until all tasks before have run. */
        void settle() {
            CompletableFuture<Void> settled = new CompletableFuture<>();
            execute(() -> settled.complete(null));
            settled.orTimeout(10, SECONDS).join();
        }
    }

    /** A blocking call on a thread of its own. */
    private static final class Caller {
        final Thread thread;
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        private volatile boolean flag;

        Caller(Policy<Object> policy, Checked.Supplier<Object, Exception> work) {
            thread = new Thread(() -> {
                Outcome got;
                try {
                    got = new Outcome(policy.callChecked(work), null);
                } catch (Throwable thrown) {
                    got = new Outcome(null, thrown);
                }
                flag = Thread.interrupted();
                outcome.complete(got);
            });
            thread.start();
        }

        Outcome outcome() {
            return outcome.orTimeout(10, SECONDS).join();
        }
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(10, SECONDS)).isTrue();
    }

    /** Waits as work that does not care for interrupts. */
    private static void awaitStubbornly(CountDownLatch latch) {
        boolean done = false;
        while (!done) {
            try {
                done = latch.await(10, SECONDS);
            } catch (InterruptedException notNow) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    @DisplayName("What is inside of the gate runs on its executor, and its outcome comes back as it is")
    void runsThere() throws Exception {
        gate.executor = pool;
        List<String> threads = new ArrayList<>();
        TracedGate inside = lab.gate("inside");
        inside.enterThrows = number -> {
            threads.add(Thread.currentThread().getName());
            return null;
        };
        Pipeline<Object> policy = Pipeline.of(lab.gate("outside"), gate, inside);
        Exception failure = new Exception("work");

        assertThat(policy.<String>call(() -> Thread.currentThread().getName())).isEqualTo("pool");
        assertThat(policy.<Object>call(() -> null)).isNull();
        assertThatThrownBy(() -> policy.callChecked(() -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThatThrownBy(() -> policy.run(HandOffTest::overflow)).isInstanceOf(StackOverflowError.class);

        assertThat(threads).hasSize(4).containsOnly("pool");
        pool.settle();
        assertThat(gate.counts()).isEqualTo(new CallCounts(2, 2, 0, 0, 0));
        lab.assertBalanced("runs there");
    }

    private static void overflow() {
        overflow();
        Thread.onSpinWait();
    }

    @Test
    @DisplayName("Asynchronous: what is inside starts on the executor, also where that is quicker than execute()")
    void startsThere() throws Exception {
        for (boolean joins : new boolean[] {false, true}) {
            gate.executor = task -> {
                CompletableFuture<Void> ran = new CompletableFuture<>();
                pool.execute(() -> {
                    task.run();
                    ran.complete(null);
                });
                if (joins) {
                    ran.orTimeout(10, SECONDS).join();
                }
            };
            for (int i = 0; i < 200; i++) {
                CompletableFuture<String> future = gate.callAsync(() ->
                        CompletableFuture.completedFuture(Thread.currentThread().getName()));
                assertThat(lab.time.join(future)).isEqualTo("pool");
            }
        }
        pool.settle();
        assertThat(gate.counts()).isEqualTo(new CallCounts(400, 0, 0, 0, 0));
        lab.assertBalanced("starts there");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("BH-1 an executor that is full: the gate is left, and counts a refusal, which is what the caller gets")
    void fullExecutor(Mode mode) {
        RejectedExecutionException full = new RejectedExecutionException("full");
        Lab.Refused own = new Lab.Refused("own");
        for (RuntimeException thrown : List.of(full, own)) {
            lab.trace.clear();
            List<Throwable> told = new ArrayList<>();
            Subscription listening = gate.on(Event.CallRejected.class, event -> told.add(event.rejection()));
            CallCounts before = gate.counts();
            gate.executor = task -> {
                throw thrown;
            };
            Outcome outcome = lab.run(mode, Pipeline.of(lab.gate("a"), gate, lab.gate("b")), Step.gives("value"));

            assertThat(outcome.failure()).isInstanceOf(Lab.Refused.class);
            if (thrown == own) {
                assertThat(outcome.failure()).isSameAs(own);
            } else {
                assertThat(outcome.failure()).hasSuppressedException(full);
            }
            assertThat(told).containsExactly(outcome.failure());
            assertThat(lab.trace)
                    .filteredOn(step -> !step.equals("!g"))
                    .containsExactly("+a", "+g", "-g IGNORED", "-a IGNORED");
            assertThat(gate.counts().rejected()).isEqualTo(before.rejected() + 1);
            assertThat(gate.counts().ignored()).isEqualTo(before.ignored());
            lab.assertBalanced(mode);
            listening.cancel();
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "BH-1 an executor that is broken: a refusal like others, which nobody takes for a failure of the dependency")
    void brokenExecutor(Mode mode) {
        OutOfMemoryError broken = new OutOfMemoryError("no thread");
        gate.executor = task -> Lab.<Object, RuntimeException>sneak(broken);
        Outcome outcome = lab.run(mode, Pipeline.of(lab.gate("a"), gate, lab.gate("b")), Step.gives("value"));

        assertThat(outcome.failure()).isInstanceOf(Lab.Refused.class).hasSuppressedException(broken);
        assertThat(lab.trace).containsExactly("+a", "+g", "-g IGNORED", "!g", "-a IGNORED");
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "BH-2 an executor that runs the work twice, or runs it and throws: the gate is left once, the result is there")
    void strangeExecutors(Mode mode) {
        gate.executor = task -> {
            task.run();
            task.run();
        };
        assertThat(lab.run(mode, gate, Step.gives("value")).value()).isEqualTo("value");
        assertThat(lab.trace).containsExactly("+g", "work 1", "-g SUCCESS");
        gate.executor = task -> {
            task.run();
            throw new RejectedExecutionException("after running it");
        };
        assertThat(lab.run(mode, gate, Step.gives("value")).value()).isEqualTo("value");
        assertThat(lab.works).hasValue(2);
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-2 executor() that throws, or gives null after it gave one: the gate is left if it was entered")
    void executorThatGoesAway(Mode mode) {
        gate.executor = Runnable::run;
        Policy<Object> policy = Pipeline.of(gate);
        lab.run(mode, policy, Step.gives("value"));
        gate.executor = null;
        Outcome outcome = lab.run(mode, policy, Step.gives("value"));
        assertThat(outcome.failure() == null || outcome.failure().getMessage().contains("executor: null"))
                .isTrue();
        lab.assertBalanced(mode);

        RuntimeException broken = new IllegalStateException("executor");
        gate.executorThrows = broken;
        assertThat(lab.run(mode, policy, Step.gives("value")).failure()).isSameAs(broken);
        lab.assertBalanced(mode);
    }

    @Test
    @DisplayName(
            "XC-12 an executor that runs the work on its caller's thread: the result is there, so an interrupt does not hide it")
    void resultBeforeInterrupt() {
        gate.executor = Runnable::run;
        Thread.currentThread().interrupt();
        assertThat(gate.<Object>call(() -> "value")).isEqualTo("value");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(gate.<Object>call(() -> {
                    Thread.currentThread().interrupt();
                    return "value";
                }))
                .isEqualTo("value");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName(
            "XC-2 a context that cannot be captured or restored refuses the call; one that cannot be undone changes nothing")
    void brokenContexts() {
        Mode mode = Mode.SYNC;
        IllegalStateException broken = new IllegalStateException("context");
        gate.executor = Runnable::run;
        List<ThreadContext> contexts = List.of(
                () -> {
                    throw broken;
                },
                () -> () -> {
                    throw broken;
                });
        for (ThreadContext context : contexts) {
            lab.environment.context = context;
            assertThat(lab.run(mode, Pipeline.of(lab.loop("r", 3, ms(0)), gate), Step.gives("value"))
                            .failure())
                    .isInstanceOf(UnavailableException.class)
                    .hasCause(broken);
            assertThat(lab.works).hasValue(0);
            lab.assertBalanced("broken context");
        }
        lab.environment.context = () -> () -> () -> {
            throw broken;
        };
        assertThat(lab.run(mode, Pipeline.of(lab.loop("r", 3, ms(0)), gate), Step.gives("value"))
                        .value())
                .isEqualTo("value");
        assertThat(lab.works).hasValue(1);
        assertThat(gate.counts().failures()).isZero();
    }

    @Test
    @DisplayName("BH-6 TO-3 the caller is interrupted: it goes at once, the permit stays until the work has ended")
    void interruptedCaller() throws Exception {
        gate.executor = pool;
        TracedGate inside = lab.gate("inside");
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch sawInterrupt = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Caller caller = new Caller(Pipeline.of(lab.gate("outside"), gate, inside), () -> {
            started.countDown();
            try {
                Thread.sleep(10_000);
            } catch (InterruptedException expected) {
                sawInterrupt.countDown();
            }
            awaitStubbornly(end);
            return "nobody waits for it";
        });
        await(started);
        caller.thread.interrupt();

        assertThat(caller.outcome().failure())
                .isInstanceOf(CallInterruptedException.class)
                .hasMessage("interrupted while 'g' made the caller wait");
        assertThat(caller.flag).isTrue();
        await(sawInterrupt);
        assertThat(lab.trace).containsExactly("+outside", "+g", "+inside", "-outside IGNORED");
        end.countDown();
        Lab.until(() -> lab.trace.contains("-g SUCCESS"));
        assertThat(lab.trace).endsWith("-inside SUCCESS", "-g SUCCESS");
        assertThat(pool.strayFlags).hasValue(0);
    }

    @Test
    @DisplayName("BH-1 its caller is interrupted before the work was started: it never starts, the gate is left")
    void notStarted() throws Exception {
        gate.executor = pool;
        CountDownLatch busy = new CountDownLatch(1);
        pool.execute(() -> awaitStubbornly(busy));
        Caller caller = new Caller(gate, () -> lab.trace.add("started"));
        while (!lab.trace.contains("+g")) {
            Thread.onSpinWait();
        }
        caller.thread.interrupt();

        assertThat(caller.outcome().failure()).isInstanceOf(CallInterruptedException.class);
        assertThat(lab.trace).containsExactly("+g", "-g IGNORED");
        busy.countDown();
        pool.settle();
        assertThat(lab.trace).doesNotContain("started");
        assertThat(pool.strayFlags).hasValue(0);
    }

    @Test
    @DisplayName(
            "TO-3 on a deadline's executor: an interrupted caller goes, what has not started never does, and it was in time")
    void interruptedInDeadline() throws Exception {
        Lab.TracedDeadline deadline = lab.deadline("d", ms(5));
        deadline.executor = Runnable::run;
        assertThat(deadline.<Object>call(() -> "value")).isEqualTo("value");
        assertThat(lab.trace).containsExactly("kept d");

        deadline.executor = pool;
        CountDownLatch busy = new CountDownLatch(1);
        pool.execute(() -> awaitStubbornly(busy));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> deadline.run(() -> lab.trace.add("started")))
                .isInstanceOf(CallInterruptedException.class)
                .hasMessage("interrupted while 'd' made the caller wait");
        assertThat(Thread.interrupted()).isTrue();
        busy.countDown();
        pool.settle();
        assertThat(lab.trace).containsExactly("kept d", "kept d");
    }

    @Test
    @DisplayName("TO-3 a caller that is interrupted already does not wait for the work")
    void interruptedBefore() {
        gate.executor = pool;
        CountDownLatch busy = new CountDownLatch(1);
        pool.execute(() -> awaitStubbornly(busy));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> gate.run(() -> {})).isInstanceOf(CallInterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
        busy.countDown();
        pool.settle();
        lab.assertBalanced("interrupted before");
    }

    @Test
    @DisplayName("TO-2 S an abandoned call's interrupt never reaches what its pool does afterwards")
    void interruptsDoNotLeakIntoThePool() throws Exception {
        FifoGate real = new FifoGate(Environment.system(), 1, 0) {
            @Override
            protected Executor executor() {
                return pool;
            }
        };
        int rounds = 2000;
        int abandoned = 0;
        Thread caller = Thread.currentThread();
        OneThread interrupter = new OneThread();
        try {
            for (int round = 0; round < rounds; round++) {
                int spins = round % 200;
                interrupter.execute(() -> {
                    spin(spins);
                    caller.interrupt();
                });
                try {
                    real.run(() -> spin(100));
                } catch (CallInterruptedException expected) {
                    abandoned++;
                }
                interrupter.settle();
                Thread.interrupted();
                Lab.until(() -> real.available.get() == 1);
            }
        } finally {
            interrupter.stop();
        }
        assertThat(abandoned).isBetween(1, rounds);
        assertThat(pool.strayFlags).hasValue(0);
    }

    private static void spin(int times) {
        for (int i = 0; i < times * 10; i++) {
            Thread.onSpinWait();
        }
    }

    @Test
    @DisplayName("BH-1 asynchronous: cancelled while it waits for a thread, it never starts, the gate is left")
    void cancelledBeforeTheThread() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        gate.executor = tasks::add;
        Policy<Object> policy = Pipeline.of(gate, lab.gate("inside"));
        CompletableFuture<Object> future = lab.start(Mode.ASYNC, policy, Step.gives("x"));
        assertThat(lab.trace).containsExactly("+g");

        future.cancel(true);
        assertThat(lab.trace).containsExactly("+g", "-g IGNORED");
        tasks.forEach(Runnable::run);
        assertThat(lab.trace).containsExactly("+g", "-g IGNORED");
        lab.assertBalanced("cancelled");
    }

    @Test
    @DisplayName("TO-7 asynchronous: a deadline that passes while it waits for a thread ends the wait")
    void deadlineBeforeTheThread() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        gate.executor = tasks::add;
        CompletableFuture<Object> future =
                lab.start(Mode.ASYNC, Pipeline.of(lab.deadline("d", ms(5)), gate), Step.gives("x"));
        assertThat(lab.outcome(future).failure()).isInstanceOf(Lab.Exceeded.class);
        tasks.forEach(Runnable::run);
        assertThat(lab.works).hasValue(0);
        lab.assertBalanced("past the deadline");
    }

    @Test
    @DisplayName("BH-6 S on real threads no more calls than permits are inside, whoever loses patience")
    void limitsWorkNotPatience() {
        int permits = 2;
        List<OneThread> threads = List.of(new OneThread(), new OneThread(), new OneThread(), new OneThread());
        AtomicInteger next = new AtomicInteger();
        FifoGate real = new FifoGate(Environment.system(), permits, SECONDS.toNanos(5)) {
            @Override
            protected Executor executor() {
                return task -> threads.get(next.getAndIncrement() % 4).execute(task);
            }
        };
        Pipeline<Object> impatient = Pipeline.of(new Lab.Limit(Environment.system(), 200_000), real);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger late = new AtomicInteger();
        try {
            for (int i = 0; i < 300; i++) {
                int number = i;
                try {
                    impatient.run(() -> {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        long until = System.nanoTime() + (number % 4) * 100_000L;
                        while (System.nanoTime() - until < 0) {
                            Thread.onSpinWait();
                        }
                        inside.decrementAndGet();
                    });
                } catch (Lab.Exceeded expected) {
                    late.incrementAndGet();
                }
                assertThat(Thread.interrupted()).isFalse();
            }
            threads.forEach(OneThread::settle);
            assertThat(most.get()).isBetween(1, permits);
            assertThat(late.get()).isPositive();
            Lab.until(() -> real.available.get() == permits);
        } finally {
            threads.forEach(OneThread::stop);
        }
    }

    @Test
    @DisplayName(
            "TO-1 an executor that keeps its caller until the deadline has passed: work that has not started never does")
    void executorKeepsItsCaller() {
        Lab lab = new Lab();
        Lab.Limit limit = new Lab.Limit(lab.environment, ms(100).toNanos());
        AtomicInteger started = new AtomicInteger();
        limit.executor = task -> {
            lab.time.advance(ms(200));
            task.run();
        };
        assertThatThrownBy(() -> limit.run(started::incrementAndGet)).isInstanceOf(Lab.Exceeded.class);
        assertThat(started).hasValue(0);
        assertThat(limit.passed).hasValue(1);
    }

    @Test
    @DisplayName(
            "TO-1 what work on an executor gives when its time is over by the clock is too late, however late its caller looks")
    void lateResult() {
        Lab lab = new Lab();
        Lab.Limit limit = new Lab.Limit(lab.environment, ms(100).toNanos());
        limit.executor = Runnable::run;
        IllegalStateException own = new IllegalStateException("own");
        assertThatThrownBy(() -> limit.call(() -> {
                    lab.time.advance(ms(100).plusNanos(1));
                    return "late";
                }))
                .isInstanceOf(Lab.Exceeded.class)
                .hasNoSuppressedExceptions();
        assertThatThrownBy(() -> limit.call(() -> {
                    lab.time.advance(ms(101));
                    throw own;
                }))
                .isInstanceOf(Lab.Exceeded.class)
                .hasSuppressedException(own);
        assertThat(limit.passed).hasValue(2);
        assertThat(limit.<String>call(() -> {
                    lab.time.advance(ms(100));
                    return "in time";
                }))
                .isEqualTo("in time");
        assertThat(limit.passed).hasValue(2);
    }

    @Test
    @DisplayName("TO-5 work runs on the executor also where its deadline is for ever")
    void foreverOnTheExecutor() throws Exception {
        Lab.Limit limit = new Lab.Limit(Environment.system(), Long.MAX_VALUE);
        ExecutorService pool = Executors.newSingleThreadExecutor(task -> new Thread(task, "the executor's"));
        limit.executor = pool;
        assertThat(limit.<String>call(() -> Thread.currentThread().getName())).isEqualTo("the executor's");
        pool.shutdown();
    }

    @Test
    @DisplayName("XC-12 a thread that is slow to start, and a pool that hands on what does not fit, lose nothing")
    void slowThreads() throws Exception {
        ThreadPoolExecutor slow = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> new Thread(() -> {
                    LockSupport.parkNanos(ms(500).toNanos());
                    task.run();
                }));
        ExecutorService second = Executors.newSingleThreadExecutor();
        CountDownLatch end = new CountDownLatch(1);
        second.execute(() -> LockSupport.parkNanos(ms(500).toNanos()));
        ThreadPoolExecutor full = new ThreadPoolExecutor(
                1, 1, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), (task, pool) -> second.execute(task));
        full.execute(() -> {
            try {
                end.await();
            } catch (InterruptedException over) {
                // It is shut down.
            }
        });
        for (ThreadPoolExecutor pool : List.of(slow, full)) {
            Lab.Limit limit = new Lab.Limit(Environment.system(), ms(60_000).toNanos());
            limit.executor = pool;
            assertThat(limit.<String>call(() -> "done")).isEqualTo("done");
        }
        end.countDown();
        slow.shutdown();
        full.shutdown();
        second.shutdown();
    }

    @Test
    @DisplayName("XC-14 a clock that throws at any reading around a hand-over costs no permit")
    void clockThrowsAroundIt() {
        for (int reading = 1; reading < 12; reading++) {
            Lab lab = new Lab();
            int at = reading;
            lab.environment.clockThrows = number -> number == at ? new IllegalStateException("clock") : null;
            TracedGate gate = lab.gate("g");
            gate.executor = Runnable::run;
            lab.run(Mode.SYNC, Pipeline.of(lab.deadline("d", ms(10)), gate), Step.gives("value"));
            lab.assertBalanced("reading " + at);
        }
    }
}
