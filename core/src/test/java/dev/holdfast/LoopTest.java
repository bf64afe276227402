// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LoopTest {
    private final Lab lab = new Lab();
    private final Classifier<Object> poorFails = Classifier.standard().failOnResult("poor"::equals);

    @AfterEach
    void nothingIsLeft() {
        lab.assertBalanced("after the test");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-8 only failures are repeated: a success is told, what is ignored goes out as it is")
    void endings(Mode mode) {
        CancellationException ignored = new CancellationException();
        assertThat(lab.run(mode, lab.loop("r", 3, ms(1)), Step.gives("value")).value())
                .isEqualTo("value");
        assertThat(lab.run(mode, lab.loop("r", 3, ms(1)), Step.fails(ignored)).failure())
                .isSameAs(ignored);
        assertThat(lab.trace).containsExactly("work 1", "ok r 1", "work 2");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 next() gets the attempt, the delay before it, the outcome, the time and the time left")
    void whatNextGets(Mode mode) {
        List<String> asks = new ArrayList<>();
        Exception failure = new Exception("failure");
        Loop<Object> loop = new Loop<>("r", lab.environment) {
            @Override
            protected Classifier<? super Object> classifier() {
                return poorFails;
            }

            @Override
            protected void succeeded(int attempts) {
                asks.add("succeeded " + attempts);
            }

            @Override
            protected long next(
                    int number,
                    long previousDelay,
                    Object value,
                    Throwable failure,
                    long asked,
                    Call call,
                    long now,
                    long nanosLeft) {
                String outcome = failure == null ? String.valueOf(value) : failure.getMessage();
                asks.add(number + " " + previousDelay + " " + outcome + " " + now + " " + nanosLeft);
                return number * 1000L;
            }

            @Override
            protected long maxNanos() {
                return 100_000;
            }

            @Override
            protected Object gaveUp(Object value, int attempts) {
                throw new AssertionError("it succeeds");
            }
        };
        Step wrapped = Step.fails(new CompletionException(failure));
        lab.run(mode, loop, Step.fails(failure), Step.gives("poor"), wrapped, Step.gives("fourth"));

        assertThat(asks)
                .containsExactly(
                        "1 0 failure 0 100000", "2 1000 poor 1000 99000", "3 2000 failure 3000 97000", "succeeded 4");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 the delay before an attempt is what next() said last, also where that was none")
    void previousDelay(Mode mode) {
        List<Long> previous = new ArrayList<>();
        long[] delays = {5, 0, 7, 0, 0, 9};
        Loop<Object> loop = new Loop<>("r", lab.environment) {
            @Override
            protected Classifier<? super Object> classifier() {
                return Classifier.standard();
            }

            @Override
            protected void succeeded(int attempts) {}

            @Override
            protected long next(
                    int number,
                    long previousDelay,
                    Object value,
                    Throwable failure,
                    long asked,
                    Call call,
                    long now,
                    long nanosLeft) {
                previous.add(previousDelay);
                return number > delays.length ? STOP : delays[number - 1];
            }

            @Override
            protected long maxNanos() {
                return NO_LIMIT;
            }

            @Override
            protected Object gaveUp(Object value, int attempts) {
                return value;
            }
        };
        lab.run(mode, loop, Step.fails(new Exception()));
        assertThat(previous).containsExactly(0L, 5L, 0L, 7L, 0L, 0L, 9L);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A loop gets a clock reading if it asks for one, or if there is a limit, and none otherwise")
    void readings(Mode mode) {
        class Asking extends Loop<Object> {
            final List<Boolean> had = new ArrayList<>();
            private final long limit;

            Asking(long limit) {
                super("asking", lab.environment);
                this.limit = limit;
            }

            @Override
            protected Classifier<? super Object> classifier() {
                return Classifier.standard();
            }

            @Override
            protected void succeeded(int attempts) {}

            @Override
            protected long next(
                    int number,
                    long previousDelay,
                    Object value,
                    Throwable failure,
                    long asked,
                    Call call,
                    long now,
                    long nanosLeft) {
                had.add(now != NO_TIME);
                if (number == 2) {
                    return STOP;
                }
                return now == NO_TIME ? NEEDS_TIME : 0;
            }

            @Override
            protected long maxNanos() {
                return limit;
            }

            @Override
            protected Object gaveUp(Object value, int attempts) {
                return value;
            }
        }
        Asking unlimited = new Asking(Loop.NO_LIMIT);
        lab.run(mode, unlimited, Step.fails(new Exception()));
        assertThat(unlimited.had).containsExactly(false, true, false);

        Asking limited = new Asking(ms(5).toNanos());
        lab.run(mode, limited, Step.fails(new Exception()));
        assertThat(limited.had).containsExactly(true, true);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 without a limit or a deadline the time left has no end")
    void noLimit(Mode mode) {
        TracedLoop loop = lab.loop("r", 2, ms(1));
        lab.run(mode, loop, Step.fails(new Exception()));
        assertThat(loop.left).containsExactly(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /** Waits for 4 ms before each attempt, although its time of 10 ms may be over by then. */
    private TracedLoop oversleeping() {
        TracedLoop loop = lab.loop("r", 9, ms(4));
        loop.looksAtTime = false;
        loop.maxNanos = ms(10).toNanos();
        return loop;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 no attempt starts at or after the end of the time, even where the wait for it was allowed")
    void overslept(Mode mode) {
        TracedLoop loop = oversleeping();
        Exception failure = new Exception();
        Outcome outcome = lab.run(mode, loop, Step.fails(failure).after(ms(1)));

        assertThat(outcome.failure()).isSameAs(failure);
        assertThat(lab.trace).containsExactly("work 1", ">r 2", "work 2", ">r 3");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(10).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "RT-2 RT-3 a loop that is over after a wait gives up as any other: told, with what failed before, and once")
    void oversleptGivesUp(Mode mode) {
        TracedLoop loop = oversleeping();
        loop.classifier = poorFails;
        List<Event.RetriesExhausted> told = new ArrayList<>();
        loop.on(Event.RetriesExhausted.class, told::add);
        Exception first = new Exception("first");
        Exception last = new Exception("last");
        Outcome outcome = lab.run(
                mode, loop, Step.fails(first).after(ms(1)), Step.fails(last).after(ms(1)));
        assertThat(outcome.failure()).isSameAs(last);
        assertThat(last.getSuppressed()).containsExactly(first);
        assertThat(told).hasSize(1);

        lab.works.set(0);
        outcome = lab.run(mode, loop, Step.gives("poor").after(ms(1)));
        assertThat(outcome.value()).isEqualTo("poor");
        assertThat(lab.trace).endsWith("gaveUp r 2");
        assertThat(told).hasSize(2);
        lab.assertBalanced("gave up");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "RT-1 a loop inside of another begins anew with each attempt of it, also where a deadline cut it short")
    void beginsAnew(Mode mode) {
        Policy<Object> policy =
                Pipeline.of(lab.loop("outer", 3, ms(1)), lab.deadline("d", ms(10)), lab.loop("inner", 3, ms(4)));
        Outcome outcome = lab.run(
                mode,
                policy,
                Step.fails(new Exception()).after(ms(4)),
                Step.gives("late").after(ms(4)),
                Step.fails(new Exception()),
                Step.fails(new Exception()),
                Step.fails(new Exception()),
                Step.gives("value"));
        assertThat(outcome.value()).isEqualTo("value");
        assertThat(lab.trace)
                .filteredOn(step -> step.startsWith(">") || step.startsWith("stop") || step.startsWith("@"))
                .containsExactly(">inner 2", "@d", ">outer 2", ">inner 2", ">inner 3", "stop inner 3", ">outer 3");
        lab.assertBalanced("begins anew");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-3 giving up: the last failure as it is, the earlier ones suppressed in their order, ten at most")
    void givingUp(Mode mode) {
        Exception[] failures =
                IntStream.range(0, 30).mapToObj(i -> new Exception("" + i)).toArray(Exception[]::new);
        Step[] script =
                IntStream.range(0, 30).mapToObj(i -> Step.fails(failures[i])).toArray(Step[]::new);
        Outcome outcome = lab.run(mode, lab.loop("r", 30, ms(0)), script);

        assertThat(outcome.failure()).isSameAs(failures[29]);
        Throwable[] suppressed = outcome.failure().getSuppressed();
        assertThat(suppressed).hasSizeBetween(5, 10).endsWith(failures[28]);
        assertThat(suppressed).isSubsetOf(List.of(failures));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-7 one exception that is thrown every time is not suppressed in itself")
    void sameFailure(Mode mode) {
        Exception failure = new Exception();
        assertThat(lab.run(mode, lab.loop("r", 5, ms(1)), Step.fails(failure)).failure())
                .isSameAs(failure)
                .hasNoSuppressedExceptions();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A result that stays a failure goes through gaveUp(), and what that gives or throws is the outcome")
    void gaveUp(Mode mode) {
        TracedLoop loop = lab.loop("r", 2, ms(1));
        loop.classifier = poorFails;
        assertThat(lab.run(mode, loop, Step.gives("poor")).value()).isEqualTo("poor");
        assertThat(lab.trace).endsWith("stop r 2", "gaveUp r 2");

        lab.works.set(0);
        Exception first = new Exception("first");
        loop.throwsAt = "gaveUp";
        loop.throwing = new IllegalStateException("gave up");
        assertThat(lab.run(mode, loop, Step.fails(first), Step.gives("poor")).failure())
                .isSameAs(loop.throwing)
                .satisfies(thrown -> assertThat(thrown.getSuppressed()).containsExactly(first));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A success after failures is a success: nothing of them is kept")
    void successAfterFailures(Mode mode) {
        Step[] script = {Step.fails(new Exception()), Step.fails(new Error()), Step.gives(null)};
        Outcome outcome = lab.run(mode, lab.loop("r", 3, ms(1)), script);
        assertThat(outcome).isEqualTo(new Outcome(null, null));
        assertThat(lab.trace).endsWith("ok r 3");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("Loops around each other multiply; each call tells the attempt of the innermost")
    void nested(Mode mode) {
        List<Integer> attempts = new ArrayList<>();
        Policy<Object> policy = Pipeline.of(lab.loop("outer", 2, ms(1)), lab.loop("inner", 3, ms(1)));
        IllegalStateException failure = new IllegalStateException();
        if (mode == Mode.SYNC) {
            try {
                policy.callWith(call -> {
                    attempts.add(call.attempt());
                    throw failure;
                });
            } catch (IllegalStateException expected) {
                assertThat(expected).isSameAs(failure);
            }
        } else {
            lab.outcome(policy.callAsyncWith(call -> {
                attempts.add(call.attempt());
                return lab.stage(Step.fails(failure), mode == Mode.ASYNC_LATER);
            }));
        }
        assertThat(attempts).containsExactly(1, 2, 3, 1, 2, 3);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("Listeners hear each further attempt and the giving up, with the call as it was then")
    void events(Mode mode) {
        List<String> told = new ArrayList<>();
        TracedLoop loop = lab.loop("r", 3, ms(7));
        loop.on(
                Event.RetryScheduled.class,
                event -> told.add(event.policy() + " " + event.call().attempt() + " " + event.delay() + " "
                        + event.outcome().result().orElse(null) + " "
                        + event.outcome().failure()));
        loop.on(
                Event.RetriesExhausted.class,
                event -> told.add("exhausted " + event.call().attempt() + " "
                        + event.outcome().result().orElse(null) + " "
                        + event.outcome().failure()));
        loop.classifier = poorFails;
        Error failure = new Error("work");
        lab.run(mode, loop, Step.gives("poor"), Step.fails(failure));

        assertThat(told)
                .containsExactly(
                        "r 1 PT0.007S poor null", "r 2 PT0.007S null " + failure, "exhausted 3 null " + failure);
    }

    @Test
    @DisplayName("RT-4 interrupted while waiting: stops at once, flag set, the last failure suppressed")
    void interrupted() {
        Exception first = new Exception("first");
        Exception second = new Exception("second");
        lab.time.schedule(Thread.currentThread()::interrupt, ms(15).toNanos());
        Outcome outcome = lab.run(Mode.SYNC, lab.loop("r", 9, ms(10)), Step.fails(first), Step.fails(second));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(outcome.failure())
                .isInstanceOf(CallInterruptedException.class)
                .hasMessage("interrupted while 'r' made the caller wait");
        assertThat(outcome.failure().getSuppressed()).contains(second, first);
        assertThat(lab.works).hasValue(2);
        assertThat(lab.time.nanoTime()).isEqualTo(ms(15).toNanos());
    }

    @Test
    @DisplayName("RT-4 interrupted while waiting after a result, and before a wait of no time: no attempt, no NPE")
    void interruptedAfterAResult() {
        for (long delay : new long[] {0, 10}) {
            TracedLoop loop = lab.loop("r", 9, ms(delay));
            loop.classifier = poorFails;
            loop.onNext = Thread.currentThread()::interrupt;
            int before = lab.works.get();
            Outcome outcome = lab.run(Mode.SYNC, loop, Step.gives("poor"));

            assertThat(Thread.interrupted()).isTrue();
            assertThat(outcome.failure())
                    .isInstanceOf(CallInterruptedException.class)
                    .hasNoSuppressedExceptions();
            assertThat(lab.works).hasValue(before + 1);
        }
    }

    @Test
    @DisplayName("RT-4 the work is interrupted and says so: nothing is repeated")
    void interruptedWork() {
        lab.time.schedule(Thread.currentThread()::interrupt, ms(1).toNanos());
        Outcome outcome =
                lab.run(Mode.SYNC, lab.loop("r", 9, ms(10)), Step.gives("value").after(ms(5)));
        assertThat(outcome.failure()).isInstanceOf(InterruptedException.class);
        assertThat(lab.works).hasValue(1);
    }
}
