// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import dev.holdfast.ThreadContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class VirtualTimeTest {
    private static final Duration HUGE = Duration.ofSeconds(Long.MAX_VALUE);
    private final VirtualTime time = VirtualTime.create();
    private final List<String> ran = new ArrayList<>();

    @AfterEach
    void noFlagLeavesTheTest() {
        Thread.interrupted();
    }

    private static Duration ns(long nanos) {
        return Duration.ofNanos(nanos);
    }

    private Environment.Timer timer(VirtualTime on, String name, long delay) {
        return on.schedule(() -> ran.add(name + "@" + on.nanoTime()), delay);
    }

    private Environment.Timer timer(String name, long delay) {
        return timer(time, name, delay);
    }

    @Test
    @DisplayName("XC-17 the clock stands still until it is moved, and is moved by exactly what was asked")
    void clock() {
        assertThat(time.nanoTime()).isZero();
        time.advance(ns(5));
        time.advance(Duration.ZERO);
        time.advance(Duration.ofDays(365));
        assertThat(time.nanoTime()).isEqualTo(5 + Duration.ofDays(365).toNanos());
        assertThat(VirtualTime.create(-7, 0).nanoTime()).isEqualTo(-7);
        assertThat(time).hasToString("VirtualTime[31536000000000005 ns]");
    }

    @Test
    @DisplayName("XC-10 timers run at their own time, those of one time in the order in which they were scheduled")
    void order() {
        timer("c", 3);
        timer("a", 1);
        timer("b2", 2);
        timer("b1", 2);
        timer("now", 0);
        timer("past", -5);
        assertThat(ran).isEmpty();
        time.advance(ns(2));
        assertThat(ran).containsExactly("now@0", "past@0", "a@1", "b2@2", "b1@2");
        assertThat(time.pendingTimers()).isEqualTo(1);
        time.advance(ns(100));
        assertThat(ran).endsWith("c@3");
        assertThat(time.nanoTime()).isEqualTo(102);
    }

    @Test
    @DisplayName("Timers that schedule timers: those that are due on the way run on the way")
    void cascade() {
        time.schedule(() -> timer("second", 3), 4);
        time.schedule(() -> timer("at once", 0), 4);
        timer("between", 5);
        time.advance(ns(10));
        assertThat(ran).containsExactly("at once@4", "between@5", "second@7");
        assertThat(time.nanoTime()).isEqualTo(10);
    }

    @Test
    @DisplayName("TO-4 a cancelled timer is gone at once; cancelling again, or after it ran, does nothing")
    void cancel() {
        Environment.Timer gone = timer("gone", 1);
        Environment.Timer runs = timer("runs", 1);
        gone.cancel();
        gone.cancel();
        assertThat(time.pendingTimers()).isEqualTo(1);
        time.advance(ns(1));
        runs.cancel();
        assertThat(ran).containsExactly("runs@1");
    }

    @Test
    @DisplayName("A timer may cancel another that is due at the same time")
    void cancelFromATimer() {
        List<Environment.Timer> victim = new ArrayList<>();
        time.schedule(() -> victim.get(0).cancel(), 1);
        victim.add(timer("victim", 1));
        time.advance(ns(1));
        assertThat(ran).isEmpty();
    }

    @Test
    @DisplayName("What a timer throws comes out of advance; the timer is gone, the others are not")
    void throwingTimer() {
        time.schedule(
                () -> {
                    throw new IllegalStateException("timer");
                },
                1);
        timer("other", 1);
        assertThatThrownBy(() -> time.advance(ns(5))).hasMessage("timer");
        time.advance(ns(5));
        assertThat(ran).containsExactly("other@1");
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE - 3, Long.MAX_VALUE, Long.MIN_VALUE, -3})
    @DisplayName("RL-6 the clock wraps around, and timers keep their order")
    void wrapAround(long start) {
        VirtualTime wrapping = VirtualTime.create(start, 0);
        timer(wrapping, "late", 9);
        timer(wrapping, "early", 2);
        timer(wrapping, "never", Long.MAX_VALUE);
        wrapping.advance(ns(10));
        assertThat(ran).containsExactly("early@" + (start + 2), "late@" + (start + 9));
        assertThat(wrapping.nanoTime()).isEqualTo(start + 10);
        assertThat(wrapping.pendingTimers()).isEqualTo(1);
    }

    @Test
    @DisplayName("TO-5 durations that no clock can hold are no error")
    void hugeDurations() throws Exception {
        timer("soon", 1);
        timer("never", Long.MAX_VALUE);
        time.advance(ns(5));
        time.advance(HUGE);
        assertThat(ran).startsWith("soon@1");
        VirtualTime other = VirtualTime.create(100, 0);
        timer(other, "other", 7);
        AtomicBoolean done = new AtomicBoolean();
        other.schedule(() -> done.set(true), 9);
        assertThat(other.await(done::get, Long.MAX_VALUE)).isTrue();
        assertThat(other.nanoTime()).isEqualTo(109);
    }

    @Test
    @DisplayName("XC-17 await moves the clock to the end of the wait and no further, and runs the timers on the way")
    void awaitMovesTheClock() throws Exception {
        timer("on the way", 3);
        timer("at the end", 10);
        timer("after it", 11);
        assertThat(time.await(() -> false, 10)).isFalse();
        assertThat(ran).containsExactly("on the way@3", "at the end@10");
        assertThat(time.nanoTime()).isEqualTo(10);
    }

    @Test
    @DisplayName("await ends as soon as the condition holds; zero and less do not wait")
    void awaitDone() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        time.schedule(() -> done.set(true), 3);
        timer("later", 3);
        assertThat(time.await(done::get, 0)).isFalse();
        assertThat(time.await(done::get, -1)).isFalse();
        assertThat(time.await(done::get, 10)).isTrue();
        assertThat(time.nanoTime()).isEqualTo(3);
        assertThat(ran).isEmpty();
        assertThat(time.await(() -> true, 10)).isTrue();
        assertThat(time.nanoTime()).isEqualTo(3);
    }

    @Test
    @DisplayName("await: an interrupted thread does not wait, an interrupt by a timer ends the wait; the flag is clear")
    void awaitInterrupted() throws Exception {
        Thread.currentThread().interrupt();
        assertThat(time.await(() -> true, 10)).as("it need not").isTrue();
        assertThatThrownBy(() -> time.await(() -> false, 10)).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(time.nanoTime()).isZero();

        time.schedule(Thread.currentThread()::interrupt, 4);
        assertThatThrownBy(() -> time.await(() -> false, 10)).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(time.nanoTime()).isEqualTo(4);

        time.schedule(Thread.currentThread()::interrupt, 4);
        assertThatThrownBy(() -> time.sleep(ns(10))).isInstanceOf(InterruptedException.class);
        assertThat(time.nanoTime()).isEqualTo(8);
    }

    @Test
    @DisplayName("XC-17 await for ever waits for another thread when no timer can end it, and the clock stands")
    void awaitAnotherThread() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        Thread waiting = Thread.currentThread();
        CountDownLatch started = new CountDownLatch(1);
        Thread other = new Thread(() -> {
            started.countDown();
            LockSupport.parkNanos(2_000_000);
            done.set(true);
            LockSupport.unpark(waiting);
        });
        other.start();
        assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(time.await(done::get, Long.MAX_VALUE)).isTrue();
        assertThat(time.nanoTime()).isZero();
        other.join();
    }

    @Test
    @DisplayName("sleep moves the clock; a negative duration or null is refused")
    void sleep() throws Exception {
        time.sleep(ns(7));
        time.sleep(Duration.ZERO);
        assertThat(time.nanoTime()).isEqualTo(7);
        assertThatThrownBy(() -> time.sleep(ns(-1))).hasMessage("duration: PT-0.000000001S (expected: at least PT0S)");
        assertThatThrownBy(() -> time.advance(ns(-1))).hasMessageStartingWith("duration: PT-0.000000001S");
        assertThatThrownBy(() -> time.advance(null)).hasMessage("duration: null (expected: a value)");
        assertThatThrownBy(() -> time.withContext(null)).hasMessage("context: null (expected: a value)");
    }

    @Test
    @DisplayName("join moves from timer to timer until the future is complete, and no further")
    void join() {
        CompletableFuture<String> future = new CompletableFuture<>();
        time.schedule(() -> time.schedule(() -> future.complete("value"), 3), 4);
        timer("later", 8);
        assertThat(time.join(future)).isEqualTo("value");
        assertThat(time.nanoTime()).isEqualTo(7);
        assertThat(ran).isEmpty();
    }

    @Test
    @DisplayName("join of a future that failed throws as it does; of one that nobody will complete: a clear error")
    void joinThatFails() {
        IllegalStateException failure = new IllegalStateException();
        assertThatThrownBy(() -> time.join(CompletableFuture.failedFuture(failure)))
                .isInstanceOf(CompletionException.class)
                .hasCause(failure);
        timer("only", 5);
        assertThatThrownBy(() -> time.join(new CompletableFuture<>()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no timer is left");
        assertThat(ran).containsExactly("only@5");
    }

    @Test
    @DisplayName("Reads are counted, one for each look at the clock, and moving it is none")
    void reads() {
        assertThat(time.reads()).isZero();
        time.nanoTime();
        time.nanoTime();
        time.schedule(() -> {}, 5).cancel();
        time.advance(ns(10));
        assertThat(time.reads()).isEqualTo(2);
    }

    @Test
    @DisplayName("Random numbers come from the seed: the same again for the same, others for another; within the bound")
    void randomness() {
        assertThat(draws(VirtualTime.create(), 1000)).isEqualTo(draws(VirtualTime.create(0, 0), 1000));
        assertThat(draws(VirtualTime.create(0, 1), 1000)).isNotEqualTo(draws(VirtualTime.create(), 1000));
        assertThat(draws(time, 3)).allMatch(number -> number >= 0 && number < 3).contains(0L, 1L, 2L);
        assertThat(draws(time, 1)).containsOnly(0L);
        assertThat(draws(time, Long.MAX_VALUE)).allMatch(number -> number >= 0);
    }

    private static List<Long> draws(VirtualTime from, long bound) {
        return LongStream.range(0, 50).map(i -> from.nextLong(bound)).boxed().toList();
    }

    @Test
    @DisplayName("XC-17 the executor runs a task when the clock is moved next, never inside of execute")
    void executor() {
        time.executor().execute(() -> ran.add("task"));
        assertThat(ran).isEmpty();
        time.advance(Duration.ZERO);
        assertThat(ran).containsExactly("task");
        assertThat(time.nanoTime()).isZero();
    }

    @Test
    @DisplayName("The context is none, or what was set")
    void context() {
        ThreadContext context = () -> () -> () -> {};
        assertThat(time.context()).isSameAs(ThreadContext.none());
        assertThat(time.withContext(context)).isSameAs(time);
        assertThat(time.context()).isSameAs(context);
    }

    @Test
    @DisplayName("S several threads schedule, cancel and move the clock: every timer runs once or was cancelled")
    void severalThreads() throws Exception {
        int threads = 4;
        int each = 2000;
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger kept = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                all.add(pool.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        long delay = i % 3 == 0 ? Long.MAX_VALUE / 4 : i % 50;
                        Environment.Timer timer = time.schedule(runs::incrementAndGet, delay);
                        if (i % 3 == 0) {
                            timer.cancel();
                        } else {
                            kept.incrementAndGet();
                        }
                        if (i % 10 == 0) {
                            time.advance(ns(20));
                        }
                    }
                }));
            }
            for (Future<?> future : all) {
                future.get(10, TimeUnit.SECONDS);
            }
            time.advance(ns(1000));
            assertThat(runs.get()).isEqualTo(kept.get());
            assertThat(time.pendingTimers()).isZero();
        } finally {
            pool.shutdownNow();
        }
    }
}
