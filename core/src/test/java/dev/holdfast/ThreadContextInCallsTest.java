// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.HandOffTest.OneThread;
import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.TracedRecovery;
import dev.holdfast.Lab.Wait;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is bound to the caller's thread goes along with the call, and nothing of it stays behind. */
@Timeout(60)
class ThreadContextInCallsTest {
    private final Lab lab = new Lab();
    private final ThreadLocal<String> request = new ThreadLocal<>();
    private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

    ThreadContextInCallsTest() {
        lab.environment.context = contextOf(request);
    }

    /** How the value is carried. */
    ThreadContext contextOf(ThreadLocal<String> local) {
        return ThreadContext.of(local);
    }

    @AfterEach
    void clear() {
        request.remove();
    }

    private void look(String where) {
        seen.add(where + " " + request.get());
    }

    /** Each kind of callback of a call, which looks at what is bound to its thread. */
    private Policy<Object> everyCallback() {
        TracedRecovery recovery = lab.recovery("f", "instead");
        recovery.classifier = Classifier.standard().failIf(thrown -> {
            look("recovery's predicate");
            return true;
        });
        Lab.TracedLoop loop = lab.loop("r", 2, ms(5));
        loop.onNext = () -> look("next");
        TracedGate queueing = lab.gate("q");
        queueing.waits = number -> new Wait(ms(50), ms(5), false);
        TracedGate gate = lab.gate("g");
        gate.exitThrows = number -> {
            look("exit");
            return null;
        };
        Policy<Object> policy = Pipeline.of(recovery, loop, queueing, lab.deadline("d", ms(30)), gate);
        policy.on(Event.class, event -> look(event.getClass().getSimpleName()));
        return policy;
    }

    @Test
    @DisplayName("XC-3 asynchronous: attempts, predicates, listeners and recoveries all see the caller's value")
    void everyCallbackSeesTheCallersValue() {
        request.set("caller");
        CompletableFuture<Object> future = everyCallback().callAsync(() -> {
            look("attempt");
            return lab.stage(Step.fails(new Exception()).after(ms(seen.size() > 5 ? 90 : 1)), true);
        });
        future.whenComplete((value, thrown) -> look("completion"));
        request.set("another call");
        assertThat(lab.outcome(future).value()).isEqualTo("instead");

        assertThat(request.get()).isEqualTo("another call");
        assertThat(seen).allMatch(line -> line.endsWith(" caller"));
        assertThat(seen.stream().map(line -> line.split(" ")[0]))
                .contains("attempt", "exit", "next", "recovery's", "completion")
                .contains("CallEnded", "RetryScheduled", "TimedOut", "RetriesExhausted", "Recovered");
    }

    @Test
    @DisplayName("XC-3 where the caller had no value, the call has none on any thread, and that thread keeps its own")
    void absentValue() {
        CompletableFuture<Object> future =
                lab.start(Mode.ASYNC_LATER, lab.loop("r", 2, ms(5)), Step.fails(new Exception()), Step.gives("second"));
        future.thenRun(() -> look("completion"));
        request.set("the timer's own");
        lab.outcome(future);
        assertThat(seen).containsExactly("completion null");
        assertThat(request.get()).isEqualTo("the timer's own");
    }

    @Test
    @DisplayName("XC-3 cancelled or past its deadline on another thread: the gates see the caller's value")
    void givingUp() {
        request.set("caller");
        TracedGate gate = lab.gate("g");
        gate.exitThrows = number -> {
            look("exit");
            return null;
        };
        CompletableFuture<Object> cancelled =
                lab.start(Mode.ASYNC, gate, Step.gives("late").after(ms(90)));
        CompletableFuture<Object> late = lab.start(
                Mode.ASYNC,
                Pipeline.of(lab.deadline("d", ms(5)), gate),
                Step.gives("late").after(ms(90)));
        request.set("another call");
        cancelled.cancel(true);
        lab.outcome(late);
        assertThat(seen).containsExactly("exit caller", "exit caller");
        assertThat(request.get()).isEqualTo("another call");
    }

    @Test
    @DisplayName("XC-3 a hand-off, blocking and asynchronous: the work has the caller's value, the pool keeps its own")
    void handOff() throws Exception {
        OneThread pool = new OneThread();
        try {
            pool.execute(() -> request.set("pool"));
            TracedGate gate = lab.gate("g");
            gate.executor = pool;
            request.set("caller");
            gate.run(() -> {
                look("work");
                request.set("changed by the work");
            });
            lab.time.join(gate.callAsync(() -> {
                look("async work");
                return CompletableFuture.completedFuture("value");
            }));
            Lab.Limit limit = new Lab.Limit(lab.environment, TimeUnit.HOURS.toNanos(1));
            limit.executor = Runnable::run;
            limit.run(() -> look("deadline's work"));
            pool.execute(() -> look("pool afterwards"));
            pool.settle();
            assertThat(seen)
                    .containsExactly(
                            "work caller", "async work caller", "deadline's work caller", "pool afterwards pool");
            assertThat(request.get()).isEqualTo("caller");
        } finally {
            pool.stop();
        }
    }

    @Test
    @DisplayName("XC-3 a context is captured once a call, and undone as often as it is restored, on the same thread")
    void balanced() {
        AtomicInteger captured = new AtomicInteger();
        AtomicInteger restored = new AtomicInteger();
        AtomicInteger undone = new AtomicInteger();
        lab.environment.context = () -> {
            captured.incrementAndGet();
            return () -> {
                Thread thread = Thread.currentThread();
                restored.incrementAndGet();
                return () -> {
                    assertThat(Thread.currentThread()).isSameAs(thread);
                    undone.incrementAndGet();
                };
            };
        };
        for (Mode mode : List.of(Mode.ASYNC, Mode.ASYNC_LATER)) {
            captured.set(0);
            lab.run(
                    mode,
                    everyCallback(),
                    Step.fails(new Exception()).after(ms(1)),
                    Step.gives("x").after(ms(90)));
            assertThat(captured).hasValue(1);
            assertThat(restored.get()).isPositive().isEqualTo(undone.get());
        }
    }

    @Test
    @DisplayName("A blocking call on its caller's thread captures nothing")
    void blockingCaptureNothing() {
        lab.environment.context = () -> {
            throw new AssertionError("captured");
        };
        Policy<Object> policy = Pipeline.of(lab.gate("g"), lab.loop("r", 2, ms(1)), lab.deadline("d", ms(9)));
        assertThat(lab.run(Mode.SYNC, policy, Step.gives("value")).value()).isEqualTo("value");
    }

    @Test
    @DisplayName("XC-3 no call leaves a ThreadLocal on its thread that was not there before")
    void noThreadLocals() throws Exception {
        CompletableFuture<List<Integer>> sizes = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                Lab fresh = new Lab();
                Policy<Object> policy = Pipeline.<Object>of(fresh.recovery("f", "instead"), fresh.loop("r", 3, ms(1)))
                        .then(fresh.deadline("d", ms(5)), fresh.gate("g"));
                Step[] script = {Step.fails(new Exception()), Step.gives("late").after(ms(9)), Step.fails(new Error())};
                List<Integer> counted = new ArrayList<>();
                for (Mode mode : Mode.values()) {
                    int before = threadLocals();
                    fresh.run(mode, policy, script);
                    counted.addAll(Arrays.asList(before, threadLocals()));
                }
                sizes.complete(counted);
            } catch (Throwable thrown) {
                sizes.completeExceptionally(thrown);
            }
        });
        thread.start();
        List<Integer> counted = sizes.get(10, TimeUnit.SECONDS);
        assertThat(counted).hasSize(6).containsOnly(counted.get(0));
    }

    /** How many the current thread has. */
    private static int threadLocals() throws ReflectiveOperationException {
        Field field = Thread.class.getDeclaredField("threadLocals");
        field.setAccessible(true);
        Object map = field.get(Thread.currentThread());
        if (map == null) {
            return 0;
        }
        Field size = map.getClass().getDeclaredField("size");
        size.setAccessible(true);
        return size.getInt(map);
    }

    @Test
    @DisplayName("XC-14 who gives up his turn is told of in the call's context, whoever has ended the call")
    void abandoned() {
        request.set("caller");
        FifoGate gate = new FifoGate(lab.environment, 0, TimeUnit.HOURS.toNanos(1));
        gate.on(Event.CallAbandoned.class, event -> look("abandoned"));
        CompletableFuture<Object> cancelled = lab.start(Mode.ASYNC, gate, Step.gives("late"));
        CompletableFuture<Object> late =
                lab.start(Mode.ASYNC, Pipeline.of(lab.deadline("d", ms(5)), gate), Step.gives("late"));
        request.set("another call");
        cancelled.cancel(true);
        lab.outcome(late);
        assertThat(seen).containsExactly("abandoned caller", "abandoned caller");
        assertThat(request.get()).isEqualTo("another call");
    }

    @Test
    @DisplayName("XC-14 a call whose task an executor has lost is told of in the call's context")
    void lost() {
        ThreadPoolExecutor discarding = new ThreadPoolExecutor(
                1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(1), new ThreadPoolExecutor.DiscardPolicy());
        discarding.shutdown();
        Environment environment =
                Environment.builder().context(ThreadContext.of(request)).build();
        FifoGate gate = new FifoGate(environment, 1, TimeUnit.HOURS.toNanos(1)) {
            @Override
            protected Executor executor() {
                return discarding;
            }
        };
        gate.on(Event.CallRejected.class, event -> look("rejected"));
        request.set("caller");
        assertThatThrownBy(() -> gate.run(() -> {})).isInstanceOf(RejectedException.class);
        assertThat(seen).containsExactly("rejected caller");
    }
}
