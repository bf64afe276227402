// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The clock is read only for those who ask, and once for all of them at each end of an attempt. */
class NeedsTimeTest {
    private final Lab lab = new Lab();

    private TracedGate asking(String name) {
        TracedGate gate = lab.gate(name);
        gate.asksAtEnter = true;
        gate.asksAtExit = true;
        return gate;
    }

    private static List<Long> millis(TracedGate gate) {
        return gate.elapsed.stream()
                .map(nanos -> nanos < 0 ? nanos : nanos / 1_000_000)
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-6 nobody asks: the clock is never read, whatever the ending")
    void nobodyAsks(Mode mode) {
        Policy<Object> policy =
                Pipeline.of(lab.loop("r", 1, ms(0)), Pipeline.of(lab.gates(10)), lab.recovery("f", "other"));
        for (Step step : List.of(Step.gives("value"), Step.gives(null), Step.fails(new Error()))) {
            lab.run(mode, policy, step);
        }
        lab.gates(1)[0].tryAcquire().close();
        assertThat(lab.time.reads()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-6 a group of up to four gates reads the clock at most twice an attempt, however many ask")
    void atMostTwice(Mode mode) {
        for (int asking = 1; asking < 1 << 4; asking++) {
            Lab fresh = new Lab();
            TracedGate[] gates = fresh.gates(4);
            for (int i = 0; i < 4; i++) {
                gates[i].asksAtEnter = (asking >> i & 1) != 0;
                gates[i].asksAtExit = (asking >> (3 - i) & 1) != 0;
            }
            fresh.run(mode, Pipeline.of(gates), Step.gives("value").after(ms(3)));
            assertThat(fresh.time.reads())
                    .as("%s asking", Integer.toBinaryString(asking))
                    .isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-6 asked at one end only: one reading, and nobody knows how long it took")
    void oneEndOnly(Mode mode) {
        TracedGate[] gates = lab.gates(4);
        gates[3].asksAtExit = true;
        lab.run(mode, Pipeline.of(gates), Step.gives("value").after(ms(3)));
        assertThat(lab.time.reads()).isEqualTo(1);
        assertThat(gates[3].elapsed).containsExactly(-1L);

        gates[3].asksAtExit = false;
        gates[3].asksAtEnter = true;
        lab.run(mode, Pipeline.of(gates), Step.gives("value").after(ms(3)));
        assertThat(lab.time.reads()).isEqualTo(2);
        assertThat(gates[3].elapsed).containsExactly(-1L, -1L);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a gate outside of loops that asked for no reading has none, though those further in have theirs")
    void outsideOfOthersReadings(Mode mode) {
        TracedGate outside = lab.gate("a");
        outside.asksAtExit = true;
        lab.time.advance(ms(9));
        run(mode, outside, asking("b"), asking("c"));

        assertThat(outside.elapsed).containsExactly(-1L);
    }

    private void run(Mode mode, TracedGate a, TracedGate b, TracedGate c) {
        Policy<Object> policy = Pipeline.of(a, lab.loop("l", 1, ms(0)), b, lab.loop("k", 1, ms(0)), c);
        lab.run(mode, policy, Step.gives("value").after(ms(3)));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-6 ten gates: every one of them measures the attempt")
    void moreThanAGroup(Mode mode) {
        TracedGate[] gates = new TracedGate[10];
        for (int i = 0; i < 10; i++) {
            gates[i] = asking("g" + i);
        }
        lab.run(mode, Pipeline.of(gates), Step.gives("value").after(ms(3)));
        assertThat(gates).allSatisfy(gate -> assertThat(millis(gate)).containsExactly(3L));
        assertThat(lab.time.reads()).isLessThanOrEqualTo(6);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-6 a listener costs the call's start and one reading at each end, no more")
    void listeners(Mode mode) {
        List<Event.CallEnded> ended = new ArrayList<>();
        Policy<Object> policy = Pipeline.of(lab.gates(4));
        policy.on(Event.CallEnded.class, ended::add);
        lab.run(mode, policy, Step.gives("value").after(ms(3)));

        assertThat(ended)
                .hasSize(4)
                .allSatisfy(event -> assertThat(event.elapsed()).isEqualTo(ms(3)));
        assertThat(lab.time.reads()).isLessThanOrEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A gate outside of a wait measures the wait; the gate that makes wait, and those inside of it, do not")
    void aroundAWait(Mode mode) {
        TracedGate outside = asking("outside");
        TracedGate waiting = asking("waiting");
        TracedGate inside = asking("inside");
        waiting.waits = number -> new Wait(ms(100), ms(7), false);
        lab.run(mode, Pipeline.of(outside, waiting, inside), Step.gives("value").after(ms(5)));

        assertThat(millis(outside)).containsExactly(12L);
        assertThat(millis(waiting)).containsExactly(5L);
        assertThat(millis(inside)).containsExactly(5L);
        waiting.executor = Runnable::run;
        lab.run(mode, Pipeline.of(outside, waiting, inside), Step.gives("value").after(ms(5)));
        assertThat(millis(waiting)).containsExactly(5L, 5L);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("Several waits, one after the other: each gate measures from its own admission")
    void severalWaits(Mode mode) {
        TracedGate[] gates = {asking("a"), lab.gate("w1"), asking("b"), lab.gate("w2"), asking("c")};
        gates[1].waits = number -> new Wait(ms(10), null, true);
        gates[3].waits = number -> new Wait(ms(100), ms(20), false);
        lab.run(mode, Pipeline.of(gates), Step.gives("value").after(ms(1)));

        assertThat(millis(gates[0])).containsExactly(31L);
        assertThat(millis(gates[2])).containsExactly(21L);
        assertThat(millis(gates[4])).containsExactly(1L);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A gate outside of a loop measures all attempts and delays, a gate inside each attempt")
    void aroundALoop(Mode mode) {
        TracedGate outside = asking("outside");
        TracedGate inside = asking("inside");
        Exception failure = new Exception();
        Policy<Object> policy = Pipeline.of(outside, lab.loop("r", 3, ms(10)), inside);
        lab.run(
                mode,
                policy,
                Step.fails(failure).after(ms(1)),
                Step.fails(failure).after(ms(2)),
                Step.gives("value").after(ms(3)));

        assertThat(millis(inside)).containsExactly(1L, 2L, 3L);
        assertThat(millis(outside)).containsExactly(26L);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("Gates around a recovery and a deadline measure the whole, gates inside their part")
    void aroundOtherPolicies(Mode mode) {
        TracedGate outside = asking("outside");
        TracedGate middle = asking("middle");
        TracedGate inside = asking("inside");
        Policy<Object> policy =
                Pipeline.of(outside, lab.recovery("f", "other"), middle, lab.deadline("d", ms(4)), inside);
        assertThat(lab.run(mode, policy, Step.gives("late").after(ms(9))).value())
                .isEqualTo("other");

        assertThat(List.of(millis(outside), millis(middle), millis(inside))).containsOnly(List.of(4L));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RL-6 the clock's wrap-around in the middle of a call does no harm")
    void wrapAround(Mode mode) {
        for (long start : new long[] {Long.MAX_VALUE - 2_000_000, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            Lab wrapping = new Lab(start);
            TracedGate gate = wrapping.gate("g");
            gate.asksAtEnter = true;
            gate.asksAtExit = true;
            List<Event.CallEnded> ended = new ArrayList<>();
            gate.on(Event.CallEnded.class, ended::add);
            Policy<Object> policy = Pipeline.of(wrapping.deadline("d", ms(50)), wrapping.loop("r", 2, ms(1)), gate);

            wrapping.run(
                    mode,
                    policy,
                    Step.fails(new Exception()).after(ms(2)),
                    Step.gives("value").after(ms(3)));

            // A reading that happens to equal "no reading" is moved by a nanosecond.
            assertThat(gate.elapsed.get(0)).as("start %d", start).isBetween(1_999_999L, 2_000_000L);
            assertThat(gate.elapsed.get(1)).as("start %d", start).isBetween(2_999_999L, 3_000_000L);
            assertThat(ended).extracting(event -> event.elapsed().toNanos()).isEqualTo(gate.elapsed);
            assertThat(wrapping.time.pendingTimers()).isZero();
        }
    }

    @Test
    @DisplayName("A permit measures from its acquisition to its report")
    void permits() {
        TracedGate gate = asking("gate");
        Permit permit = gate.tryAcquire();
        lab.time.advance(ms(4));
        permit.succeeded();
        gate.waits = number -> new Wait(ms(100), ms(7), false);
        permit = gate.acquire();
        lab.time.advance(ms(5));
        permit.failed();

        assertThat(millis(gate)).containsExactly(4L, 5L);
        assertThat(lab.time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "A gate that answers nonsense gets an error that names it; one that refuses a clock reading at its exit changes no outcome")
    void brokenGates(Mode mode) {
        AtomicLong answer = new AtomicLong(-7);
        Gate broken = new Gate("broken", lab.time) {
            @Override
            protected long enter(long now) {
                return answer.get();
            }

            @Override
            protected boolean exit(
                    long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
                return false;
            }

            @Override
            protected RejectedException rejection(long now) {
                return new Lab.Refused(name());
            }
        };
        assertThat(lab.run(mode, broken, Step.gives("value")).failure())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith("enter: -7 (expected: a stamp, REFUSED, QUEUED, INSTEAD, PASS or ASK)");
        answer.set(Gate.NEEDS_TIME);
        assertThat(lab.run(mode, broken, Step.gives("value")).failure())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith("enter: -3 (expected: a stamp, REFUSED, QUEUED, INSTEAD, PASS or ASK)");
        assertThatThrownBy(broken::acquire).isInstanceOf(IllegalStateException.class);
        answer.set(0);
        assertThat(lab.run(mode, broken, Step.gives("value"))).isEqualTo(new Lab.Outcome("value", null));
        IllegalStateException failure = new IllegalStateException("work");
        assertThat(lab.run(mode, broken, Step.fails(failure)).failure()).isSameAs(failure);
        assertThat(failure.getSuppressed())
                .singleElement()
                .satisfies(
                        told -> assertThat(told).hasMessageEndingWith("exit refused a clock reading (expected: true)"));
        answer.set(Gate.QUEUED);
        assertThat(lab.run(mode, broken, Step.gives("value")).failure())
                .as("a gate without a queue")
                .isInstanceOf(Lab.Refused.class);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-2 a clock that throws ends the attempt, and every gate that was entered is left")
    void brokenClock(Mode mode) {
        Error broken = new Error("clock");
        Exception failure = new Exception("work");
        for (int failing = 1; failing <= 10; failing++) {
            Lab fresh = new Lab();
            int at = failing;
            fresh.environment.clockThrows = number -> number == at ? broken : null;
            TracedGate[] gates = fresh.gates(3);
            for (TracedGate gate : gates) {
                gate.asksAtEnter = true;
            }
            gates[1].asksAtEnter = false;
            gates[1].asksAtExit = true;
            Policy<Object> policy =
                    Pipeline.of(fresh.deadline("d", ms(50)), gates[0], fresh.loop("r", 2, ms(1)), gates[1], gates[2]);
            Lab.Outcome outcome = fresh.run(mode, policy, Step.fails(failure), Step.gives("value"));

            // To the loop it is a failed attempt like others.
            assertThat(outcome.failure()).as("reading %d", failing).isIn(null, broken, failure);
            fresh.assertBalanced("clock fails at " + failing);
            for (TracedGate gate : gates) {
                CallCounts counts = gate.counts();
                assertThat(counts.calls())
                        .as("%s counts who was inside, reading %d", gate, failing)
                        .isEqualTo(fresh.trace.stream()
                                .filter(("+" + gate.name())::equals)
                                .count());
            }
            assertThat(gates[1].elapsed).as("took, reading %d", failing).allMatch(nanos -> nanos >= -1);
        }
    }
}
