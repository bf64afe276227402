// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gates that measure the work: what Holdfast itself makes calls wait for, further in, is not in the time that they get. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class MeasuredWorkTest {
    private static final long WORK = 7;
    private static final Duration HOUR = Duration.ofHours(1);

    private final Lab lab = new Lab();

    private static Duration ns(long nanos) {
        return Duration.ofNanos(nanos);
    }

    private static TracedGate timed(TracedGate gate, boolean measures) {
        gate.asksAtEnter = true;
        gate.asksAtExit = true;
        gate.measures = measures;
        return gate;
    }

    private TracedGate measuring(String name) {
        return timed(lab.gate(name), true);
    }

    private TracedGate queueing(String name, long nanos) {
        TracedGate gate = lab.gate(name);
        gate.waits = number -> new Wait(HOUR, ns(nanos), false);
        return gate;
    }

    private static TracedGate elsewhere(TracedGate gate, Executor executor) {
        gate.executor = executor;
        return gate;
    }

    private Lab.Outcome run(Mode mode, Policy<?>... policies) {
        return lab.run(mode, pipeline(List.of(policies)), Step.gives("value").after(ns(WORK)));
    }

    /** The first attempt fails. */
    private Lab.Outcome runTwice(Mode mode, Policy<?>... policies) {
        return lab.run(
                mode,
                pipeline(List.of(policies)),
                Step.fails(new Exception()).after(ns(WORK)),
                Step.gives("value").after(ns(WORK)));
    }

    @SuppressWarnings("unchecked") // All of them take whatever results there are.
    private static Pipeline<Object> pipeline(List<? extends Policy<?>> policies) {
        return Lab.pipeline(
                policies.stream().map(policy -> (Policy<Object>) policy).toList());
    }

    // ---- Gates that follow each other ------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"2, 0", "3, 0", "3, 1", "4, 0", "4, 1", "4, 2"})
    @DisplayName("a wait for the last of two to four gates is not in the time of the measuring one before it")
    void inOneGroup(int size, int measuring) {
        for (Mode mode : Mode.values()) {
            TracedGate[] gates = lab.gates(size);
            gates[measuring] = measuring("m");
            gates[size - 1] = queueing("q", 100);
            long began = lab.time.nanoTime();
            run(mode, gates);

            assertThat(gates[measuring].elapsed).as("%s", mode).containsExactly(WORK);
            assertThat(gates[measuring].told)
                    .as("%s", mode)
                    .containsExactly(
                            "pauses 0 at " + began + " from " + began,
                            "resumes 0 at " + (began + 100) + " from " + (began + 100));
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("each of three measuring gates of a group is told of a wait for the fourth, with its own stamp")
    void stampsOfItsOwn(Mode mode) {
        TracedGate[] gates = {measuring("a"), measuring("b"), measuring("c"), queueing("q", 100)};
        gates[1].tryAcquire().ignored();
        gates[2].tryAcquire().ignored();
        gates[2].tryAcquire().ignored();
        run(mode, gates);

        assertThat(gates[0].told).containsExactly("pauses 0 at 0 from 0", "resumes 0 at 100 from 100");
        assertThat(gates[1].told).containsExactly("pauses 1 at 0 from 0", "resumes 1 at 100 from 100");
        assertThat(gates[2].told).containsExactly("pauses 2 at 0 from 0", "resumes 2 at 100 from 100");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("waits for two gates in a row are both left out, also of a gate that is waited for and measures")
    void twoInARow(Mode mode) {
        TracedGate outer = measuring("m");
        TracedGate first = timed(queueing("q", 100), true);
        run(mode, outer, first, queueing("r", 1_000));

        assertThat(outer.elapsed).containsExactly(WORK);
        assertThat(first.elapsed).containsExactly(WORK);
        assertThat(outer.told)
                .containsExactly(
                        "pauses 0 at 0 from 0",
                        "resumes 0 at 100 from 100",
                        "pauses 0 at 100 from 100",
                        "resumes 0 at 1100 from 1100");
        assertThat(first.told).containsExactly("pauses 0 at 100 from 100", "resumes 0 at 1100 from 1100");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("what came in between two waits counts: the gates start later by the waits, not at their end")
    void betweenTwoWaits(Mode mode) {
        TracedGate outer = measuring("m");
        Policy<?> loop = lab.loop("l", 2, ns(100));
        runTwice(mode, outer, loop, queueing("q", 1_000));

        assertThat(outer.elapsed).containsExactly(2 * WORK);
        assertThat(outer.told)
                .containsExactly(
                        "pauses 0 at 0 from 0",
                        "resumes 0 at 1000 from 1000",
                        "pauses 0 at 1007 from 1000",
                        "resumes 0 at 1107 from 1100",
                        "pauses 0 at 1107 from 1100",
                        "resumes 0 at 2107 from 2100");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a gate that does not measure has the waits in its time, though one further in measures")
    void doesNotMeasure(Mode mode) {
        TracedGate outside = timed(lab.gate("a"), false);
        run(mode, outside, lab.loop("l", 1, ns(1)), measuring("m"), lab.loop("k", 1, ns(1)), queueing("q", 100));

        assertThat(outside.elapsed).containsExactly(WORK + 100);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a wait for a measuring gate itself is told to nobody outside")
    void itsOwnWait(Mode mode) {
        TracedGate outside = timed(lab.gate("a"), false);
        TracedGate gate = timed(queueing("m", 100), true);
        run(mode, outside, gate, lab.gate("b"));

        assertThat(gate.elapsed).containsExactly(WORK);
        assertThat(outside.elapsed).containsExactly(WORK + 100);
        assertThat(outside.told).isEmpty();
        assertThat(gate.told).isEmpty();
    }

    // ---- Waits anywhere --------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName("a delay of nothing is no wait that anybody is told of")
    void noDelay(Mode mode) {
        TracedGate gate = measuring("m");
        runTwice(mode, gate, lab.loop("l", 2, ns(0)));

        assertThat(gate.elapsed).containsExactly(2 * WORK);
        assertThat(gate.told).isEmpty();
    }

    /**
     * The policies of a pipeline, and how long each gate is going to have measured. M measures, Q makes calls wait, W does both, L is a
     * loop, D a deadline, X a gate with an executor, P any other.
     */
    private static final class Model {
        final Lab lab = new Lab(99);
        final List<Policy<?>> policies = new ArrayList<>();
        final List<TracedGate> measuring = new ArrayList<>();
        final List<List<Long>> expected = new ArrayList<>();
        final String kinds;
        boolean isFragile;

        Model(String kinds, boolean onThreads) {
            this.kinds = kinds;
            int loop = kinds.lastIndexOf('L');
            for (int i = 0; i < kinds.length(); i++) {
                TracedGate gate = lab.gate("g" + i);
                gate.stamps.set(firstStamp(i));
                Wait turn = new Wait(HOUR, ns(1_000L << i), false);
                switch (kinds.charAt(i)) {
                    case 'L' -> policies.add(lab.loop("l" + i, 2, ns(100_000)));
                    case 'D' -> policies.add(lab.deadline("d" + i, HOUR));
                    case 'Q' -> {
                        gate.waits = number -> turn;
                        policies.add(gate);
                    }
                    case 'X' -> policies.add(elsewhere(gate, onThreads ? lab.time.threads() : Runnable::run));
                    case 'M', 'W' -> {
                        if (kinds.charAt(i) == 'W') {
                            gate.waits = number -> turn;
                        }
                        policies.add(timed(gate, true));
                        measuring.add(gate);
                        expected.add(loop < 0 ? List.of(WORK) : i < loop ? List.of(2 * WORK) : List.of(WORK, WORK));
                    }
                    default -> policies.add(gate);
                }
            }
        }

        private int firstStamp(int level) {
            return level % 2 == kinds.length() % 2 ? 0 : 10 + level;
        }

        Lab.Outcome run(Mode mode) {
            Step gives = Step.gives("value").after(ns(WORK));
            Step fails = Step.fails(new Exception()).after(ns(WORK));
            Step[] script = kinds.contains("L") ? new Step[] {fails, gives} : new Step[] {gives};
            return lab.run(mode, pipeline(policies), script);
        }

        void check(Mode mode) {
            String description = kinds + " " + mode;
            assertThat(run(mode).value()).as(description).isEqualTo("value");
            for (int i = 0; i < measuring.size(); i++) {
                assertThat(measuring.get(i).elapsed)
                        .as("%s of %s", measuring.get(i), description)
                        .isEqualTo(expected.get(i));
            }
            checkTold(description);
            lab.assertBalanced(description);
        }

        /** Each wait begins and ends for each admission by itself, and leaves the time so far as it was. */
        void checkTold(String description) {
            for (TracedGate gate : measuring) {
                long stamp = firstStamp(policies.indexOf(gate));
                for (int i = 0; i < gate.told.size(); i += 2) {
                    String[] pauses = gate.told.get(i).split(" ");
                    String[] resumes = gate.told.get(i + 1).split(" ");
                    assertThat(List.of(pauses[0], resumes[0], resumes[1]))
                            .as(() -> gate + " of " + description + ": " + gate.told)
                            .isEqualTo(List.of("pauses", "resumes", pauses[1]));
                    assertThat(Long.parseLong(pauses[1])).isIn(stamp, stamp + 1);
                    if (!isFragile) {
                        assertThat(soFar(resumes))
                                .as(() -> gate + " of " + description + ": " + gate.told)
                                .isBetween(0L, 2 * WORK);
                    }
                    // Of waits on another thread they learn afterwards.
                    if (!isFragile && !kinds.contains("X")) {
                        assertThat(soFar(pauses)).isEqualTo(soFar(resumes));
                    }
                }
            }
        }

        private static long soFar(String[] told) {
            return Long.parseLong(told[3]) - Long.parseLong(told[5]);
        }
    }

    private static List<String> words(String letters, int length) {
        List<String> words = List.of("");
        for (int i = 0; i < length; i++) {
            words = words.stream()
                    .flatMap(word -> letters.chars().mapToObj(letter -> word + (char) letter))
                    .toList();
        }
        return words;
    }

    private static void everywhere(Mode mode, String letters, int length, boolean onThreads) {
        for (String kinds : words(letters, length)) {
            if (kinds.matches(".*[MW].*[LQW].*")) {
                new Model(kinds, onThreads).check(mode);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("wherever measuring gates stand, and whatever makes calls wait further in, they get the work's time")
    void everywhere(Mode mode) {
        for (int length = 2; length <= 3; length++) {
            everywhere(mode, "MQLDXP", length, false);
        }
        everywhere(mode, "MW", 4, false);
        if (mode == Mode.SYNC) {
            // Which gates it has room for depends on groups of four.
            everywhere(mode, "MWLP", 4, false);
            everywhere(mode, "MWD", 5, false);
            everywhere(mode, "MWL", 5, false);
            everywhere(mode, "MW", 6, false);
        }
    }

    @Test
    @DisplayName("the same where the work, and what it waits for, is on other threads than the measuring gates")
    void everywhereOnOtherThreads() {
        for (int length = 2; length <= 3; length++) {
            everywhere(Mode.SYNC, "MQLDX", length, true);
        }
        everywhere(Mode.SYNC, "MWX", 4, true);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a gate with an executor that measures starts later by what its work has waited there")
    void measuresElsewhere(boolean onThreads) {
        TracedGate outer = measuring("m");
        TracedGate gate = elsewhere(measuring("x"), onThreads ? lab.time.threads() : Runnable::run);
        run(Mode.SYNC, outer, gate, measuring("n"), queueing("q", 100), lab.loop("l", 1, ns(1)), queueing("r", 1_000));

        assertThat(gate.elapsed).containsExactly(WORK);
        assertThat(outer.elapsed).containsExactly(WORK);
        assertThat(outer.told)
                .as("when the caller knows")
                .containsExactly("pauses 0 at 1107 from 0", "resumes 0 at 1107 from 1100");
    }

    @Test
    @DisplayName("work on another thread that has not waited there is told to nobody")
    void doesNotWaitElsewhere() {
        TracedGate outer = measuring("m");
        run(Mode.SYNC, outer, lab.loop("l", 1, ns(1)), elsewhere(lab.gate("x"), Runnable::run), lab.gate("g"));

        assertThat(outer.elapsed).containsExactly(WORK);
        assertThat(outer.told).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "time that a gate takes to let a call in counts for itself and those outside, and not for one behind it")
    void slowGate(Mode mode) {
        TracedGate outer = measuring("m");
        TracedGate first = timed(queueing("q", 100), true);
        TracedGate slow = measuring("s");
        TracedGate last = timed(queueing("r", 1_000), true);
        slow.refuses = number -> {
            lab.time.advance(ns(5));
            return false;
        };
        run(mode, outer, first, slow, last);

        assertThat(last.elapsed).containsExactly(WORK);
        assertThat(List.of(outer.elapsed, first.elapsed, slow.elapsed)).containsOnly(List.of(WORK + 5));
    }

    // ---- Calls that are given up -----------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName("a deadline that passes while a call waits ends the wait for those who were told that it began")
    void deadlineWhileWaiting(Mode mode) {
        TracedGate gate = measuring("m");
        Lab.Outcome outcome = run(mode, lab.deadline("d", ns(40)), gate, queueing("q", 100));

        assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(gate.elapsed).containsExactly(0L);
        assertThat(gate.told).containsExactly("pauses 0 at 0 from 0", "resumes 0 at 40 from 40");
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "gates around a deadline that passes learn of it with the work's time so far, without the wait before it")
    void deadlineAfterWait(Mode mode) {
        TracedGate gate = measuring("m");
        TracedGate second = measuring("n");
        Lab.Limit deadline = new Lab.Limit(lab.environment, 105);
        deadline.interrupts = false;
        run(mode, gate, second, deadline, lab.gate("g"), queueing("q", 100));

        assertThat(gate.elapsed).containsExactly(5L);
        assertThat(second.elapsed).containsExactly(5L);
    }

    @Test
    @DisplayName("a call that is cancelled while it waits ends the wait for those who were told that it began")
    void cancelledWhileWaiting() {
        TracedGate gate = measuring("m");
        TracedGate behind = measuring("n");
        CompletableFuture<Object> call =
                lab.start(Mode.ASYNC, pipeline(List.of(gate, lab.loop("l", 2, ns(9)), behind, queueing("q", 100))));
        lab.time.advance(ns(30));
        call.cancel(true);

        assertThat(lab.outcome(call).failure()).isInstanceOf(CancellationException.class);
        assertThat(gate.told).containsExactly("pauses 0 at 0 from 0", "resumes 0 at 30 from 30");
        assertThat(behind.told).isEqualTo(gate.told);
        assertThat(gate.elapsed).containsExactly(0L);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a wait that ends without a turn ends for those who were told that it began")
    void noTurn(Mode mode) {
        TracedGate gate = measuring("m");
        TracedGate queue = lab.gate("q");
        queue.waits = number -> new Wait(ns(50), null, false);
        Lab.Outcome outcome = run(mode, gate, queue);

        assertThat(outcome.failure()).isInstanceOf(Lab.Refused.class);
        assertThat(gate.elapsed).containsExactly(0L);
        assertThat(gate.told).containsExactly("pauses 0 at 0 from 0", "resumes 0 at 50 from 50");
    }

    // ---- Clocks ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    @DisplayName("where nobody has read a clock, gates are told of waits all the same, and do not measure from them")
    void noReading(Mode mode) {
        TracedGate gate = measuring("m");
        gate.asksAtEnter = false;
        run(mode, gate, lab.loop("l", 1, ns(1)), lab.gate("g"), queueing("q", 100));

        assertThat(gate.elapsed).containsExactly(-1L);
        assertThat(gate.told).containsExactly("pauses 0 at 0", "resumes 0 at 100");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    @DisplayName("a clock that fails as a wait begins or ends: the wait counts as the work's time")
    void clockFails(int failing) {
        TracedGate gate = measuring("m");
        TracedGate queue = queueing("q", 100);
        lab.environment.clockThrows = number -> number == failing ? new Error("clock") : null;
        Lab.Outcome outcome = run(Mode.SYNC, gate, queue);

        assertThat(outcome.value()).isEqualTo("value");
        assertThat(gate.elapsed).containsExactly(WORK + 100);
        assertThat(gate.told).containsExactly("pauses 0 at 0 from 0", "resumes 0 at 100 from 0");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("whichever reading of the clock fails, each wait that was begun is ended, and no time is negative")
    void anyReadingFails(Mode mode) {
        for (int failing = 1; failing <= 15; failing++) {
            int at = failing;
            Model model = new Model("MPQLMQD", false);
            model.lab.environment.clockThrows = number -> number == at ? new Error("clock") : null;
            model.isFragile = true;
            model.run(mode);
            model.checkTold("reading " + failing + ", " + mode);
            model.lab.assertBalanced("reading " + failing);
            assertThat(model.measuring)
                    .allSatisfy(gate -> assertThat(gate.elapsed).allMatch(nanos -> nanos >= -1 && nanos <= 200_000));
        }
    }

    @Test
    @DisplayName("a wait by a clock that goes backward takes no time")
    void backward() {
        assertThat(OwnWait.between(5, 3)).isZero();
    }
}
