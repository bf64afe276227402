// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.TracedRace;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Races that leave their caller's thread alone, and attempts that go on when they are decided. */
@Timeout(60)
class RaceElsewhereTest {
    private final Lab lab = new Lab();
    private final TracedGate outer = lab.gate("outer");
    private final TracedGate inner = lab.gate("inner");

    private TracedRace race(int attempts, Duration spacing) {
        TracedRace race = lab.race("race", attempts, spacing);
        race.usesCaller = false;
        return race;
    }

    private Pipeline<Object> around(TracedRace race) {
        return Lab.pipeline(List.of(outer, race, inner));
    }

    /** Interrupts do not end it. */
    private static void deaf(CountDownLatch latch) {
        Lab.until(() -> latch.getCount() == 0);
    }

    private static void untilInterrupted() {
        try {
            Thread.sleep(30_000);
        } catch (InterruptedException cut) {
            throw new CancellationException();
        }
    }

    private void untilQuiet() {
        lab.time.advance(Duration.ZERO);
        Lab.until(() -> List.copyOf(lab.trace).stream()
                        .filter(step -> step.startsWith("-"))
                        .count()
                == List.copyOf(lab.trace).stream()
                        .filter(step -> step.startsWith("+"))
                        .count());
        assertThat(lab.time.pendingTimers()).isZero();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    @DisplayName("RC-4: no attempt runs on the caller's thread, not even when it has nothing to do")
    void notOnTheCaller() {
        List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger starts = new AtomicInteger();

        Object result = around(race(3, Duration.ofNanos(Race.HOLD))).call(() -> {
            threads.add(Thread.currentThread());
            if (starts.incrementAndGet() < 3) {
                throw new IllegalStateException("not yet");
            }
            return "third";
        });

        assertThat(result).isEqualTo("third");
        assertThat(threads).hasSize(3).doesNotContain(Thread.currentThread());
        untilQuiet();
    }

    @Test
    @DisplayName("RC-4: a first attempt that is deaf to interrupts does not hold its caller when another one has won")
    void deafFirst() {
        TracedRace race = race(2, ms(30));
        AtomicInteger starts = new AtomicInteger();

        Object result = Lab.pipeline(List.of(race)).call(() -> {
            if (starts.getAndIncrement() == 0) {
                deafFor(ms(100));
                return "deaf";
            }
            return "second";
        });

        assertThat(result).isEqualTo("second");
        assertThat(lab.time.nanoTime() / 1_000_000).isEqualTo(30);
        lab.time.advance(ms(100));
        Lab.until(() -> race.ended.size() == 2);
        assertThat(race.endedLate).isEmpty();
    }

    /** Interrupts do not end it, and the clock goes on meanwhile. */
    private void deafFor(Duration duration) {
        long end = lab.time.nanoTime() + duration.toNanos();
        while (lab.time.nanoTime() < end) {
            try {
                lab.time.sleep(Duration.ofNanos(end - lab.time.nanoTime()));
            } catch (InterruptedException ignored) {
                continue;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-6: the head start is kept, and the next attempt comes when it is over, or at once after a failure")
    void headStart(Mode mode) {
        TracedRace race = race(2, ms(30));
        Outcome late = lab.run(
                mode,
                around(race),
                Step.gives("a").after(ms(100)),
                Step.gives("b").after(ms(10)));
        assertThat(late.text()).isEqualTo("gave b");
        assertThat(lab.time.nanoTime() / 1_000_000).isEqualTo(40);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName(
            "An attempt that is let go on is told of when it ends, with what it has come to, and its caller has gone on before")
    void endedLate(Mode mode) {
        TracedRace race = race(2, Duration.ZERO);
        race.callsOff = false;

        Outcome outcome = lab.run(
                mode,
                around(race),
                Step.gives("slow").after(ms(100)),
                Step.gives("fast").after(ms(10)));

        assertThat(outcome.text()).isEqualTo("gave fast");
        assertThat(lab.time.nanoTime() / 1_000_000).isEqualTo(10);
        assertThat(race.endedLate).isEmpty();
        lab.time.advance(ms(90));
        Lab.until(() -> race.endedLate.size() == 1);
        // Which of the two is slow depends on whose thread is there first.
        assertThat(race.endedLate.get(0)).endsWith(" SUCCESS slow");
        untilQuiet();
    }

    @Test
    @DisplayName("A failure that comes late is told of as well, and changes nothing")
    void failedLate() {
        TracedRace race = race(2, Duration.ZERO);
        race.callsOff = false;
        IOException broken = new IOException("late");

        Outcome outcome = lab.run(
                Mode.SYNC,
                around(race),
                Step.fails(broken).after(ms(100)),
                Step.gives("fast").after(ms(10)));

        assertThat(outcome.text()).isEqualTo("gave fast");
        lab.time.advance(ms(90));
        Lab.until(() -> race.endedLate.size() == 1);
        assertThat(race.endedLate.get(0)).endsWith(" FAILURE " + broken);
    }

    @Test
    @DisplayName("RC-9: an executor that refuses the first attempt leaves the call to the others")
    void refusesFirst() {
        TracedRace race = race(2, Duration.ZERO);
        AtomicInteger asked = new AtomicInteger();
        race.executor = task -> {
            if (asked.getAndIncrement() == 0) {
                throw new RejectedExecutionException("no thread");
            }
            lab.time.threads().execute(task);
        };

        assertThat(around(race).call(() -> "second")).isEqualTo("second");
        assertThat(race.notStarted).containsExactly("0 without a thread");
        untilQuiet();
    }

    @Test
    @DisplayName("RC-9: where no attempt gets a thread the call ends, and says so")
    void refusesAll() {
        TracedRace race = race(3, Duration.ZERO);
        race.executor = task -> {
            throw new RejectedExecutionException("no thread");
        };

        assertThatThrownBy(() -> around(race).call(() -> "never"))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("got no thread");
        assertThat(lab.works).hasValue(0);
        untilQuiet();
    }

    @Test
    @DisplayName("RC-7: an interrupt of the caller calls all attempts off, and no other one starts")
    void interrupted() throws Exception {
        TracedRace race = race(3, Duration.ZERO);
        CountDownLatch started = new CountDownLatch(3);
        AtomicReference<Throwable> got = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                around(race).run(() -> {
                    started.countDown();
                    untilInterrupted();
                });
            } catch (Throwable thrown) {
                got.set(thrown);
            }
        });
        caller.start();
        deaf(started);
        caller.interrupt();
        caller.join(10_000);

        assertThat(got.get()).isInstanceOf(CallInterruptedException.class);
        assertThat(race.decided).isEmpty();
        untilQuiet();
    }

    @Test
    @DisplayName(
            "RC-7: a deadline around the race ends the wait for an executor that keeps its tasks, and they never start")
    void deadline() {
        TracedRace race = race(2, Duration.ZERO);
        List<Runnable> kept = Collections.synchronizedList(new ArrayList<>());
        race.executor = kept::add;

        assertThatThrownBy(() -> Lab.pipeline(List.of(lab.deadline("deadline", ms(50)), race))
                        .call(() -> "never"))
                .isInstanceOf(Lab.Exceeded.class);

        kept.forEach(Runnable::run);
        assertThat(lab.works).hasValue(0);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("What a race does later holds its caller up for nothing, and breaks nothing when it throws")
    void later(Mode mode) {
        TracedRace race = race(2, Duration.ZERO);
        race.need = 2;
        AtomicInteger ran = new AtomicInteger();
        CountDownLatch release = new CountDownLatch(1);
        race.later = () -> {
            deaf(release);
            ran.incrementAndGet();
            throw new IllegalStateException("broken");
        };

        assertThat(lab.run(mode, around(race), Step.gives("a"), Step.gives("b")).text())
                .startsWith("gave");

        assertThat(ran).hasValue(0);
        release.countDown();
        lab.time.advance(Duration.ZERO);
        Lab.until(() -> ran.get() == 1);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("What has no result is null to a race, as it is to all who look at results")
    void noResult(Mode mode) {
        List<Object> seen = new ArrayList<>();
        TracedRace race = race(2, Duration.ZERO);
        race.need = 2;
        race.looks = heat -> seen.add(heat.outcome(0).result().isPresent());

        if (mode == Mode.SYNC) {
            around(race).run(() -> {});
        } else {
            CompletableFuture<Void> call = around(race).runAsync(() -> CompletableFuture.completedFuture(null));
            lab.time.advance(Duration.ZERO);
            call.join();
        }

        assertThat(seen).containsExactly(false);
    }

    @Test
    @DisplayName(
            "Asynchronous attempts that start at once do so on the caller's thread, in their order, and none that is not needed any more")
    void atOnce() {
        TracedRace race = race(4, Duration.ZERO);
        race.need = 2;
        Thread caller = Thread.currentThread();
        List<String> starts = new ArrayList<>();
        List<CompletableFuture<Object>> stages = new ArrayList<>();

        CompletableFuture<Object> call = around(race).callAsync(() -> {
            assertThat(Thread.currentThread()).isSameAs(caller);
            starts.add("start");
            CompletableFuture<Object> stage = new CompletableFuture<>();
            stages.add(stage);
            if (stages.size() <= 2) {
                stage.complete("a");
            }
            return stage;
        });

        assertThat(call.join()).isEqualTo("a");
        assertThat(starts).hasSize(2);
    }

    @Test
    @DisplayName("RC-8: attempts that end at once one after the other need no stack")
    void constantStack() {
        Pipeline<Object> pipeline = Lab.pipeline(List.of(race(15, Duration.ZERO)));
        int[] works = new int[1];
        int calls = Lab.many(20_000, 5_000);
        for (int i = 0; i < calls; i++) {
            CompletableFuture<Object> call = pipeline.callAsync(() -> ++works[0] % 15 == 0
                    ? CompletableFuture.completedFuture("last")
                    : CompletableFuture.failedFuture(new IllegalStateException("down")));
            assertThat(call).isDone();
        }
        assertThat(works[0]).isEqualTo(15 * calls);
    }

    @Test
    @DisplayName("A call that commits while its attempts start at once gets no further one")
    void commitsAtOnce() {
        TracedRace race = race(3, Duration.ZERO);
        AtomicInteger starts = new AtomicInteger();
        CompletableFuture<Object> call = around(race).callAsyncWith(context -> {
            starts.incrementAndGet();
            context.commit();
            return CompletableFuture.failedFuture(new IllegalStateException("down"));
        });
        lab.time.advance(Duration.ZERO);

        assertThat(call).isCompletedExceptionally();
        assertThat(starts).hasValue(1);
        untilQuiet();
    }

    @Test
    @DisplayName("Where there is no timer for the head start no work begins, and every gate is as before")
    void noTimer() {
        TracedRace race = race(2, ms(30));
        lab.environment.scheduleThrows = number -> new RejectedExecutionException("shut down");

        assertThatThrownBy(() -> around(race).call(() -> lab.works.incrementAndGet()))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("got no timer");

        lab.environment.scheduleThrows = number -> null;
        assertThat(lab.works).hasValue(0);
        assertThat(race.decided).isEmpty();
        untilQuiet();
    }

    @Test
    @DisplayName(
            "RC-7: an interrupt of a caller whose executor runs attempts on his own thread ends the call, and is not lost")
    void interruptedInline() {
        TracedRace race = race(3, Duration.ZERO);
        race.executor = Runnable::run;
        AtomicInteger starts = new AtomicInteger();

        assertThatThrownBy(() -> around(race)
                        .callable(() -> {
                            starts.incrementAndGet();
                            Thread.currentThread().interrupt();
                            Thread.sleep(1_000);
                            return "never";
                        })
                        .call())
                .isInstanceOf(CallInterruptedException.class);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(starts).hasValue(1);
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName(
            "A limit that ends nothing by itself does not end the wait for attempts, and none starts when it is over")
    void inheritedLimit(Mode mode) {
        TracedRace race = race(3, Duration.ofNanos(Race.HOLD));
        IOException down = new IOException("down");

        Outcome failed = lab.environment.within(
                ms(30), () -> lab.run(mode, around(race), Step.fails(down).after(ms(60)), Step.gives("second")));

        assertThat(failed.failure()).isSameAs(down);
        assertThat(lab.works).hasValue(1);

        TracedRace other = race(1, Duration.ofNanos(Race.HOLD));
        Outcome late = lab.environment.within(
                ms(30), () -> lab.run(mode, around(other), Step.gives("late").after(ms(60))));
        assertThat(late.text()).isEqualTo("gave late");
        untilQuiet();
    }

    @Test
    @DisplayName("A rule that throws where several successes are needed makes one attempt fail, and does not decide")
    void ruleThrows() {
        TracedRace race = race(3, Duration.ZERO);
        race.need = 2;
        race.classifier = Classifier.standard().failOnResult(result -> {
            if (result.equals("broken")) {
                throw new IllegalStateException("cannot judge");
            }
            return false;
        });

        Outcome outcome = lab.run(Mode.ASYNC, around(race), Step.gives("broken"), Step.gives("a"), Step.gives("b"));

        assertThat(outcome.text()).isEqualTo("gave a");
    }

    @Test
    @DisplayName("A call that is given up is told of once")
    void abandoned() {
        TracedRace race = race(2, Duration.ZERO);
        CompletableFuture<Object> call = around(race).callAsync(CompletableFuture::new);
        call.cancel(true);
        call.cancel(true);
        lab.time.advance(Duration.ZERO);

        assertThat(race.abandoned).hasValue(1);
        assertThat(race.decided).isEmpty();
        untilQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("A race over targets refuses work that is not given one, before anything has begun")
    void needsPlace(Mode mode) {
        TracedRace race = race(2, Duration.ZERO);
        race.needsPlace = true;

        Outcome outcome = lab.run(mode, around(race), Step.gives("a"));

        assertThat(outcome.failure())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("work that is not given what to work on");
        assertThat(lab.works).hasValue(0);
        untilQuiet();
    }
}
