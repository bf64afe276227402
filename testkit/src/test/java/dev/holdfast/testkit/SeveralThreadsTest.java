// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A5: virtual time does not lie where several threads have to do with it. */
@Timeout(60)
class SeveralThreadsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final long HOUR = Duration.ofHours(1).toNanos();

    private final VirtualTime time = VirtualTime.create();

    private CompletableFuture<Long> sleeps(Duration duration) {
        return CompletableFuture.supplyAsync(
                () -> {
                    sleep(duration);
                    return time.nanoTime();
                },
                time.threads());
    }

    private void sleep(Duration duration) {
        try {
            time.sleep(duration);
        } catch (InterruptedException interrupt) {
            throw new IllegalStateException(interrupt);
        }
    }

    @RepeatedTest(20)
    @DisplayName("XC-17 ten threads that sleep a second each all wake up after a second")
    void tenSleepers() {
        // Started by one that the clock knows too: else it could go on before the last of them has begun.
        CompletableFuture<List<CompletableFuture<Long>>> started = CompletableFuture.supplyAsync(
                () -> {
                    List<CompletableFuture<Long>> all = new ArrayList<>();
                    for (int i = 0; i < 10; i++) {
                        all.add(sleeps(SECOND));
                    }
                    return all;
                },
                time.threads());
        for (CompletableFuture<Long> each : time.join(started)) {
            assertThat(time.join(each)).isEqualTo(SECOND.toNanos());
        }
        assertThat(time.nanoTime()).isEqualTo(SECOND.toNanos());
    }

    @RepeatedTest(20)
    @DisplayName("XC-17 waiting for work on another thread moves the clock as far as that work waits, and no further")
    void waitsForWork() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        Thread waiting = Thread.currentThread();
        time.schedule(() -> {}, HOUR);
        time.threads().execute(() -> {
            begun.countDown();
            sleep(SECOND);
            done.set(true);
            time.wake(waiting);
        });
        assertThat(time.await(done::get, HOUR)).isTrue();
        assertThat(time.nanoTime()).isEqualTo(SECOND.toNanos());
    }

    @RepeatedTest(5)
    @DisplayName("XC-17 a thread that sleeps in real time holds the clock: another's wait does not end before it")
    void realSleep() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        Thread waiting = Thread.currentThread();
        time.threads().execute(() -> {
            try {
                Thread.sleep(60);
            } catch (InterruptedException interrupt) {
                throw new AssertionError(interrupt);
            }
            done.set(true);
            time.wake(waiting);
        });
        assertThat(time.await(done::get, HOUR)).isTrue();
        assertThat(time.nanoTime()).isZero();
    }

    @Test
    @DisplayName("XC-17 threads that move the clock by hand at the same time move it by the sum")
    void advanceTogether() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(new Thread(() -> {
                for (int k = 0; k < 2_000; k++) {
                    time.advance(Duration.ofMillis(1));
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(time.nanoTime()).isEqualTo(Duration.ofSeconds(16).toNanos());
    }

    @Test
    @DisplayName(
            "XC-17 a timer's task that waits is told so, and what a timer throws reaches whoever moves the clock by hand")
    void timersThatWait() throws Exception {
        time.schedule(() -> sleep(SECOND), 5);
        assertThat(time.await(() -> false, 10))
                .as("whoever only waits is not to blame")
                .isFalse();
        assertThatThrownBy(() -> time.advance(Duration.ZERO))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("VirtualTime: a timer's task waits");
        assertThat(time.nanoTime()).isEqualTo(10);
        time.advance(Duration.ZERO);
    }

    @Test
    @DisplayName("XC-17 what runs on its executor may wait, and takes nobody else's interrupt")
    void executorsMayWait() throws Exception {
        AtomicInteger woke = new AtomicInteger();
        time.executor().execute(() -> {
            sleep(SECOND.multipliedBy(10));
            woke.incrementAndGet();
        });
        time.schedule(Thread.currentThread()::interrupt, SECOND.toNanos());
        assertThatThrownBy(() -> time.sleep(SECOND.multipliedBy(5))).isInstanceOf(InterruptedException.class);
        assertThat(time.nanoTime()).isEqualTo(SECOND.toNanos());
        assertThat(woke).hasValue(0);
        time.sleep(SECOND.multipliedBy(9));
        time.advance(Duration.ZERO);
        assertThat(woke).hasValue(1);
        assertThat(time.nanoTime()).isEqualTo(SECOND.multipliedBy(10).toNanos());
    }

    @Test
    @DisplayName("XC-17 a sleep of a hundred years and more ends")
    void longSleep() throws Exception {
        time.sleep(Duration.ofDays(365 * 147L));
        assertThat(time.nanoTime()).isEqualTo(Long.MAX_VALUE / 2);
    }

    @Test
    @DisplayName("XC-17 join waits for work on other threads, and says when there is nothing to wait for")
    void join() {
        CompletableFuture<Long> slept = sleeps(SECOND);
        assertThat(time.join(slept)).isEqualTo(SECOND.toNanos());
        assertThatThrownBy(() -> time.join(new CompletableFuture<>()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not complete, and no timer is left");
    }

    @Test
    @DisplayName(
            "XC-17 one stranger may be the test's own thread; of two, the second waits until the clock is moved by others")
    void strangers() throws Exception {
        CompletableFuture<Long> first = new CompletableFuture<>();
        CompletableFuture<Long> second = new CompletableFuture<>();
        CountDownLatch release = new CountDownLatch(1);
        Thread one = new Thread(() -> {
            sleep(SECOND);
            first.complete(time.nanoTime());
            try {
                release.await();
            } catch (InterruptedException interrupt) {
                throw new AssertionError(interrupt);
            }
        });
        one.start();
        assertThat(first.join()).isEqualTo(SECOND.toNanos());
        Thread two = new Thread(() -> {
            sleep(SECOND);
            second.complete(time.nanoTime());
        });
        two.start();
        while (two.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        Thread.sleep(100);
        assertThat(second).isNotDone();
        time.advance(SECOND);
        assertThat(second.join()).isEqualTo(2 * SECOND.toNanos());
        release.countDown();
    }

    @Test
    @DisplayName(
            "XC-17 a thread that was at work when the clock was moved by hand is waited for once it has got something else to do")
    void threadThatIsUsedAgain() throws Exception {
        VirtualTime time = VirtualTime.create();
        CountDownLatch ends = new CountDownLatch(1);
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        time.threads().execute(() -> {
            began.countDown();
            while (ends.getCount() > 0) {
                Thread.onSpinWait();
            }
            ended.countDown();
        });
        began.await();
        AtomicBoolean fired = new AtomicBoolean();
        time.schedule(
                () -> {
                    ends.countDown();
                    try {
                        ended.await();
                        // Until its thread is free for the next task.
                        Thread.sleep(50);
                    } catch (InterruptedException unexpected) {
                        throw new AssertionError(unexpected);
                    }
                },
                1);
        time.schedule(
                () -> time.threads().execute(() -> {
                    try {
                        Thread.sleep(50);
                    } catch (InterruptedException unexpected) {
                        throw new AssertionError(unexpected);
                    }
                    time.schedule(() -> fired.set(true), 1);
                }),
                2);
        time.advance(Duration.ofSeconds(1));
        assertThat(fired).isTrue();
        assertThat(time.pendingTimers()).isZero();
    }
}
