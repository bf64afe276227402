// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.Wait;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Zero to ten gates around the work, more than the blocking engine groups. */
@Timeout(60)
class ExitsEqualEntersTest {
    private static final int MOST = 10;

    private static void everyNumberOfGates(Mode mode, BiConsumer<Lab, TracedGate[]> test) {
        for (int count = 0; count <= MOST; count++) {
            Lab lab = new Lab();
            test.accept(lab, lab.gates(count));
            lab.assertBalanced(mode + " with " + count + " gates");
        }
    }

    private static List<String> trace(int entered, String ending) {
        List<String> expected = new ArrayList<>();
        IntStream.range(0, entered).forEach(i -> expected.add("+g" + i));
        expected.add("work 1");
        IntStream.range(0, entered).forEach(i -> expected.add("-g" + (entered - 1 - i) + " " + ending));
        return expected;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("BH-1 success, exception, Error, stack overflow, ignored: left exactly once, innermost first")
    void endings(Mode mode) {
        for (Throwable failure : Arrays.asList(
                null,
                new RuntimeException(),
                new Exception(),
                new Throwable(),
                new Error(),
                new StackOverflowError(),
                new OutOfMemoryError("thrown by a test"),
                new CancellationException(),
                new InterruptedException())) {
            for (long takes = 0; takes < 2; takes++) {
                Step step = new Step(ms(takes), failure == null ? "value" : null, failure);
                boolean ignored = failure instanceof CancellationException || failure instanceof InterruptedException;
                everyNumberOfGates(mode, (lab, gates) -> {
                    Outcome outcome = lab.run(mode, Pipeline.of(gates), step);

                    assertThat(outcome).isEqualTo(new Outcome(step.value(), failure));
                    String ending = failure == null ? "SUCCESS" : ignored ? "IGNORED" : "FAILURE";
                    assertThat(lab.trace).isEqualTo(trace(gates.length, ending));
                });
            }
        }
    }

    @Test
    @DisplayName("XC-2 a real stack overflow in the work, and one that the engine itself runs into, leaves every gate")
    void realStackOverflow() {
        everyNumberOfGates(Mode.SYNC, (lab, gates) -> {
            Policy<Object> policy = Pipeline.of(gates);
            Throwable thrown = null;
            try {
                policy.run(ExitsEqualEntersTest::overflow);
            } catch (StackOverflowError expected) {
                thrown = expected;
            }
            assertThat(thrown).isInstanceOf(StackOverflowError.class);
            CompletableFuture<Object> future = policy.callAsync(() -> {
                overflow();
                return null;
            });
            assertThat(lab.outcome(future).failure()).isInstanceOf(StackOverflowError.class);
        });
    }

    private static void overflow() {
        overflow();
        Objects.requireNonNull("not a tail call");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("BH-1 a refusal further in: those outside are left, nobody inside was entered")
    void rejectionFurtherIn(Mode mode) {
        for (int at = 0; at < MOST; at++) {
            int refusing = at;
            Lab lab = new Lab();
            TracedGate[] gates = lab.gates(MOST);
            gates[at].refuses = number -> true;

            Outcome outcome = lab.run(mode, Pipeline.of(gates), Step.gives("value"));

            assertThat(outcome.failure()).isInstanceOf(Lab.Refused.class);
            assertThat(((RejectedException) outcome.failure()).policy()).isEqualTo("g" + at);
            List<String> expected = trace(at, "IGNORED");
            expected.replaceAll(step -> step.equals("work 1") ? "!g" + refusing : step);
            assertThat(lab.trace).isEqualTo(expected);
            assertThat(gates[at].counts()).isEqualTo(new CallCounts(0, 0, 0, 1, 0));
            lab.assertBalanced(mode + " refused at " + at);
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "XC-2 enter() that throws ends the call with that; what exit() or a classifier throws is never its outcome; every gate is left")
    void gatesThatThrow(Mode mode) {
        for (Throwable broken : List.of(new IllegalStateException(), new Error(), new StackOverflowError())) {
            for (int at = 0; at < MOST; at++) {
                TracedGate[] entering = failing(mode, at, gate -> gate.enterThrows = number -> broken, broken);
                assertThat(entering[at].counts().calls()).isZero();
                TracedGate[] classifying = failing(mode, at, gate -> gate.classifierThrows = number -> broken, null);
                assertThat(classifying[at].counts()).isEqualTo(new CallCounts(0, 0, 1, 0, 0));
                failing(mode, at, gate -> gate.exitThrows = number -> broken, null);
            }
        }
    }

    private static TracedGate[] failing(Mode mode, int at, Consumer<TracedGate> breaking, Throwable instead) {
        TracedGate[] gates = {};
        Exception failure = new Exception("work");
        for (Step step : List.of(Step.gives("value"), Step.fails(failure))) {
            Lab lab = new Lab();
            gates = lab.gates(MOST);
            breaking.accept(gates[at]);

            Outcome own = step.failure() == null ? new Outcome("value", null) : new Outcome(null, failure);
            Outcome expected = instead == null ? own : new Outcome(null, instead);
            assertThat(lab.run(mode, Pipeline.of(gates), step)).isEqualTo(expected);
            lab.assertBalanced(mode + " broken at " + at);
            long entered =
                    lab.trace.stream().filter(line -> line.startsWith("+")).count();
            assertThat(entered).isIn((long) at, (long) MOST);
        }
        return gates;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-2 every gate's exit() throws: each is left all the same, and the result stands")
    void everyExitThrows(Mode mode) {
        everyNumberOfGates(mode, (lab, gates) -> {
            for (TracedGate gate : gates) {
                gate.exitThrows = number -> new IllegalStateException(gate.name());
            }
            Outcome outcome = lab.run(mode, Pipeline.of(gates), Step.gives("value"));
            if (gates.length > 0) {
                assertThat(outcome).isEqualTo(new Outcome("value", null));
                assertThat(lab.trace).filteredOn(line -> line.startsWith("-")).hasSize(gates.length);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-7 a deadline outside, in the middle and inside: left exactly once when it passes")
    void timeout(Mode mode) {
        for (int at = 0; at <= MOST; at++) {
            Lab lab = new Lab();
            List<Policy<Object>> policies = new ArrayList<>(List.of(lab.gates(MOST)));
            policies.add(at, lab.deadline("d", ms(5)));

            Outcome outcome =
                    lab.run(mode, Lab.pipeline(policies), Step.gives("late").after(ms(10)));

            assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class);
            lab.assertBalanced(mode + " deadline at " + at);
            assertThat(lab.time.nanoTime()).isEqualTo(ms(5).toNanos());
            int outside = at;
            assertThat(lab.trace)
                    .filteredOn(line -> line.startsWith("-"))
                    .allSatisfy(line -> assertThat(line)
                            .endsWith(Integer.parseInt(line.substring(2, 3)) < outside ? "FAILURE" : "IGNORED"));
        }
    }

    @Test
    @DisplayName("TO-3 an interrupt of the caller in the work or in a gate's queue: left exactly once")
    void interruption() {
        for (int queued = -1; queued < MOST; queued++) {
            Lab lab = new Lab();
            TracedGate[] gates = lab.gates(MOST);
            if (queued >= 0) {
                gates[queued].waits = number -> new Wait(ms(100), null, true);
            }
            Thread caller = Thread.currentThread();
            lab.time.schedule(caller::interrupt, ms(5).toNanos());

            Outcome outcome =
                    lab.run(Mode.SYNC, Pipeline.of(gates), Step.gives("late").after(ms(10)));

            if (queued < 0) {
                // The work saw it, and what it did with it is its own affair.
                assertThat(outcome.failure()).isInstanceOf(InterruptedException.class);
                assertThat(Thread.interrupted()).isFalse();
            } else {
                assertThat(outcome.failure()).isInstanceOf(CallInterruptedException.class);
                assertThat(Thread.interrupted()).isTrue();
                assertThat(lab.trace).contains("~g" + queued).doesNotContain("work 1");
            }
            lab.assertBalanced("interrupted, queued at " + queued);
        }
    }

    @Test
    @DisplayName("RT-5 a cancelled future in the work or in a gate's queue: left exactly once, ignored")
    void cancellation() {
        for (int queued = -1; queued < MOST; queued++) {
            Lab lab = new Lab();
            TracedGate[] gates = lab.gates(MOST);
            if (queued >= 0) {
                gates[queued].waits = number -> new Wait(ms(100), ms(50), true);
            }
            CompletableFuture<Object> future =
                    lab.start(Mode.ASYNC, Pipeline.of(gates), Step.gives("late").after(ms(10)));
            lab.time.advance(ms(5));

            assertThat(future.cancel(true)).isTrue();

            assertThat(lab.trace).filteredOn(line -> line.startsWith("-")).allMatch(line -> line.endsWith("IGNORED"));
            assertThat(lab.trace.contains("work 1")).isEqualTo(queued < 0);
            lab.assertBalanced("cancelled, queued at " + queued);
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("BH-1 each attempt of a loop enters and leaves what is inside of it, and what is outside once")
    void insideOfALoop(Mode mode) {
        Lab lab = new Lab();
        Policy<Object> policy = Pipeline.of(lab.gate("a"), lab.loop("r", 3, ms(1)), lab.gate("b"), lab.gate("c"));
        Exception failure = new Exception();

        assertThat(lab.run(mode, policy, Step.fails(failure), Step.fails(failure), Step.gives("third")))
                .isEqualTo(new Outcome("third", null));
        assertThat(lab.trace)
                .containsExactly(
                        "+a",
                        "+b",
                        "+c",
                        "work 1",
                        "-c FAILURE",
                        "-b FAILURE",
                        ">r 2",
                        "+b",
                        "+c",
                        "work 2",
                        "-c FAILURE",
                        "-b FAILURE",
                        ">r 3",
                        "+b",
                        "+c",
                        "work 3",
                        "-c SUCCESS",
                        "-b SUCCESS",
                        "ok r 3",
                        "-a SUCCESS");
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("MX-1 the counts of every gate add up to the calls, whatever happened")
    void counts(Mode mode) {
        Lab lab = new Lab();
        TracedGate gate = lab.gate("a");
        gate.refuses = number -> number == 4;
        for (Step step : List.of(
                Step.gives("value"),
                Step.fails(new Error()),
                Step.fails(new CancellationException()),
                Step.gives("refused"))) {
            lab.works.set(0);
            lab.run(mode, gate, step);
        }
        assertThat(gate.counts()).isEqualTo(new CallCounts(1, 1, 1, 1, 0));
        assertThat(gate.counts().calls()).isEqualTo(4);
    }
}
