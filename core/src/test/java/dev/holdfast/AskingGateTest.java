// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Gates that have nothing to do with a call, and gates that decide on the call itself. */
class AskingGateTest {
    private final Lab lab = new Lab();

    /** What the gate says of a call, in turn; passes when there is nothing left. */
    private static final class Asking extends Gate {
        final Deque<Turn> turns = new ArrayDeque<>();
        final List<@Nullable Call> calls = new ArrayList<>();
        long answer = ASK;
        int exits;
        int pauses;

        Asking(Lab of) {
            super("asking", of.environment);
        }

        @Override
        protected long enter(long now) {
            return answer;
        }

        @Override
        protected @Nullable Turn ask(@Nullable Call call) {
            calls.add(call);
            return turns.poll();
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsed) {
            exits++;
            return true;
        }

        @Override
        protected void pauses(long stamp, long start) {
            pauses++;
        }

        @Override
        protected RejectedException rejection(long now) {
            return UnavailableException.closed(name());
        }
    }

    private static final class Decided extends Turn {
        private final Duration wait;
        private final long answer;
        private final @Nullable Outcome<?> outcome;
        int abandoned;

        Decided(Duration wait, long answer, @Nullable Outcome<?> outcome) {
            this.wait = wait;
            this.answer = answer;
            this.outcome = outcome;
        }

        @Override
        protected long nanos() {
            return wait.toNanos();
        }

        @Override
        protected long due() {
            return answer;
        }

        @Override
        protected @Nullable Outcome<?> instead() {
            return outcome;
        }

        @Override
        protected boolean isWork() {
            return true;
        }

        @Override
        protected void abandoned() {
            abandoned++;
        }
    }

    private final Asking asking = new Asking(lab);

    private void runsAndCounts(Mode mode, Policy<Object> policy, String text) {
        assertThat(lab.run(mode, policy, Step.gives("value").after(ms(1))).text())
                .isEqualTo(text);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a gate that lets calls pass is not left, counts nothing, and is not in the way of those around it")
    void passes(Mode mode) {
        TracedGate outer = lab.gate("outer");
        TracedGate inner = lab.gate("inner");
        for (long answer : List.of(Gate.PASS, Gate.ASK)) {
            asking.answer = answer;
            for (Pipeline<Object> each : List.of(
                    Pipeline.of(outer, asking, inner),
                    Pipeline.of(asking, inner),
                    Pipeline.of(outer, asking),
                    Pipeline.of(lab.loop("r", 2, ms(0)), asking),
                    Pipeline.of(asking, lab.recovery("f", "other"), asking))) {
                runsAndCounts(mode, each, "gave value");
            }
            runsAndCounts(mode, asking, "gave value");
        }
        assertThat(asking.exits).isZero();
        assertThat(asking.counts()).isEqualTo(new CallCounts(0, 0, 0, 0, 0));
        assertThat(outer.counts().successes()).isEqualTo(4);
        assertThat(inner.counts().successes()).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a gate may have an outcome for the call at once, also of a thread that is interrupted")
    void insteadAtOnce(Mode mode) {
        asking.turns.add(new Decided(Duration.ZERO, Gate.INSTEAD, Outcome.ofResult("other")));
        TracedGate outer = lab.gate("outer");
        Thread.currentThread().interrupt();
        try {
            runsAndCounts(mode, Pipeline.of(outer, asking), "gave other");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(lab.works).hasValue(0);
        assertThat(outer.counts().successes()).isEqualTo(1);
        assertThat(asking.counts().successes()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "a wait that stands for the work counts as its time, and the call then passes, is let in, or has another outcome")
    void waits(Mode mode) {
        TracedGate outer = lab.gate("outer");
        outer.measures = true;
        outer.asksAtEnter = true;
        outer.asksAtExit = true;
        Pipeline<Object> pipeline = Pipeline.of(outer, asking);
        asking.turns.add(new Decided(ms(5), Gate.PASS, null));
        asking.turns.add(new Decided(ms(5), 7, null));
        asking.turns.add(new Decided(ms(5), Gate.INSTEAD, Outcome.ofResult("other")));
        asking.turns.add(new Decided(ms(5), Gate.REFUSED, null));
        runsAndCounts(mode, pipeline, "gave value");
        assertThat(asking.exits).isZero();
        runsAndCounts(mode, pipeline, "gave value");
        assertThat(asking.exits).isEqualTo(1);
        runsAndCounts(mode, pipeline, "gave other");
        assertThat(lab.run(mode, pipeline, Step.gives("value")).failure()).isInstanceOf(UnavailableException.class);
        assertThat(outer.elapsed.stream().map(nanos -> nanos / 1_000_000)).containsExactly(6L, 6L, 5L, 5L);
        assertThat(outer.told).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a turn may be told from elsewhere to pass; the call goes on at once")
    void toldToPass(Mode mode) {
        Decided turn = new Decided(ms(1_000), Gate.REFUSED, null);
        asking.turns.add(turn);
        lab.time.schedule(() -> assertThat(turn.pass()).isTrue(), ms(10).toNanos());
        runsAndCounts(mode, asking, "gave value");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(11).toNanos());
        assertThat(turn.pass()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a deadline around ends the wait, and gates around the deadline that let the call pass are not told")
    void endsAtDeadline(Mode mode) {
        Decided turn = new Decided(ms(1_000), Gate.PASS, null);
        asking.turns.add(turn);
        Asking outer = new Asking(lab);
        outer.answer = Gate.PASS;
        assertThat(lab.run(mode, Pipeline.of(outer, lab.deadline("d", ms(10)), asking), Step.gives("value"))
                        .failure())
                .isInstanceOf(Lab.Exceeded.class);
        assertThat(turn.abandoned).isEqualTo(1);
        assertThat(asking.counts().abandoned()).isEqualTo(1);
        assertThat(outer.exits).isZero();
        assertThat(outer.counts()).isEqualTo(new CallCounts(0, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "gates around it that have been told of a passed deadline are not told twice, and those of the next attempt are")
    void toldOnce(Mode mode) {
        for (long answer : List.of(Gate.PASS, Gate.ASK)) {
            Lab fresh = new Lab();
            Asking passing = new Asking(fresh);
            passing.answer = answer;
            TracedGate gate = fresh.gate("gate");
            Pipeline<Object> pipeline =
                    Pipeline.of(fresh.loop("r", 2, ms(0)), passing, gate, passing, fresh.deadline("d", ms(10)));
            assertThat(fresh.run(
                                    mode,
                                    pipeline,
                                    Step.gives("late").after(ms(50)),
                                    Step.fails(new IllegalStateException("second")))
                            .text())
                    .contains("second");
            assertThat(gate.counts()).isEqualTo(new CallCounts(0, 2, 0, 0, 0));
            assertThat(passing.exits).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("gates around it that measure are told of waits of gates further in, as if it were not there")
    void measuredThrough(Mode mode) {
        for (long answer : List.of(Gate.PASS, Gate.ASK)) {
            Lab fresh = new Lab();
            Asking passing = new Asking(fresh);
            passing.answer = answer;
            TracedGate outer = fresh.gate("outer");
            outer.measures = true;
            outer.asksAtEnter = true;
            outer.asksAtExit = true;
            TracedGate queueing = fresh.gate("queueing");
            queueing.waits = number -> new Lab.Wait(ms(100), ms(20), false);
            assertThat(fresh.run(
                                    mode,
                                    Pipeline.of(outer, passing, queueing),
                                    Step.gives("value").after(ms(3)))
                            .text())
                    .isEqualTo("gave value");
            assertThat(outer.elapsed).containsExactly(ms(3).toNanos());
            assertThat(outer.told).hasSize(2);
            assertThat(passing.pauses).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a limit that a caller has given does not shorten a wait that stands for the work")
    void limitOfCaller(Mode mode) throws Exception {
        asking.turns.add(new Decided(ms(30), Gate.PASS, null));
        lab.environment.within(ms(10), () -> {
            runsAndCounts(mode, asking, "gave value");
            return null;
        });
        assertThat(lab.time.nanoTime()).isEqualTo(ms(31).toNanos());
    }

    @Test
    @DisplayName("cancelling an asynchronous call gives its turn up")
    void cancelled() {
        Decided turn = new Decided(ms(1_000), Gate.PASS, null);
        asking.turns.add(turn);
        CompletableFuture<String> future = asking.callAsync(() -> CompletableFuture.completedFuture("value"));
        assertThat(future.cancel(true)).isTrue();
        assertThat(turn.abandoned).isEqualTo(1);
        assertThat(lab.time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("who is asked sees the call where somebody looks at calls, and none where nobody does")
    void seesTheCall(Mode mode) {
        runsAndCounts(mode, asking, "gave value");
        Subscription listening = asking.on(Event.CallAbandoned.class, told -> {});
        runsAndCounts(mode, asking, "gave value");
        listening.cancel();
        assertThat(asking.calls.get(0)).isNull();
        assertThat(asking.calls.get(1)).isNotNull();
    }

    /** Says something of every outcome, as often as it is asked. */
    private final class Looking extends Recovery<Object> {
        Concern concern = Concern.ALL;

        @Nullable Object gives;

        int asked;

        Looking() {
            super("looking", lab.environment);
        }

        @Override
        protected Concern concern() {
            return concern;
        }

        @Override
        protected Classifier<Object> classifier() {
            return Classifier.standard();
        }

        @Override
        protected int steps() {
            return 1;
        }

        @Override
        protected @Nullable CompletableFuture<Object> step(int number, Outcome<Object> replaced, @Nullable Call call) {
            asked++;
            return gives == null ? null : CompletableFuture.completedFuture(gives);
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a recovery may look at all outcomes, also at results, or at none, whatever the pipeline's rules say")
    void looksAtAll(Mode mode) {
        Looking looking = new Looking();
        Pipeline<Object> pipeline =
                Pipeline.of(looking).classifying(Classifier.standard().failOnResult("value"::equals));
        runsAndCounts(mode, pipeline, "gave value");
        assertThat(looking.asked).isEqualTo(1);
        IllegalStateException own = new IllegalStateException("own");
        assertThat(lab.run(mode, pipeline, Step.fails(own)).failure()).isSameAs(own);
        assertThat(looking.asked).isEqualTo(2);
        looking.gives = "other";
        runsAndCounts(mode, pipeline, "gave other");
        looking.concern = Recovery.Concern.NONE;
        runsAndCounts(mode, pipeline, "gave value");
        assertThat(looking.asked).isEqualTo(3);
    }

    @Test
    @DisplayName("permits by hand pass, and report to nobody")
    void permits() {
        for (long answer : List.of(Gate.PASS, Gate.ASK)) {
            asking.answer = answer;
            Permit permit = asking.tryAcquire();
            assertThat(permit).isNotNull();
            assertThat(permit.failed()).isTrue();
            assertThat(permit.failed()).isFalse();
            asking.acquire().close();
        }
        assertThat(asking.exits).isZero();
        assertThat(asking.calls).isEmpty();
        assertThat(asking.counts()).isEqualTo(new CallCounts(0, 0, 0, 0, 0));
    }
}
