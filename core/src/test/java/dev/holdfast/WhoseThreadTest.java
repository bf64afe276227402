// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On whose thread a user's code runs, and what it can hold up there: nothing but its own call. */
@Timeout(60)
class WhoseThreadTest {
    private static final Environment SYSTEM = Environment.system();

    private final CountDownLatch release = new CountDownLatch(1);

    /** Where a user hangs code that blocks on a call that goes on after a wait. */
    enum Place {
        AFTER_A_DELAY {
            @Override
            CompletableFuture<?> start(Runnable blocking) {
                return new Again(SYSTEM, 2, ms(1).toNanos())
                        .callAsync(Place::failing)
                        .whenComplete((value, failure) -> blocking.run());
            }
        },
        AT_ONCE {
            @Override
            CompletableFuture<?> start(Runnable blocking) {
                return new Again(SYSTEM, 2, 0)
                        .callAsync(Place::failing)
                        .whenComplete((value, failure) -> blocking.run());
            }
        },
        IN_A_LATER_ATTEMPT {
            @Override
            CompletableFuture<?> start(Runnable blocking) {
                boolean[] first = {true};
                return new Again(SYSTEM, 2, ms(1).toNanos()).callAsync(() -> {
                    if (!first[0]) {
                        blocking.run();
                    }
                    first[0] = false;
                    return failing();
                });
            }
        },
        AT_A_DEADLINE {
            @Override
            CompletableFuture<?> start(Runnable blocking) {
                return new Lab.Limit(SYSTEM, ms(5).toNanos())
                        .callAsync(CompletableFuture::new)
                        .whenComplete((value, failure) -> blocking.run());
            }
        },
        WITH_A_TURN {
            @Override
            CompletableFuture<?> start(Runnable blocking) {
                FifoGate gate = new FifoGate(SYSTEM, 1, TimeUnit.HOURS.toNanos(1));
                Permit permit = gate.acquire();
                CompletableFuture<?> future = gate.callAsync(() -> CompletableFuture.completedFuture("in"))
                        .whenComplete((value, failure) -> blocking.run());
                permit.succeeded();
                return future;
            }
        },
        WHEN_A_WAIT_IS_OVER {
            @Override
            CompletableFuture<?> start(Runnable blocking) {
                FifoGate gate = new FifoGate(SYSTEM, 0, ms(5).toNanos());
                return gate.callAsync(CompletableFuture::new).whenComplete((value, failure) -> blocking.run());
            }
        };

        abstract CompletableFuture<?> start(Runnable blocking);

        static CompletableFuture<Object> failing() {
            return CompletableFuture.failedFuture(new IllegalStateException("no"));
        }
    }

    private void blockedFor(Place place, int times) throws InterruptedException {
        Thread caller = Thread.currentThread();
        CountDownLatch blocked = new CountDownLatch(times);
        AtomicInteger tooLate = new AtomicInteger();
        Runnable blocking = () -> {
            if (Thread.currentThread() == caller) {
                // The call was over before the callback was hung on its future.
                tooLate.incrementAndGet();
                return;
            }
            blocked.countDown();
            try {
                release.await();
            } catch (InterruptedException interrupt) {
                throw new AssertionError(interrupt);
            }
        };
        for (int started = 0; started < times + tooLate.get(); started++) {
            place.start(blocking);
        }
        assertThat(blocked.await(30, TimeUnit.SECONDS))
                .as("%d callbacks block", times)
                .isTrue();
    }

    /** Every kind of wait, of blocking and asynchronous calls of others, ends when it should. */
    private void othersGoOn() throws Exception {
        long start = System.nanoTime();
        assertThatThrownBy(() -> new Lab.Limit(SYSTEM, ms(20).toNanos())
                        .callable(() -> {
                            Thread.sleep(30_000);
                            return "slept";
                        })
                        .call())
                .isInstanceOf(Lab.Exceeded.class);
        for (Place place : Place.values()) {
            CompletableFuture<String> went = new CompletableFuture<>();
            place.start(() -> went.complete("on"));
            assertThat(went.get(20, TimeUnit.SECONDS)).as("%s", place).isEqualTo("on");
        }
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(20));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-11 a callback that blocks for ever delays no timer, attempt, queue or callback of other calls")
    void oneBlocks(Place place) throws Exception {
        try {
            blockedFor(place, 1);
            othersGoOn();
        } finally {
            release.countDown();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AFTER_A_DELAY", "AT_A_DEADLINE", "WITH_A_TURN"})
    @DisplayName("XC-11 nor do a hundred that block for ever")
    void manyBlock(Place place) throws Exception {
        try {
            blockedFor(place, 100);
            othersGoOn();
        } finally {
            release.countDown();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2_000})
    @DisplayName("XC-11 nor do more than there are threads for, where Java has virtual ones")
    void moreThanThreads(int many) throws Exception {
        Assumptions.assumeTrue(
                WorkThreads.canBeVirtual(), "no virtual threads before Java 21: beyond 1,000, tasks wait");
        int most = Boolean.getBoolean("holdfast.long") ? 50_000 : many;
        try {
            blockedFor(Place.AT_ONCE, most);
            othersGoOn();
        } finally {
            release.countDown();
        }
    }

    @Test
    @DisplayName(
            "XC-11 callbacks that block on the threads that complete their stages stay there, however many there are")
    void onTheirOwnThreads() throws Exception {
        Assumptions.assumeTrue(WorkThreads.canBeVirtual(), "no virtual threads before Java 21");
        Executor virtual = WorkThreads.virtual("completing-");
        int many = 40_000;
        FifoGate gate = new FifoGate(SYSTEM, many, 0);
        Set<String> elsewhere = ConcurrentHashMap.newKeySet();
        CountDownLatch blocked = new CountDownLatch(many);
        try {
            for (int i = 0; i < many; i++) {
                CompletableFuture<Integer> stage = new CompletableFuture<>();
                gate.callAsync(() -> stage).thenAccept(value -> {
                    String name = Thread.currentThread().getName();
                    if (!name.startsWith("completing-")) {
                        elsewhere.add(name);
                    }
                    blocked.countDown();
                    try {
                        release.await();
                    } catch (InterruptedException interrupt) {
                        throw new AssertionError(interrupt);
                    }
                });
                virtual.execute(() -> stage.complete(1));
            }
            assertThat(blocked.await(40, TimeUnit.SECONDS)).isTrue();
            assertThat(elsewhere).isEmpty();
            othersGoOn();
        } finally {
            release.countDown();
        }
    }

    @Test
    @DisplayName("XC-11 a join, in a callback, on a future of another call that waits does not wait for itself")
    void joinInACallback() throws Exception {
        Again again = new Again(SYSTEM, 2, ms(1).toNanos());
        CompletableFuture<Object> nested = again.callAsync(Place::failing)
                .exceptionally(failure -> again.callAsync(Place::failing)
                        .exceptionally(inner -> "joined")
                        .join());
        assertThat(nested.get(20, TimeUnit.SECONDS)).isEqualTo("joined");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "XC-11 an asynchronous call gives its future at once, whatever its attempts do, and whatever executor there is")
    void futureAtOnce(boolean inline) throws Exception {
        Environment environment =
                inline ? Environment.builder().executor(Runnable::run).build() : SYSTEM;
        Again endless = new Again(environment, Integer.MAX_VALUE, 0);
        CompletableFuture<CompletableFuture<Object>> given = new CompletableFuture<>();
        Thread caller = new Thread(() -> given.complete(endless.callAsync(Place::failing)));
        caller.setDaemon(true);
        caller.start();
        CompletableFuture<Object> future = given.get(20, TimeUnit.SECONDS);
        assertThat(future).isNotDone();
        future.cancel(true);
    }

    @Test
    @DisplayName("The first attempt begins on its caller's thread, later ones on threads that are there for them")
    void whereAttemptsBegin() throws Exception {
        List<Thread> threads = new ArrayList<>();
        Thread completing = new Thread(() -> {});
        new Again(SYSTEM, 4, 0)
                .callAsync(() -> {
                    threads.add(Thread.currentThread());
                    CompletableFuture<Object> stage = new CompletableFuture<>();
                    if (threads.size() == 2) {
                        Thread own = new Thread(
                                () -> stage.completeExceptionally(new IllegalStateException()), "completing");
                        own.start();
                    } else {
                        stage.completeExceptionally(new IllegalStateException());
                    }
                    return stage;
                })
                .handle((value, failure) -> null)
                .get(20, TimeUnit.SECONDS);
        assertThat(threads).hasSize(4);
        assertThat(threads.get(0)).isSameAs(Thread.currentThread());
        assertThat(threads.subList(1, 4)).extracting(Thread::getName).allMatch(name -> name.startsWith("holdfast-"));
        assertThat(completing.isAlive()).isFalse();
    }

    @Test
    @DisplayName(
            "What an attempt leaves on its thread - an interrupt, a class loader, a priority, a variable - no other call finds")
    void leavesNothing() throws Exception {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        InheritableThreadLocal<String> heir = new InheritableThreadLocal<>();
        for (int round = 0; round < 50; round++) {
            AtomicReference<String> found = new AtomicReference<>();
            boolean[] first = {true};
            new Again(SYSTEM, 2, 0)
                    .callAsync(() -> {
                        if (!first[0]) {
                            Thread thread = Thread.currentThread();
                            found.set(thread.isInterrupted() + " " + tenant.get() + " " + heir.get() + " "
                                    + thread.getPriority() + " " + (thread.getContextClassLoader() instanceof Alien));
                            tenant.set("tenant A");
                            heir.set("tenant A");
                            thread.setContextClassLoader(new Alien());
                            thread.setPriority(Thread.MIN_PRIORITY);
                            thread.interrupt();
                        }
                        first[0] = false;
                        return Place.failing();
                    })
                    .handle((value, failure) -> null)
                    .get(20, TimeUnit.SECONDS);
            assertThat(found).hasValue("false null null " + Thread.NORM_PRIORITY + " false");
        }
    }

    private static final class Alien extends ClassLoader {}

    @ParameterizedTest
    @ValueSource(strings = {"inline", "caller-runs"})
    @DisplayName(
            "XC-11 user code never runs on the timer's thread, also where the environment's executor runs tasks on its caller's")
    void executorOnItsCaller(String kind) throws Exception {
        ThreadPoolExecutor full = new ThreadPoolExecutor(
                1, 1, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), new ThreadPoolExecutor.CallerRunsPolicy());
        try {
            full.execute(() -> catchThrowable(release::await));
            Environment environment = Environment.builder()
                    .executor(kind.equals("inline") ? Runnable::run : full)
                    .build();
            List<String> attempts = new CopyOnWriteArrayList<>();
            CompletableFuture<Object> retried = new Again(environment, 2, ms(1).toNanos()).callAsync(() -> {
                attempts.add(Thread.currentThread().getName());
                return Place.failing();
            });
            CompletableFuture<String> rest = new Lab.Limit(environment, ms(5).toNanos())
                    .callAsync(CompletableFuture::new)
                    .handle((value, failure) -> Thread.currentThread().getName());
            assertThat(catchThrowable(() -> retried.get(30, TimeUnit.SECONDS)))
                    .hasCauseInstanceOf(IllegalStateException.class);
            assertThat(attempts).hasSize(2).noneMatch(thread -> thread.contains("timer"));
            assertThat(rest.get(30, TimeUnit.SECONDS)).doesNotContain("timer");
        } finally {
            release.countDown();
            full.shutdown();
        }
    }

    @Test
    @DisplayName(
            "XC-11 a listener that is told that a call got no context on a gate's thread may call that gate: its thread is free")
    void listenerOfRefusalForContext() throws Exception {
        ExecutorService one = Executors.newFixedThreadPool(1);
        try {
            Environment environment = Environment.builder()
                    .context(() -> () -> {
                        throw new IllegalStateException("restore");
                    })
                    .build();
            FifoGate gate = new FifoGate(environment, 1, TimeUnit.HOURS.toNanos(1)) {
                @Override
                protected Executor executor() {
                    return one;
                }
            };
            AtomicInteger told = new AtomicInteger();
            gate.on(Event.CallRejected.class, event -> {
                if (told.incrementAndGet() == 1) {
                    catchThrowable(() -> gate.callAsync(() -> CompletableFuture.completedFuture("inner"))
                            .get());
                }
            });
            CompletableFuture<String> outer = gate.callAsync(() -> CompletableFuture.completedFuture("outer"));
            assertThat(catchThrowable(() -> outer.get(30, TimeUnit.SECONDS)))
                    .hasCauseInstanceOf(UnavailableException.class);
            assertThat(gate.available).hasValue(1);
            assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 0, 2, 0));
        } finally {
            one.shutdownNow();
        }
    }

    @Test
    @DisplayName(
            "XC-11 what comes after work on a gate's thread does not run there, also where the environment's executor is inline")
    void inlineOnGatesThread() throws Exception {
        ExecutorService one = Executors.newFixedThreadPool(1);
        try {
            FifoGate gate =
                    new FifoGate(Environment.builder().executor(Runnable::run).build(), 1, TimeUnit.HOURS.toNanos(1)) {
                        @Override
                        protected Executor executor() {
                            return one;
                        }
                    };
            CompletableFuture<Integer> future = gate.callAsync(() -> {
                        catchThrowable(release::await);
                        return CompletableFuture.completedFuture(1);
                    })
                    .thenApply(value -> gate.call(() -> 2));
            release.countDown();
            assertThat(future.get(30, TimeUnit.SECONDS)).isEqualTo(2);
        } finally {
            one.shutdownNow();
        }
    }
}
