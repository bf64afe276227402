// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.TimerThread.Rhythm;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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
                            timer.schedule(
                                    () -> {
                                        early.addAndGet(System.nanoTime() - start < delay ? 1 : 0);
                                        fired.incrementAndGet();
                                        all.countDown();
                                    },
                                    delay);
                        }
                    })
                    .start();
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
            timer.schedule(
                    () -> {
                        order.add(number);
                        all.countDown();
                    },
                    0);
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
        // All that were cancelled are gone in the end, and none of the others is.
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
        timer.schedule(
                () -> {
                    throw new NoClassDefFoundError("on purpose");
                },
                0);
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
        ClassLoader ofTheFirstCaller = Thread.currentThread().getContextClassLoader();
        List<Object> seen = new ArrayList<>();
        CountDownLatch ran = new CountDownLatch(1);
        Runnable look = () -> {
            seen.add(Thread.currentThread().isDaemon());
            seen.add(Thread.currentThread().getName());
            seen.add(local.get() == null);
            seen.add(Thread.currentThread().getContextClassLoader() == TimerThread.class.getClassLoader());
            ran.countDown();
        };
        Thread.currentThread().setContextClassLoader(new ClassLoader(ofTheFirstCaller) {});
        try {
            timer.schedule(look, 0);
        } finally {
            Thread.currentThread().setContextClassLoader(ofTheFirstCaller);
        }

        assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(seen).containsExactly(true, "holdfast-timer", true, true);
    }

    private static Thread threadOf(TimerThread timer) {
        CompletableFuture<Thread> found = new CompletableFuture<>();
        timer.schedule(() -> found.complete(Thread.currentThread()), 0);
        return found.orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** The thread of a timer that stays, once it has gone to sleep. */
    private static Thread asleep(TimerThread timer) throws InterruptedException {
        Thread thread = threadOf(timer);
        await(() -> thread.getState() == Thread.State.TIMED_WAITING);
        return thread;
    }

    /** Whether busy or quiet, these timers do not look around for an hour: whatever they do, they were woken for. */
    private static List<Rhythm> sleepers() {
        return List.of(new Rhythm(HOUR, HOUR, HOUR, HOUR), new Rhythm(HOUR, 0, HOUR, HOUR));
    }

    @ParameterizedTest
    @MethodSource("sleepers")
    @DisplayName(
            "TO-6 a thread that sleeps for long is woken for a timer that is due before, and sleeps no longer than that")
    void wokenForWhatIsDue(Rhythm rhythm) throws InterruptedException {
        TimerThread sleeper = new TimerThread(8, rhythm);
        Thread thread = asleep(sleeper);
        for (int[] delays : new int[][] {{5, 40, 20}, {40, 20, 5}, {20, 5, 40}}) {
            CountDownLatch all = new CountDownLatch(delays.length);
            List<Integer> order = new ArrayList<>();
            sleeper.schedule(() -> order.add(-1), 2 * HOUR);
            for (int delay : delays) {
                Runnable task = () -> {
                    order.add(delay);
                    all.countDown();
                };
                sleeper.schedule(task, TimeUnit.MILLISECONDS.toNanos(delay));
            }
            assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(order).containsExactlyInAnyOrder(5, 20, 40);
        }
        assertThat(thread.isAlive()).isTrue();
    }

    @Test
    @DisplayName("TO-4 many timers wake a thread that sleeps for long, although none is due: it takes them in")
    void wokenForMany() throws InterruptedException {
        TimerThread sleeper = new TimerThread(1, new Rhythm(HOUR, 0, HOUR, HOUR));
        asleep(sleeper);
        List<Environment.Timer> timers = new ArrayList<>();
        await(() -> {
            for (int i = 0; i < 64; i++) {
                timers.add(sleeper.schedule(() -> {}, 2 * HOUR));
            }
            LockSupport.parkNanos(10_000_000);
            timers.forEach(Environment.Timer::cancel);
            // Those that it has taken in count until it sweeps, which is in an hour.
            return sleeper.pending() >= 64;
        });
    }

    @Test
    @DisplayName("TO-4 a timer that is cancelled by the thread that has just set it is gone at once")
    void cancelledAtOnce() throws InterruptedException {
        TimerThread sleeper = new TimerThread(8, new Rhythm(HOUR, 0, HOUR, HOUR));
        asleep(sleeper);
        Environment.Timer timeout = sleeper.schedule(() -> {}, 2 * HOUR);
        WeakReference<Environment.Timer> gone = new WeakReference<>(timeout);
        timeout.cancel();
        timeout = null;
        await(() -> {
            System.gc();
            return gone.get() == null;
        });
    }

    @Test
    @DisplayName("XC-5 a thread without timers ends, and the next timer starts another; with a timer it stays")
    void endsWhenIdle() throws InterruptedException {
        long ms = 1_000_000;
        TimerThread shortLived = new TimerThread(8, new Rhythm(ms, ms, 5 * ms, 30 * ms));
        for (int i = 0; i < 3; i++) {
            Thread thread = threadOf(shortLived);
            thread.join(30_000);
            assertThat(thread.isAlive()).isFalse();
        }
        shortLived.schedule(() -> {}, HOUR);
        Thread thread = threadOf(shortLived);
        thread.join(300);
        assertThat(thread.isAlive()).isTrue();
        assertThat(threadOf(shortLived)).isSameAs(thread);
    }

    @Test
    @DisplayName("TO-6 S no timer is lost that is set while the thread ends")
    void setWhileItEnds() throws InterruptedException {
        TimerThread shortLived = new TimerThread(2, new Rhythm(20_000, 0, 1_000_000, 100_000));
        Set<Thread> threads = new HashSet<>();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 3_000; i++) {
            CountDownLatch ran = new CountDownLatch(1);
            shortLived.schedule(
                    () -> {
                        threads.add(Thread.currentThread());
                        ran.countDown();
                    },
                    random.nextInt(50_000));
            assertThat(ran.await(30, TimeUnit.SECONDS)).as("round %s", i).isTrue();
            LockSupport.parkNanos(random.nextInt(250_000));
        }
        // Or else none was set while it ended.
        assertThat(threads).hasSizeGreaterThan(10);
    }

    @Test
    @DisplayName("XC-5 a thread whose group is interrupted goes on firing, does not spin, and still ends when idle")
    void groupIsInterrupted() throws InterruptedException {
        long ms = 1_000_000;
        TimerThread shortLived = new TimerThread(8, new Rhythm(50 * ms, 0, 500 * ms, 500 * ms));
        ThreadGroup group = new ThreadGroup("server");
        CompletableFuture<Thread> found = new CompletableFuture<>();
        Thread starter = new Thread(group, () -> shortLived.schedule(() -> found.complete(Thread.currentThread()), 0));
        starter.start();
        Thread thread = found.orTimeout(30, TimeUnit.SECONDS).join();
        group.interrupt();
        thread.interrupt();

        await(() -> thread.getState() == Thread.State.TIMED_WAITING && !thread.isInterrupted());
        assertThat(threadOf(shortLived)).isSameAs(thread);
        thread.interrupt();
        thread.join(30_000);
        assertThat(thread.isAlive()).isFalse();
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
