// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimerThreadTest {
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    private final TimerThread timer = new TimerThread();

    @Test
    @DisplayName("TO-6 every timer of many threads fires once and never early")
    void firesOnceAndNeverEarly() throws InterruptedException {
        int threads = 4;
        int each = 2_000;
        AtomicInteger early = new AtomicInteger();
        AtomicInteger fired = new AtomicInteger();
        CountDownLatch all = new CountDownLatch(threads * each);
        for (int t = 0; t < threads; t++) {
            SplittableRandom random = new SplittableRandom(t);
            new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    long delay = random.nextLong(100_000_000);
                    long start = System.nanoTime();
                    timer.schedule(() -> {
                        early.addAndGet(System.nanoTime() - start < delay ? 1 : 0);
                        fired.incrementAndGet();
                        all.countDown();
                    }, delay);
                }
            }).start();
        }

        assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(early).hasValue(0);
        assertThat(fired).hasValue(threads * each);
    }

    @Test
    @DisplayName("XC-10 timers of the same time fire in the order in which they were scheduled")
    void tiesAreBrokenByOrder() throws InterruptedException {
        int count = 1_000;
        List<Integer> order = new ArrayList<>();
        CountDownLatch all = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            int number = i;
            timer.schedule(() -> {
                order.add(number);
                all.countDown();
            }, 0);
        }

        assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(order).isSorted();
    }

    @Test
    @DisplayName("TO-4 cancelled timers do not stay")
    void cancelledTimersDoNotStay() throws InterruptedException {
        for (int i = 0; i < 100_000; i++) {
            timer.schedule(() -> {}, HOUR).cancel();
        }
        List<Environment.Timer> late = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            late.add(timer.schedule(() -> {}, HOUR));
        }
        assertThat(timer.pending()).isGreaterThanOrEqualTo(1_000);
        // Long enough for them to reach the heap, from which they have to be swept.
        await(() -> timer.pending() == 1_000);
        late.forEach(Environment.Timer::cancel);

        await(() -> timer.pending() == 0);
    }

    @Test
    @DisplayName("TO-4 a cancelled timer that somebody keeps holds on to nothing of the timers around it")
    void cancelledTimersKeepNothing() throws InterruptedException {
        Runnable work = new CountDownLatch(1)::countDown;
        WeakReference<Runnable> task = new WeakReference<>(work);
        Environment.Timer below = timer.schedule(work, HOUR);
        work = null;
        Environment.Timer kept = timer.schedule(() -> {}, HOUR);
        kept.cancel();
        below.cancel();

        await(() -> {
            System.gc();
            return task.get() == null;
        });
        Reference.reachabilityFence(kept);
    }

    @Test
    void aTaskThatThrowsHurtsNoOther() throws InterruptedException {
        CountDownLatch ran = new CountDownLatch(1);
        timer.schedule(() -> {
            throw new NoClassDefFoundError("on purpose");
        }, 0);
        timer.schedule(ran::countDown, 1_000_000);

        assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aShortTimerIsNotHeldUpByALongOne() throws InterruptedException {
        timer.schedule(() -> {}, HOUR);
        // Until the thread has gone to sleep for long.
        new CountDownLatch(1).await(1_500, TimeUnit.MILLISECONDS);
        CountDownLatch ran = new CountDownLatch(1);
        long start = System.nanoTime();
        timer.schedule(ran::countDown, 1_000_000);

        assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }

    @Test
    void hugeAndNegativeDelaysAreDefined() throws InterruptedException {
        CountDownLatch ran = new CountDownLatch(1);
        Environment.Timer never = timer.schedule(() -> {}, Long.MAX_VALUE);
        timer.schedule(ran::countDown, Long.MIN_VALUE);

        assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
        never.cancel();
        never.cancel();
    }

    @Test
    @DisplayName("XC-5 the thread is a daemon, starts with the first timer and carries nothing of who started it")
    void theThreadIsADaemonOfItsOwn() throws InterruptedException {
        InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
        local.set("the first caller's");
        List<Object> seen = new ArrayList<>();
        CountDownLatch ran = new CountDownLatch(1);
        timer.schedule(() -> {
            seen.add(Thread.currentThread().isDaemon());
            seen.add(Thread.currentThread().getName());
            seen.add(local.get() == null);
            ran.countDown();
        }, 0);

        assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(seen).containsExactly(true, "holdfast-timer", true);
    }

    private static void await(java.util.function.BooleanSupplier done) throws InterruptedException {
        long start = System.nanoTime();
        CountDownLatch never = new CountDownLatch(1);
        while (!done.getAsBoolean()) {
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(30));
            never.await(10, TimeUnit.MILLISECONDS);
        }
    }
}
