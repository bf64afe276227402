// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedRecovery;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecoveryTest {
    private final Lab lab = new Lab();
    private final TracedRecovery recovery = lab.recovery("f", "instead");
    private final Exception failure = new Exception("work");

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-1 a failure is replaced, once; a success and what is ignored pass as they are")
    void onlyFailures(Mode mode) {
        assertThat(lab.run(mode, recovery, Step.fails(failure))).isEqualTo(new Outcome("instead", null));
        assertThat(lab.run(mode, recovery, Step.gives("value")).value()).isEqualTo("value");
        CancellationException ignored = new CancellationException();
        assertThat(lab.run(mode, recovery, Step.fails(ignored)).failure()).isSameAs(ignored);
        assertThat(lab.trace).containsExactly("work 1", "*f", "work 2", "passed f", "work 3");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-2 null is a legal replacement, and a legal result to replace or to pass")
    void nulls(Mode mode) {
        TracedRecovery toNull = lab.recovery("n", null);
        assertThat(lab.run(mode, toNull, Step.fails(failure))).isEqualTo(new Outcome(null, null));
        assertThat(lab.run(mode, toNull, Step.gives(null))).isEqualTo(new Outcome(null, null));
        recovery.classifier = Classifier.standard().failOnResult(value -> value == null);
        assertThat(lab.run(mode, recovery, Step.gives(null)).value()).isEqualTo("instead");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-2 its own failure carries the first failure as suppressed")
    void ownFailure(Mode mode) {
        for (Throwable own : List.of(new IllegalStateException("own"), new Error("own"))) {
            recovery.throwing = own;
            assertThat(lab.run(mode, recovery, Step.fails(failure)).failure())
                    .isSameAs(own)
                    .satisfies(thrown -> assertThat(thrown.getSuppressed()).containsExactly(failure));
        }
    }

    @Test
    @DisplayName("TO-3 a blocking recovery that is interrupted: the flag is set, the first failure is suppressed")
    void interruptedRecovery() {
        recovery.throwing = new InterruptedException();
        Throwable thrown = lab.run(Mode.SYNC, recovery, Step.fails(failure)).failure();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(thrown).isInstanceOf(CallInterruptedException.class);
        assertThat(thrown.getSuppressed()).containsExactly(failure);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-2 a recovery that throws the failure again does not suppress it in itself")
    void rethrown(Mode mode) {
        recovery.throwing = failure;
        assertThat(lab.run(mode, recovery, Step.fails(failure)).failure())
                .isSameAs(failure)
                .hasNoSuppressedExceptions();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 a classifier or passed() that throws: nothing is replaced, the outcome stands")
    void throwingParts(Mode mode) {
        Error broken = new Error("predicate");
        recovery.classifier = Classifier.standard().failIf(thrown -> Lab.<Boolean, RuntimeException>sneak(broken));
        assertThat(lab.run(mode, recovery, Step.fails(failure)).failure())
                .isSameAs(failure)
                .satisfies(thrown -> assertThat(thrown.getSuppressed()).containsExactly(broken));
        assertThat(lab.trace).containsExactly("work 1");
        lab.trace.clear();

        TracedRecovery passes = lab.recovery("p", "instead");
        passes.onRecover = call -> {
            throw new AssertionError("nothing to recover from");
        };
        passes.throwingWhenPassed = new IllegalStateException("passed");
        assertThat(lab.run(mode, passes, Step.gives("value"))).isEqualTo(new Outcome("value", null));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-1 around each other: the inner replaces and the outer passes, or the outer replaces the inner's")
    void nested(Mode mode) {
        Policy<Object> policy = Pipeline.of(lab.recovery("outer", "outer"), lab.gate("g"), recovery);
        assertThat(lab.run(mode, policy, Step.fails(failure)).value()).isEqualTo("instead");
        recovery.throwing = new Exception("own");
        assertThat(lab.run(mode, policy, Step.fails(failure)).value()).isEqualTo("outer");
        assertThat(lab.trace)
                .containsExactly(
                        "+g",
                        "work 1",
                        "*f",
                        "-g SUCCESS",
                        "passed outer",
                        "+g",
                        "work 2",
                        "*f",
                        "-g FAILURE",
                        "*outer");
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("Listeners hear what was replaced, and only then")
    void events(Mode mode) {
        List<Event.Recovered> told = new ArrayList<>();
        recovery.on(Event.Recovered.class, told::add);
        lab.run(mode, recovery, Step.fails(failure));
        recovery.classifier = Classifier.standard().failOnResult("poor"::equals);
        lab.run(mode, recovery, Step.gives("poor"));
        lab.run(mode, recovery, Step.gives("value"));
        TracedRecovery sameAgain = lab.recovery("same", "poor");
        sameAgain.classifier = recovery.classifier;
        sameAgain.on(Event.Recovered.class, told::add);
        lab.run(mode, sameAgain, Step.gives("poor"));
        recovery.throwing = new Exception("own");
        lab.run(mode, recovery, Step.fails(failure));

        assertThat(told).hasSize(2);
        assertThat(told.get(0).outcome().failure()).isSameAs(failure);
        assertThat(told.get(0).policy()).isEqualTo("f");
        assertThat(told.get(1).policy())
                .as("what was replaced by itself was not replaced")
                .isEqualTo("f");
        assertThat(told.get(1).outcome().result().orElse(null)).isEqualTo("poor");
        assertThat(told.get(1).outcome().failure()).isNull();
    }

    private Policy<Object> staged(CompletionStage<Object> stage) {
        return new Instead(lab.environment, Classifier.standard(), () -> stage);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName(
            "FB-1 no further step starts when the deadline passes, or the call is cancelled, while a step's failure is looked at")
    void noStepAfterTheEnd(boolean deadline) {
        lab.environment.executor = Runnable::run;
        List<Integer> steps = new ArrayList<>();
        CompletableFuture<Object> first = new CompletableFuture<>();
        List<CompletableFuture<Object>> calls = new ArrayList<>();
        Recovery<Object> twoSteps = new Recovery<>("two", lab.environment) {
            @Override
            protected Classifier<? super Object> classifier() {
                return Classifier.standard();
            }

            @Override
            protected int steps() {
                return 2;
            }

            @Override
            protected CompletionStage<Object> step(int number, dev.holdfast.Outcome<Object> replaced, Call call) {
                steps.add(number);
                return number == 0 ? first : new CompletableFuture<>();
            }

            @Override
            protected boolean goesOnAfter(Throwable thrown) {
                if (deadline) {
                    lab.time.advance(ms(5));
                } else {
                    calls.get(0).cancel(true);
                }
                return true;
            }
        };
        Lab.TracedGate gate = lab.gate("g");
        gate.holds = true;
        calls.add(lab.start(Mode.ASYNC, Pipeline.of(gate, lab.deadline("d", ms(5)), twoSteps), Step.fails(failure)));
        first.completeExceptionally(new Exception("first step"));
        assertThat(calls.get(0)).isCompletedExceptionally();
        assertThat(steps).containsExactly(0);
        assertThat(lab.trace.contains("@d")).isEqualTo(deadline);
        lab.assertBalanced("deadline " + deadline);
    }

    @Test
    @DisplayName("FB-1 asynchronous: the recovery's stage is waited for, and its value is the result")
    void stageCompletes() {
        CompletableFuture<Object> replacement = new CompletableFuture<>();
        CompletableFuture<Object> future = lab.start(Mode.ASYNC, staged(replacement), Step.fails(failure));
        assertThat(future).isNotDone();
        replacement.complete("instead");
        assertThat(future).isCompletedWithValue("instead");
    }

    @Test
    @DisplayName("FB-2 asynchronous: the failure of the recovery's stage carries the first failure, whenever it comes")
    void stageFails() {
        for (boolean later : new boolean[] {false, true}) {
            IllegalStateException own = new IllegalStateException("own");
            CompletableFuture<Object> replacement = new CompletableFuture<>();
            Runnable fail = () -> replacement.completeExceptionally(own);
            if (!later) {
                fail.run();
            }
            List<Event> told = new ArrayList<>();
            Policy<Object> staged = staged(replacement);
            staged.on(Event.Recovered.class, told::add);
            CompletableFuture<Object> future = lab.start(Mode.ASYNC, staged, Step.fails(failure));
            fail.run();
            assertThat(lab.outcome(future).failure()).isSameAs(own);
            assertThat(own.getSuppressed()).containsExactly(failure);
            assertThat(told).as("nothing was replaced").isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "FB-2 a step that has nothing to give is passed over; if that is all there is, the call has its own outcome")
    void nothingToGive(Mode mode) {
        Policy<Object> staged = staged(null);
        List<Event.Recovered> told = new ArrayList<>();
        staged.on(Event.Recovered.class, told::add);
        assertThat(lab.run(mode, staged, Step.fails(failure)).failure()).isSameAs(failure);
        assertThat(failure.getSuppressed()).isEmpty();
        assertThat(told).isEmpty();
    }

    @Test
    @DisplayName("TO-7 asynchronous: a recovery that never completes ends at the deadline around it, or when cancelled")
    void stageNeverCompletes() {
        CompletableFuture<Object> never = new CompletableFuture<>();
        Policy<Object> limited = Pipeline.of(lab.deadline("d", ms(5)), lab.gate("g"), staged(never));
        CompletableFuture<Object> future = lab.start(Mode.ASYNC, limited, Step.fails(failure));
        assertThat(lab.outcome(future).failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(never).isCancelled();
        lab.assertBalanced("deadline");

        CompletableFuture<Object> again = new CompletableFuture<>();
        future = lab.start(Mode.ASYNC, Pipeline.of(lab.gate("g"), staged(again)), Step.fails(failure));
        future.cancel(true);
        assertThat(again).isCancelled();
        assertThat(lab.trace).endsWith("-g IGNORED");
        lab.assertBalanced("cancelled");
    }

    @Test
    @DisplayName("FB-1 asynchronous: a call that is cancelled in its work is not recovered")
    void cancelledWork() {
        CompletableFuture<Object> future =
                lab.start(Mode.ASYNC, recovery, Step.gives("value").after(ms(5)));
        future.cancel(true);
        assertThat(lab.trace).containsExactly("work 1");
        lab.assertBalanced("cancelled");
    }
}
