// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No call, no permit, no count and no memory is lost, whatever executors do and whoever gives up. */
@Timeout(60)
class NothingLostTest {
    private static final Environment SYSTEM = Environment.system();
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    /** Executors that an environment may be given. */
    enum Bad {
        SHUT_DOWN {
            @Override
            Executor make() {
                ExecutorService pool = Executors.newFixedThreadPool(1);
                pool.shutdown();
                return pool;
            }
        },
        REFUSING {
            @Override
            Executor make() {
                return task -> {
                    throw new RejectedExecutionException("full");
                };
            }
        },
        BROKEN {
            @Override
            Executor make() {
                return task -> {
                    throw new OutOfMemoryError("no thread");
                };
            }
        },
        INLINE {
            @Override
            Executor make() {
                return Runnable::run;
            }
        },
        TWICE {
            @Override
            Executor make() {
                return task -> {
                    task.run();
                    task.run();
                    throw new IllegalStateException("after it has run");
                };
            }
        },
        DISCARDING {
            @Override
            Executor make() {
                ThreadPoolExecutor pool = new ThreadPoolExecutor(
                        1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(1), new ThreadPoolExecutor.DiscardPolicy());
                pool.allowCoreThreadTimeOut(true);
                return pool;
            }
        };

        abstract Executor make();
    }

    private static void joinAll(List<? extends CompletableFuture<?>> futures) throws Exception {
        CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new))
                .handle((value, failure) -> null)
                .get(40, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "XC-12 whatever the environment's executor does, every queued call ends, every permit is back, in constant stack")
    void queuedCalls(Bad bad) throws Exception {
        int calls = bad == Bad.DISCARDING ? 200 : 5_000;
        Environment environment = Environment.builder().executor(bad.make()).build();
        FifoGate gate = new FifoGate(environment, 1, HOUR);
        CompletableFuture<Integer> first = new CompletableFuture<>();
        List<CompletableFuture<Integer>> futures = new ArrayList<>();
        QueueTest.onSmallStack(() -> {
            futures.add(gate.callAsync(() -> first));
            for (int i = 0; i < calls; i++) {
                futures.add(gate.callAsync(() -> CompletableFuture.completedFuture(1)));
            }
            first.complete(1);
        });
        joinAll(futures);
        assertThat(futures).allMatch(future -> future.getNow(0) == 1);
        assertThat(gate.available).hasValue(1);
        assertThat(gate.counts()).isEqualTo(new CallCounts(calls + 1, 0, 0, 0, 0));
    }

    @Test
    @DisplayName(
            "XC-12 an executor that runs tasks on its caller's thread makes stacks of a few hundred frames, not more")
    void framesOfAnInlineExecutor() throws Exception {
        FifoGate gate =
                new FifoGate(Environment.builder().executor(Runnable::run).build(), 1, HOUR);
        CompletableFuture<Integer> first = new CompletableFuture<>();
        AtomicInteger deepest = new AtomicInteger();
        List<CompletableFuture<Integer>> futures = new ArrayList<>();
        futures.add(gate.callAsync(() -> first));
        for (int i = 0; i < 200; i++) {
            futures.add(gate.callAsync(() -> {
                int frames = StackWalker.getInstance().walk(Stream::count).intValue();
                deepest.accumulateAndGet(frames, Math::max);
                return CompletableFuture.completedFuture(1);
            }));
        }
        Thread thread = new Thread(() -> first.complete(1));
        thread.start();
        thread.join();
        joinAll(futures);
        assertThat(deepest.get()).isBetween(1, 500);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DISCARDING")
    @DisplayName(
            "XC-12 thousands of calls that each wait for the one before end with its result, whatever the executor does")
    void chain(Bad bad) throws Exception {
        Environment environment = Environment.builder().executor(bad.make()).build();
        CountingGate gate = new CountingGate("g", environment);
        CompletableFuture<Integer> first = new CompletableFuture<>();
        List<CompletableFuture<Integer>> futures = new ArrayList<>();
        QueueTest.onSmallStack(() -> {
            CompletableFuture<Integer> last = first;
            for (int i = 0; i < 3_000; i++) {
                CompletableFuture<Integer> before = last;
                last = gate.callAsync(() -> before);
                futures.add(last);
            }
            first.complete(7);
        });
        joinAll(futures);
        assertThat(futures).allMatch(future -> future.getNow(0) == 7);
        assertThat(gate.left).hasValue(3_000);
    }

    @Test
    @DisplayName(
            "XC-12 an executor that loses its queue: callers that wait for it are refused, and their permits are back")
    void shutDownNow() throws Exception {
        for (boolean plain : new boolean[] {true, false}) {
            ExecutorService pool = plain
                    ? new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(10))
                    : Executors.newSingleThreadExecutor();
            FifoGate gate = new FifoGate(SYSTEM, 5, HOUR) {
                @Override
                protected Executor executor() {
                    return pool;
                }
            };
            CountDownLatch busy = new CountDownLatch(1);
            Thread first = new Thread(() -> gate.run(() -> await(busy)));
            first.start();
            while (gate.available.get() == 5) {
                Thread.onSpinWait();
            }
            CompletableFuture<Throwable> blocking = new CompletableFuture<>();
            Thread second = new Thread(() -> blocking.complete(catchThrowable(() -> gate.run(() -> {}))));
            second.start();
            CompletableFuture<String> asynchronous = gate.callAsync(() -> CompletableFuture.completedFuture("ran"));
            while (gate.available.get() != 2) {
                Thread.onSpinWait();
            }
            Thread.sleep(20);
            pool.shutdownNow();
            if (!plain) {
                // Nobody can look into this one: it is known to have lost them when its last task has ended.
                busy.countDown();
            }
            assertThat(blocking.get(30, TimeUnit.SECONDS)).isInstanceOf(Lab.Refused.class);
            assertThatThrownBy(() -> asynchronous.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(Lab.Refused.class);
            busy.countDown();
            first.join();
            assertThat(gate.available).hasValue(5);
            assertThat(gate.counts().rejected()).isEqualTo(2);
        }
    }

    /** As work of a client that reacts to nothing. */
    private static void await(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return;
            } catch (InterruptedException deaf) {
                interrupted = true;
            }
        }
    }

    @Test
    @DisplayName(
            "XC-12 a deadline on an executor that discards what does not fit: refused, and not at the deadline only")
    void discarded() {
        ThreadPoolExecutor pool = (ThreadPoolExecutor) Bad.DISCARDING.make();
        CountDownLatch busy = new CountDownLatch(1);
        try {
            pool.execute(() -> await(busy));
            pool.execute(() -> {});
            Lab.Limit limit = new Lab.Limit(SYSTEM, HOUR);
            limit.executor = pool;
            assertThatThrownBy(() -> limit.run(() -> {}))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessage("'limit' got no thread");
        } finally {
            busy.countDown();
        }
    }

    // ---- Memory ---------------------------------------------------------------------------------------------------

    private static long reachable(List<WeakReference<Object>> references) throws InterruptedException {
        long left = references.size();
        for (int i = 0; i < 50 && left > 0; i++) {
            System.gc();
            Thread.sleep(10);
            left = references.stream().filter(each -> each.get() != null).count();
        }
        return left;
    }

    private static Object big(List<WeakReference<Object>> references) {
        byte[] big = new byte[100_000];
        references.add(new WeakReference<>(big));
        return big;
    }

    @Test
    @DisplayName("XC-13 calls that were given up do not stay in the executor's queue with all that they were made of")
    void abandonedInQueue() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(1);
        CountDownLatch busy = new CountDownLatch(1);
        pool.execute(() -> await(busy));
        try {
            Lab.Limit limit = new Lab.Limit(SYSTEM, 1);
            limit.executor = pool;
            Function<Object, Object> function = limit.function(argument -> argument);
            List<WeakReference<Object>> references = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Object big = big(references);
                catchThrowable(() -> function.apply(big));
            }
            assertThat(reachable(references)).isZero();
        } finally {
            busy.countDown();
            pool.shutdownNow();
        }
    }

    @Test
    @DisplayName("XC-13 a future that is complete keeps neither work nor argument, however the call went")
    void futures() throws Exception {
        List<WeakReference<Object>> references = new ArrayList<>();
        List<CompletableFuture<?>> kept = new ArrayList<>();
        List<CompletableFuture<Object>> stages = new ArrayList<>();
        FifoGate gate = new FifoGate(SYSTEM, 1, HOUR);
        gate.on(Event.CallEnded.class, event -> {});
        Policy<Object> once = new CountingGate("g", SYSTEM);
        Policy<Object> again = new Again(SYSTEM, 2, 1_000);
        Policy<Object> limited = Pipeline.of(new Lab.Limit(SYSTEM, ms(1).toNanos()), once);
        for (int i = 0; i < 10; i++) {
            for (Policy<Object> policy : List.of(once, again, limited, gate)) {
                for (int way = 0; way < 3; way++) {
                    CompletableFuture<Object> stage = new CompletableFuture<>();
                    Object big = big(references);
                    CompletableFuture<Object> future =
                            policy.asyncFunction((Object argument) -> stage).apply(big);
                    if (way == 0) {
                        stage.complete("done");
                    } else if (way == 1) {
                        stage.completeExceptionally(new IllegalStateException());
                    } else {
                        future.cancel(true);
                    }
                    kept.add(future);
                    stages.add(stage);
                }
            }
        }
        joinAll(kept);
        assertThat(reachable(references)).isZero();
        assertThat(kept).hasSameSizeAs(stages);
    }

    @Test
    @DisplayName("XC-13 calls that gave up on a stage that others share are not kept by it")
    void sharedStage() throws Exception {
        CompletableFuture<Object> shared = new CompletableFuture<>();
        List<WeakReference<Object>> references = new ArrayList<>();
        Policy<Object> limited = Pipeline.<Object>of(
                        new Lab.Limit(SYSTEM, ms(1).toNanos()), new FifoGate(SYSTEM, 1_000, 0))
                .sharingStages();
        List<CompletableFuture<?>> futures = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            futures.add(limited.asyncFunction((Object argument) -> shared).apply(big(references)));
        }
        joinAll(futures);
        assertThat(shared).isNotDone();
        futures.clear();
        assertThat(reachable(references)).isZero();
        shared.complete("late");
    }

    @Test
    @DisplayName(
            "XC-15 a stage is the work's own, and cancelled with the call; one that is shared is not, if that is said")
    void ownership() {
        CompletableFuture<Object> own = new CompletableFuture<>();
        CompletableFuture<Object> shared = new CompletableFuture<>();
        Lab lab = new Lab();
        Pipeline<Object> pipeline = Pipeline.of(lab.deadline("d", ms(5)), lab.gate("g"));
        CompletableFuture<Object> first = pipeline.callAsync(() -> own);
        CompletableFuture<Object> second = pipeline.sharingStages().callAsync(() -> shared);
        CompletableFuture<Object> third =
                pipeline.sharingStages().named("other").callAsync(() -> shared);
        third.cancel(true);
        lab.time.advance(ms(5));
        assertThat(first).isCompletedExceptionally();
        assertThat(second).isCompletedExceptionally();
        assertThat(own).isCancelled();
        assertThat(shared).isNotDone();
    }

    @Test
    @DisplayName("XC-13 a future whose deadlines have passed at the same time keeps no argument")
    void severalDeadlines() throws Exception {
        Lab.Limit outer = new Lab.Limit(SYSTEM, ms(5).toNanos());
        outer.on(Event.TimedOut.class, event -> {});
        Function<Object, CompletableFuture<Object>> call = Pipeline.of(outer, new Lab.Limit(SYSTEM, ms(5).toNanos()))
                .asyncFunction(argument -> new CompletableFuture<>());
        List<CompletableFuture<Object>> futures = new ArrayList<>();
        List<WeakReference<Object>> references = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            Object argument = new Object();
            references.add(new WeakReference<>(argument));
            futures.add(call.apply(argument));
        }
        joinAll(futures);
        assertThat(reachable(references)).isZero();
        assertThat(futures).allMatch(CompletableFuture::isCompletedExceptionally);
    }

    // ---- Counts ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("MX-1 who gives up his turn is counted and told once, in a column of its own: calls is the sum of all")
    void abandoned() throws Exception {
        FifoGate gate = new FifoGate(SYSTEM, 1, HOUR);
        List<Event.CallAbandoned> told = new ArrayList<>();
        gate.on(Event.CallAbandoned.class, told::add);
        Permit permit = gate.acquire();

        gate.callAsync(() -> CompletableFuture.completedFuture(1)).cancel(true);
        Thread.currentThread().interrupt();
        assertThat(catchThrowable(() -> gate.run(() -> {}))).isInstanceOf(CallInterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
        Thread.currentThread().interrupt();
        assertThat(catchThrowable(gate::acquire)).isInstanceOf(CallInterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(catchThrowable(() -> Pipeline.of(new Lab.Limit(SYSTEM, ms(5).toNanos()), gate)
                        .run(() -> {})))
                .isInstanceOf(Lab.Exceeded.class);
        CompletableFuture<Object> late =
                Pipeline.of(new Lab.Limit(SYSTEM, ms(5).toNanos()), gate).callAsync(CompletableFuture::new);
        joinAll(List.of(late));

        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 0, 0, 5));
        assertThat(gate.counts().calls()).isEqualTo(5);
        assertThat(told).as("by hand there is no call to tell of").hasSize(4);
        permit.succeeded();
        assertThat(gate.counts()).isEqualTo(new CallCounts(1, 0, 0, 0, 5));
        assertThat(gate.available).hasValue(1);
    }

    @Test
    @DisplayName("what gives up before its thread comes was let in, and counts as ignored")
    void beforeItsThread() {
        List<Runnable> tasks = new ArrayList<>();
        FifoGate gate = new FifoGate(SYSTEM, 1, HOUR) {
            @Override
            protected Executor executor() {
                return tasks::add;
            }
        };
        AtomicInteger ran = new AtomicInteger();
        gate.callAsync(() -> {
                    ran.incrementAndGet();
                    return CompletableFuture.completedFuture(1);
                })
                .cancel(true);
        assertThat(catchThrowable(() -> Pipeline.of(new Lab.Limit(SYSTEM, ms(5).toNanos()), gate)
                        .run(ran::incrementAndGet)))
                .isInstanceOf(Lab.Exceeded.class);
        tasks.forEach(Runnable::run);
        assertThat(ran).hasValue(0);
        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 2, 0, 0));
        assertThat(gate.available).hasValue(1);
    }
}
