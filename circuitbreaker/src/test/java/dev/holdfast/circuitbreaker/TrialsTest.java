// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Ending;
import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrialsTest extends BreakerTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 100, 10_000})
    @DisplayName("CB-2 at most k trials are outstanding")
    void atMostKTrialsAreOutstanding(int k) {
        CircuitBreaker breaker = waited(tripping().trials(k));
        times(k, () -> admitted(breaker));
        times(3, () -> assertRefuses(breaker));
        assertThat(breaker.report().trialsRunning()).isEqualTo(k);
    }

    @Test
    @DisplayName("CB-2 an ignored trial and one that has succeeded give their place back, one that has failed does not")
    void placesComeBack() {
        CircuitBreaker breaker = waited(tripping().trials(3).trialSuccesses(2));
        times(7, () -> ignore(breaker));
        succeed(breaker);
        fail(breaker);
        ignore(breaker);
        Permit third = admitted(breaker);
        admitted(breaker);
        assertRefuses(breaker);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        third.succeeded();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-2 threads: never more than k trials at once, and k + ignored started")
    void threadsNeverHaveMoreThanKTrials() throws Exception {
        int k = 2;
        CircuitBreaker breaker = halfOpen(tripping().trials(k));
        AtomicInteger outstanding = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger admitted = new AtomicInteger();
        race(4, number -> {
            for (int i = 0; i < 20_000; i++) {
                Permit permit = breaker.tryAcquire();
                if (permit != null) {
                    most.accumulateAndGet(outstanding.incrementAndGet(), Math::max);
                    admitted.incrementAndGet();
                    outstanding.decrementAndGet();
                    permit.ignored();
                    permit.ignored();
                }
            }
        });
        assertThat(most.get()).isBetween(1, k);
        assertThat(admitted.get()).isGreaterThan(k);
        assertThat(breaker.report().trialsRunning()).isZero();
        times(k, () -> admitted(breaker));
        assertRefuses(breaker);
    }

    @Test
    @DisplayName("CB-2 threads: of two that ask for one trial, one gets it")
    void ofTwoThreadsOneGetsTheTrial() throws Exception {
        int rounds = 2_000;
        List<CircuitBreaker> breakers = new ArrayList<>();
        AtomicInteger[] admitted = new AtomicInteger[rounds];
        for (int i = 0; i < rounds; i++) {
            CircuitBreaker breaker = tripping().build();
            breaker.transitionTo(State.OPEN);
            breakers.add(breaker);
            admitted[i] = new AtomicInteger();
        }
        time.advance(WAIT);
        race(2, number -> {
            for (int i = 0; i < rounds; i++) {
                if (breakers.get(i).tryAcquire() != null) {
                    admitted[i].incrementAndGet();
                }
            }
        });
        assertThat(admitted).allSatisfy(count -> assertThat(count).hasValue(1));
    }

    @Test
    @DisplayName("CB-3 the second completion of a permit is a no-op, whatever it says")
    void secondCompletionIsANoOp() {
        CircuitBreaker breaker = halfOpen(tripping().trials(2));
        Permit permit = admitted(breaker);
        assertThat(permit.succeeded()).isTrue();
        assertThat(permit.succeeded()).isFalse();
        assertThat(permit.failed()).isFalse();
        assertThat(permit.ignored()).isFalse();
        assertThat(permit.ended(null, new Error("late"))).isFalse();
        permit.close();
        assertThat(window(breaker)).containsExactly(1L, 0L, 0L);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        assertThat(breaker.counts().calls()).isEqualTo(1);
        Permit ignored = admitted(breaker);
        assertThat(ignored.ignored()).isTrue();
        ignored.close();
        times(2, () -> admitted(breaker));
        assertRefuses(breaker);
    }

    @Test
    @DisplayName("CB-3 a permit that is closed without a report counts as ignored")
    void closedPermitIsIgnored() {
        CircuitBreaker breaker = halfOpen(tripping());
        admitted(breaker).close();
        assertThat(breaker.counts().ignored()).isEqualTo(1);
        assertThat(breaker.report().trialsRunning()).isZero();
        admitted(breaker);
    }

    @Test
    @DisplayName("CB-3 threads: of two reports for one permit, one counts")
    void ofTwoReportsOneCounts() throws Exception {
        int rounds = 5_000;
        CircuitBreaker breaker = counting().over(Window.calls(2 * rounds)).build();
        List<Permit> permits =
                Stream.generate(() -> admitted(breaker)).limit(rounds).toList();
        AtomicInteger first = new AtomicInteger();
        race(
                2,
                number -> permits.forEach(permit -> {
                    if (number == 0 ? permit.failed() : permit.succeeded()) {
                        first.incrementAndGet();
                    }
                }));
        assertThat(first).hasValue(rounds);
        assertThat(breaker.counts().calls()).isEqualTo(rounds);
        assertThat(breaker.report().calls()).isEqualTo(rounds);
        assertThat(breaker.report().failures()).isEqualTo(breaker.counts().failures());
    }

    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource({"1,1", "1,3", "2,3", "3,3", "3,5", "5,5"})
    @DisplayName("CB-2 the breaker closes at the success, or opens at the failure, that makes it certain")
    void decidesAsSoonAsItIsCertain(int needed, int k) {
        for (int failures = 0; failures <= k - needed; failures++) {
            CircuitBreaker breaker = halfOpen(tripping().trials(k).trialSuccesses(needed));
            times(failures, () -> fail(breaker));
            for (int i = 1; i <= needed; i++) {
                assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
                succeed(breaker);
            }
            assertThat(breaker.state()).isEqualTo(State.CLOSED);
        }
        for (int successes = 0; successes < needed; successes++) {
            CircuitBreaker breaker = halfOpen(tripping().trials(k).trialSuccesses(needed));
            times(successes, () -> succeed(breaker));
            for (int i = 0; i <= k - needed; i++) {
                assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
                fail(breaker);
            }
            assertThat(breaker.state()).isEqualTo(State.OPEN);
        }
    }

    @Test
    @DisplayName("CB-2 by default all trials must succeed")
    void byDefaultAllTrialsMustSucceed() {
        CircuitBreaker breaker =
                CircuitBreaker.builder("defaults").environment(time).trials(3).build();
        breaker.transitionTo(State.HALF_OPEN);
        List<Permit> trials = List.of(admitted(breaker), admitted(breaker), admitted(breaker));
        assertRefuses(breaker);
        trials.forEach(trial -> {
            assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
            trial.succeeded();
        });
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-2 a slow trial counts as a failure, one that takes just the limit does not")
    void slowTrialIsAFailure() {
        CircuitBreakerBuilder settings = tripping().trials(2).slowCalls(Duration.ofMillis(100), 0.5);
        CircuitBreaker breaker = halfOpen(settings);
        Permit inTime = admitted(breaker);
        time.advance(Duration.ofMillis(100));
        inTime.succeeded();
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        Permit slow = admitted(breaker);
        time.advance(Duration.ofMillis(100).plusNanos(1));
        slow.succeeded();
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-4 only trials that are under way can be overdue, however long ago the last one started")
    void endedTrialsAreNotOverdue() {
        Trials trials = new Trials(10, 5, 1_000_000_000, 0);
        assertThat(trials.tryStart(5)).isTrue();
        assertThat(trials.isOverdue(104, 100)).isFalse();
        assertThat(trials.isOverdue(105, 100)).isTrue();
        trials.ignored();
        assertThat(trials.isOverdue(105, 100)).isFalse();
    }

    @Test
    @DisplayName("CB-9 a ramp lets the named shares through, step by step, in one half-open state")
    void rampLetsSharesThrough() {
        double[] shares = {1, 0.1, 0.25, 0.5, 0.99};
        int k = 20;
        CircuitBreaker breaker = halfOpen(tripping().trials(k).ramp(0.1, 0.25, 0.5, 0.99));
        List<String> edges = edges(breaker);
        for (double share : shares) {
            int asked = 0;
            for (int let = 0; let < k; asked++) {
                assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
                Permit permit = breaker.tryAcquire();
                if (permit != null) {
                    permit.succeeded();
                    let++;
                }
            }
            assertThat((double) asked).isCloseTo(k / share, within(4 * Math.sqrt(k * (1 - share)) / share));
        }
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(edges).containsExactly("HALF_OPEN>CLOSED");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.25, 0.5, 0.9})
    @DisplayName("CB-9 a ramp is a fair sample of calls that come in turn, whatever the turn")
    void rampIsAFairSample(double share) {
        int kinds = 10;
        int asked = 200_000;
        Trials trials = new Trials(10_000, 10_000, Math.round(share * 1e9), 42);
        List<Integer> drawn = new ArrayList<>(Collections.nCopies(kinds, 0));
        for (int i = 0; i < asked; i++) {
            drawn.set(i % kinds, drawn.get(i % kinds) + (trials.draws() ? 1 : 0));
        }
        double expected = asked / kinds * share;
        assertThat(drawn)
                .allSatisfy(count -> assertThat((double) count).isCloseTo(expected, within(6 * Math.sqrt(expected))));
    }

    @Test
    @DisplayName("CB-9 a ramp sees that every other call fails")
    void rampSeesEveryOtherCallFail() {
        int opened = 0;
        for (int seed = 0; seed < 100; seed++) {
            time = VirtualTime.create(0, seed);
            CircuitBreaker breaker = halfOpen(tripping().trials(3).ramp(0.5));
            times(3, () -> succeed(breaker));
            for (int i = 0; i < 20 && breaker.state() == State.HALF_OPEN; i++) {
                Permit permit = breaker.tryAcquire();
                if (permit != null) {
                    end(permit, i % 2 == 0 ? Ending.SUCCESS : Ending.FAILURE);
                }
            }
            opened += breaker.state() == State.OPEN ? 1 : 0;
        }
        assertThat(opened).isBetween(70, 99);
    }

    @Test
    @DisplayName("CB-9 a ramp that has rested for longer than a trial may take goes on where it was")
    void rampGoesOnAfterARest() {
        CircuitBreaker breaker = halfOpen(tripping().trials(2).ramp(0.25));
        times(2, () -> succeed(breaker));
        succeedSoon(breaker);
        assertThat(window(breaker)).containsExactly(1L, 0L, 0L);
        time.advance(TRIAL_TIMEOUT);
        assertThat(window(breaker)).containsExactly(1L, 0L, 0L);
        succeedSoon(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    /** Asks until a trial is let in, which succeeds. */
    private static void succeedSoon(CircuitBreaker breaker) {
        Permit permit = null;
        for (int i = 0; i < 100 && permit == null; i++) {
            permit = breaker.tryAcquire();
        }
        assertThat(permit).isNotNull();
        permit.succeeded();
    }

    @Test
    @DisplayName("CB-1 a result of one step of a ramp changes nothing in the next")
    void resultOfAnEarlierStepIsLate() {
        CircuitBreaker breaker = halfOpen(tripping().trials(3).trialSuccesses(1).ramp(0.5, 1));
        Permit late = admitted(breaker);
        succeed(breaker);
        late.succeeded();
        assertThat(breaker.report().calls()).isZero();
        assertThat(breaker.report().late()).isEqualTo(1);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    }

    @Test
    @DisplayName("CB-2 a step of a ramp has no more trials at once than the first trials")
    void stepOfARampHasAtMostKTrials() {
        CircuitBreaker breaker = halfOpen(tripping().trials(3).ramp(1));
        times(3, () -> succeed(breaker));
        times(3, () -> admitted(breaker));
        times(10, () -> assertRefuses(breaker));
    }

    @Test
    @DisplayName("CB-9 failures in a ramp open the breaker, and it begins with plain trials again")
    void failureInARampOpens() {
        CircuitBreaker breaker = halfOpen(tripping().ramp(0.5));
        succeed(breaker);
        AtomicReference<Permit> trial = new AtomicReference<>();
        while (trial.get() == null) {
            trial.set(breaker.tryAcquire());
        }
        trial.get().failed();
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        time.advance(WAIT);
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    }
}
