// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Call;
import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Heat;
import dev.holdfast.Lease;
import dev.holdfast.Outcome;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.RejectedException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PolicyVerifierTest {
    private static final Duration MS = Duration.ofMillis(1);

    @Nested
    @DisplayName("sound policies")
    class Sound {
        @Test
        @DisplayName("a gate with permits and a queue")
        void gate() {
            PolicyVerifier.of(time -> new Slots(time, 5))
                    .counting(slots -> slots.counts().calls())
                    .holding(Slots::held)
                    .verify();
        }

        @Test
        @DisplayName("a loop, with and without delays")
        void loop() {
            PolicyVerifier.of(time -> new Again(time, 3, MS)).verify();
            PolicyVerifier.of(time -> new Again(time, 3, Duration.ZERO)).verify();
            PolicyVerifier.of(time -> new Again(time, 1, MS)).verify();
        }

        @Test
        @DisplayName("a deadline that passes, and none")
        void deadline() {
            PolicyVerifier.of(time -> new Limit(time, Duration.ofSeconds(1))).verify();
            PolicyVerifier.of(time -> new Limit(time, Duration.ofNanos(Long.MAX_VALUE)))
                    .verify();
            PolicyVerifier.of(time -> new Limit(time, Duration.ZERO)).verify();
        }

        @Test
        @DisplayName("a recovery, whose step takes no time, takes some, or has nothing to give")
        void recovery() {
            PolicyVerifier.of(time -> new Instead(time, () -> CompletableFuture.completedFuture("instead")))
                    .verify();
            PolicyVerifier.of(time -> new Instead(
                            time,
                            () -> Script.of(time).gives("instead").after(MS).stage()))
                    .verify();
            PolicyVerifier.of(time -> new Instead(time, () -> null)).verify();
        }

        @Test
        @DisplayName("a race, whose attempts overlap or follow each other")
        void race() {
            PolicyVerifier.of(time -> new Twice(time, MS.multipliedBy(3))).verify();
            PolicyVerifier.of(time -> new Twice(time, Duration.ofDays(1))).verify();
        }

        @Test
        @DisplayName("an around")
        void around() {
            PolicyVerifier.of(Watcher::new)
                    .counting(watcher -> watcher.ended.get())
                    .holding(watcher -> watcher.underWay.get())
                    .verify();
        }
    }

    private static <P extends Policy<? super String>> void breaks(Law law, Function<Environment, P> factory) {
        breaks(law, PolicyVerifier.of(factory));
    }

    private static void breaks(Law law, PolicyVerifier<?> verifier) {
        assertThatThrownBy(verifier::verify)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(" breaks a law: " + law.text + "\n  found:    ")
                .hasMessageContaining("\n  scenario: ")
                .hasMessageContaining("\n  way:      ")
                .hasMessageContaining("\n  trace:    ");
    }

    @Nested
    @DisplayName("broken gates are found")
    class BrokenGates {
        @Test
        @DisplayName("one that gives no permit back")
        void forgetsExit() {
            class Leaking extends Slots {
                Leaking(Environment time) {
                    super(time, 5);
                }

                @Override
                void giveBack() {}
            }
            breaks(Law.CAPACITY, Leaking::new);
            breaks(Law.HELD, PolicyVerifier.of(Leaking::new).holding(Slots::held));
        }

        @Test
        @DisplayName("one that gives a permit back only after a success")
        void forgetsFailures() {
            breaks(Law.CAPACITY, time -> new Slots(time, 5) {
                @Override
                protected boolean exit(
                        long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
                    return ending != Ending.SUCCESS || super.exit(stamp, ending, failure, now, elapsedNanos);
                }
            });
        }

        @Test
        @DisplayName("one that gives a permit back twice")
        void givesBackTwice() {
            breaks(Law.CAPACITY, time -> new Slots(time, 5) {
                @Override
                void giveBack() {
                    super.giveBack();
                    super.giveBack();
                }
            });
        }

        @Test
        @DisplayName("one that forgets those who gave up waiting: nobody comes past their places")
        void forgetsAbandoned() {
            breaks(
                    Law.HELD,
                    PolicyVerifier.of(time -> new Slots(time, 5) {
                                @Override
                                void abandoned(Place place) {
                                    // Stays in the queue.
                                }

                                @Override
                                void giveBack() {
                                    available.incrementAndGet();
                                }
                            })
                            .holding(slots -> slots.queue.size()));
        }

        @Test
        @DisplayName("one that throws in enter, at once or now and then")
        void throwsInEnter() {
            breaks(Law.OUTCOME, time -> new Slots(time, 5) {
                @Override
                protected long enter(long now) {
                    throw new IllegalStateException("enter");
                }
            });
            AtomicInteger entered = new AtomicInteger();
            breaks(Law.OUTCOME, time -> new Slots(time, 5) {
                @Override
                protected long enter(long now) {
                    if (entered.incrementAndGet() % 97 == 0) {
                        throw new IllegalStateException("enter");
                    }
                    return super.enter(now);
                }
            });
        }

        @Test
        @DisplayName("one that throws in exit, or there needs a time that it does not get")
        void throwsInExit() {
            breaks(Law.COUNTS, time -> new Slots(time, 5) {
                @Override
                protected boolean exit(
                        long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
                    giveBack();
                    throw new IllegalStateException("exit");
                }
            });
            breaks(Law.COUNTS, time -> new Slots(time, 5) {
                @Override
                protected boolean exit(
                        long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
                    return false;
                }
            });
        }

        @Test
        @DisplayName("one that answers what is no answer, or has no rejection")
        void strangeAnswers() {
            breaks(Law.OUTCOME, time -> new Slots(time, 5) {
                @Override
                protected long enter(long now) {
                    return -7;
                }
            });
            breaks(Law.OUTCOME, time -> new Slots(time, 5) {
                @Override
                protected long enter(long now) {
                    return INSTEAD;
                }
            });
            breaks(
                    Law.OUTCOME,
                    PolicyVerifier.of(time -> new Slots(time, 0) {
                                @Override
                                protected RejectedException rejection(long now) {
                                    return null;
                                }
                            })
                            .varyingCapacity());
        }

        @Test
        @DisplayName("one that leaves a timer behind")
        void leavesTimers() {
            breaks(Law.TIMERS, time -> new Slots(time, 5) {
                @Override
                protected long enter(long now) {
                    environment().schedule(() -> {}, MS.toNanos() * 1_000_000);
                    return super.enter(now);
                }
            });
        }

        @Test
        @DisplayName("one that leaves an interrupt behind")
        void interrupts() {
            breaks(Law.INTERRUPTS, time -> new Slots(time, 5) {
                @Override
                protected boolean exit(
                        long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
                    Thread.currentThread().interrupt();
                    return super.exit(stamp, ending, failure, now, elapsedNanos);
                }
            });
        }

        @Test
        @DisplayName("one that does not live in the environment that it gets, or by another clock or chance")
        void elsewhere() {
            breaks(Law.ENVIRONMENT, time -> new Slots(VirtualTime.create(), 5));
            AtomicInteger chance = new AtomicInteger();
            breaks(
                    Law.TIME,
                    PolicyVerifier.of(time -> new Slots(time, 5) {
                                @Override
                                protected long enter(long now) {
                                    return chance.incrementAndGet() % 2 == 0 ? REFUSED : super.enter(now);
                                }
                            })
                            .varyingCapacity());
        }

        @Test
        @DisplayName("one that compares readings as if clocks never wrapped around")
        void wrapsAround() {
            breaks(
                    Law.TIME,
                    PolicyVerifier.of(time -> new Slots(time, 5) {
                                private final long until =
                                        time.nanoTime() + Duration.ofDays(9).toNanos();

                                @Override
                                protected long enter(long now) {
                                    return now == NO_TIME ? NEEDS_TIME : now > until ? REFUSED : super.enter(now);
                                }
                            })
                            .varyingCapacity());
        }

        @Test
        @DisplayName("one whose listeners change what happens")
        void listeners() {
            breaks(Law.LISTENERS, time -> new Slots(time, 5) {
                @Override
                protected long enter(long now) {
                    return isWatched(Event.CallEnded.class) ? REFUSED : super.enter(now);
                }
            });
        }
    }

    @Nested
    @DisplayName("other broken policies are found")
    class Others {
        @Test
        @DisplayName("a loop that never stops, with and without delays")
        void neverStops() {
            breaks(Law.ENDS, time -> new Again(time, Integer.MAX_VALUE, Duration.ZERO));
            breaks(Law.ENDS, time -> new Again(time, Integer.MAX_VALUE, MS));
            breaks(Law.ENDS, time -> new Again(time, Integer.MAX_VALUE, Duration.ofDays(30)));
        }

        @Test
        @DisplayName("a loop that throws, or puts something in the place of a failure")
        void loop() {
            breaks(Law.OUTCOME, time -> new Again(time, 3, MS) {
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
                    throw new IllegalStateException("next");
                }
            });
        }

        @Test
        @DisplayName("a deadline that cannot say its limit, or what has passed")
        void deadline() {
            breaks(Law.OUTCOME, time -> new Limit(time, MS) {
                @Override
                protected long nanos(Call call) {
                    return call.timeLeft().orElseThrow().toNanos();
                }
            });
            breaks(Law.OUTCOME, time -> new Limit(time, MS) {
                @Override
                protected RuntimeException exceeded(long nanos) {
                    return null;
                }
            });
        }

        @Test
        @DisplayName("a deadline whose counts do not balance, or which depends on who calls")
        void deadlineCounts() {
            class Counting extends Limit {
                final AtomicInteger kept = new AtomicInteger();

                Counting(Environment time) {
                    super(time, MS.multipliedBy(5));
                }

                @Override
                protected void kept() {
                    kept.incrementAndGet();
                }
            }
            breaks(Law.COUNTS, PolicyVerifier.of(Counting::new).counting(limit -> limit.kept.get()));
            breaks(Law.TIME, time -> new Limit(time, MS) {
                @Override
                protected long nanos(Call call) {
                    return time.nanoTime() > 0 ? 0 : MS.toNanos() / 4;
                }
            });
        }

        @Test
        @DisplayName("a recovery whose step never completes")
        void recovery() {
            breaks(Law.ENDS, time -> new Instead(time, CompletableFuture::new));
        }

        @Test
        @DisplayName("a recovery that gives something else in each way")
        void recoveryByThread() {
            breaks(
                    Law.SAME,
                    time -> new Instead(
                            time,
                            () -> CompletableFuture.completedFuture(
                                    StackWalker.getInstance()
                                                    .walk(frames -> frames.anyMatch(frame ->
                                                            frame.getClassName().endsWith("AsyncEngine")))
                                            ? "a text"
                                            : (Object) 1)));
        }

        @Test
        @DisplayName("a race that cannot say what it works on, or whose decision stumbles")
        void race() {
            breaks(Law.OUTCOME, time -> new Twice(time, MS) {
                @Override
                protected Lease<?> target(Call call) {
                    throw new IllegalStateException("target");
                }
            });
            breaks(Law.OUTCOME, time -> new Twice(time, MS) {
                @Override
                protected Outcome<Object> decide(Heat<Object> heat) {
                    return null;
                }
            });
        }

        @Test
        @DisplayName("an around that forgets an end")
        void around() {
            breaks(
                    Law.HELD,
                    PolicyVerifier.of(time -> new Watcher(time) {
                                @Override
                                protected void end(Object watch, Outcome<?> outcome) {
                                    if (!outcome.isFailure()) {
                                        super.end(watch, outcome);
                                    }
                                }
                            })
                            .holding(watcher -> watcher.underWay.get()));
        }
    }

    @Test
    @DisplayName("a pipeline is no single policy, and what is missing is said")
    void mistakes() {
        assertThatThrownBy(() -> PolicyVerifier.of(time -> Pipeline.of(new Limit(time, MS)))
                        .verify())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(expected: a single policy)");
        assertThatThrownBy(() -> PolicyVerifier.of(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> PolicyVerifier.of(time -> null).verify()).isInstanceOf(NullPointerException.class);
    }

    @Test
    @DisplayName("a policy that looks at results of one type gets those")
    void typed() {
        class Numbers extends Limit {
            Numbers(Environment time) {
                super(time, MS);
            }

            @Override
            protected Set<Class<? extends Event>> events() {
                return Set.of();
            }
        }
        assertThatCode(() -> PolicyVerifier.of(Numbers::new, 4711).verify()).doesNotThrowAnyException();
    }
}
