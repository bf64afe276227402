// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrialTimeoutTest extends BreakerTest {
    static Stream<Arguments> everyFormAndThrowable() {
        return Stream.of(Form.values()).flatMap(form -> throwables().map(thrown -> Arguments.of(form, thrown)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("everyFormAndThrowable")
    @DisplayName("CB-4 P3: a trial that throws anything ends, and the breaker tries again after the wait")
    void trialThatThrowsEnds(Form form, Throwable thrown) {
        CircuitBreaker breaker = waited(tripping());
        for (int i = 0; i < 3; i++) {
            assertThat(form.call(breaker, NOTHING, thrown)).isSameAs(thrown);
            assertThat(breaker.state()).isEqualTo(State.OPEN);
            time.advance(WAIT);
        }
        assertThat(form.call(breaker, NOTHING, null)).isNull();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("everyFormAndThrowable")
    @DisplayName("CB-4 P3: a closed breaker counts whatever is thrown")
    void closedBreakerCountsWhateverIsThrown(Form form, Throwable thrown) {
        CircuitBreaker breaker = counting().build();
        assertThat(form.call(breaker, NOTHING, thrown)).isSameAs(thrown);
        assertThat(window(breaker)).containsExactly(1L, 1L, 0L);
        assertThat(breaker.counts().failures()).isEqualTo(1);
    }

    @Test
    @DisplayName("CB-4 P4: a permit that nobody ends frees its place at the timeout, not before")
    void abandonedPermitFreesItsPlace() {
        CircuitBreaker breaker = waited(tripping());
        Permit abandoned = admitted(breaker);
        assertNextAdmissionAtTheTimeout(breaker);
        abandoned.ignored();
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        assertThat(breaker.report().late()).isZero();
        assertThat(breaker.report().trialsRunning()).isEqualTo(1);
    }

    @Test
    @DisplayName("CB-4 a trial that has lost its place keeps its say, good or bad, as long as it is not decided")
    void lateTrialsKeepTheirSay() {
        CircuitBreaker good = waited(tripping().trials(2));
        Permit late = admitted(good);
        admitted(good);
        time.advance(TRIAL_TIMEOUT);
        List<Permit> others = List.of(admitted(good), admitted(good));
        assertRefuses(good);
        late.succeeded();
        assertThat(window(good)).containsExactly(1L, 0L, 0L);
        assertThat(good.report().trialsRunning()).isEqualTo(2);
        others.get(0).succeeded();
        assertThat(good.state()).isEqualTo(State.CLOSED);

        CircuitBreaker bad = waited(tripping().trials(2));
        Permit failing = admitted(bad);
        admitted(bad);
        time.advance(TRIAL_TIMEOUT);
        times(2, () -> admitted(bad));
        failing.failed();
        assertThat(bad.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-4 P4: a future that never completes frees its place at the timeout")
    void abandonedFutureFreesItsPlace() {
        CircuitBreaker breaker = waited(tripping());
        CompletableFuture<String> never = new CompletableFuture<>();
        CompletableFuture<String> result = breaker.callAsync(() -> never);
        assertNextAdmissionAtTheTimeout(breaker);
        never.complete("late");
        assertThat(result).isCompletedWithValue("late");
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-4 P4: a thread that dies with a permit frees its place at the timeout")
    void deadThreadFreesItsPlace() throws InterruptedException {
        CircuitBreaker breaker = waited(tripping());
        AtomicReference<Permit> taken = new AtomicReference<>();
        Thread thread = new Thread(() -> taken.set(admitted(breaker)));
        thread.start();
        thread.join();
        assertThat(taken).doesNotHaveNullValue();
        assertNextAdmissionAtTheTimeout(breaker);
    }

    private void assertNextAdmissionAtTheTimeout(CircuitBreaker breaker) {
        assertRefuses(breaker);
        time.advance(TRIAL_TIMEOUT.minusNanos(1));
        assertRefuses(breaker);
        time.advance(nanos(1));
        admitted(breaker);
        assertRefuses(breaker);
    }

    @Test
    @DisplayName("CB-4 a cancelled future frees its place at once")
    void cancelledFutureFreesItsPlace() {
        CircuitBreaker breaker = waited(tripping());
        CompletableFuture<String> result = breaker.callAsync(() -> new CompletableFuture<String>());
        assertRefuses(breaker);
        result.cancel(true);
        assertThat(breaker.counts().ignored()).isEqualTo(1);
        admitted(breaker);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 1, Long.MAX_VALUE - 3_000_000_000L})
    @DisplayName("CB-4 trials abandoned again and again are no trap, whatever the clock shows")
    void abandonedAgainAndAgain(long start) {
        time = VirtualTime.create(start, 0);
        CircuitBreaker breaker = waited(tripping().trials(2));
        for (int i = 0; i < 50; i++) {
            times(2, () -> admitted(breaker));
            assertRefuses(breaker);
            time.advance(TRIAL_TIMEOUT);
        }
        times(2, () -> succeed(breaker));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-3 a stage that shows nothing but its interface ends its trial as any other")
    void minimalStageEndsItsTrial() {
        CircuitBreaker breaker = halfOpen(tripping().trials(2));
        assertThat(breaker.callAsync(() -> CompletableFuture.completedStage("done")))
                .isCompletedWithValue("done");
        CompletableFuture<String> future = new CompletableFuture<>();
        CompletableFuture<String> result = breaker.callAsync(future::minimalCompletionStage);
        assertThat(breaker.report().trialsRunning()).isEqualTo(1);
        future.complete("done");
        assertThat(result).isCompletedWithValue("done");
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-4 trials that ended before others were given up keep their weight")
    void endedTrialsKeepTheirWeight() {
        CircuitBreaker breaker = waited(tripping().trials(4).trialSuccesses(3));
        succeed(breaker);
        succeed(breaker);
        times(4, () -> admitted(breaker));
        assertRefuses(breaker);
        time.advance(TRIAL_TIMEOUT);
        Permit third = admitted(breaker);
        assertThat(window(breaker)).containsExactly(2L, 0L, 0L);
        assertThat(breaker.report().trialsRunning()).isEqualTo(1);
        third.succeeded();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-4 a trial has its full time, however long others have been under way")
    void aTrialHasItsFullTime() {
        CircuitBreaker breaker = waited(tripping().trials(2));
        admitted(breaker);
        time.advance(TRIAL_TIMEOUT.minusNanos(1));
        Permit second = admitted(breaker);
        time.advance(TRIAL_TIMEOUT.minusNanos(1));
        assertRefuses(breaker);
        second.failed();
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @ParameterizedTest
    @ValueSource(longs = {1_000, -50, Long.MIN_VALUE + 50, Long.MAX_VALUE - 10})
    @DisplayName("CB-4 a thread that comes late with an old reading makes no younger trial look old")
    void oldReadingMakesNoTrialLookOld(long now) {
        Trials trials = new Trials(2, 1, 1_000_000_000, 0);
        assertThat(trials.tryStart(now)).isTrue();
        assertThat(trials.tryStart(now - 100)).isTrue();
        assertThat(trials.isOverdue(now + 29, 30)).isFalse();
        assertThat(trials.isOverdue(now + 30, 30)).isTrue();
    }

    @Test
    @DisplayName("CB-4 an abandoned trial in a ramp is no trap")
    void abandonedInARamp() {
        CircuitBreaker breaker = waited(tripping().ramp(0.5));
        succeed(breaker);
        List<Permit> abandoned = new ArrayList<>();
        times(100, () -> abandoned.add(breaker.tryAcquire()));
        assertThat(abandoned).filteredOn(permit -> permit != null).hasSize(1);
        time.advance(TRIAL_TIMEOUT);
        List<Permit> next = new ArrayList<>();
        times(100, () -> next.add(breaker.tryAcquire()));
        next.removeIf(permit -> permit == null);
        assertThat(next).hasSize(1);
        next.get(0).succeeded();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @ParameterizedTest
    @ValueSource(ints = {29, 31, 90, 600})
    @DisplayName("CB-4 a breaker whose good calls take longer than a trial may take closes")
    void longCallsClose(int seconds) {
        CircuitBreaker breaker =
                CircuitBreaker.builder("defaults").environment(time).build();
        breaker.transitionTo(State.OPEN);
        for (int i = 0; i < 5_000 && breaker.state() != State.CLOSED; i++) {
            time.advance(Duration.ofSeconds(1));
            breaker.callAsync(() -> {
                CompletableFuture<String> answer = new CompletableFuture<>();
                time.schedule(
                        () -> answer.complete("good"),
                        Duration.ofSeconds(seconds).toNanos());
                return answer;
            });
        }
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-4 the timeout is finite by default")
    void timeoutIsFiniteByDefault() {
        CircuitBreaker breaker =
                CircuitBreaker.builder("defaults").environment(time).trials(1).build();
        breaker.transitionTo(State.HALF_OPEN);
        admitted(breaker);
        time.advance(Duration.ofSeconds(30).minusNanos(1));
        assertRefuses(breaker);
        time.advance(nanos(1));
        admitted(breaker);
    }

    @Test
    @DisplayName("CB-4 a change of settings while the last trial is judged is no trap")
    void reconfigurationDuringTheDecisionIsNoTrap() throws Exception {
        for (int round = 0; round < 200; round++) {
            CircuitBreaker breaker = halfOpen(tripping().ramp(1));
            race(2, number -> {
                for (int i = 0; i < 50; i++) {
                    int trialTimeout = 1 + i;
                    if (number == 0) {
                        breaker.reconfigure(settings -> settings.trialTimeout(Duration.ofSeconds(trialTimeout)));
                    } else {
                        Permit trial = breaker.tryAcquire();
                        if (trial != null) {
                            trial.succeeded();
                        }
                    }
                }
            });
            time.advance(Duration.ofMinutes(2));
            for (int i = 0; i < 3 && breaker.state() == State.HALF_OPEN; i++) {
                succeed(breaker);
            }
            assertThat(breaker.state()).as("round %s", round).isEqualTo(State.CLOSED);
        }
    }
}
