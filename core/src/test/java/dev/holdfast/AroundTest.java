// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedAround;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.TracedRace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What those who watch see, blocking and asynchronous. */
@Timeout(60)
class AroundTest {
    private final Lab lab = new Lab();
    private final TracedAround calls = lab.around("calls");
    private final TracedAround attempts = lab.around("attempts");
    private final TracedGate gate = lab.gate("gate");

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-23 outside of a loop it sees calls, inside of it attempts, each once, with what they came to")
    void callsAndAttempts(Mode mode) {
        lab.run(
                mode,
                Lab.pipeline(List.of(calls, lab.loop("loop", 2, ms(10)), attempts, gate)),
                Step.fails(new IOException("1")).after(ms(5)),
                Step.gives("done").after(ms(5)));

        assertThat(lab.trace)
                .containsExactly(
                        "+calls",
                        "+attempts",
                        "+gate",
                        "work 1",
                        "-gate FAILURE",
                        "-attempts threw java.io.IOException: '1'",
                        ">loop 2",
                        "+attempts",
                        "+gate",
                        "work 2",
                        "-gate SUCCESS",
                        "-attempts gave a java.lang.String",
                        "ok loop 2",
                        "-calls gave a java.lang.String");
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-23 one that is off is not there, and may be turned on between calls")
    void off(Mode mode) {
        calls.on = false;
        Policy<Object> pipeline = Lab.pipeline(List.of(calls, gate));
        lab.run(mode, pipeline, Step.gives("a"));
        assertThat(lab.trace).containsExactly("+gate", "work 1", "-gate SUCCESS");

        calls.on = true;
        lab.run(mode, pipeline, Step.gives("a"));
        assertThat(lab.trace).contains("+calls", "-calls gave a java.lang.String");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-23 refused, given up and too late calls end for it as well")
    void otherEnds(Mode mode) {
        gate.refuses = number -> number == 1;
        lab.run(mode, Lab.pipeline(List.of(calls, gate)), Step.gives("a"));
        lab.run(
                mode,
                Lab.pipeline(List.of(lab.deadline("deadline", ms(20)), attempts)),
                Step.gives("late").after(ms(100)));

        assertThat(lab.trace.stream().filter(step -> step.startsWith("-calls") || step.startsWith("-attempts")))
                .hasSize(2)
                .allMatch(step -> step.contains("threw") || step.contains("given up"));
        lab.assertBalanced(mode);
    }

    private Object call(Mode mode, Policy<Object> pipeline, Supplier<Object> work) {
        return mode == Mode.SYNC
                ? pipeline.call(work::get)
                : lab.time.join(pipeline.callAsync(() -> CompletableFuture.completedFuture(work.get())));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-23 what it binds is there where the work runs, also on another thread, and is gone afterwards")
    void bound(Mode mode) {
        gate.executor = lab.time.threads();
        Policy<Object> pipeline = Lab.pipeline(List.of(calls, gate, attempts));

        Object seen = call(mode, pipeline, () -> calls.bound.get() + " " + attempts.bound.get());

        assertThat(seen).isEqualTo("calls1 attempts1");
        assertThat(calls.bound.get()).isNull();
        assertThat(attempts.bound.get()).isNull();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName(
            "XC-23 one that begins inside of another has that one bound, also at a later attempt on whatever thread")
    void beginsInside(Mode mode) {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        attempts.atBegin = () -> seen.add(calls.bound.get());
        lab.run(
                mode,
                Lab.pipeline(List.of(calls, lab.loop("loop", 2, ms(10)), attempts)),
                Step.fails(new IOException("1")).after(ms(5)),
                Step.gives("done").after(ms(5)));
        assertThat(seen).containsExactly("calls1", "calls1");
        assertThat(calls.bound.get()).isNull();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-23 of a race it sees each attempt from inside, and binds outside and inside to each")
    void inARace(Mode mode) {
        TracedRace race = lab.race("race", 2, ms(10));
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        Policy<Object> pipeline = Lab.pipeline(List.of(calls, race, attempts));

        if (mode == Mode.SYNC) {
            pipeline.call(() -> {
                seen.add(calls.bound.get() + " " + attempts.bound.get());
                if (seen.size() == 1) {
                    Lab.sleep(lab, ms(50));
                }
                return "";
            });
        } else {
            lab.time.join(pipeline.callAsync(() -> {
                seen.add(calls.bound.get() + " " + attempts.bound.get());
                return lab.stage(Step.gives("").after(ms(seen.size() == 1 ? 50 : 0)), false);
            }));
        }
        lab.time.advance(ms(100));

        assertThat(seen).containsExactly("calls1 attempts1", "calls1 attempts2");
        Lab.until(() -> List.copyOf(lab.trace).stream()
                        .filter(step -> step.startsWith("-"))
                        .count()
                == 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"isOn", "begin", "bind", "close", "end"})
    @DisplayName("XC-23 what it throws changes nothing")
    void throwing(String where) {
        calls.throwsAt = where;
        for (Mode mode : Mode.values()) {
            assertThat(lab.run(mode, Lab.pipeline(List.of(calls, gate)), Step.gives("a"))
                            .text())
                    .isEqualTo("gave a");
        }
    }

    @Test
    @DisplayName("XC-23 a call that nobody waits for any more is no error, and has an outcome of its own")
    void outcomes() {
        Throwable failure = new IOException("down");
        assertThat(Around.outcomeOf(null)).isEqualTo("success");
        assertThat(Around.outcomeOf(failure)).isEqualTo("failure");
        assertThat(Around.errorOf(Outcome.ofResult("answer"))).isNull();
        assertThat(Around.errorOf(Outcome.ofFailure(new CompletionException(failure))))
                .isSameAs(failure);
        for (Throwable left :
                List.of(new GivenUp(), new InterruptedException(), new CallInterruptedException("loop", failure))) {
            assertThat(Around.outcomeOf(left)).isEqualTo("abandoned");
            assertThat(Around.errorOf(Outcome.ofFailure(left))).isNull();
        }
    }

    @Test
    @DisplayName(
            "XC-23 between a gate and a deadline it is transparent: the gate learns of a passed deadline at its time")
    void transparent() {
        TracedGate outside = lab.gate("outside");
        List<String> at = new ArrayList<>();
        outside.on(Event.CallEnded.class, event -> at.add(event.ending() + " " + lab.time.nanoTime() / 1_000_000));
        Policy<Object> pipeline = Lab.pipeline(List.of(outside, calls, lab.deadline("deadline", ms(20))));

        lab.run(Mode.SYNC, pipeline, Step.gives("late").after(ms(100)));

        assertThat(at).containsExactly("FAILURE 20");
        lab.assertBalanced("transparent");
    }
}
