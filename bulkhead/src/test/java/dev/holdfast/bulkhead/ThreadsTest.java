// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static dev.holdfast.bulkhead.Testing.LONG;
import static dev.holdfast.bulkhead.Testing.assertIdle;
import static dev.holdfast.bulkhead.Testing.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.CallCounts;
import dev.holdfast.Environment;
import dev.holdfast.ThreadContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ThreadsTest {
    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<Thread> threadsOf(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("bulkhead '" + name + "' "))
                .toList();
    }

    @Test
    @DisplayName("Calls run on named daemon threads of the bulkhead's own, not more than its limit")
    void ownThreads() {
        Set<String> names = ConcurrentHashMap.newKeySet();
        try (Bulkhead bulkhead = Bulkhead.builder("own\n")
                .limit(2)
                .queue(50)
                .waitUpTo(LONG)
                .ownThreads()
                .build()) {
            Thread worker = bulkhead.call(Thread::currentThread);
            assertThat(worker).isNotSameAs(Thread.currentThread());
            assertThat(worker.isDaemon()).isTrue();
            assertThat(worker.getName()).isEqualTo("bulkhead 'own\\n' 1");
            assertThat(worker.getContextClassLoader())
                    .isSameAs(Thread.currentThread().getContextClassLoader());

            List<CompletableFuture<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                calls.add(Testing.inThread(() ->
                        bulkhead.call(() -> names.add(Thread.currentThread().getName()))));
            }
            calls.forEach(CompletableFuture::join);
            assertThat(names)
                    .isSubsetOf("bulkhead 'own\\n' 1", "bulkhead 'own\\n' 2")
                    .isNotEmpty();
            assertThat(bulkhead.counts().successes()).isEqualTo(51);
        }
    }

    @Test
    @DisplayName("XC-5 calls one after the other need one thread, whatever the limit is or may become")
    void oneAfterTheOther() {
        Bulkhead bulkhead = Bulkhead.builder("one")
                .adaptive(Limits.between(2, 1000).startAt(2).aimd())
                .ownThreads()
                .build();
        Set<String> threads = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            threads.add(bulkhead.call(() -> Thread.currentThread().getName()));
        }
        // A thread is idle a moment after its caller has his result: on a busy machine some calls come within that
        // moment.
        assertThat(threads).hasSizeLessThan(50);
        bulkhead.close();
    }

    @Test
    @DisplayName("Asynchronous calls begin on the bulkhead's threads, too, and never on their caller's")
    void ownThreadsAsync() {
        try (Bulkhead bulkhead = Bulkhead.builder("async")
                .limit(2)
                .queue(50)
                .waitUpTo(LONG)
                .ownThreads()
                .build()) {
            assertThat(threadsOfCalls(bulkhead, 50))
                    .isSubsetOf("bulkhead 'async' 1", "bulkhead 'async' 2")
                    .isNotEmpty();
            assertThat(bulkhead.counts()).isEqualTo(new CallCounts(50, 0, 0, 0, 0));
            assertIdle(bulkhead);
        }
    }

    @Test
    @DisplayName("Asynchronous calls begin on the executor's thread even if that is done before execute() has returned")
    void quickExecutor() {
        Executor quick = task -> {
            Thread thread = new Thread(task, "quick");
            thread.start();
            until("the task is done", () -> !thread.isAlive());
        };
        Bulkhead bulkhead = Bulkhead.builder("quick")
                .limit(2)
                .queue(50)
                .waitUpTo(LONG)
                .runOn(quick)
                .build();
        assertThat(threadsOfCalls(bulkhead, 50)).containsExactly("quick");
        assertThat(bulkhead.counts()).isEqualTo(new CallCounts(50, 0, 0, 0, 0));
        assertIdle(bulkhead);
    }

    /** The names of the threads on which the work of asynchronous calls begins, which then goes on for a moment. */
    private static Set<String> threadsOfCalls(Bulkhead bulkhead, int count) {
        Set<String> names = ConcurrentHashMap.newKeySet();
        List<CompletableFuture<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            CompletableFuture<Boolean> stage = new CompletableFuture<>();
            boolean later = i % 2 == 0;
            calls.add(bulkhead.callAsync(() -> {
                names.add(Thread.currentThread().getName());
                if (later) {
                    Environment.system().schedule(() -> stage.complete(true), 10_000);
                } else {
                    stage.complete(true);
                }
                return stage;
            }));
        }
        calls.forEach(
                call -> assertThat(call.orTimeout(20, TimeUnit.SECONDS).join()).isTrue());
        return names;
    }

    @Test
    @DisplayName(
            "XC-5 close() refuses further calls, refuses those that wait at once, lets those inside end, and leaves no thread")
    void closeLeavesNoThread() {
        Bulkhead bulkhead = Bulkhead.builder("closing")
                .limit(1)
                .queue(1)
                .waitUpTo(LONG)
                .ownThreads()
                .build();
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        CompletableFuture<String> inside = Testing.inThread(() -> bulkhead.callChecked(() -> {
            started.countDown();
            end.await();
            return "inside";
        }));
        until("started", () -> started.getCount() == 0);
        CompletableFuture<String> waiting = bulkhead.callAsync(() -> CompletableFuture.completedFuture("waiting"));
        assertThat(threadsOf("closing")).hasSize(1);

        bulkhead.close();
        bulkhead.close();

        assertThatThrownBy(() -> bulkhead.run(() -> {}))
                .isInstanceOfSatisfying(
                        BulkheadFullException.class,
                        refused -> assertThat(refused.why()).isEqualTo(BulkheadFullException.Reason.CLOSED))
                .hasMessage("'closing' is closed");
        assertThat(bulkhead.callAsync(CompletableFuture::new)).isCompletedExceptionally();
        assertThat(bulkhead.tryAcquire()).isNull();
        assertThatThrownBy(() -> waiting.orTimeout(20, TimeUnit.SECONDS).join())
                .cause()
                .isInstanceOf(BulkheadFullException.class)
                .hasMessage("'closing' is closed");
        end.countDown();
        assertThat(inside.join()).isEqualTo("inside");
        until("no thread is left", () -> threadsOf("closing").isEmpty());
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(1, 0, 0));
    }

    @Test
    @DisplayName("XC-5 no thread before the first call, none after close() of one that was idle")
    void idle() {
        Bulkhead bulkhead = Bulkhead.builder("idle").ownThreads().build();
        assertThat(threadsOf("idle")).isEmpty();
        bulkhead.run(() -> {});
        assertThat(threadsOf("idle")).hasSize(1);
        bulkhead.close();
        until("no thread is left", () -> threadsOf("idle").isEmpty());
        Bulkhead unused = Bulkhead.builder("idle").ownThreads().build();
        unused.close();
        assertThat(threadsOf("idle")).isEmpty();
    }

    @Test
    @DisplayName("The pool follows the limit: as many bodies at once after it has grown")
    void poolFollowsTheLimit() {
        try (Bulkhead bulkhead = Bulkhead.builder("grow")
                .limit(1)
                .queue(4)
                .waitUpTo(LONG)
                .ownThreads()
                .build()) {
            CountDownLatch four = new CountDownLatch(4);
            List<CompletableFuture<Object>> calls = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                calls.add(Testing.inThread(() -> {
                    bulkhead.runChecked(() -> {
                        four.countDown();
                        four.await();
                    });
                    return null;
                }));
            }
            bulkhead.reconfigure(settings -> settings.limit(4));
            calls.forEach(CompletableFuture::join);
            bulkhead.reconfigure(settings -> settings.limit(2));
            assertIdle(bulkhead);
        }
    }

    @Test
    @DisplayName("A given executor runs the calls and outlives the bulkhead; what is bound to a thread goes along")
    void givenExecutor() {
        ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "given"));
        ThreadLocal<String> tenant = new ThreadLocal<>();
        Environment environment =
                Environment.builder().context(ThreadContext.of(tenant)).build();
        Bulkhead bulkhead = Bulkhead.builder("given")
                .environment(environment)
                .runOn(executor)
                .build();
        tenant.set("acme");
        assertThat(bulkhead.call(() -> Thread.currentThread().getName() + " " + tenant.get()))
                .isEqualTo("given acme");
        bulkhead.close();
        assertThat(executor.isShutdown()).isFalse();
        executor.shutdown();
    }

    @Test
    @DisplayName("Partitions run on the bulkhead's threads")
    void partitions() {
        try (Bulkhead bulkhead =
                Bulkhead.builder("p").queue(1).partition("a", 0.5).ownThreads().build()) {
            assertThat(bulkhead.partition("a").call(() -> Thread.currentThread().getName()))
                    .isEqualTo("bulkhead 'p' 1");
        }
    }

    @Test
    @DisplayName("XC-4 virtual threads, where the JDK has them: named, and as many blocked at once as the limit")
    void virtualThreads() {
        assumeTrue(Runtime.version().feature() >= 21, "virtual threads need Java 21");
        Bulkhead bulkhead = Bulkhead.builder("v").limit(50).virtualThreads().build();
        CountDownLatch all = new CountDownLatch(50);
        List<CompletableFuture<String>> calls = Stream.generate(() ->
                        Testing.inThread(() -> bulkhead.callChecked(() -> {
                            all.countDown();
                            all.await();
                            Object isVirtual =
                                    Thread.class.getMethod("isVirtual").invoke(Thread.currentThread());
                            return Thread.currentThread().getName() + " " + isVirtual;
                        })))
                .limit(50)
                .toList();
        calls.forEach(call -> assertThat(call.join()).matches("bulkhead 'v' \\d+ true"));
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("XC-4 a thousand asynchronous calls begin on a virtual thread each, where the JDK has them")
    void virtualThreadsAsync() {
        assumeTrue(Runtime.version().feature() >= 21, "virtual threads need Java 21");
        Bulkhead bulkhead = Bulkhead.builder("v")
                .limit(20)
                .queue(1_000)
                .waitUpTo(LONG)
                .virtualThreads()
                .build();
        assertThat(threadsOfCalls(bulkhead, 1_000)).hasSize(1_000).allMatch(name -> name.startsWith("bulkhead 'v' "));
        assertThat(bulkhead.counts()).isEqualTo(new CallCounts(1_000, 0, 0, 0, 0));
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("Virtual threads are refused with a clear message where the JDK has none")
    void noVirtualThreads() {
        assumeTrue(Runtime.version().feature() < 21, "this Java has virtual threads");
        assertThatThrownBy(() -> Bulkhead.builder("v").virtualThreads())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("virtualThreads: Java " + Runtime.version().feature() + " (expected: 21 or newer)");
    }

    @Test
    @DisplayName(
            "XC-11 a callback that calls its own bulkhead again gets the permit and the thread that the call before has given back")
    void callbackCallsItsOwnBulkhead() throws Exception {
        try (Bulkhead bulkhead = Bulkhead.builder("again").limit(1).ownThreads().build()) {
            CompletableFuture<Integer> later = new CompletableFuture<>();
            CompletableFuture<Integer> atOnce = bulkhead.callAsync(() -> CompletableFuture.completedFuture(1))
                    .thenApply(first -> bulkhead.call(() -> first + 1));
            assertThat(atOnce.get(20, TimeUnit.SECONDS)).isEqualTo(2);

            CompletableFuture<Integer> afterAWhile =
                    bulkhead.callAsync(() -> later).thenApply(first -> bulkhead.call(() -> first + 1));
            later.completeAsync(() -> 1);
            assertThat(afterAWhile.get(20, TimeUnit.SECONDS)).isEqualTo(2);
            assertIdle(bulkhead);
        }
    }

    @Test
    @DisplayName("XC-11 as many callbacks as there are permits block, and the bulkhead's threads serve others")
    void callbacksThatBlock() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (Bulkhead bulkhead = Bulkhead.builder("held").limit(2).ownThreads().build()) {
            CountDownLatch blocked = new CountDownLatch(4);
            for (int i = 0; i < 4; i++) {
                until("a permit is free", () -> bulkhead.report().inFlight() < 2);
                CountDownLatch attached = new CountDownLatch(1);
                bulkhead.callAsync(() -> {
                            awaitQuietly(attached);
                            return CompletableFuture.completedFuture(1);
                        })
                        .thenRun(() -> {
                            blocked.countDown();
                            awaitQuietly(end);
                        });
                attached.countDown();
            }
            assertThat(blocked.await(20, TimeUnit.SECONDS)).isTrue();
            assertIdle(bulkhead);
            assertThat(bulkhead.call(() -> "served")).isEqualTo("served");
        } finally {
            end.countDown();
        }
    }

    @Test
    @DisplayName("XC-5 calls one after the other use one thread, whatever the limit")
    void calmCallsUseOneThread() {
        try (Bulkhead bulkhead = Bulkhead.builder("calm")
                .adaptive(Limits.between(2, 1000).startAt(2).aimd())
                .ownThreads()
                .build()) {
            for (int i = 0; i < 200; i++) {
                bulkhead.run(() -> {});
                assertThat(threadsOf("calm")).hasSizeLessThanOrEqualTo(2);
            }
            assertThat(bulkhead.counts().successes()).isEqualTo(200);
        }
    }

    @Test
    @DisplayName("XC-3 what work leaves on a thread of the bulkhead's own, the next call does not find")
    void nothingIsLeftForOthers() {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        ClassLoader foreign = new ClassLoader(null) {};
        try (Bulkhead bulkhead = Bulkhead.builder("clean").limit(1).ownThreads().build()) {
            for (int i = 0; i < 3; i++) {
                bulkhead.run(() -> {
                    assertThat(Thread.currentThread().isInterrupted()).isFalse();
                    assertThat(Thread.currentThread().getContextClassLoader()).isNotSameAs(foreign);
                    assertThat(Thread.currentThread().getPriority()).isEqualTo(Thread.NORM_PRIORITY);
                    if (Runtime.version().feature() < 24) {
                        assertThat(tenant.get()).isNull();
                    }
                    tenant.set("A");
                    Thread.currentThread().setContextClassLoader(foreign);
                    Thread.currentThread().setPriority(Thread.MAX_PRIORITY);
                    Thread.currentThread().interrupt();
                });
            }
        }
    }

    @Test
    @DisplayName(
            "BH-6 a limit that shrinks while calls are on their way to their threads leaves none of them without one")
    void shrinksAsCallsComeIn() throws InterruptedException {
        Bulkhead bulkhead = Bulkhead.builder("b")
                .limit(3)
                .queue(3)
                .waitUpTo(Duration.ofMillis(3))
                .ownThreads()
                .build();
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> all = new ArrayList<>();
        for (int caller = 0; caller < 2; caller++) {
            all.add(new Thread(() -> {
                while (!stop.get()) {
                    try {
                        bulkhead.call(() -> bulkhead.call(() -> 1));
                    } catch (BulkheadFullException full) {
                        // As often as the limit is 1.
                    }
                }
            }));
        }
        all.add(new Thread(() -> {
            for (int i = 0; !stop.get(); i++) {
                int limit = i % 2 == 0 ? 1 : 3;
                bulkhead.reconfigure(settings -> settings.limit(limit));
            }
        }));
        all.forEach(thread -> thread.setDaemon(true));
        all.forEach(Thread::start);
        Thread.sleep(1_000);
        stop.set(true);
        for (Thread thread : all) {
            thread.join(20_000);
            assertThat(thread.isAlive()).as("waits for ever").isFalse();
        }
        bulkhead.close();
    }
}
