// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CallTest {
    /** Its clock overflows within the tests. */
    private final Lab lab = new Lab(Long.MAX_VALUE - ms(5).toNanos());

    @Test
    @DisplayName("A call through an empty pipeline knows its name, its first attempt and that nothing limits it")
    void plain() {
        Pipeline.of(lab.gate("g")).named("inventory").callWith(call -> {
            assertThat(call.name()).isEqualTo("inventory");
            assertThat(call.attempt()).isEqualTo(1);
            assertThat(call.timeLeft()).isEmpty();
            assertThat(call.argument()).isEmpty();
            assertThat(call.elapsed()).isZero();
            assertThat(call).hasToString("Call['inventory' attempt 1]");
            return "value";
        });
    }

    @Test
    @DisplayName("The elapsed time is that of the whole call, attempts and waits together, and goes on afterwards")
    void elapsed() {
        List<Duration> elapsed = new ArrayList<>();
        List<Call> calls = new ArrayList<>();
        Pipeline.of(lab.loop("r", 3, ms(10))).callWith(call -> {
            calls.add(call);
            Lab.sleep(lab, ms(1));
            elapsed.add(call.elapsed());
            if (call.attempt() < 3) {
                throw new IllegalStateException();
            }
            return "value";
        });
        assertThat(elapsed).containsExactly(ms(1), ms(12), ms(23));
        assertThat(calls).extracting(Call::attempt).containsExactly(1, 2, 3);
        lab.time.advance(ms(7));
        assertThat(calls.get(0).elapsed()).isEqualTo(ms(30));
    }

    @Test
    @DisplayName("TO-7 the time left falls as time passes, stops at zero, and is the same for all attempts")
    void timeLeft() {
        List<Optional<Duration>> left = new ArrayList<>();
        List<Call> calls = new ArrayList<>();
        CompletableFuture<Object> future = Pipeline.<Object>of(lab.deadline("d", ms(20)), lab.loop("r", 3, ms(5)))
                .callAsyncWith(call -> {
                    calls.add(call);
                    left.add(call.timeLeft());
                    return lab.stage(Lab.Step.fails(new Exception()).after(ms(2)), false);
                });
        lab.outcome(future);
        assertThat(left).containsExactly(Optional.of(ms(20)), Optional.of(ms(13)), Optional.of(ms(6)));
        assertThat(calls.get(0).timeLeft()).contains(ms(4));
        lab.time.advance(ms(100));
        assertThat(calls.get(2).timeLeft()).contains(Duration.ZERO);
    }

    @Test
    @DisplayName(
            "TO-7 the time left to a blocking call is that of the smallest deadline of its thread, also of another pipeline")
    void timeLeftOfOtherPipelines() {
        Policy<Object> inner = Pipeline.of(lab.deadline("inner", ms(50)), lab.gate("g"));
        Optional<Duration> left = lab.deadline("outer", ms(20)).call(() -> {
            lab.time.advance(ms(5));
            return inner.callWith(call -> lab.gate("innermost").callWith(Call::timeLeft));
        });
        assertThat(left).contains(ms(15));
        assertThat(lab.gate("alone").<Optional<Duration>>callWith(Call::timeLeft))
                .isEmpty();
    }

    @Test
    @DisplayName("TO-5 a deadline of nearly for ever leaves a time that is not negative")
    void hugeDeadline() {
        Pipeline.of(lab.deadline("d", Duration.ofNanos(Long.MAX_VALUE - 1))).callWith(call -> {
            lab.time.advance(Duration.ofDays(365));
            assertThat(call.timeLeft().orElseThrow()).isGreaterThan(Duration.ofDays(36_500));
            return "value";
        });
        lab.time.advance(Duration.ofDays(365));
        Policy<Object> nested =
                Pipeline.of(lab.loop("r", 1, ms(0)), lab.deadline("d", Duration.ofNanos(Long.MAX_VALUE - 1)));
        nested.callWith(call -> {
            assertThat(call.timeLeft().orElseThrow()).isPositive();
            return "value";
        });
    }

    @Test
    @DisplayName("Listeners outside of a loop see the call as it was made, those inside its attempt")
    void listeners() {
        List<String> told = new ArrayList<>();
        Policy<Object> policy = Pipeline.of(lab.gate("outside"), lab.loop("r", 3, ms(1)), lab.gate("inside"));
        policy.on(
                Event.CallEnded.class,
                event -> told.add(event.policy() + " " + event.call().attempt()));
        lab.run(Lab.Mode.SYNC, policy, Lab.Step.fails(new Exception()), Lab.Step.gives("second"));
        lab.works.set(0);
        lab.run(Lab.Mode.ASYNC, policy, Lab.Step.fails(new Exception()), Lab.Step.gives("second"));
        assertThat(told).containsExactly("inside 1", "inside 2", "outside 1", "inside 1", "inside 2", "outside 1");
    }

    @Test
    @DisplayName("A policy that wants the call gets it; without anybody who does there is none")
    void wantsCall() {
        List<Call> seen = new ArrayList<>();
        for (boolean wants : new boolean[] {false, true}) {
            Lab.TracedRecovery recovery = lab.recovery("f", "instead");
            recovery.onRecover = seen::add;
            recovery.wantsCall = wants;
            for (Lab.Mode mode : Lab.Mode.values()) {
                lab.run(mode, recovery, Lab.Step.fails(new Exception()));
            }
        }
        assertThat(seen.subList(0, 3)).containsOnlyNulls();
        assertThat(seen.subList(3, 6)).doesNotContainNull();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "Listeners between two loops see the outer one's attempt, also when the inner one has succeeded at once")
    void betweenLoops(Lab.Mode mode) {
        List<Integer> attempts = new ArrayList<>();
        Lab.TracedGate between = lab.gate("between");
        between.on(Event.CallEnded.class, event -> attempts.add(event.call().attempt()));
        Policy<Object> policy = Pipeline.of(lab.loop("outer", 2, ms(1)), between, lab.loop("inner", 1, ms(1)));
        lab.run(mode, policy, Lab.Step.fails(new Exception()), Lab.Step.gives("second"));

        assertThat(attempts).containsExactly(1, 2);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "TO-7 listeners outside of a deadline see a call that it does not limit, those inside one that it does")
    void aroundADeadline(Lab.Mode mode) {
        for (boolean onExecutor : mode == Lab.Mode.SYNC ? new boolean[] {false, true} : new boolean[] {false}) {
            Lab.TracedDeadline deadline = lab.deadline("d", ms(20));
            deadline.executor = onExecutor ? Runnable::run : null;
            List<String> told = new ArrayList<>();
            Policy<Object> policy = Pipeline.of(lab.gate("outside"), deadline, lab.gate("inside"));
            policy.on(
                    Event.CallEnded.class,
                    event -> told.add(event.policy() + " "
                            + event.call().timeLeft().map(Duration::toMillis).orElse(-1L)));
            lab.run(mode, policy, Lab.Step.gives("value").after(ms(5)));

            assertThat(told).as("on executor: %s", onExecutor).containsExactly("inside 15", "outside -1");
        }
    }
}
