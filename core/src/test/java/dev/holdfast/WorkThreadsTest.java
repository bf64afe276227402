// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkThreadsTest {
    /** Without their stacks, for which all threads of the machine would have to stop. */
    private static List<Thread> threadsOf(String prefix) {
        Thread[] all = new Thread[10_000];
        int count = Thread.currentThread().getThreadGroup().enumerate(all);
        assertThat(count).isBetween(1, all.length - 1);
        return Arrays.stream(all, 0, count)
                .filter(thread -> thread.getName().startsWith(prefix))
                .toList();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }

    @Test
    @DisplayName("XC-5 a thread that is idle takes the next task: a thousand, one after the other, need one thread")
    void reuse() throws Exception {
        try (WorkThreads threads = WorkThreads.pool("reuse-", 1_000)) {
            AtomicInteger ran = new AtomicInteger();
            for (int i = 1; i <= 1_000; i++) {
                threads.execute(ran::incrementAndGet);
                int all = i;
                Lab.until(() -> ran.get() == all
                        && threadsOf("reuse-").stream().allMatch(thread -> thread.getState() != Thread.State.RUNNABLE));
            }
            assertThat(threadsOf("reuse-")).hasSizeLessThanOrEqualTo(2).allMatch(Thread::isDaemon);
        }
    }

    @Test
    @DisplayName("as many threads as are needed at once, and no more than the bound; what finds none waits, in order")
    void bound() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(3);
        List<Integer> waited = new CopyOnWriteArrayList<>();
        try (WorkThreads threads = WorkThreads.pool("bound-", 3)) {
            for (int i = 0; i < 3; i++) {
                threads.execute(() -> {
                    begun.countDown();
                    awaitQuietly(end);
                });
            }
            assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
            threads.growTo(4);
            CountDownLatch more = new CountDownLatch(1);
            threads.execute(() -> {
                more.countDown();
                awaitQuietly(end);
            });
            assertThat(more.await(20, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 5; i++) {
                int number = i;
                threads.execute(() -> waited.add(number));
            }
            assertThat(threadsOf("bound-")).hasSize(4);
            assertThat(waited).isEmpty();
            threads.growTo(5);
            Lab.until(() -> waited.size() == 5);
            end.countDown();
        }
    }

    @Test
    @DisplayName("after close() none is taken; those that were run, and the threads end")
    void close() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        WorkThreads threads = WorkThreads.pool("close-", 1);
        threads.execute(() -> awaitQuietly(end));
        threads.execute(ran::incrementAndGet);
        threads.close();
        threads.close();
        assertThatThrownBy(() -> threads.execute(ran::incrementAndGet)).isInstanceOf(RejectedExecutionException.class);
        end.countDown();
        Lab.until(() -> threadsOf("close-").isEmpty());
        assertThat(ran).hasValue(1);
    }

    @Test
    @DisplayName("what a task leaves on its thread, the next does not find; what it throws ends no thread for ever")
    void clean() throws Exception {
        ThreadLocal<String> local = new ThreadLocal<>();
        Set<String> found = ConcurrentHashMap.newKeySet();
        ClassLoader mine = Thread.currentThread().getContextClassLoader();
        try (WorkThreads threads = WorkThreads.pool("clean-", 1)) {
            CountDownLatch all = new CountDownLatch(20);
            for (int i = 0; i < 20; i++) {
                boolean even = i % 2 == 0;
                threads.execute(() -> {
                    Thread thread = Thread.currentThread();
                    found.add(thread.isInterrupted() + " " + thread.getPriority() + " "
                            + (thread.getContextClassLoader() == mine) + " "
                            + (ThreadLocals.canBeErased() ? local.get() : null));
                    thread.interrupt();
                    thread.setPriority(Thread.MAX_PRIORITY);
                    thread.setContextClassLoader(null);
                    local.set("left");
                    all.countDown();
                    if (even) {
                        thread.setUncaughtExceptionHandler((where, thrown) -> {});
                        throw new IllegalStateException("task");
                    }
                });
            }
            assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(found).containsExactly("false 5 true null");
    }

    @Test
    @DisplayName("XC-7 bounds are checked")
    void settings() {
        assertThatThrownBy(() -> WorkThreads.pool("x", 0)).hasMessage("threads: 0 (expected: 1 to 2147483647)");
        try (WorkThreads threads = WorkThreads.pool("x", 1)) {
            assertThatThrownBy(() -> threads.growTo(0)).hasMessage("threads: 0 (expected: 1 to 2147483647)");
        }
    }

    @Test
    @DisplayName("virtual threads: one for each task, that knows nothing of whoever made it; before Java 21, said so")
    void virtual() throws Exception {
        if (!WorkThreads.canBeVirtual()) {
            assertThatThrownBy(() -> WorkThreads.virtual("v-"))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageEndingWith("(expected: 21 or newer)");
            return;
        }
        InheritableThreadLocal<String> inherited = new InheritableThreadLocal<>();
        inherited.set("mine");
        try (WorkThreads threads = WorkThreads.virtual("v-")) {
            Set<String> found = ConcurrentHashMap.newKeySet();
            CountDownLatch all = new CountDownLatch(10);
            for (int i = 0; i < 10; i++) {
                threads.execute(() -> {
                    found.add(Thread.currentThread().getName() + " " + inherited.get());
                    all.countDown();
                });
            }
            assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(found).hasSize(10).allMatch(name -> name.startsWith("v-") && name.endsWith(" null"));
        } finally {
            inherited.remove();
        }
    }

    @Test
    @DisplayName("threads that compute do not keep others from going on: who gets no carrier gets a platform thread")
    void starvedCarriers() throws Exception {
        Assumptions.assumeTrue(Runtime.version().feature() >= 24, "virtual threads come first from Java 24 on");
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger spinning = new AtomicInteger();
        int carriers = 2 * Runtime.getRuntime().availableProcessors();
        try {
            for (int i = 0; i < carriers; i++) {
                SharedThreads.INSTANCE.execute(() -> {
                    spinning.incrementAndGet();
                    while (!stop.get()) {
                        Thread.onSpinWait();
                        if (Thread.interrupted()) {
                            return;
                        }
                    }
                });
            }
            Lab.until(() -> spinning.get() == carriers);
            CountDownLatch ran = new CountDownLatch(1);
            SharedThreads.INSTANCE.execute(ran::countDown);
            assertThat(ran.await(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            stop.set(true);
            spinning.incrementAndGet();
        }
    }

    @Test
    @DisplayName("XC-12 a task for which the system has no thread is not lost: it is tried again until there is one")
    void noThreadCanBeStarted() throws Exception {
        AtomicInteger refused = new AtomicInteger();
        SharedThreads exhausted = new SharedThreads(task -> {
            if (refused.incrementAndGet() <= 2) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            task.run();
        });
        CountDownLatch ran = new CountDownLatch(1);
        exhausted.execute(ran::countDown);
        assertThat(ran.getCount()).isEqualTo(1);
        assertThat(ran.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(refused).hasValue(3);
    }
}
