// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class TurnsTest {
    private final Lab lab = new Lab();
    private final TracedGate gate = lab.gate("g");

    private Outcome run(Mode mode, Wait wait) {
        gate.waits = number -> wait;
        Outcome outcome = lab.run(mode, Pipeline.of(lab.gate("a"), gate, lab.gate("b")), Step.gives("value"));
        lab.assertBalanced(mode);
        return outcome;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RL-2 a turn that is a time: the call goes in at the end of the wait, not before")
    void timeBased(Mode mode) {
        assertThat(run(mode, new Wait(ms(7), null, true)).value()).isEqualTo("value");
        assertThat(lab.trace)
                .containsExactly("+a", "?g", "+g", "+b", "work 1", "-b SUCCESS", "-g SUCCESS", "-a SUCCESS");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(7).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RL-4 nobody granted the turn in time: refused at the end of the wait, and counted")
    void notGranted(Mode mode) {
        assertThat(run(mode, new Wait(ms(7), null, false)).failure()).isInstanceOf(Lab.Refused.class);
        assertThat(lab.trace).containsExactly("+a", "?g", "!g", "-a IGNORED");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(7).toNanos());
        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 0, 1, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("BH-4 a turn that is granted: the call goes in then, and its timer is gone")
    void granted(Mode mode) {
        assertThat(run(mode, new Wait(ms(100), ms(7), false)).value()).isEqualTo("value");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(7).toNanos());
        assertThat(gate.counts()).isEqualTo(new CallCounts(1, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-5 a turn that may wait for ever, and one that may not wait at all")
    void extremeWaits(Mode mode) {
        assertThat(run(mode, new Wait(Duration.ofNanos(Long.MAX_VALUE), ms(7), false))
                        .value())
                .isEqualTo("value");
        assertThat(run(mode, new Wait(ms(0), ms(7), false)).failure()).isInstanceOf(Lab.Refused.class);
        assertThat(run(mode, new Wait(ms(-1), null, true)).value()).isEqualTo("value");
        assertThat(lab.time.nanoTime()).isEqualTo(ms(7).toNanos());
    }

    /** A turn that is in the test's hand. */
    private static class HandTurn extends Turn {
        final List<String> told = new ArrayList<>();

        @Override
        protected long nanos() {
            return ms(5).toNanos();
        }

        @Override
        protected long due() {
            told.add("due");
            return Gate.REFUSED;
        }

        @Override
        protected void abandoned() {
            told.add("abandoned");
        }
    }

    @Test
    @DisplayName("BH-3 a grant wins against giving up, or loses: one of the two, decided once")
    void oneWinner() {
        HandTurn granted = new HandTurn();
        AtomicInteger woken = new AtomicInteger();
        granted.onDecision(woken::incrementAndGet);
        assertThat(granted.isDecided()).isFalse();
        assertThat(granted.grant(17)).isTrue();
        assertThat(granted.isDecided()).isTrue();
        assertThat(granted.grant(18)).isFalse();
        assertThat(granted.giveUp()).isEqualTo(17);
        assertThat(granted.close()).isEqualTo(17);
        assertThat(granted.told).isEmpty();
        assertThat(woken).hasValue(1);

        HandTurn given = new HandTurn();
        assertThat(given.giveUp()).isEqualTo(Gate.REFUSED);
        assertThat(given.grant(17)).isFalse();
        assertThat(given.told).containsExactly("abandoned");

        HandTurn over = new HandTurn();
        assertThat(over.close()).isEqualTo(Gate.REFUSED);
        assertThat(over.grant(17)).isFalse();
        assertThat(over.told).containsExactly("due");
    }

    @Test
    @DisplayName("XC-7 a stamp that is none is refused, and the turn waits on")
    void badStamps() {
        HandTurn turn = new HandTurn();
        assertThatThrownBy(() -> turn.grant(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("stamp: -1 (expected: 0 to 9223372036854775807)");
        assertThat(turn.grant(Long.MAX_VALUE)).isTrue();
    }

    @Test
    @DisplayName(
            "BH-3 interrupted at the very moment of the grant: the turn is there, so the call has it; the flag stays")
    void interruptAndGrantTogether() {
        List<String> left = new ArrayList<>();
        HandTurn turn = new HandTurn();
        Gate queueing = new Gate("queueing", lab.environment) {
            @Override
            protected long enter(long now) {
                return QUEUED;
            }

            @Override
            protected Turn queue(long now, long nanosLeft) {
                return turn;
            }

            @Override
            protected boolean exit(
                    long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
                return left.add(stamp + " " + ending);
            }

            @Override
            protected RejectedException rejection(long now) {
                throw new AssertionError("nobody was refused");
            }
        };
        Thread caller = Thread.currentThread();
        lab.time.schedule(
                () -> {
                    assertThat(turn.grant(17)).isTrue();
                    caller.interrupt();
                },
                ms(2).toNanos());

        assertThat(lab.run(Mode.SYNC, queueing, Step.gives("value")).value()).isEqualTo("value");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(left).containsExactly("17 SUCCESS");
        assertThat(turn.told).isEmpty();
        assertThat(queueing.counts()).isEqualTo(new CallCounts(1, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SYNC")
    @DisplayName("BH-3 cancelled after the grant, before the call went on: the permit goes back, no work starts")
    void cancelAfterGrant(Mode mode) {
        List<Runnable> dispatched = new ArrayList<>();
        lab.environment.executor = dispatched::add;
        gate.waits = number -> new Wait(ms(100), ms(7), false);
        CompletableFuture<Object> future = lab.start(mode, gate, Step.gives("value"));
        lab.time.advance(ms(7));
        assertThat(dispatched).hasSize(1);
        assertThat(lab.trace).containsExactly("?g", "+g");

        assertThat(future.cancel(false)).isTrue();
        dispatched.forEach(Runnable::run);

        assertThat(lab.trace).containsExactly("?g", "+g", "-g IGNORED");
        assertThat(gate.counts().ignored()).isEqualTo(1);
        lab.assertBalanced(mode);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TO-7 a deadline outside ends the wait for a turn, which is given up")
    void deadlineWhileQueued(Mode mode) {
        gate.waits = number -> new Wait(ms(100), ms(50), true);
        Outcome outcome = lab.run(mode, Pipeline.of(lab.deadline("d", ms(7)), gate), Step.gives("value"));
        assertThat(outcome.failure()).isInstanceOf(Lab.Exceeded.class);
        assertThat(lab.trace).containsExactly("?g", "~g", "@d");
        lab.assertBalanced(mode);
    }

    @Test
    @DisplayName("By hand: acquire() waits for its turn, or is refused, or interrupted; tryAcquire() never waits")
    void byHand() {
        gate.waits = number -> new Wait(ms(100), number == 1 ? ms(7) : null, number == 3);
        Permit granted = gate.acquire();
        assertThat(lab.time.nanoTime()).isEqualTo(ms(7).toNanos());
        granted.succeeded();
        assertThatThrownBy(gate::acquire).isInstanceOf(Lab.Refused.class);
        gate.acquire().failed();
        lab.time.schedule(Thread.currentThread()::interrupt, ms(5).toNanos());
        assertThatThrownBy(gate::acquire)
                .isInstanceOf(CallInterruptedException.class)
                .hasMessage("interrupted while 'g' made the caller wait");
        assertThat(Thread.interrupted()).isTrue();
        long before = lab.time.nanoTime();
        assertThat(gate.tryAcquire()).isNull();
        assertThat(lab.time.nanoTime()).isEqualTo(before);
        assertThat(gate.counts()).isEqualTo(new CallCounts(1, 1, 0, 2, 1));
        assertThat(lab.trace)
                .containsExactly("?g", "+g", "-g SUCCESS", "?g", "!g", "?g", "+g", "-g FAILURE", "?g", "~g");
        lab.assertBalanced("by hand");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-2 due() or queue() that throws ends the call with that")
    void throwingTurns(Mode mode) {
        Error broken = new Error("turn");
        for (String where : List.of("queue", "nanos", "due")) {
            Gate queueing = new Gate("queueing", lab.environment) {
                @Override
                protected long enter(long now) {
                    return QUEUED;
                }

                @Override
                protected Turn queue(long now, long nanosLeft) {
                    return "queue".equals(where)
                            ? Lab.<Turn, RuntimeException>sneak(broken)
                            : new HandTurn() {
                                @Override
                                protected long nanos() {
                                    return "nanos".equals(where) ? Lab.<Long, RuntimeException>sneak(broken) : 1;
                                }

                                @Override
                                protected long due() {
                                    return Lab.<Long, RuntimeException>sneak(broken);
                                }
                            };
                }

                @Override
                protected boolean exit(
                        long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
                    throw new AssertionError("nobody was let in");
                }

                @Override
                protected RejectedException rejection(long now) {
                    throw new AssertionError("nobody was refused");
                }
            };
            Outcome outcome = lab.run(mode, Pipeline.of(lab.gate("a"), queueing, lab.gate("b")), Step.gives("value"));
            assertThat(outcome.failure()).as(where).isSameAs(broken);
            lab.assertBalanced(where);
        }
    }

    @Test
    @DisplayName("BH-3 grant against giving up on two threads: one winner, and the loser's side knows it")
    void race() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            CyclicBarrier together = new CyclicBarrier(2);
            int wins = 0;
            int rounds = 3000;
            for (int round = 0; round < rounds; round++) {
                HandTurn turn = new HandTurn();
                Future<Boolean> granting = other.submit(() -> {
                    together.await(10, TimeUnit.SECONDS);
                    return turn.grant(5);
                });
                together.await(10, TimeUnit.SECONDS);
                long mine = round % 2 == 0 ? turn.giveUp() : turn.close();
                boolean granted = granting.get(10, TimeUnit.SECONDS);
                assertThat(mine == 5).isEqualTo(granted);
                assertThat(turn.told).hasSize(granted ? 0 : 1);
                wins += granted ? 1 : 0;
            }
            assertThat(wins).isBetween(1, rounds - 1);
        } finally {
            other.shutdownNow();
        }
    }
}
