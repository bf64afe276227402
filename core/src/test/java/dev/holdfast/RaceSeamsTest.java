// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.TracedRace;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Races where they meet what is around them: rules that throw, races in races, deaf work, ends that come too early or too late. */
@Timeout(60)
class RaceSeamsTest {
    private final Lab lab = new Lab();
    private final TracedGate outer = lab.gate("outer");
    private final TracedGate inner = lab.gate("inner");

    /** Starts all attempts at once, and needs so many successes. */
    private class Quorum extends Race<Object> {
        private final int attempts;
        private final int need;
        boolean callsOff = true;

        Quorum(int attempts, int need) {
            super("quorum", lab.environment);
            this.attempts = attempts;
            this.need = need;
        }

        @Override
        protected int attempts() {
            return attempts;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Classifier.standard();
        }

        @Override
        protected long headStart(Call call) {
            return 0;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            return heat.ended(Ending.SUCCESS) >= need ? OVER : heat.started() < attempts ? START : HOLD;
        }

        @Override
        protected boolean firstSuccessWins() {
            return need == 1;
        }

        @Override
        protected boolean callsOff() {
            return callsOff;
        }

        @Override
        protected java.util.concurrent.Executor executor() {
            return lab.time.threads();
        }
    }

    private void deaf(Duration duration) {
        long end = lab.time.nanoTime() + duration.toNanos();
        while (lab.time.nanoTime() < end) {
            try {
                lab.time.sleep(Duration.ofNanos(end - lab.time.nanoTime()));
            } catch (InterruptedException ignored) {
                continue;
            }
        }
    }

    private CompletableFuture<Object> stuck(List<CompletableFuture<Object>> stages, Policy<Object> pipeline) {
        return pipeline.callAsync(() -> {
            CompletableFuture<Object> stage = new CompletableFuture<>();
            stages.add(stage);
            return Lab.foreign(stage);
        });
    }

    private boolean has(String step) {
        return List.copyOf(lab.trace).contains(step);
    }

    @Test
    @DisplayName("RC-2: the caller's own attempt, which ends after the decision, is not what it gets")
    void lateOwnAttempt() {
        Quorum quorum = new Quorum(3, 2);
        quorum.callsOff = false;
        List<Object> discarded = Collections.synchronizedList(new ArrayList<>());
        Thread caller = Thread.currentThread();

        Object result = Lab.pipeline(List.of(quorum)).discarding(discarded::add).call(() -> {
            Lab.sleep(lab, ms(Thread.currentThread() == caller ? 100 : 10));
            return Thread.currentThread() == caller ? "own" : Thread.currentThread();
        });

        assertThat(result).isInstanceOf(Thread.class);
        assertThat(discarded).hasSize(2).contains("own").doesNotContain(result);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("A timer that cannot be set for another attempt leaves the race to those under way")
    void noTimer(Mode mode) {
        TracedRace race = lab.race("race", 3, ms(30));
        race.onNext = () -> lab.environment.scheduleThrows = number -> new RejectedExecutionException("shut down");

        Outcome outcome =
                lab.run(mode, Lab.pipeline(List.of(race)), Step.gives("slow").after(ms(100)));

        lab.environment.scheduleThrows = number -> null;
        assertThat(outcome.failure() == null || outcome.failure() instanceof UnavailableException)
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"firstSuccessWins", "callsOff", "executor", "decide", "attemptEnded", "notStarted", "decided"})
    @DisplayName("What the race's own code throws lets no caller wait for ever")
    void rulesThatThrow(String where) {
        for (Mode mode : Mode.values()) {
            Quorum quorum = new Quorum(2, 1) {
                private void throwAt(String place) {
                    if (place.equals(where)) {
                        throw new IllegalStateException(where);
                    }
                }

                @Override
                protected boolean firstSuccessWins() {
                    throwAt("firstSuccessWins");
                    return !where.equals("decide");
                }

                @Override
                protected boolean callsOff() {
                    throwAt("callsOff");
                    return true;
                }

                @Override
                protected java.util.concurrent.Executor executor() {
                    throwAt("executor");
                    return super.executor();
                }

                @Override
                protected dev.holdfast.Outcome<Object> decide(Heat<Object> heat) {
                    throwAt("decide");
                    return super.decide(heat);
                }

                @Override
                protected void attemptEnded(int attempt, Lease<?> target, Ending ending, long nanos) {
                    throwAt("attemptEnded");
                }

                @Override
                protected void notStarted(Heat<Object> heat, int attempt, boolean noThread) {
                    throwAt("notStarted");
                }

                @Override
                protected void decided(int attempt, Ending ending, int started) {
                    throwAt("decided");
                }
            };
            Outcome outcome = lab.run(
                    mode, Lab.pipeline(List.of(outer, quorum)), Step.gives("a").after(ms(10)));

            assertThat(outcome.failure() == null
                            || outcome.failure().getMessage().equals(where))
                    .as("%s: %s", mode, outcome.text())
                    .isTrue();
        }
        Lab.until(() ->
                lab.trace.stream().filter(step -> step.startsWith("-outer")).count() == 3);
    }

    @Test
    @DisplayName("RC-3: an attempt that is called off before it has begun is out, and keeps no gate")
    void calledOffBeforeItBegins() {
        outer.holds = true;
        TracedRace race = lab.race("race", 2, ms(30));
        CompletableFuture<Object> first = new CompletableFuture<>();
        race.on(Event.AttemptStarted.class, event -> first.complete("first"));
        CompletableFuture<Object> call = Lab.pipeline(List.of(outer, race)).callAsync(() -> first);

        lab.time.advance(ms(30));

        assertThat(lab.outcome(call).text()).isEqualTo("gave first");
        lab.time.advance(ms(1));
        Lab.until(() -> has("-outer SUCCESS"));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("Results that a race has kept are discarded when the call is given up")
    void keptResults(Mode mode) {
        List<Object> discarded = Collections.synchronizedList(new ArrayList<>());
        Policy<Object> pipeline = Lab.pipeline(List.of(lab.deadline("deadline", ms(50)), new Quorum(2, 2)))
                .discarding(discarded::add);

        Outcome outcome = lab.run(
                mode, pipeline, Step.gives("a").after(ms(5)), Step.gives("b").after(ms(1_000)));

        assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(discarded).contains("a");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("RC-4: a gate that holds waits for the attempts of races inside of races")
    void raceInARace(Mode mode) {
        outer.holds = true;
        Policy<Object> pipeline =
                Lab.pipeline(List.of(outer, lab.race("slow", 2, ms(1_000)), lab.race("quick", 2, ms(10))));
        List<CompletableFuture<Object>> stages = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger works = new AtomicInteger();
        if (mode == Mode.SYNC) {
            pipeline.call(() -> {
                if (works.getAndIncrement() == 0) {
                    Lab.sleep(lab, ms(30));
                } else {
                    deaf(ms(500));
                }
                return "";
            });
        } else {
            CompletableFuture<Object> call = stuck(stages, pipeline);
            lab.time.advance(ms(20));
            stages.get(0).complete("first");
            lab.time.advance(ms(1));
            assertThat(call).isCompletedWithValue("first");
        }
        assertThat(has("-outer SUCCESS")).isFalse();

        lab.time.advance(ms(2_000));
        stages.forEach(stage -> stage.complete("late"));
        lab.time.advance(ms(1));
        Lab.until(() -> has("-outer SUCCESS"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"ASYNC", "ASYNC_LATER"})
    @DisplayName("RC-4: and for those of the earlier attempts of a loop around the race")
    void loopAroundARace(Mode mode) {
        outer.holds = true;
        Quorum quorum = new Quorum(2, 1) {
            @Override
            protected long next(Heat<Object> heat, long now) {
                return heat.ended(Ending.FAILURE) > 0 ? OVER : heat.started() < 2 ? START : HOLD;
            }
        };
        List<CompletableFuture<Object>> stages = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Object> call =
                stuck(stages, Lab.pipeline(List.of(outer, lab.loop("loop", 2, ms(5)), quorum)));
        lab.time.advance(ms(1));
        stages.get(0).completeExceptionally(new IOException());
        lab.time.advance(ms(20));
        assertThat(stages).hasSize(4);
        stages.get(2).complete("ok");
        stages.get(3).complete("ok");
        lab.time.advance(ms(1));
        assertThat(call).isCompletedWithValue("ok");
        assertThat(has("-outer SUCCESS")).isFalse();

        stages.get(1).complete("late");
        lab.time.advance(ms(1));
        Lab.until(() -> has("-outer SUCCESS"));
    }

    @Test
    @DisplayName("RC-7: a deadline ends the other attempts at its time, also while the caller's own is deaf")
    void deafCaller() {
        List<Long> ends = Collections.synchronizedList(new ArrayList<>());
        TracedRace race = lab.race("race", 5, ms(20));
        Thread caller = Thread.currentThread();

        Outcome outcome = new Outcome(
                null,
                org.assertj.core.api.Assertions.catchThrowable(() -> Lab.pipeline(
                                List.of(lab.deadline("deadline", ms(50)), race))
                        .call(() -> {
                            if (Thread.currentThread() == caller) {
                                deaf(ms(200));
                                return "own";
                            }
                            try {
                                lab.time.sleep(ms(1_000));
                            } catch (InterruptedException end) {
                                ends.add(lab.time.nanoTime() / 1_000_000);
                            }
                            return "other";
                        })));

        assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class);
        Lab.until(() -> ends.size() == 2);
        assertThat(ends).containsExactly(50L, 50L);
    }

    @Test
    @DisplayName(
            "An attempt that is called off as a part of another race, or runs on threads of a gate, has not failed")
    void calledOffFurtherIn() {
        TracedGate threads = lab.gate("threads");
        threads.executor = lab.time.threads();
        for (Policy<Object> between : List.<Policy<Object>>of(lab.race("between", 2, ms(1_000)), threads)) {
            AtomicInteger works = new AtomicInteger();
            Object result = Lab.pipeline(List.of(lab.race("race", 2, ms(10)), between, inner))
                    .call(() -> {
                        if (works.getAndIncrement() == 1) {
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
        }
        Lab.until(() ->
                List.copyOf(lab.trace).stream().filter("-inner IGNORED"::equals).count() == 2);
        assertThat(has("-inner FAILURE")).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("An environment that closes ends a race that waits to start another attempt")
    void closing(Mode mode) throws Exception {
        Environment environment = Environment.builder().build();
        TracedRace shape = lab.race("shape", 2, ms(1));
        Race<Object> patient = new Race<>("patient", environment) {
            @Override
            protected int attempts() {
                return 2;
            }

            @Override
            protected Classifier<? super Object> classifier() {
                return shape.classifier();
            }

            @Override
            protected long headStart(Call call) {
                return HOLD;
            }

            @Override
            protected long next(Heat<Object> heat, long now) {
                environment.close();
                return Duration.ofHours(1).toNanos();
            }
        };
        IOException failure = new IOException();

        Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(() -> {
            if (mode == Mode.SYNC) {
                patient.<Object, IOException>callChecked(() -> {
                    throw failure;
                });
            } else {
                patient.callAsync(() -> CompletableFuture.failedFuture(failure)).get(20, TimeUnit.SECONDS);
            }
        });

        assertThat(thrown)
                .matches(it -> it instanceof UnavailableException || it == failure || it.getCause() == failure);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("A race that is called over before an attempt has ended goes on")
    void overAtOnce(Mode mode) {
        Quorum quorum = new Quorum(2, 1) {
            @Override
            protected long next(Heat<Object> heat, long now) {
                return OVER;
            }
        };

        assertThat(lab.run(
                                mode,
                                Lab.pipeline(List.of(outer, quorum)),
                                Step.gives("a").after(ms(10)))
                        .text())
                .isEqualTo("gave a");
    }

    @Test
    @DisplayName(
            "The context of a call on a target names that among its arguments; of a race in a race, lanes begin with 0")
    void contexts() {
        TracedRace race = lab.race("race", 2, Duration.ofNanos(Race.HOLD));
        race.leases = number -> Lease.of("node" + number);
        List<Object> arguments = new ArrayList<>();
        inner.on(
                Event.CallEnded.class,
                event -> arguments.add(event.call().argument().orElseThrow()));
        Lab.pipeline(List.of(race, inner))
                .<Object, Object, Object>biFunction((node, sku) -> node)
                .apply(Lease.place(), 1);
        Lab.pipeline(List.of(race, inner))
                .<Object, Object>function(node -> node)
                .apply(Lease.place());
        assertThat(arguments).containsExactly(List.of("node0", 1), "node0");

        List<Integer> lanes = new ArrayList<>();
        TracedRace first = lab.race("first", 2, Duration.ofNanos(Race.HOLD));
        TracedRace second = lab.race("second", 1, Duration.ofNanos(Race.HOLD));
        Object result = Lab.pipeline(List.of(first, second)).<Object>callWith(call -> {
            lanes.add(call.lane());
            return lanes.size() == 1 ? Lab.<Object, RuntimeException>sneak(new IOException()) : "done";
        });
        assertThat(result).isEqualTo("done");
        assertThat(lanes).containsExactly(0, 0);
    }

    @Test
    @DisplayName("Of calls without a result, a race sees none")
    void withoutResult() {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        Quorum quorum = new Quorum(2, 2) {
            @Override
            protected dev.holdfast.Outcome<Object> decide(Heat<Object> heat) {
                seen.add(heat.outcome(0) + " " + heat.outcome(1).result());
                return dev.holdfast.Outcome.ofResult("made up");
            }
        };
        List<Object> heard = new ArrayList<>();
        outer.on(
                Event.CallEnded.class,
                event -> heard.add(String.valueOf(event.outcome().result().orElse(null))));

        Lab.pipeline(List.of(outer, quorum)).run(() -> {});

        assertThat(seen).containsExactly("gave null Optional.empty");
        assertThat(heard).containsExactly("null");
    }

    @Test
    @DisplayName(
            "XC-13: an attempt that never ends keeps neither the result that the caller got, nor the call's argument")
    void retention() throws InterruptedException {
        TracedRace race = lab.race("race", 2, ms(10));
        List<CompletableFuture<Object>> stages = Collections.synchronizedList(new ArrayList<>());
        byte[] argument = new byte[1];
        Object result = new Object();
        CompletableFuture<Object> call = Lab.pipeline(List.of(race, inner))
                .<byte[], Object>asyncFunction(given -> {
                    CompletableFuture<Object> stage = new CompletableFuture<>();
                    stages.add(stage);
                    return Lab.foreign(stage);
                })
                .apply(argument);
        lab.time.advance(ms(20));
        stages.get(1).complete(result);
        lab.time.advance(ms(1));
        assertThat(call).isCompletedWithValue(result);
        stages.remove(1);

        List<WeakReference<Object>> gone = List.of(new WeakReference<>(argument), new WeakReference<>(result));
        argument = null;
        result = null;
        call = null;
        for (int i = 0; i < 100 && gone.stream().anyMatch(each -> each.get() != null); i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(gone).allMatch(each -> each.get() == null);
        assertThat(stages).hasSize(1);
    }

    @Test
    @DisplayName("RC-7: cancelled at any moment, a race leaves no timer, and gives every permit back")
    void cancelledAtAnyMoment() {
        Environment environment = Environment.system();
        CountingGate gate = new CountingGate("gate", environment);
        CountingGate holding = new CountingGate("holding", environment) {
            @Override
            protected boolean holdsUntilWorkEnds() {
                return true;
            }
        };
        Race<Object> hedge = new Race<>("hedge", environment) {
            @Override
            protected int attempts() {
                return 4;
            }

            @Override
            protected Classifier<? super Object> classifier() {
                return Classifier.standard();
            }

            @Override
            protected long headStart(Call call) {
                return 15_000;
            }

            @Override
            protected long next(Heat<Object> heat, long now) {
                return heat.started() < 3 ? START : Duration.ofHours(1).toNanos();
            }
        };
        Policy<Object> pipeline = Pipeline.of(holding, hedge, gate);
        for (int round = 0; round < 3_000; round++) {
            long end = System.nanoTime() + 10_000 + round % 97 * 1_000;
            CompletableFuture<Object> call = pipeline.callAsync(() -> new CompletableFuture<>());
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            call.cancel(true);
            assertThat(call).isCancelled();
        }
        Lab.until(() -> gate.left.get() == gate.entered.get() && holding.left.get() == holding.entered.get());
    }

    @Test
    @DisplayName("RC-9: an attempt whose executor takes the thread back was not started, and interrupts nobody else")
    void threadTakenBack() {
        TracedRace race = lab.race("race", 2, ms(10));
        Thread caller = Thread.currentThread();

        Object result = Lab.pipeline(List.of(race, inner)).call(() -> {
            if (Thread.currentThread() != caller) {
                // As a pool does that is shut down.
                Thread.currentThread().interrupt();
            }
            Lab.sleep(lab, ms(50));
            return "own";
        });

        assertThat(result).isEqualTo("own");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(race.ended).containsExactly("0 SUCCESS 50");
    }
}
