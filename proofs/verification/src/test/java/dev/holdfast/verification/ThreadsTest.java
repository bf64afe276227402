// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.Backoff;
import dev.holdfast.Deadline;
import dev.holdfast.DeadlineExceededException;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.Registry;
import dev.holdfast.ThreadContext;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.retry.Retry;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ThreadsTest {
    private static final Duration SHORT = Duration.ofNanos(100_000);

    private final IOException failure = new IOException("no");

    /** The variables that the current thread has a value of; a value, not a variable, is what a leak keeps alive. */
    static Set<Object> threadLocals() throws ReflectiveOperationException {
        Set<Object> values = Collections.newSetFromMap(new IdentityHashMap<>());
        for (String name : List.of("threadLocals", "inheritableThreadLocals")) {
            Object map = field(Thread.class, name).get(Thread.currentThread());
            Object table =
                    map == null ? new Object[0] : field(map.getClass(), "table").get(map);
            for (int i = 0; i < Array.getLength(table); i++) {
                Object entry = Array.get(table, i);
                if (entry != null) {
                    values.add(((Reference<?>) entry).get());
                }
            }
        }
        return values;
    }

    private static Field field(Class<?> owner, String name) throws ReflectiveOperationException {
        Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    private static <T> T onFreshThread(Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        new Thread(task).start();
        return task.get(10, TimeUnit.SECONDS);
    }

    /** Everything that calls do on their caller's thread: success, failure, waits, transitions, refusals, listeners. */
    private Runnable syncCalls() {
        Registry<CircuitBreaker> breakers = Registry.of(
                1,
                name -> CircuitBreaker.builder(name)
                        .minimumCalls(2)
                        .slowCalls(Duration.ofSeconds(1), 0.5)
                        .build());
        CircuitBreaker breaker = breakers.get("b");
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .backoff(Backoff.fixed(SHORT).jitter(Backoff.Jitter.FULL))
                .build();
        Pipeline<Object> pipeline = Pipeline.of(retry, breaker);
        pipeline.on(Event.class, event -> {});
        return () -> {
            for (int i = 0; i < 20; i++) {
                pipeline.callWith(call -> call.elapsed());
                catchThrowable(() -> pipeline.callChecked(() -> {
                    throw failure;
                }));
                breaker.transitionTo(State.HALF_OPEN);
                breaker.acquire().close();
                breaker.reset();
            }
        };
    }

    /** The same at each policy alone, in whatever way it is set up. */
    private Runnable syncCallsOf(List<Policy<Object>> policies) {
        for (int i = 0; i < policies.size(); i += 2) {
            policies.get(i).on(Event.class, event -> {});
        }
        return () -> policies.forEach(policy -> {
            for (int i = 0; i < 5; i++) {
                catchThrowable(() -> policy.function(argument -> argument).apply("yes"));
                catchThrowable(() -> policy.callChecked(() -> {
                    throw failure;
                }));
                if (policy instanceof Gate) {
                    catchThrowable(() -> ((Gate) policy).acquire().close());
                }
            }
        });
    }

    private static List<Policy<Object>> withoutTimers() {
        return new Policies(Environment.system())
                .all().stream()
                        .filter(policy -> !(policy instanceof Deadline || policy instanceof Race))
                        .toList();
    }

    /** The same on whatever thread the timer has. */
    private Callable<Void> asyncCalls(Environment environment) {
        CircuitBreaker breaker =
                CircuitBreaker.builder("b").environment(environment).build();
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(environment)
                .backoff(Backoff.fixed(SHORT))
                .build();
        List<Policy<Object>> others = new Policies(environment).all();
        return () -> {
            int[] attempts = {0};
            CompletableFuture<Object> future = Pipeline.of(retry, breaker)
                    .callAsync(() -> ++attempts[0] < 3
                            ? CompletableFuture.failedFuture(failure)
                            : CompletableFuture.completedFuture("yes"));
            assertThat(future.get(10, TimeUnit.SECONDS)).isEqualTo("yes");
            for (Policy<Object> policy : others) {
                for (Object outcome : List.of("yes", failure)) {
                    CompletableFuture<Object> stage = new CompletableFuture<>();
                    CompletableFuture<Object> call = policy.callAsync(() -> stage);
                    environment.schedule(
                            () -> {
                                if (outcome == failure) {
                                    stage.completeExceptionally(failure);
                                } else {
                                    stage.complete(outcome);
                                }
                            },
                            1_000);
                    catchThrowable(() -> call.get(10, TimeUnit.SECONDS));
                    assertThat(call).as("%s", policy).isDone();
                }
            }
            return null;
        };
    }

    @Test
    @DisplayName("XC-3 sync calls leave no ThreadLocal on the caller's thread, and a leak would be seen")
    void noThreadLocals() throws Exception {
        // Building is another matter: on JDK 17, printing a fraction makes the JDK itself keep a buffer.
        Runnable calls = syncCalls();
        Runnable allCalls = syncCallsOf(new Policies(Environment.system()).all());
        List<Set<Object>> sets = onFreshThread(() -> {
            List<Set<Object>> seen = new ArrayList<>();
            seen.add(threadLocals());
            calls.run();
            allCalls.run();
            seen.add(threadLocals());
            ThreadLocal<String> leaked = ThreadLocal.withInitial(() -> "leaked");
            leaked.get();
            seen.add(threadLocals());
            return seen;
        });

        assertThat(sets.get(1)).isEqualTo(sets.get(0));
        assertThat(sets.get(2)).hasSize(sets.get(0).size() + 1);
    }

    @Test
    @DisplayName("XC-3 async calls leave none on the timer's thread nor on the caller's, with and without a context")
    void noThreadLocalsAsync() throws Exception {
        ThreadLocal<String> user = new ThreadLocal<>();
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
        try {
            Environment plain = Environment.builder().scheduler(timer).build();
            Environment carrying = Environment.builder()
                    .scheduler(timer)
                    .context(ThreadContext.of(user))
                    .build();
            timer.submit(ThreadsTest::threadLocals).get();
            Set<Object> before = timer.submit(ThreadsTest::threadLocals).get();
            Callable<Void> calls = asyncCalls(plain);
            Callable<Void> carryingCalls = asyncCalls(carrying);
            Set<Object> callersBefore = onFreshThread(ThreadsTest::threadLocals);
            Set<Object> callersAfter = onFreshThread(() -> {
                calls.call();
                user.set("somebody");
                carryingCalls.call();
                user.remove();
                return threadLocals();
            });

            assertThat(timer.submit(ThreadsTest::threadLocals).get()).isEqualTo(before);
            assertThat(callersAfter).isEqualTo(callersBefore);
        } finally {
            timer.shutdownNow();
        }
    }

    @Test
    @DisplayName("XC-3 a context is captured at the call, restored for each attempt, and taken away afterwards")
    void contextOfEachAttempt() throws Exception {
        ThreadLocal<String> user = new ThreadLocal<>();
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
        try {
            Environment environment = Environment.builder()
                    .scheduler(timer)
                    .context(ThreadContext.of(user))
                    .build();
            Retry<Object> retry = Retry.builder("r")
                    .withoutBudget()
                    .environment(environment)
                    .backoff(Backoff.fixed(SHORT))
                    .build();
            List<String> seen = Collections.synchronizedList(new ArrayList<>());
            timer.submit(() -> user.set("the timer's own")).get();

            user.set("somebody");
            CompletableFuture<Object> future = retry.callAsync(() -> {
                seen.add(user.get());
                return CompletableFuture.failedFuture(failure);
            });
            user.set("somebody else");
            assertThat(catchThrowable(() -> future.get(10, TimeUnit.SECONDS))).hasCause(failure);

            assertThat(seen).containsExactly("somebody", "somebody", "somebody");
            assertThat(user.get()).isEqualTo("somebody else");
            assertThat(timer.submit(user::get).get()).isEqualTo("the timer's own");
        } finally {
            user.remove();
            timer.shutdownNow();
        }
    }

    private static Set<Thread> threads() {
        return new HashSet<>(Thread.getAllStackTraces().keySet());
    }

    private static Set<Thread> startedSince(Set<Thread> before) {
        Set<Thread> now = threads();
        now.removeAll(before);
        return now;
    }

    /** How many there are depends on how many calls go on while the threads there are have something to do. */
    private static void areShared(Set<Thread> threads) {
        assertThat(threads)
                .allMatch(thread -> thread.isDaemon() && thread.getName().startsWith("holdfast-"));
        assertThat(threads().stream().filter(thread -> thread.getName().equals("holdfast-timer")))
                .hasSize(1);
    }

    @Test
    @DisplayName("XC-5 building and using policies for sync calls starts no thread")
    void noThread() {
        Set<Thread> before = threads();

        syncCalls().run();
        syncCallsOf(withoutTimers()).run();

        assertThat(startedSince(before)).isEmpty();
    }

    @Test
    @DisplayName("XC-5 timeouts that are kept start one thread at most, the shared timer")
    void timeouts() {
        Policies policies = new Policies(Environment.system());
        Set<Thread> before = threads();

        syncCallsOf(List.of(
                        policies.timeout(Duration.ofHours(2)), policies.timeout(Duration.ofSeconds(Long.MAX_VALUE))))
                .run();

        assertThat(startedSince(before))
                .hasSizeLessThanOrEqualTo(1)
                .allMatch(thread -> thread.isDaemon() && thread.getName().equals("holdfast-timer"));
    }

    @Test
    @DisplayName("XC-5 timeouts that pass are told on the shared threads, which are daemons")
    void passedTimeouts() {
        Policies policies = new Policies(Environment.system());
        Set<Thread> before = threads();

        syncCallsOf(policies.all()).run();
        assertThatThrownBy(() -> policies.timeout(Duration.ofMillis(1)).runChecked(() -> Thread.sleep(10_000)))
                .isInstanceOf(DeadlineExceededException.class);

        areShared(startedSince(before));
    }

    @Test
    @DisplayName("XC-5 threads that a bulkhead was told to have end when it is closed, whatever stood around it")
    void closedBulkheads() throws Exception {
        Policies policies = new Policies(Environment.system());
        Set<Thread> before = threads();
        for (Policy<Object> outer : policies.all()) {
            try (Bulkhead own = Bulkhead.builder("own").limit(2).ownThreads().build()) {
                Pipeline<Object> pipeline = Pipeline.of(outer, own);
                for (int i = 0; i < 3; i++) {
                    catchThrowable(() -> pipeline.callChecked(() -> {
                        throw failure;
                    }));
                    CompletableFuture<Object> future = pipeline.callAsync(CompletableFuture::new);
                    future.cancel(true);
                }
            }
        }
        // Sooner than they would end for being idle.
        long end = System.nanoTime() + 5_000_000_000L;
        for (Thread thread : startedSince(before)) {
            if (thread.getName().startsWith("bulkhead")) {
                thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            }
        }

        // How many of the shared ones there are depends on how many deadlines pass while a thread is still busy with
        // another.
        areShared(startedSince(before));
    }

    @Test
    @DisplayName("XC-5 async calls start none but one timer and the shared threads on which they go on, all daemons")
    void oneTimer() throws Exception {
        Set<Thread> before = threads();

        for (int i = 0; i < 3; i++) {
            asyncCalls(Environment.system()).call();
            asyncCalls(Environment.builder().build()).call();
        }

        areShared(startedSince(before));
    }

    @Test
    @DisplayName(
            "XC-5 with a timer and an executor of the user's, calls go on on his threads; one of ours looks whether he loses tasks")
    void ownTimer() throws Exception {
        ThreadFactory users = work -> new Thread(work, "the user's");
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, users);
        ExecutorService executor = Executors.newCachedThreadPool(users);
        Set<Thread> before = threads();
        try {
            asyncCalls(Environment.builder().scheduler(timer).executor(executor).build())
                    .call();

            assertThat(startedSince(before))
                    .extracting(Thread::getName)
                    .contains("the user's")
                    .isSubsetOf("the user's", "holdfast-timer");
        } finally {
            timer.shutdownNow();
            executor.shutdownNow();
            assertThat(timer.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }
}
