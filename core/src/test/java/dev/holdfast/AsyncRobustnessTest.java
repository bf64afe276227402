// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.TracedLoop;
import dev.holdfast.Lab.Wait;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever throws, whoever gives up: the future completes once, every gate is left once, no timer stays. */
@Timeout(60)
class AsyncRobustnessTest {
    private final Lab lab = new Lab();
    private final Exception failure = new Exception("work");

    @AfterEach
    void nothingIsLeft() {
        lab.assertBalanced("after the test");
    }

    private Policy<Object> guarded(Policy<Object> inner) {
        return Pipeline.of(lab.gate("a"), inner, lab.gate("b"));
    }

    private static AtomicInteger completions(CompletableFuture<?> future) {
        AtomicInteger completions = new AtomicInteger();
        future.whenComplete((value, thrown) -> completions.incrementAndGet());
        return completions;
    }

    // ---- What may throw -------------------------------------------------------------------------------------------

    @Test
    @DisplayName("RT-7 a supplier that throws, or gives no stage, in its second attempt ends the call or is repeated")
    void laterAttemptsThatThrow() {
        AtomicInteger attempts = new AtomicInteger();
        CompletableFuture<Object> future = guarded(lab.loop("r", 4, ms(1))).callAsync(() -> {
            switch (attempts.incrementAndGet()) {
                case 1:
                    return CompletableFuture.failedFuture(failure);
                case 2:
                    throw new IllegalStateException("supplier");
                case 3:
                    return null;
                default:
                    return CompletableFuture.completedFuture("fourth");
            }
        });
        assertThat(lab.outcome(future).value()).isEqualTo("fourth");
    }

    /** A stage that answers {@code handle} as it is told to. */
    @SuppressWarnings("unchecked")
    private static CompletionStage<Object> stage(Consumer<BiFunction<Object, Throwable, Object>> onHandle) {
        return (CompletionStage<Object>) Proxy.newProxyInstance(
                Lab.class.getClassLoader(), new Class<?>[] {CompletionStage.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("handle") && !method.getName().equals("whenComplete")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    assertThat(arguments[0]).isInstanceOf(BiFunction.class);
                    onHandle.accept((BiFunction<Object, Throwable, Object>) arguments[0]);
                    return new CompletableFuture<>();
                });
    }

    @Test
    @DisplayName("A stage that completes twice is taken once: at once, later, and once at once and once later")
    void stageThatCompletesTwice() {
        List<BiFunction<Object, Throwable, Object>> callbacks = new ArrayList<>();
        CompletableFuture<Object> atOnce = guarded(lab.gate("g"))
                .callAsync(() -> stage(callback -> {
                    callback.apply("first", null);
                    callback.apply("second", null);
                }));
        CompletableFuture<Object> later = guarded(lab.gate("g")).callAsync(() -> stage(callbacks::add));
        assertThat(later).isNotDone();
        callbacks.get(0).apply(null, failure);
        callbacks.get(0).apply("second", null);
        CompletableFuture<Object> both = guarded(lab.gate("g"))
                .callAsync(() -> stage(callback -> {
                    callback.apply("first", null);
                    callbacks.set(0, callback);
                }));
        callbacks.get(0).apply("second", null);

        assertThat(atOnce.join()).isIn("first", "second");
        assertThatThrownBy(later::join).hasCause(failure);
        assertThat(both.join()).isEqualTo("first");
    }

    @Test
    @DisplayName("A stage of the first attempt that completes again later does not touch the second attempt")
    void lateCallbackOfAnEarlierAttempt() {
        List<BiFunction<Object, Throwable, Object>> callbacks = new ArrayList<>();
        CompletableFuture<Object> future = guarded(lab.loop("r", 3, ms(1))).callAsync(() -> stage(callbacks::add));
        callbacks.get(0).apply(null, failure);
        lab.time.advance(ms(1));
        assertThat(callbacks).hasSize(2);
        callbacks.get(0).apply("late", null);
        assertThat(future).isNotDone();
        callbacks.get(1).apply("second attempt", null);
        assertThat(future.join()).isEqualTo("second attempt");
    }

    @Test
    @DisplayName("A stage whose methods throw is a failure of the work")
    void stageThatThrows() {
        for (Throwable thrown : List.of(new IllegalStateException("stage"), new Error("stage"))) {
            CompletableFuture<Object> future = guarded(lab.gate("g"))
                    .callAsync(() -> stage(callback -> Lab.<Object, RuntimeException>sneak(thrown)));
            assertThat(lab.outcome(future).failure()).isSameAs(thrown);
        }
    }

    @Test
    @DisplayName("Every kind of stage is accepted: complete, later, minimal, of others, and futures of Holdfast itself")
    void everyKindOfStage() {
        CompletableFuture<Object> done = CompletableFuture.completedFuture("value");
        CompletableFuture<Object> later = new CompletableFuture<>();
        List<CompletableFuture<Object>> futures = new ArrayList<>();
        for (CompletableFuture<Object> source : List.of(done, later)) {
            futures.add(lab.gate("g").callAsync(() -> source));
            futures.add(lab.gate("g").callAsync(source::minimalCompletionStage));
            futures.add(lab.gate("g").callAsync(() -> Lab.foreign(source)));
            futures.add(lab.gate("g").callAsync(() -> lab.gate("h").callAsync(() -> source)));
        }
        lab.trace.clear();
        later.complete("value");
        assertThat(futures).allSatisfy(future -> assertThat(future).isCompletedWithValue("value"));
        lab.trace.clear();
    }

    @Test
    @DisplayName("What dependent stages wrap comes out as it is; what the work itself wrapped stays wrapped")
    void wrappers() throws Exception {
        IOException io = new IOException();
        CompletableFuture<Object> dependent =
                CompletableFuture.failedFuture(io).thenApply(value -> value).thenApply(value -> value);
        ExecutionException own = new ExecutionException(io);
        assertThat(lab.outcome(lab.gate("g").callAsync(() -> dependent)).failure())
                .isSameAs(io);
        assertThat(lab.outcome(lab.gate("g").callAsync(() -> CompletableFuture.failedFuture(own)))
                        .failure())
                .isSameAs(own);
        assertThatThrownBy(() -> lab.gate("g").callAsync(() -> dependent).get()).hasCause(io);
    }

    static Stream<Throwable> refusals() {
        return Stream.of(new RejectedExecutionException("full"), new Error("broken"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    @DisplayName("RT-7 a scheduler that refuses a loop's delay refuses the call, the failures so far suppressed")
    void schedulerRefusesADelay(Throwable refusal) {
        lab.environment.scheduleThrows = number -> refusal;
        CompletableFuture<Object> future = lab.start(Mode.ASYNC, guarded(lab.loop("r", 3, ms(1))), Step.fails(failure));
        assertThat(lab.outcome(future).failure())
                .isInstanceOf(UnavailableException.class)
                .hasMessage("'r' got no timer")
                .hasCause(refusal)
                .hasSuppressedException(failure);
        assertThat(lab.works).hasValue(1);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    @DisplayName("BH-1 a scheduler that refuses a turn's timer: the turn is given up, the call is refused")
    void schedulerRefusesATurn(Throwable refusal) {
        TracedGate queueing = lab.gate("q");
        queueing.waits = number -> new Wait(ms(5), ms(50), false);
        lab.environment.scheduleThrows = number -> refusal;
        CompletableFuture<Object> future = lab.start(Mode.ASYNC, guarded(queueing), Step.gives("value"));
        assertThat(lab.outcome(future).failure())
                .isInstanceOf(UnavailableException.class)
                .hasCause(refusal);
        assertThat(lab.trace).containsExactly("+a", "?q", "~q", "-a IGNORED");
        assertThat(queueing.counts()).isEqualTo(new CallCounts(0, 0, 0, 0, 1));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    @DisplayName("RT-7 an executor that refuses to go on after a delay: the call goes on on the threads that all share")
    void executorRefusesAfterADelay(Throwable refusal) {
        lab.environment.executor = task -> Lab.<Object, RuntimeException>sneak(refusal);
        CompletableFuture<Object> future =
                lab.start(Mode.ASYNC, guarded(lab.loop("r", 3, ms(1))), Step.fails(failure), Step.gives("value"));
        assertThat(lab.outcome(future).value()).isEqualTo("value");
        assertThat(lab.works).hasValue(2);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    @DisplayName("BH-1 an executor that refuses to go on after a turn was granted: the call has its turn all the same")
    void executorRefusesAfterATurn(Throwable refusal) {
        TracedGate queueing = lab.gate("q");
        queueing.waits = number -> new Wait(ms(50), ms(5), false);
        lab.environment.executor = task -> Lab.<Object, RuntimeException>sneak(refusal);
        CompletableFuture<Object> future = lab.start(Mode.ASYNC, guarded(queueing), Step.gives("value"));
        lab.time.advance(ms(5));
        assertThat(lab.outcome(future).value()).isEqualTo("value");
        assertThat(queueing.counts()).isEqualTo(new CallCounts(1, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    @DisplayName("TO-6 an executor that refuses does not keep a deadline from ending the call")
    void executorRefusesAtADeadline(Throwable refusal) {
        lab.environment.executor = task -> Lab.<Object, RuntimeException>sneak(refusal);
        CompletableFuture<Object> future = lab.start(
                Mode.ASYNC,
                guarded(lab.deadline("d", ms(5))),
                Step.gives("late").after(ms(50)));
        assertThat(lab.outcome(future).failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(lab.time.nanoTime()).isEqualTo(ms(5).toNanos());
    }

    @ParameterizedTest
    @MethodSource("refusals")
    @DisplayName(
            "RT-7 what gaveUp() throws the caller gets; when next(), succeeded() or a loop's classifier throw, the outcome stands")
    void loopsThatThrow(Throwable broken) {
        for (Mode mode : Mode.values()) {
            for (String where : List.of("next", "gaveUp", "succeeded", "classifier")) {
                TracedLoop loop = lab.loop("r", 1, ms(1));
                loop.throwsAt = where;
                loop.throwing = broken;
                loop.classifier = Classifier.standard()
                        .failOnResult(value -> where.equals("classifier")
                                ? Lab.<Boolean, RuntimeException>sneak(broken)
                                : "poor".equals(value));
                String gives = where.equals("succeeded") ? "value" : "poor";
                assertThat(lab.run(mode, guarded(loop), Step.gives(gives)))
                        .as(mode + " " + where)
                        .isEqualTo(where.equals("gaveUp") ? new Outcome(null, broken) : new Outcome(gives, null));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("refusals")
    @DisplayName(
            "TO-6 a deadline's nanos() that throws refuses the call, exceeded() that throws ends it with that; after kept() the result stands")
    void deadlinesThatThrow(Throwable broken) {
        for (Mode mode : Mode.values()) {
            for (String where : List.of("nanos", "exceeded", "kept")) {
                Deadline deadline = new Deadline("d", lab.environment) {
                    private long at(String method, long value) {
                        return where.equals(method) ? Lab.<Long, RuntimeException>sneak(broken) : value;
                    }

                    @Override
                    protected long nanos(Call call) {
                        return at("nanos", ms(5).toNanos());
                    }

                    @Override
                    protected RuntimeException exceeded(long nanos) {
                        at("exceeded", 0);
                        return new Lab.Exceeded("d", nanos);
                    }

                    @Override
                    protected void kept() {
                        at("kept", 0);
                    }
                };
                Step step = where.equals("exceeded") ? Step.gives("late").after(ms(9)) : Step.gives("value");
                Outcome outcome = lab.run(mode, guarded(deadline), step);
                if (where.equals("nanos")) {
                    assertThat(outcome.failure())
                            .isInstanceOf(UnavailableException.class)
                            .hasCause(broken);
                } else {
                    assertThat(outcome)
                            .as(mode + " " + where)
                            .isEqualTo(where.equals("kept") ? new Outcome("value", null) : new Outcome(null, broken));
                }
            }
        }
    }

    // ---- Context and listeners ------------------------------------------------------------------------------------

    @Test
    @DisplayName("A context that cannot be captured refuses the call before its work is started")
    void captureThrows() {
        for (Throwable broken : List.of(new IllegalStateException("capture"), new Error("capture"))) {
            lab.environment.context = () -> Lab.<ThreadContext.Snapshot, RuntimeException>sneak(broken);
            CompletableFuture<Object> future = lab.start(Mode.ASYNC, guarded(lab.gate("g")), Step.gives("value"));
            assertThat(lab.outcome(future).failure())
                    .isInstanceOf(UnavailableException.class)
                    .hasCause(broken);
        }
        assertThat(lab.works).hasValue(0);
    }

    @Test
    @DisplayName(
            "XC-14 an environment that throws when it is asked for its context refuses calls: nothing is thrown from callAsync")
    void environmentThrows() {
        IllegalStateException broken = new IllegalStateException("no context");
        Environment environment = new Environment() {
            @Override
            public ThreadContext context() {
                throw broken;
            }

            @Override
            public long nanoTime() {
                return lab.time.nanoTime();
            }

            @Override
            public Timer schedule(Runnable task, long delayNanos) {
                return lab.time.schedule(task, delayNanos);
            }

            @Override
            public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
                return lab.time.await(done, nanos);
            }

            @Override
            public long nextLong(long bound) {
                return 0;
            }
        };
        CountingGate gate = new CountingGate("g", environment);
        CompletableFuture<Object> call = gate.callAsync(() -> CompletableFuture.completedFuture("value"));
        assertThat(lab.outcome(call).failure())
                .isInstanceOf(UnavailableException.class)
                .hasCause(broken);
        assertThat(gate.call(() -> "blocking")).isEqualTo("blocking");
    }

    @Test
    @DisplayName("A context that cannot be restored refuses the call, wherever it was, and every gate is left")
    void restoreThrows() {
        IllegalStateException broken = new IllegalStateException("restore");
        lab.environment.context = () -> () -> {
            throw broken;
        };
        TracedGate queueing = lab.gate("q");
        queueing.waits = number -> new Wait(ms(50), ms(5), false);
        TracedGate elsewhere = lab.gate("e");
        elsewhere.executor = task -> lab.time.schedule(task, 0);
        for (Policy<Object> policy : List.of(lab.gate("g"), lab.loop("r", 3, ms(1)), queueing, elsewhere)) {
            CompletableFuture<Object> future = lab.start(
                    Mode.ASYNC_LATER, guarded(policy), Step.fails(failure).after(ms(1)));
            AtomicInteger completions = completions(future);
            assertThat(lab.outcome(future).failure())
                    .as("%s", policy.name())
                    .isInstanceOf(UnavailableException.class)
                    .hasCause(broken);
            Lab.until(() -> completions.get() > 0);
            assertThat(completions).hasValue(1);
            lab.assertBalanced(policy.name());
        }
    }

    @Test
    @DisplayName("A context that cannot be undone does not keep the call from completing")
    void undoThrows() {
        lab.environment.context = () -> () -> () -> {
            throw new IllegalStateException("undo");
        };
        Step later = Step.gives("value").after(ms(1));
        CompletableFuture<Object> future = lab.start(Mode.ASYNC, guarded(lab.gate("g")), later);
        try {
            lab.time.advance(ms(1));
        } catch (IllegalStateException whereTheTimerRuns) {
            assertThat(whereTheTimerRuns).hasMessage("undo");
        }
        assertThat(future).isCompletedWithValue("value");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-1 listeners that throw at every event change neither trace nor outcome")
    void listenersThatThrow(Mode mode) {
        for (Throwable thrown : List.of(new RuntimeException(), new Error(), new StackOverflowError())) {
            Lab quiet = new Lab();
            Lab loud = new Lab();
            Step[] script = {Step.fails(failure), Step.gives("late").after(ms(90))};
            Outcome expected = quiet.run(mode, everything(quiet), script);
            Policy<Object> watched = everything(loud);
            AtomicInteger told = new AtomicInteger();
            watched.on(Event.class, event -> {
                told.incrementAndGet();
                Lab.<Object, RuntimeException>sneak(thrown);
            });
            Outcome outcome = loud.run(mode, watched, script);

            assertThat(outcome.text()).isEqualTo(expected.text()).isEqualTo("gave instead");
            assertThat(loud.trace).isEqualTo(quiet.trace);
            assertThat(told.get()).isGreaterThan(8);
            loud.assertBalanced(mode);
        }
    }

    private static Policy<Object> everything(Lab lab) {
        TracedGate refusing = lab.gate("c");
        refusing.refuses = number -> number == 3;
        Lab.TracedRecovery recovery = lab.recovery("f", "instead");
        recovery.classifier = Classifier.standard().failOn(RejectedException.class);
        return Pipeline.of(
                recovery, lab.gate("a"), lab.loop("r", 4, ms(1)), lab.gate("b"), lab.deadline("d", ms(5)), refusing);
    }

    // ---- Giving up ------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("RT-5 cancelled while the work runs: the stage is cancelled, nothing is repeated, nobody waits")
    void cancelDuringTheWork() {
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> future = guarded(lab.loop("r", 9, ms(1))).callAsync(() -> stage);
        AtomicInteger completions = completions(future);
        assertThat(future.cancel(true)).isTrue();
        assertThat(future.cancel(true)).isTrue();
        assertThat(stage).isCancelled();
        assertThat(future).isCancelled();
        assertThat(completions).hasValue(1);
        assertThat(lab.trace).containsExactly("+a", "+b", "-b IGNORED", "-a IGNORED");
    }

    @Test
    @DisplayName("RT-5 cancelled while a loop waits: its timer is gone at once, no further attempt")
    void cancelDuringADelay() {
        CompletableFuture<Object> future =
                lab.start(Mode.ASYNC, guarded(lab.loop("r", 9, ms(100))), Step.fails(failure));
        assertThat(lab.time.pendingTimers()).isEqualTo(1);
        future.cancel(true);
        assertThat(lab.time.pendingTimers()).isZero();
        lab.time.advance(ms(1000));
        assertThat(lab.works).hasValue(1);
    }

    @Test
    @DisplayName("RT-5 cancelled while a loop's delay, or the end of a turn, is being scheduled: no timer is left")
    void cancelWhileATimerIsBeingSet() {
        TracedGate queueing = lab.gate("q");
        queueing.waits = number -> number == 2 ? new Wait(ms(100), null, false) : null;
        for (Policy<Object> policy :
                List.of(lab.loop("r", 9, ms(100)), Pipeline.of(lab.loop("r", 9, ms(0)), queueing))) {
            lab.environment.scheduleThrows = number -> null;
            CompletableFuture<Object> stage = new CompletableFuture<>();
            CompletableFuture<Object> future = guarded(policy).callAsync(() -> stage);
            lab.environment.scheduleThrows = number -> {
                future.cancel(true);
                return null;
            };
            stage.completeExceptionally(failure);
            lab.time.advance(ms(0));
            assertThat(future).isCancelled();
            assertThat(lab.time.pendingTimers()).as(policy.name()).isZero();
            lab.assertBalanced(policy.name());
        }
    }

    @Test
    @DisplayName("A cancellation after the end changes nothing")
    void cancelAfterTheEnd() {
        CompletableFuture<Object> future = lab.start(Mode.ASYNC, guarded(lab.gate("g")), Step.gives("value"));
        List<String> before = List.copyOf(lab.trace);
        assertThat(future.cancel(true)).isFalse();
        assertThat(future.complete("other")).isFalse();
        assertThat(future.completeExceptionally(failure)).isFalse();
        assertThat(future).isCompletedWithValue("value");
        assertThat(lab.trace).isEqualTo(before);
    }

    @Test
    @DisplayName("RT-5 a call that is cancelled from within its own work, listener, predicate or stage ends once")
    void cancelFromWithin() {
        for (String where : List.of("work", "next", "listener", "before the stage")) {
            lab.trace.clear();
            AtomicReference<CompletableFuture<Object>> self = new AtomicReference<>();
            AtomicInteger attempts = new AtomicInteger();
            TracedLoop loop = lab.loop("r", 9, ms(1));
            loop.onNext = () -> cancelAt(where, "next", self, attempts);
            Policy<Object> policy = guarded(loop);
            policy.on(Event.CallEnded.class, event -> cancelAt(where, "listener", self, attempts));
            CompletableFuture<Object> stage = new CompletableFuture<>();
            self.set(policy.callAsync(() -> {
                attempts.incrementAndGet();
                cancelAt(where, "work", self, attempts);
                return attempts.get() == 2 && where.equals("work") ? stage : CompletableFuture.failedFuture(failure);
            }));
            AtomicInteger completions = completions(self.get());
            if (where.equals("before the stage")) {
                self.get().cancel(true);
            }
            lab.time.advance(ms(100));
            assertThat(self.get()).as(where).isCancelled();
            assertThat(completions).hasValue(1);
            assertThat(attempts.get()).as(where).isLessThanOrEqualTo(2);
            lab.assertBalanced(where);
            if (where.equals("work")) {
                assertThat(stage).isCancelled();
            }
        }
    }

    private static void cancelAt(
            String where, String here, AtomicReference<CompletableFuture<Object>> self, AtomicInteger attempts) {
        if (where.equals(here) && attempts.get() == 2) {
            self.get().cancel(true);
        }
    }

    @Test
    @DisplayName("RT-5 completed from outside, as by orTimeout: what is under way stops, and that value stands")
    void completedFromOutside() {
        List<Consumer<CompletableFuture<Object>>> ways = List.of(
                future -> {
                    assertThat(future.complete("outside")).isTrue();
                    assertThat(future.complete("once more")).isFalse();
                },
                future -> {
                    assertThat(future.completeExceptionally(new TimeoutException()))
                            .isTrue();
                    assertThat(future.completeExceptionally(new Error("once more")))
                            .isFalse();
                },
                future -> future.completeOnTimeout("outside", 1, TimeUnit.MILLISECONDS)
                        .join());
        for (Consumer<CompletableFuture<Object>> way : ways) {
            CompletableFuture<Object> stage = new CompletableFuture<>();
            CompletableFuture<Object> future = guarded(lab.loop("r", 9, ms(1))).callAsync(() -> stage);
            AtomicInteger completions = completions(future);
            way.accept(future);
            // The timer of the JDK completes the future first and tells the engine then.
            Lab.until(() -> lab.trace.size() % 4 == 0);
            assertThat(stage).isCancelled();
            Lab.until(() -> completions.get() > 0);
            assertThat(completions).hasValue(1);
            stage.complete("late");
            Outcome outcome = lab.outcome(future);
            assertThat(outcome.value() == "outside" || outcome.failure() instanceof TimeoutException)
                    .isTrue();
        }
    }

    @Test
    @DisplayName("RT-1 work without a stage was started once, whatever is around it")
    void noStage() {
        List<Policy<Object>> policies = List.of(
                Pipeline.of(), lab.gate("quick"), Pipeline.of(lab.gate("a"), lab.gate("b")), lab.recovery("f", null));
        for (Policy<Object> policy : policies) {
            AtomicInteger starts = new AtomicInteger();
            Outcome outcome = lab.outcome(policy.callAsync(() -> {
                starts.incrementAndGet();
                return null;
            }));
            if (policy instanceof Recovery) {
                assertThat(outcome).isEqualTo(new Outcome(null, null));
            } else {
                assertThat(outcome.failure()).hasMessageStartingWith("stage: null");
            }
            assertThat(starts).hasValue(1);
            lab.assertBalanced(policy);
        }
    }

    @Test
    @DisplayName("A future that depends on the call's is a plain one: cancelling it does not cancel the call")
    void dependents() {
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> future = lab.gate("g").callAsync(() -> stage);
        CompletableFuture<String> dependent = future.thenApply(String::valueOf);
        assertThat(dependent.getClass()).isEqualTo(CompletableFuture.class);
        dependent.cancel(true);
        assertThat(stage).isNotDone();
        stage.complete("value");
        assertThat(future).isCompletedWithValue("value");
    }

    @Test
    @DisplayName("A callback of the future that throws, or makes another call, does not reach the engine")
    void callbacksOfTheFuture() {
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> future = guarded(lab.gate("g")).callAsync(() -> stage);
        future.thenRun(() -> {
            throw new IllegalStateException("callback");
        });
        CompletableFuture<Object> next =
                future.thenCompose(value -> lab.start(Mode.ASYNC, guarded(lab.gate("g")), Step.gives("next")));
        stage.complete("value");
        assertThat(next.join()).isEqualTo("next");
    }

    @Test
    @DisplayName(
            "XC-15 a cancelled call hears no late failure of its work, and a late callback of a timer does nothing")
    void lateEnds() {
        CompletableFuture<Object> stubborn = new CompletableFuture<>();
        CompletableFuture<Object> future =
                guarded(lab.deadline("d", ms(5))).callAsync(stubborn::minimalCompletionStage);
        future.cancel(true);
        stubborn.completeExceptionally(failure);
        lab.time.advance(ms(100));
        assertThat(lab.outcome(future).failure()).isInstanceOf(CancellationException.class);
        assertThatThrownBy(future::join).isNotInstanceOf(CompletionException.class);
        assertThat(lab.trace).containsExactly("+a", "+b", "-b IGNORED", "kept d", "-a IGNORED");
    }
}
