// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SystemEnvironmentTest {
    private static final Environment SYSTEM = Environment.system();

    @AfterEach
    void noFlagLeavesTheTest() {
        Thread.interrupted();
    }

    @Test
    @DisplayName("A timer fires on a daemon thread, not before its delay is over")
    void timerFires() throws Exception {
        CompletableFuture<Thread> fired = new CompletableFuture<>();
        long start = SYSTEM.nanoTime();
        SYSTEM.schedule(() -> fired.complete(Thread.currentThread()), MILLISECONDS.toNanos(20));

        Thread timer = fired.get(10, SECONDS);
        assertThat(SYSTEM.nanoTime() - start).isGreaterThanOrEqualTo(MILLISECONDS.toNanos(20));
        assertThat(timer.isDaemon()).isTrue();
        assertThat(timer.getName()).isEqualTo("holdfast-timer");
    }

    @Test
    @DisplayName("XC-10 timers that are due together run in the order in which they were scheduled")
    void order() throws Exception {
        List<Integer> ran = new ArrayList<>();
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(100);
        SYSTEM.schedule(() -> awaitUninterruptibly(go), 0);
        for (int i = 0; i < 100; i++) {
            int number = i;
            SYSTEM.schedule(
                    () -> {
                        ran.add(number);
                        done.countDown();
                    },
                    i % 2 == 0 ? 0 : -i);
        }
        go.countDown();
        assertThat(done.await(10, SECONDS)).isTrue();
        // Zero and less are both "as soon as possible".
        assertThat(ran).hasSize(100).isSorted();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await(10, SECONDS);
        } catch (InterruptedException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    @Test
    @DisplayName("TO-5 the longest possible delay is no error and never due")
    void hugeDelay() {
        AtomicBoolean ran = new AtomicBoolean();
        Environment.Timer timer = SYSTEM.schedule(() -> ran.set(true), Long.MAX_VALUE);
        CompletableFuture<Void> later = new CompletableFuture<>();
        SYSTEM.schedule(() -> later.complete(null), 0);
        later.join();
        assertThat(ran).isFalse();
        timer.cancel();
    }

    @Test
    @DisplayName("A timer's task that throws does not stop the timer")
    void throwingTask() throws Exception {
        SYSTEM.schedule(
                () -> {
                    throw new AssertionError("thrown by a test");
                },
                0);
        CompletableFuture<String> next = new CompletableFuture<>();
        SYSTEM.schedule(() -> next.complete("ran"), 0);
        assertThat(next.get(10, SECONDS)).isEqualTo("ran");
    }

    @Test
    @DisplayName("await gives true as soon as the condition holds")
    void awaitDone() throws Exception {
        assertThat(SYSTEM.await(() -> true, 0)).isTrue();
        assertThat(SYSTEM.await(() -> true, HOURS.toNanos(1))).isTrue();

        AtomicBoolean done = new AtomicBoolean();
        Thread waiting = Thread.currentThread();
        SYSTEM.schedule(
                () -> {
                    done.set(true);
                    LockSupport.unpark(waiting);
                },
                MILLISECONDS.toNanos(5));
        assertThat(SYSTEM.await(done::get, Long.MAX_VALUE)).isTrue();
    }

    @Test
    @DisplayName("await gives false when time is up, not before; zero and less do not wait")
    void awaitTimeout() throws Exception {
        long start = SYSTEM.nanoTime();
        assertThat(SYSTEM.await(() -> false, MILLISECONDS.toNanos(10))).isFalse();
        assertThat(SYSTEM.nanoTime() - start).isGreaterThanOrEqualTo(MILLISECONDS.toNanos(10));
        assertThat(SYSTEM.await(() -> false, 0)).isFalse();
        assertThat(SYSTEM.await(() -> false, Long.MIN_VALUE)).isFalse();
    }

    @Test
    @DisplayName("await: spurious wake-ups end nothing")
    void awaitSpuriousWakeUps() throws Exception {
        Thread waiting = Thread.currentThread();
        long start = SYSTEM.nanoTime();
        for (int i = 0; i < 5; i++) {
            SYSTEM.schedule(() -> LockSupport.unpark(waiting), i * MILLISECONDS.toNanos(2));
        }
        assertThat(SYSTEM.await(() -> false, MILLISECONDS.toNanos(15))).isFalse();
        assertThat(SYSTEM.nanoTime() - start).isGreaterThanOrEqualTo(MILLISECONDS.toNanos(15));
    }

    @Test
    @DisplayName("await: a thread that is interrupted before does not wait, and need not where the condition holds")
    void awaitInterruptedBefore() throws Exception {
        Thread.currentThread().interrupt();
        assertThat(SYSTEM.await(() -> true, HOURS.toNanos(1))).isTrue();
        assertThat(Thread.interrupted()).as("his flag stays").isTrue();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> SYSTEM.await(() -> false, 0)).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @DisplayName("await: an interrupt ends the wait, and the flag is clear then")
    void awaitInterruptedWithin() {
        Thread waiting = Thread.currentThread();
        SYSTEM.schedule(waiting::interrupt, MILLISECONDS.toNanos(5));
        assertThatThrownBy(() -> SYSTEM.await(() -> false, Long.MAX_VALUE)).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @DisplayName("Random numbers are from 0 to below the bound, for the smallest and the largest bound")
    void randomNumbers() {
        assertThat(LongStream.range(0, 100)
                        .map(i -> SYSTEM.nextLong(1_000_000))
                        .distinct()
                        .count())
                .isGreaterThan(50);
        for (long bound : new long[] {1, 2, 3, 1000, Long.MAX_VALUE}) {
            for (int i = 0; i < 100; i++) {
                assertThat(SYSTEM.nextLong(bound)).isBetween(0L, bound - 1);
            }
        }
    }

    @Test
    @DisplayName(
            "The default executor runs tasks on threads of its own: neither the caller's nor the timer's, and never one behind another")
    void executorHasThreads() throws Exception {
        Environment ownTimer = Environment.builder().build();
        for (Environment environment : List.of(SYSTEM, ownTimer)) {
            int many = 20;
            CountDownLatch together = new CountDownLatch(many);
            Set<String> names = ConcurrentHashMap.newKeySet();
            CountDownLatch ended = new CountDownLatch(many);
            for (int i = 0; i < many; i++) {
                environment.executor().execute(() -> {
                    names.add(Thread.currentThread().getName());
                    together.countDown();
                    try {
                        assertThat(together.await(10, SECONDS)).isTrue();
                        ended.countDown();
                    } catch (InterruptedException unexpected) {
                        throw new AssertionError(unexpected);
                    }
                });
            }
            assertThat(ended.await(10, SECONDS)).isTrue();
            assertThat(names).hasSize(many).allMatch(name -> name.startsWith("holdfast-") && !name.contains("timer"));
        }
    }

    @Test
    @DisplayName("A builder's timer, executor and context are used as they are; the timer stays the caller's")
    void builder() throws Exception {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "own-timer"));
        try {
            List<Runnable> handed = new ArrayList<>();
            Executor executor = handed::add;
            ThreadContext context = () -> () -> () -> {};
            Environment environment = Environment.builder()
                    .scheduler(timer)
                    .executor(executor)
                    .context(context)
                    .build();
            assertThat(environment.executor()).isSameAs(executor);
            assertThat(environment.context()).isSameAs(context);
            assertThat(environment).hasToString("Environment[" + timer + "]");
            assertThat(Environment.builder().build()).hasToString("Environment[shared timer]");
            AtomicReference<String> thread = new AtomicReference<>();
            CountDownLatch ran = new CountDownLatch(1);
            environment.schedule(
                    () -> {
                        thread.set(Thread.currentThread().getName());
                        ran.countDown();
                    },
                    0);
            assertThat(ran.await(10, SECONDS)).isTrue();
            assertThat(thread).hasValue("own-timer");
            Environment.Timer cancelled = environment.schedule(() -> thread.set("not cancelled"), HOURS.toNanos(1));
            cancelled.cancel();
            assertThat(timer.getQueue()).hasSize(1).allMatch(task -> ((Future<?>) task).isCancelled());

            timer.shutdownNow();
            assertThatThrownBy(() -> environment.schedule(() -> {}, 0)).isInstanceOf(RejectedExecutionException.class);
        } finally {
            timer.shutdownNow();
        }
    }

    @Test
    @DisplayName("XC-5 the system environment is shared, carries no context, and starts no thread before a timer")
    void system() throws Exception {
        assertThat(Environment.system()).isSameAs(Environment.system()).hasToString("Environment.system()");
        assertThat(SYSTEM.context()).isSameAs(ThreadContext.none());
        FutureTask<Boolean> interrupted =
                new FutureTask<>(() -> Thread.currentThread().isInterrupted());
        SYSTEM.schedule(interrupted, 0);
        assertThat(interrupted.get(10, SECONDS)).isFalse();
    }

    @Test
    @DisplayName("XC-7 null parts get an error that names them")
    void badArguments() {
        Environment.Builder builder = Environment.builder();
        assertThatThrownBy(() -> builder.scheduler(null)).hasMessage("scheduler: null (expected: a value)");
        assertThatThrownBy(() -> builder.executor(null)).hasMessage("executor: null (expected: a value)");
        assertThatThrownBy(() -> builder.context(null)).hasMessage("context: null (expected: a value)");
    }
}
