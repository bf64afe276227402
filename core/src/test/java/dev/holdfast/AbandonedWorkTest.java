// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Work that notices no interrupt: what others learn of its deadline, and how it is ended. */
@Timeout(60)
class AbandonedWorkTest {
    private static final Environment SYSTEM = Environment.system();

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    @AfterEach
    void end() {
        pool.shutdownNow();
        assertThat(Thread.interrupted()).as("stray flag").isFalse();
    }

    private static Lab.Limit limit(long millis) {
        return new Lab.Limit(SYSTEM, ms(millis).toNanos());
    }

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

    private final class Watched extends CountingGate {
        private final boolean holds;

        Watched(String name, boolean holds) {
            super(name, SYSTEM);
            this.holds = holds;
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
            seen.add(name() + " " + ending);
            return super.exit(stamp, ending, failure, now, elapsedNanos);
        }

        @Override
        protected boolean holdsUntilWorkEnds() {
            return holds;
        }
    }

    @Test
    @DisplayName(
            "TO-9 a passed deadline is counted, told and learned of by gates around it while deaf work still holds its caller")
    void toldAtTheDeadline() throws Exception {
        Watched far = new Watched("far", false);
        Watched near = new Watched("near", false);
        Watched work = new Watched("work", true);
        Watched inside = new Watched("inside", false);
        Lab.Limit limit = limit(30);
        limit.on(Event.TimedOut.class, event -> seen.add("told " + event.call().attempt()));
        CountDownLatch end = new CountDownLatch(1);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Pipeline<Object> pipeline =
                Pipeline.of(new Watched("outermost", false), new Again(SYSTEM, 2, 0), far, near, work, limit, inside);
        Thread caller = new Thread(() -> thrown.set(catchThrowable(() -> pipeline.run(() -> await(end)))));
        caller.start();
        Lab.until(() -> seen.contains("far FAILURE"));
        assertThat(seen).containsExactly("told 1", "near FAILURE", "far FAILURE");
        assertThat(limit.passed).hasValue(1);
        assertThat(caller.isAlive()).isTrue();
        assertThat(far.counts()).isEqualTo(new CallCounts(0, 1, 0, 0, 0));

        seen.clear();
        end.countDown();
        caller.join();
        // The second attempt ends at once.
        assertThat(thrown.get()).isNull();
        assertThat(seen)
                .containsExactly(
                        "inside SUCCESS",
                        "work FAILURE",
                        "inside SUCCESS",
                        "work SUCCESS",
                        "near SUCCESS",
                        "far SUCCESS",
                        "outermost SUCCESS");
        assertThat(limit.passed).hasValue(1);
        assertThat(List.of(far, near, work, inside)).allMatch(gate -> gate.entered.get() == gate.left.get());
    }

    @Test
    @DisplayName(
            "TO-9 a gate that waited for its turn, and one further out, are told like others; five in a row as well")
    void toldAfterWaits() throws Exception {
        Watched first = new Watched("first", false);
        FifoGate queueing = new FifoGate(SYSTEM, 1, TimeUnit.HOURS.toNanos(1));
        Pipeline<Object> pipeline = Pipeline.of(
                first,
                queueing,
                new Watched("third", false),
                new Watched("fourth", false),
                new Watched("fifth", false),
                new Watched("sixth", false),
                limit(30));
        CountDownLatch end = new CountDownLatch(1);
        Permit permit = queueing.acquire();
        Thread caller = new Thread(() -> catchThrowable(() -> pipeline.run(() -> await(end))));
        caller.start();
        Lab.until(() -> !queueing.queue.isEmpty());
        permit.succeeded();
        Lab.until(() -> seen.contains("first FAILURE"));
        assertThat(seen)
                .containsExactly("sixth FAILURE", "fifth FAILURE", "fourth FAILURE", "third FAILURE", "first FAILURE");
        assertThat(queueing.available).hasValue(1);
        end.countDown();
        caller.join();
        assertThat(seen).hasSize(5);
        assertThat(queueing.available).hasValue(1);
    }

    @Test
    @DisplayName("TO-9 a deadline that does not interrupt lets work run to its end, and is a timeout all the same")
    void withoutInterrupt() {
        Lab.Limit limit = limit(20);
        limit.interrupts = false;
        Watched outside = new Watched("outside", false);
        assertThatThrownBy(() -> Pipeline.of(outside, limit).run(() -> {
                    Lab.until(() -> seen.contains("outside FAILURE"));
                    seen.add("flag " + Thread.currentThread().isInterrupted());
                }))
                .isInstanceOf(Lab.Exceeded.class);
        assertThat(seen).containsExactly("outside FAILURE", "flag false");

        limit.executor = pool;
        CountDownLatch end = new CountDownLatch(1);
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        AtomicBoolean begun = new AtomicBoolean();
        // On a slow machine the deadline may pass before a thread has begun with the work, which it never does then.
        while (!begun.get()) {
            assertThatThrownBy(() -> limit.run(() -> {
                        begun.set(true);
                        await(end);
                        flag.complete(Thread.currentThread().isInterrupted());
                    }))
                    .isInstanceOf(Lab.Exceeded.class);
        }
        end.countDown();
        assertThat(flag.orTimeout(20, TimeUnit.SECONDS).join()).isFalse();
    }

    @Test
    @DisplayName(
            "TO-10 a hook ends deaf work at the deadline, on the caller's thread and on an executor, off the timer's thread")
    void hookAtADeadline() {
        for (boolean elsewhere : new boolean[] {false, true}) {
            for (boolean interrupts : new boolean[] {true, false}) {
                Lab.Limit limit = limit(300);
                limit.executor = elsewhere ? pool : null;
                limit.interrupts = interrupts;
                CountDownLatch end = new CountDownLatch(1);
                AtomicReference<String> thread = new AtomicReference<>();
                CompletableFuture<String> ended = new CompletableFuture<>();
                AtomicBoolean begun = new AtomicBoolean();
                while (!begun.get()) {
                    assertThatThrownBy(() -> limit.callWith(call -> {
                                begun.set(true);
                                call.onAbandon(() -> {
                                    thread.set(Thread.currentThread().getName());
                                    end.countDown();
                                });
                                await(end);
                                ended.complete("ended");
                                return "late";
                            }))
                            .isInstanceOf(Lab.Exceeded.class);
                }
                assertThat(ended.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo("ended");
                assertThat(thread.get()).startsWith("holdfast-").doesNotContain("timer");
            }
        }
    }

    @Test
    @DisplayName(
            "TO-10 a hook runs when the deadline of another call around this one passes, or its caller's thread is interrupted")
    void hookFromOutside() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountingGate gate = new CountingGate("g", SYSTEM);
        assertThatThrownBy(() -> limit(20)
                        .run(() -> gate.callWith(call -> {
                            call.onAbandon(end::countDown);
                            await(end);
                            return "late";
                        })))
                .isInstanceOf(Lab.Exceeded.class);

        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch hooked = new CountDownLatch(1);
        AtomicReference<String> result = new AtomicReference<>();
        Thread caller = new Thread(() -> result.set(gate.callWith(call -> {
            call.onAbandon(hooked::countDown);
            begun.countDown();
            while (hooked.getCount() > 0) {
                Thread.onSpinWait();
            }
            return "flag " + Thread.currentThread().isInterrupted();
        })));
        caller.start();
        begun.await();
        caller.interrupt();
        caller.join();
        assertThat(result).hasValue("flag true");
    }

    @Test
    @DisplayName(
            "TO-10 asynchronous: a hook runs at a deadline and when the future is cancelled, also while the body runs")
    void hookOfAsynchronousCalls() {
        for (boolean cancels : new boolean[] {true, false}) {
            for (boolean body : new boolean[] {true, false}) {
                CountDownLatch end = new CountDownLatch(1);
                CountDownLatch begun = new CountDownLatch(1);
                CountingGate gate = new CountingGate("g", SYSTEM) {
                    @Override
                    protected Executor executor() {
                        return pool;
                    }
                };
                CompletableFuture<Object> future = Pipeline.of(limit(cancels ? 60_000 : 20), gate)
                        .callAsyncWith(call -> {
                            call.onAbandon(end::countDown);
                            begun.countDown();
                            if (body) {
                                await(end);
                            }
                            return new CompletableFuture<>();
                        });
                Lab.until(() -> begun.getCount() == 0);
                if (cancels) {
                    future.cancel(true);
                }
                Lab.until(() -> end.getCount() == 0);
                assertThat(catchThrowable(future::join)).isNotNull();
            }
        }
    }

    @Test
    @DisplayName(
            "TO-10 hooks of work that has ended never run; each runs once; what one throws keeps no other from running")
    void hooksRunOnce() throws Exception {
        AtomicInteger ran = new AtomicInteger();
        CountingGate gate = new CountingGate("g", SYSTEM);
        AtomicReference<Call> kept = new AtomicReference<>();
        assertThatThrownBy(() -> limit(30).run(() -> {
                    gate.callWith(call -> {
                        kept.set(call);
                        call.onAbandon(ran::incrementAndGet);
                        return "ended in time";
                    });
                    kept.get().onAbandon(ran::incrementAndGet);
                    new Again(SYSTEM, 3, 0).callWith(call -> {
                        call.onAbandon(ran::incrementAndGet);
                        if (call.attempt() < 3) {
                            throw new IllegalStateException();
                        }
                        return "third";
                    });
                    await(new CountDownLatch(0));
                    long end = System.nanoTime() + ms(60).toNanos();
                    while (System.nanoTime() - end < 0) {
                        Thread.onSpinWait();
                    }
                }))
                .isInstanceOf(Lab.Exceeded.class);
        CompletableFuture<Object> done = gate.callAsyncWith(call -> {
            call.onAbandon(ran::incrementAndGet);
            return CompletableFuture.completedFuture("x");
        });
        done.cancel(true);

        CountDownLatch both = new CountDownLatch(2);
        CompletableFuture<Object> cancelled = gate.callAsyncWith(call -> {
            call.onAbandon(() -> {
                both.countDown();
                throw new IllegalStateException("hook");
            });
            call.onAbandon(both::countDown);
            kept.set(call);
            return new CompletableFuture<>();
        });
        cancelled.cancel(true);
        cancelled.cancel(true);
        assertThat(both.await(20, TimeUnit.SECONDS)).isTrue();
        kept.get().onAbandon(() -> seen.add(Thread.currentThread().getName()));
        assertThat(seen)
                .as("given up already: at once")
                .containsExactly(Thread.currentThread().getName());
        assertThat(ran).hasValue(0);
    }

    @Test
    @DisplayName("TO-10 a hook of asynchronous work that threw, or gave no stage, is dropped: it has ended")
    void hooksOfWorkWithoutAStage() {
        Lab lab = new Lab();
        lab.environment.executor = Runnable::run;
        AtomicInteger ran = new AtomicInteger();
        for (boolean gives : new boolean[] {true, false}) {
            CompletableFuture<Object> call = new Instead(lab.environment, Classifier.standard(), CompletableFuture::new)
                    .callAsyncWith(of -> {
                        of.onAbandon(ran::incrementAndGet);
                        if (gives) {
                            return null;
                        }
                        throw new IllegalStateException("no stage");
                    });
            assertThat(call).isNotDone();
            call.cancel(true);
        }
        assertThat(ran).hasValue(0);
    }

    @Test
    @DisplayName("TO-10 a hook has the context of the thread that added it")
    void hooksHaveContext() throws Exception {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        Environment environment =
                Environment.builder().context(ThreadContext.of(tenant)).build();
        CountingGate gate = new CountingGate("g", environment);
        CompletableFuture<String> hooked = new CompletableFuture<>();
        tenant.set("acme");
        CompletableFuture<Object> call = gate.callAsyncWith(of -> {
            of.onAbandon(() -> hooked.complete(tenant.get()));
            return new CompletableFuture<>();
        });
        tenant.remove();
        call.cancel(true);
        assertThat(hooked.get(20, TimeUnit.SECONDS)).isEqualTo("acme");

        AtomicInteger captures = new AtomicInteger();
        CountingGate fragile = new CountingGate(
                "g",
                Environment.builder()
                        .context(() -> {
                            if (captures.incrementAndGet() > 1) {
                                throw new IllegalStateException("no context");
                            }
                            return ThreadContext.of(tenant).capture();
                        })
                        .build());
        CountDownLatch without = new CountDownLatch(1);
        CompletableFuture<Object> second = fragile.callAsyncWith(of -> {
            of.onAbandon(without::countDown);
            return new CompletableFuture<>();
        });
        second.cancel(true);
        assertThat(without.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @DisplayName(
            "XC-2 when deaf work has held up a deadline, gates inside of it are left in the attempts that follow, and counted")
    void laterAttempts() {
        CountingGate inside = new CountingGate("inside", SYSTEM);
        CountingGate between = new CountingGate("between", SYSTEM);
        for (boolean nested : new boolean[] {false, true}) {
            Lab.Limit limit = limit(200);
            Policy<Object> outside = nested ? Pipeline.of(between, limit(60_000)) : Pipeline.of();
            AtomicInteger attempts = new AtomicInteger();
            Object result = Pipeline.<Object>of(new Again(SYSTEM, 3, 0), outside, limit, inside)
                    .callWith(call -> {
                        if (attempts.incrementAndGet() == 1) {
                            Lab.until(() -> limit.passed.get() == 1);
                        }
                        return "second";
                    });
            assertThat(result).isEqualTo("second");
        }
        assertThat(inside.entered.get()).isEqualTo(4);
        assertThat(inside.left.get()).isEqualTo(4);
        assertThat(inside.counts().successes()).isEqualTo(4);
        assertThat(between.left.get()).isEqualTo(between.entered.get());
    }

    // ---- The end of an environment --------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "XC-16 when an environment closes waits end at once, no further attempt starts, and work under way goes on")
    @SuppressWarnings("try") // closes it by hand, twice
    void closing() throws Exception {
        try (Environment environment = Environment.builder().build()) {
            FifoGate gate = new FifoGate(environment, 1, TimeUnit.HOURS.toNanos(1));
            Again again = new Again(environment, 5, TimeUnit.HOURS.toNanos(1));
            AtomicInteger attempts = new AtomicInteger();
            Permit permit = gate.acquire();
            CompletableFuture<Object> queued = gate.callAsync(CompletableFuture::new);
            CompletableFuture<Object> delayed = again.callAsync(() -> {
                attempts.incrementAndGet();
                return CompletableFuture.failedFuture(new IllegalStateException("first"));
            });
            CompletableFuture<Throwable> blockingQueued = new CompletableFuture<>();
            CompletableFuture<Throwable> blockingDelayed = new CompletableFuture<>();
            Thread one = new Thread(() -> blockingQueued.complete(catchThrowable(() -> gate.run(() -> {}))));
            Thread two = new Thread(() -> blockingDelayed.complete(catchThrowable(() -> again.run(() -> {
                throw new IllegalStateException("first");
            }))));
            CompletableFuture<Object> stage = new CompletableFuture<>();
            CompletableFuture<Object> underWay = Pipeline.of(
                            new Lab.Limit(environment, ms(60_000).toNanos()), new CountingGate("g", environment))
                    .callAsync(() -> stage);
            one.start();
            two.start();
            Lab.until(() -> gate.queue.size() == 2 && two.getState() == Thread.State.TIMED_WAITING);

            environment.close();
            environment.close();

            for (CompletableFuture<Object> waiting : List.of(queued, delayed)) {
                assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS))
                        .cause()
                        .isInstanceOf(UnavailableException.class)
                        .hasMessageEndingWith("does not wait: its environment is closed");
            }
            assertThat(blockingQueued.get(20, TimeUnit.SECONDS)).isInstanceOf(UnavailableException.class);
            assertThat(blockingDelayed.get(20, TimeUnit.SECONDS))
                    .isInstanceOf(UnavailableException.class)
                    .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(1));
            assertThat(attempts).hasValue(1);
            assertThat(gate.counts().abandoned()).isEqualTo(2);
            assertThat(gate.queue).isEmpty();
            permit.succeeded();

            assertThatThrownBy(() -> new Again(environment, 5, 0).run(() -> {
                        attempts.incrementAndGet();
                        throw new IllegalStateException();
                    }))
                    .isInstanceOf(UnavailableException.class);
            assertThat(attempts).hasValue(2);
            permit = gate.acquire();
            assertThatThrownBy(() -> gate.run(() -> {})).isInstanceOf(UnavailableException.class);
            assertThatThrownBy(() -> gate.callAsync(CompletableFuture::new).join())
                    .hasCauseInstanceOf(UnavailableException.class);
            permit.succeeded();
            assertThat(gate.<Object>call(() -> "no wait, no matter")).isEqualTo("no wait, no matter");
            stage.complete("under way");
            assertThat(underWay.get(20, TimeUnit.SECONDS)).isEqualTo("under way");
        }
        assertThat(Environment.system().isClosed()).isFalse();
        Environment.system().close();
        assertThat(Environment.system().isClosed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    @DisplayName("TO-9 gates around a deadline that passes are left once each, however many follow each other")
    void leftOnce(int gates) {
        Lab lab = new Lab();
        Lab.Limit limit = new Lab.Limit(lab.environment, ms(5).toNanos());
        limit.interrupts = false;
        List<Policy<Object>> policies = new ArrayList<>(List.of(lab.loop("l", 1, ms(0))));
        for (Lab.TracedGate gate : lab.gates(gates)) {
            @SuppressWarnings("unchecked") // Gates take whatever results there are.
            Policy<Object> any = (Policy<Object>) (Policy<?>) gate;
            policies.add(any);
        }
        @SuppressWarnings("unchecked") // As above.
        Policy<Object> any = (Policy<Object>) (Policy<?>) limit;
        policies.add(any);
        lab.run(Lab.Mode.SYNC, Lab.pipeline(policies), Lab.Step.gives("late").after(ms(9)));

        assertThat(lab.trace.stream().filter(step -> step.startsWith("-")))
                .containsExactlyElementsOf(IntStream.range(0, gates)
                        .mapToObj(i -> "-g" + (gates - 1 - i) + " FAILURE")
                        .toList());
        lab.assertBalanced(gates);
    }

    @ParameterizedTest
    @CsvSource({"5, 1000, true", "1000, 5, true", "5, 5, true", "1000, 1000, false"})
    @DisplayName("TO-10 a hook that is added when any of the deadlines around the work has passed runs at once")
    void hookAfterDeadline(int outer, int inner, boolean runs) {
        Lab lab = new Lab();
        AtomicBoolean ran = new AtomicBoolean();
        AtomicBoolean ranWithin = new AtomicBoolean();
        Lab.Limit[] limits = {
            new Lab.Limit(lab.environment, ms(outer).toNanos()),
            new Lab.Limit(lab.environment, ms(inner).toNanos())
        };
        limits[0].interrupts = false;
        limits[1].interrupts = false;
        catchThrowable(() -> Pipeline.<Object>of(limits[0], limits[1]).callWith(call -> {
            Lab.sleep(lab, ms(9));
            call.onAbandon(() -> ran.set(true));
            Lab.sleep(lab, ms(1));
            ranWithin.set(ran.get());
            return "late";
        }));
        assertThat(ranWithin.get()).isEqualTo(runs);
    }

    @Test
    @DisplayName(
            "TO-9 TO-3 a caller whose work ends too late does not go before all is told, and keeps an interrupt of that time")
    void awaitsWhatIsTold() throws Exception {
        Lab.Limit limit = new Lab.Limit(Environment.system(), ms(1).toNanos());
        CountDownLatch telling = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        AtomicBoolean workEnded = new AtomicBoolean();
        AtomicBoolean interrupted = new AtomicBoolean();
        limit.on(Event.TimedOut.class, event -> {
            telling.countDown();
            Lab.until(() -> told.getCount() == 0);
        });
        Thread caller = new Thread(() -> {
            catchThrowable(() -> limit.run(() -> {
                Lab.until(() -> telling.getCount() == 0);
                Thread.interrupted();
                workEnded.set(true);
            }));
            interrupted.set(Thread.currentThread().isInterrupted());
        });
        caller.start();
        Lab.until(() -> workEnded.get()
                && (caller.getState() == Thread.State.WAITING
                        || caller.getState() == Thread.State.TIMED_WAITING
                        || caller.getState() == Thread.State.TERMINATED));
        assertThat(caller.isAlive()).isTrue();
        caller.interrupt();
        told.countDown();
        caller.join(20_000);

        assertThat(caller.isAlive()).isFalse();
        assertThat(interrupted).isTrue();
    }
}
