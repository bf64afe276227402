// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedDeadline;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.TracedRace;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every race does, blocking and asynchronous. */
@Timeout(60)
class RaceTest {
    private static final Duration HOLD = Duration.ofNanos(Race.HOLD);

    private final Lab lab = new Lab();
    private final TracedGate outer = lab.gate("outer");
    private final TracedGate inner = lab.gate("inner");

    private Outcome run(Mode mode, TracedRace race, Step... script) {
        return lab.run(mode, Lab.pipeline(List.of(outer, race, inner)), script);
    }

    private long millis() {
        return lab.time.nanoTime() / 1_000_000;
    }

    private long count(String what) {
        return List.copyOf(lab.trace).stream()
                .filter(step -> step.startsWith(what))
                .count();
    }

    private void untilQuiet() {
        // Before the clock moves: attempts that are called off have to notice it while they sleep. Others need the
        // clock.
        for (int i = 0; i < 100 && count("-") != count("+"); i++) {
            LockSupport.parkNanos(1_000_000);
        }
        lab.time.advance(Duration.ofSeconds(10));
        Lab.until(() -> count("-") == count("+"));
        assertThat(lab.time.pendingTimers()).isZero();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-1: an attempt that ends before the head start is over is the only one")
    void alone(Mode mode) {
        TracedRace race = lab.race("race", 3, ms(30));

        assertThat(run(mode, race, Step.gives("a").after(ms(20))).text()).isEqualTo("gave a");

        assertThat(millis()).isEqualTo(20);
        assertThat(lab.works).hasValue(1);
        assertThat(lab.time.pendingTimers()).isZero();
        assertThat(lab.trace).containsExactly("+outer", "+inner", "work 1", "-inner SUCCESS", "-outer SUCCESS");
        assertThat(race.ended).containsExactly("0 SUCCESS 20");
        assertThat(race.decided).containsExactly("0 of 1 SUCCESS");
        assertThat(race.asked).hasValue(0);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-2, RC-4, RC-5: the first success is the caller's, when it comes; the other attempt is called off")
    void hedge(Mode mode) {
        TracedRace race = lab.race("race", 2, ms(30));

        Outcome outcome = run(
                mode,
                race,
                Step.gives("slow").after(ms(100)),
                Step.gives("fast").after(ms(15)));

        assertThat(outcome.text()).isEqualTo("gave fast");
        assertThat(millis()).isEqualTo(45);
        untilQuiet();
        assertThat(lab.trace).contains("-inner SUCCESS", "-inner IGNORED", "-outer SUCCESS");
        assertThat(race.ended).containsExactlyInAnyOrder("0 IGNORED 45", "1 SUCCESS 15");
        assertThat(race.decided).containsExactly("1 of 2 SUCCESS");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-5: the first attempt may win after others have started")
    void theFirstWins(Mode mode) {
        TracedRace race = lab.race("race", 3, ms(30));

        Outcome outcome =
                run(mode, race, Step.gives("a").after(ms(70)), Step.gives("b").after(ms(100)));

        assertThat(outcome.text()).isEqualTo("gave a");
        assertThat(millis()).isEqualTo(70);
        untilQuiet();
        assertThat(lab.works).hasValue(3);
        assertThat(race.ended).containsExactlyInAnyOrder("0 SUCCESS 70", "1 IGNORED 40", "2 IGNORED 10");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName(
            "RC-6: after a failure the next attempt starts at once, and when none is left the call ends with the last failure")
    void failover(Mode mode) {
        TracedRace race = lab.race("race", 3, HOLD);
        race.executor = task -> {
            throw new AssertionError("needs no thread");
        };
        IOException first = new IOException("1");
        IOException second = new IOException("2");
        IOException third = new IOException("3");

        Outcome outcome = run(
                mode,
                race,
                Step.fails(first).after(ms(10)),
                Step.fails(second).after(ms(10)),
                Step.fails(third).after(ms(10)));

        assertThat(outcome.failure()).isSameAs(third);
        assertThat(third.getSuppressed()).containsExactly(first, second);
        assertThat(millis()).isEqualTo(30);
        untilQuiet();
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-6: a failure while another attempt is under way starts the next one before its time")
    void failureBeforeTheDelay(Mode mode) {
        TracedRace race = lab.race("race", 3, ms(30));

        Outcome outcome = run(
                mode,
                race,
                Step.gives("slow").after(ms(500)),
                Step.fails(new IOException()).after(ms(5)),
                Step.gives("third").after(ms(10)));

        assertThat(outcome.text()).isEqualTo("gave third");
        assertThat(millis()).isEqualTo(45);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-2: what is ignored ends the race, and is what the caller gets")
    void ignored(Mode mode) {
        TracedRace race = lab.race("race", 3, ms(30));
        race.classifier = Classifier.standard().ignore(IllegalStateException.class);
        IllegalStateException ignored = new IllegalStateException("stop");

        Outcome outcome = run(
                mode,
                race,
                Step.gives("slow").after(ms(100)),
                Step.fails(ignored).after(ms(10)));

        assertThat(outcome.failure()).isSameAs(ignored);
        assertThat(millis()).isEqualTo(40);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-9: an attempt for which there is no thread is not started, and has not failed")
    void noThread(Mode mode) {
        TracedRace race = lab.race("race", 2, ms(30));
        race.executor = task -> {
            throw new RejectedExecutionException("full");
        };

        Outcome outcome =
                run(mode, race, Step.gives("a").after(ms(100)), Step.gives("b").after(ms(100)));

        assertThat(outcome.text()).isEqualTo("gave a");
        assertThat(lab.works).hasValue(mode == Mode.SYNC ? 1 : 2);
        assertThat(race.notStarted).isEqualTo(mode == Mode.SYNC ? List.of("1 without a thread") : List.of());
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-7: a deadline around the race ends all attempts at its time, and none starts any more")
    void deadlineAround(Mode mode) {
        TracedDeadline deadline = lab.deadline("deadline", ms(50));
        TracedRace race = lab.race("race", 3, ms(20));

        Outcome outcome = lab.run(
                mode,
                Lab.pipeline(List.of(deadline, outer, race, inner)),
                Step.gives("a").after(ms(1_000)));

        assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(millis()).isEqualTo(50);
        assertThat(lab.works).hasValue(3);
        untilQuiet();
        assertThat(lab.works).hasValue(3);
        assertThat(lab.trace.stream().filter("-inner IGNORED"::equals))
                .as("%s", lab.trace)
                .hasSize(3);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName(
            "HG-8: where the call has no more time than the head start, nothing is set up for others; its age is told")
    void noTimeForTheOther(Mode mode) {
        TracedRace race = lab.race("race", 2, ms(30));
        TracedDeadline deadline = lab.deadline("deadline", ms(30));

        Outcome outcome = lab.run(
                mode, Lab.pipeline(List.of(deadline, race)), Step.gives("a").after(ms(20)));

        assertThat(outcome.text()).isEqualTo("gave a");
        assertThat(race.asked).hasValue(0);
        assertThat(race.ended).containsExactly("0 SUCCESS 20");
        assertThat(race.decided).containsExactly("0 of 1 SUCCESS");
        assertThat(lab.time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("HG-8: a wait that is over no earlier than the call's time is none")
    void noTimeForTheThird(Mode mode) {
        TracedRace race = lab.race("race", 3, ms(30));
        TracedDeadline deadline = lab.deadline("deadline", ms(50));

        Outcome outcome = lab.run(
                mode,
                Lab.pipeline(List.of(deadline, race)),
                Step.gives("a").after(ms(45)),
                Step.gives("b").after(ms(45)));

        assertThat(outcome.text()).isEqualTo("gave a");
        assertThat(race.asked).hasValueLessThanOrEqualTo(2);
        assertThat(lab.works).hasValue(2);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-7: a deadline around a race whose attempts follow each other ends it between two of them")
    void deadlineBetween(Mode mode) {
        TracedDeadline deadline = lab.deadline("deadline", ms(50));
        TracedRace race = lab.race("race", 10, HOLD);

        Outcome outcome = lab.run(
                mode,
                Lab.pipeline(List.of(deadline, race)),
                Step.fails(new IOException("20")).after(ms(20)));

        assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(millis()).isEqualTo(50);
        assertThat(lab.works).hasValue(3);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-7: a deadline inside of the race is one of each attempt")
    void deadlineInside(Mode mode) {
        TracedDeadline each = lab.deadline("each", ms(50));
        TracedRace race = lab.race("race", 3, HOLD);

        Outcome outcome = lab.run(
                mode,
                Lab.pipeline(List.of(race, each, inner)),
                Step.gives("a").after(ms(1_000)),
                Step.gives("b").after(ms(1_000)),
                Step.gives("c").after(ms(10)));

        assertThat(outcome.text()).isEqualTo("gave c");
        assertThat(millis()).isEqualTo(110);
        untilQuiet();
    }

    @Test
    @DisplayName("RC-7: cancelling the future of a call cancels all its attempts")
    void cancelled() {
        TracedRace race = lab.race("race", 3, ms(20));
        List<CompletableFuture<Object>> stages = new ArrayList<>();
        CompletableFuture<Object> call = Lab.pipeline(List.of(outer, race, inner))
                .callAsync(() -> {
                    CompletableFuture<Object> stage = new CompletableFuture<>();
                    stages.add(stage);
                    return stage;
                });
        lab.time.advance(ms(30));
        assertThat(stages).hasSize(2);

        call.cancel(true);

        untilQuiet();
        assertThat(stages).allMatch(CompletableFuture::isCancelled);
        assertThat(stages).hasSize(2);
        assertThat(lab.trace.stream().filter(step -> step.startsWith("-")))
                .containsExactlyInAnyOrder("-outer IGNORED", "-inner IGNORED", "-inner IGNORED");
    }

    @Test
    @DisplayName("RC-7: an interrupt of the caller ends all attempts, and is not lost")
    void interrupted() {
        TracedRace race = lab.race("race", 2, ms(20));
        Thread caller = Thread.currentThread();
        inner.enterThrows = number -> {
            if (number == 2) {
                lab.time.schedule(caller::interrupt, ms(10).toNanos());
            }
            return null;
        };

        Outcome outcome = run(Mode.SYNC, race, Step.gives("a").after(ms(1_000)));

        assertThat(outcome.failure()).isInstanceOf(InterruptedException.class);
        assertThat(millis()).isEqualTo(30);
        untilQuiet();
        assertThat(lab.trace.stream().filter("-inner IGNORED"::equals))
                .as("%s", lab.trace)
                .hasSize(2);
    }

    @Test
    @DisplayName("RC-7: an interrupt of a caller that waits for the others ends them")
    void interruptedWhileItWaits() {
        TracedRace race = lab.race("race", 2, ms(20));
        Thread caller = Thread.currentThread();
        lab.time.schedule(caller::interrupt, ms(50).toNanos());
        IOException failed = new IOException();

        Outcome outcome = run(
                Mode.SYNC,
                race,
                Step.fails(failed).after(ms(30)),
                Step.gives("b").after(ms(1_000)));

        assertThat(outcome.failure())
                .isInstanceOf(CallInterruptedException.class)
                .hasSuppressedException(failed);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(millis()).isEqualTo(50);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName(
            "RC-4: a gate around the race that holds until the work ends waits for every attempt, and only such a gate")
    void gateThatHolds(Mode mode) {
        outer.holds = true;
        TracedGate between = lab.gate("between");
        TracedRace race = lab.race("race", 2, ms(30));
        List<CompletableFuture<Object>> stages = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger number = new AtomicInteger();
        Policy<Object> pipeline = Lab.pipeline(List.of(outer, between, race, inner));

        if (mode == Mode.SYNC) {
            assertThat(pipeline.<Object>call(() -> {
                        if (number.getAndIncrement() == 0) {
                            Lab.sleep(lab, ms(60));
                            return "first";
                        }
                        // Deaf to interrupts.
                        try {
                            lab.time.sleep(ms(100));
                        } catch (InterruptedException deaf) {
                            Lab.sleep(lab, ms(70));
                        }
                        return "late";
                    }))
                    .isEqualTo("first");
            assertThat(millis()).isEqualTo(60);
        } else {
            CompletableFuture<Object> call = pipeline.callAsync(() -> {
                CompletableFuture<Object> stage = new CompletableFuture<>();
                stages.add(stage);
                return Lab.foreign(stage);
            });
            lab.time.advance(ms(40));
            stages.get(0).complete("first");
            lab.time.advance(ms(1));
            assertThat(call).isCompletedWithValue("first");
        }
        assertThat(lab.trace).contains("-between SUCCESS").doesNotContain("-outer SUCCESS");

        lab.time.advance(ms(200));
        stages.stream().skip(1).forEach(stage -> stage.complete("late"));
        untilQuiet();
        assertThat(lab.trace).contains("-outer SUCCESS");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-1: attempts that are wanted at once start at once, as many as there may be")
    void allAtOnce(Mode mode) {
        TracedRace race = lab.race("race", 3, ms(0));
        race.need = 2;

        Outcome outcome = run(
                mode,
                race,
                Step.gives("a").after(ms(10)),
                Step.gives("b").after(ms(10)),
                Step.gives("c").after(ms(10)));

        assertThat(outcome.value()).isIn("a", "b", "c");
        assertThat(millis()).isEqualTo(10);
        assertThat(lab.works).hasValue(3);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-1: who wants more than the first success gets it")
    void needsTwo(Mode mode) {
        TracedRace race = lab.race("race", 3, HOLD);
        race.need = 2;
        race.headStart = 0;

        Outcome outcome = run(
                mode,
                race,
                Step.gives("a").after(ms(10)),
                Step.fails(new IOException()).after(ms(20)),
                Step.gives("c").after(ms(30)));

        assertThat(outcome.value()).isIn("a", "c");
        assertThat(millis()).isBetween(40L, 50L);
        assertThat(lab.works).hasValue(3);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("What next throws starts no attempt, and decides nothing")
    void nextThrows(Mode mode) {
        TracedRace race = lab.race("race", 2, ms(10));
        race.nextThrows = number -> new IllegalStateException("next");

        assertThat(run(mode, race, Step.gives("a").after(ms(100))).text()).isEqualTo("gave a");
        assertThat(lab.works).hasValue(1);

        IOException failure = new IOException();
        assertThat(run(mode, race, Step.fails(failure)).failure()).isSameAs(failure);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-2: results that the caller does not get are discarded, each once")
    void discarded(Mode mode) {
        List<Object> discarded = Collections.synchronizedList(new ArrayList<>());
        TracedRace race = lab.race("race", 2, ms(30));
        race.callsOff = false;
        Pipeline<Object> pipeline = Lab.pipeline(List.of(race, inner)).discarding(discarded::add);

        Outcome outcome = lab.run(
                mode,
                pipeline,
                Step.gives("a").after(ms(mode == Mode.SYNC ? 40 : 60)),
                Step.gives("b").after(ms(20)));

        assertThat(outcome.text()).isEqualTo(mode == Mode.SYNC ? "gave a" : "gave b");
        untilQuiet();
        // Gates are left before a result is thrown away, on the loser's own thread.
        Lab.until(() -> !discarded.isEmpty());
        assertThat(discarded).containsExactly(mode == Mode.SYNC ? "b" : "a");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("An attempt goes to its target, through the policies of that target")
    void targets(Mode mode) {
        TracedGate ofA = lab.gate("ofA");
        TracedGate ofB = lab.gate("ofB");
        ofA.refuses = number -> true;
        Lease<String> a = Lease.of("A", ofA);
        Lease<String> b = Lease.of("B", ofB);
        TracedRace race = lab.race("race", 2, HOLD);
        race.leases = number -> number == 0 ? a : b;
        Policy<Object> pipeline = Lab.pipeline(List.of(outer, race, inner));
        List<Object> seen = Collections.synchronizedList(new ArrayList<>());

        Object result;
        if (mode == Mode.SYNC) {
            result = pipeline.<Object, String, Object>biFunction((node, sku) -> {
                        seen.add(node);
                        return node + sku;
                    })
                    .apply(Lease.place(), "4711");
        } else {
            result = lab.time.join(pipeline.<Object, String, Object>asyncBiFunction((node, sku) -> {
                        seen.add(node);
                        return CompletableFuture.completedFuture(node + sku);
                    })
                    .apply(Lease.place(), "4711"));
        }

        assertThat(result).isEqualTo("B4711");
        assertThat(seen).containsExactly("B");
        assertThat(lab.trace)
                .containsExactly(
                        "+outer",
                        "+inner",
                        "!ofA",
                        "-inner IGNORED",
                        "+inner",
                        "+ofB",
                        "-ofB SUCCESS",
                        "-inner SUCCESS",
                        "-outer SUCCESS");
    }

    @Test
    @DisplayName("A call for a target through a race that has none says so")
    void noTarget() {
        TracedRace race = lab.race("race", 2, HOLD);

        Outcome outcome = new Outcome(
                null,
                org.assertj.core.api.Assertions.catchThrowable(
                        () -> Lab.pipeline(List.of(race)).function(node -> node).apply(Lease.place())));

        assertThat(outcome.failure())
                .hasMessage("Lease.place(): without a target (expected: a call through a race that has targets)");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("The context of a call says which attempt it is, and on what")
    void context(Mode mode) {
        TracedRace race = lab.race("race", 2, HOLD);
        race.leases = number -> Lease.of("node" + number);
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        Policy<Object> pipeline = Lab.pipeline(List.of(race, inner));
        java.util.function.Function<Call, Object> work = call -> {
            seen.add(call.lane() + " " + call.target().orElseThrow() + " " + call.attempt());
            return call.lane() == 0 ? Lab.<Object, RuntimeException>sneak(new IOException()) : "done";
        };

        Object result = mode == Mode.SYNC
                ? pipeline.callWith(work)
                : lab.time.join(pipeline.callAsyncWith(call -> CompletableFuture.completedFuture(work.apply(call))));

        assertThat(result).isEqualTo("done");
        assertThat(seen).containsExactly("0 node0 1", "1 node1 1");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("Listeners hear of attempts beside the first, and of the end of a race that has had any")
    void events(Mode mode) {
        TracedRace race = lab.race("race", 2, ms(30));
        List<String> events = Collections.synchronizedList(new ArrayList<>());
        race.on(Event.class, event -> events.add(event.toString()));

        run(mode, race, Step.gives("quick"));
        assertThat(events).isEmpty();

        run(mode, race, Step.gives("a").after(ms(40)), Step.gives("b").after(ms(100)));
        untilQuiet();
        assertThat(events).hasSize(2);
        assertThat(events.get(0)).startsWith("AttemptStarted").endsWith("attempt 1]");
        assertThat(events.get(1)).startsWith("RaceDecided").endsWith("attempt 0, started 2]");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("A loop around a race makes another race of each attempt")
    void loopAround(Mode mode) {
        TracedRace race = lab.race("race", 2, HOLD);
        outer.holds = true;

        Outcome outcome = lab.run(
                mode,
                Lab.pipeline(List.of(lab.loop("loop", 3, ms(10)), outer, race, inner)),
                Step.fails(new IOException("1")),
                Step.fails(new IOException("2")),
                Step.fails(new IOException("3")),
                Step.gives("four"));

        assertThat(outcome.text()).isEqualTo("gave four");
        assertThat(millis()).isEqualTo(10);
        untilQuiet();
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("Work that throws when it is called off has not failed")
    void calledOffWork(Mode mode) {
        TracedRace race = lab.race("race", 2, ms(30));
        inner.classifierThrows = number -> null;
        AtomicInteger number = new AtomicInteger();
        if (mode != Mode.SYNC) {
            return;
        }
        Object result = Lab.pipeline(List.of(race, inner)).call(() -> {
            if (number.getAndIncrement() == 1) {
                return "fast";
            }
            try {
                lab.time.sleep(ms(100));
                return "slow";
            } catch (InterruptedException interrupt) {
                throw new IllegalStateException("client", interrupt);
            }
        });

        assertThat(result).isEqualTo("fast");
        untilQuiet();
        assertThat(lab.trace).contains("-inner IGNORED").doesNotContain("-inner FAILURE");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-7: a first attempt that ends alone takes back the timer for the next look")
    void noTimerIsLeft(Mode mode) {
        TracedRace race = lab.race("race", 2, ms(1_000));
        race.headStart = ms(10).toNanos();

        assertThat(run(mode, race, Step.gives("a").after(ms(30))).text()).isEqualTo("gave a");

        assertThat(race.asked).hasValue(1);
        assertThat(lab.time.pendingTimers()).isZero();
    }
}
