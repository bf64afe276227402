// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.Report;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.Results.Counts;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ReconfigurationTest extends BreakerTest {
    private CircuitBreaker counted(Window window, String results) {
        CircuitBreaker breaker = counting().over(window).build();
        record(breaker, results);
        return breaker;
    }

    /** {@code f} is a failure, anything else a success. */
    private static void record(CircuitBreaker breaker, String results) {
        for (char result : results.toCharArray()) {
            admitted(breaker).ended(null, result == 'f' ? new Error() : null);
        }
    }

    private static void over(CircuitBreaker breaker, Window window) {
        breaker.reconfigure(settings -> settings.over(window));
    }

    @Test
    @DisplayName("CB-7 a larger window over calls keeps all results in their order")
    void largerCountWindowKeepsAll() {
        CircuitBreaker breaker = counted(Window.calls(4), "ffffsfsf");
        over(breaker, Window.calls(6));
        assertThat(window(breaker)).containsExactly(4L, 2L, 0L);
        record(breaker, "ss");
        assertThat(window(breaker)).containsExactly(6L, 2L, 0L);
        record(breaker, "ss");
        assertThat(window(breaker)).containsExactly(6L, 1L, 0L);
        record(breaker, "ss");
        assertThat(window(breaker)).containsExactly(6L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-7 a smaller window over calls keeps the newest results in their order")
    void smallerCountWindowKeepsTheNewest() {
        CircuitBreaker breaker = counted(Window.calls(100), "fffffffffsfsf");
        over(breaker, Window.calls(3));
        assertThat(window(breaker)).containsExactly(3L, 2L, 0L);
        record(breaker, "s");
        assertThat(window(breaker)).containsExactly(3L, 1L, 0L);
        record(breaker, "s");
        assertThat(window(breaker)).containsExactly(3L, 1L, 0L);
        record(breaker, "s");
        assertThat(window(breaker)).containsExactly(3L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-8 from calls to time: results count as of now, and leave together")
    void fromCallsToTime() {
        CircuitBreaker breaker = counted(Window.calls(10), "ssff");
        time.advance(Duration.ofHours(1));
        over(breaker, Window.time(Duration.ofSeconds(10)));
        assertThat(window(breaker)).containsExactly(4L, 2L, 0L);
        time.advance(Duration.ofSeconds(9));
        record(breaker, "f");
        assertThat(window(breaker)).containsExactly(5L, 3L, 0L);
        time.advance(Duration.ofSeconds(1));
        assertThat(window(breaker)).containsExactly(1L, 1L, 0L);
    }

    @Test
    @DisplayName("CB-7 from time to calls: the results of the window are kept, older ones are not")
    void fromTimeToCalls() {
        CircuitBreaker breaker = counted(Window.time(Duration.ofSeconds(10)), "ffff");
        time.advance(Duration.ofSeconds(5));
        record(breaker, "ffs");
        time.advance(Duration.ofSeconds(5));
        record(breaker, "s");
        over(breaker, Window.calls(10));
        assertThat(window(breaker)).containsExactly(4L, 2L, 0L);
        time.advance(Duration.ofDays(1));
        record(breaker, "ssssss");
        assertThat(window(breaker)).containsExactly(10L, 2L, 0L);
        record(breaker, "ssss");
        assertThat(window(breaker)).containsExactly(10L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-7 from time to fewer calls than there were: the rate stays about the same")
    void fromTimeToFewerCallsKeepsTheRate() {
        CircuitBreaker breaker = counted(Window.time(Duration.ofSeconds(10)), "sssssssssf".repeat(10));
        over(breaker, Window.calls(20));
        assertThat(breaker.report().calls()).isEqualTo(20);
        assertThat(breaker.report().failureRate()).isLessThanOrEqualTo(0.25);
    }

    @Test
    @DisplayName("CB-8 from time to time: results keep their time, to a bucket")
    void fromTimeToTime() {
        CircuitBreaker breaker = counted(Window.time(Duration.ofSeconds(10)), "f");
        time.advance(Duration.ofSeconds(4));
        record(breaker, "fs");
        over(breaker, Window.time(Duration.ofSeconds(20), 20));
        assertThat(window(breaker)).containsExactly(3L, 2L, 0L);
        time.advance(Duration.ofSeconds(14));
        assertThat(breaker.report().failures()).isEqualTo(2);
        time.advance(Duration.ofSeconds(2));
        assertThat(window(breaker)).containsExactly(2L, 1L, 0L);
        over(breaker, Window.time(Duration.ofSeconds(5)));
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-8 from time to time: the results of each bucket keep the time of theirs")
    void fromTimeToTimeKeepsEachBucket() {
        CircuitBreaker breaker = counted(Window.time(Duration.ofSeconds(10)), "f");
        time.advance(Duration.ofSeconds(4));
        record(breaker, "ff");
        time.advance(Duration.ofSeconds(2));
        record(breaker, "s");
        over(breaker, Window.time(Duration.ofSeconds(20), 20));
        assertThat(window(breaker)).containsExactly(4L, 3L, 0L);
        time.advance(Duration.ofSeconds(14));
        assertThat(window(breaker)).containsExactly(3L, 2L, 0L);
        time.advance(Duration.ofSeconds(3));
        assertThat(window(breaker)).containsExactly(3L, 2L, 0L);
        time.advance(Duration.ofSeconds(1));
        assertThat(window(breaker)).containsExactly(1L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-8 from time to calls: what has left the window is not brought back")
    void whatHasLeftTheWindowStaysOut() {
        for (int seconds = 10; seconds < 25; seconds++) {
            CircuitBreaker breaker = counted(Window.time(Duration.ofSeconds(10)), "ff");
            time.advance(Duration.ofSeconds(seconds));
            over(breaker, Window.calls(10));
            assertThat(window(breaker)).as("after %s s", seconds).containsExactly(0L, 0L, 0L);
        }
    }

    @Test
    @DisplayName("CB-8 from time to time: the rate stays the same, however many results a bucket holds")
    void fromTimeToTimeKeepsTheRate() {
        TimeWindow busy = new TimeWindow(1_000, 1, 0);
        times(150_000, () -> busy.record(Results.GOOD, 5, Results.Rules.NONE));
        times(10_000, () -> busy.record(Results.FAILURE, 5, Results.Rules.NONE));
        TimeWindow copy = new TimeWindow(2_000, 1, 5);
        busy.copyTo(copy, 5);
        assertThat(copy.counts(5)).isEqualTo(new Counts(160_000, 10_000, 0));
    }

    @Test
    @DisplayName("CB-7 a window that is given again as it was keeps everything")
    void sameWindowKeepsEverything() {
        CircuitBreaker breaker = counted(Window.time(Duration.ofSeconds(10)), "f");
        time.advance(Duration.ofMillis(9_500));
        over(breaker, Window.time(Duration.ofSeconds(10)));
        time.advance(Duration.ofMillis(500).minusNanos(1));
        assertThat(window(breaker)).containsExactly(1L, 1L, 0L);
        time.advance(nanos(1));
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-7 new thresholds hold from the next result on")
    void newThresholdsHoldFromTheNextResult() {
        CircuitBreakerBuilder builder =
                CircuitBreaker.builder("rates").environment(time).failureRate(0.9);
        CircuitBreaker plain = builder.build();
        CircuitBreaker watching = builder.slowCalls(Duration.ofHours(1), 1).build();
        for (CircuitBreaker breaker : List.of(plain, watching)) {
            record(breaker, "sssssssfffff");
            breaker.reconfigure(settings -> settings.failureRate(0.4));
            time.advance(Duration.ofDays(1));
            assertThat(breaker.state()).isEqualTo(State.CLOSED);
            record(breaker, "s");
            assertThat(breaker.state()).as("5 of 13 failed").isEqualTo(State.CLOSED);
            record(breaker, "f");
            assertThat(breaker.state()).as("6 of 14 failed").isEqualTo(State.OPEN);
        }
    }

    @Test
    @DisplayName("CB-7 a new classifier holds from the next result on")
    void newClassifierHolds() {
        CircuitBreaker breaker = counting().build();
        record(breaker, "f");
        breaker.reconfigure(settings -> settings.classify(standard -> standard.ignore(Error.class)));
        record(breaker, "ffs");
        assertThat(window(breaker)).containsExactly(2L, 1L, 0L);
        assertThat(breaker.counts().ignored()).isEqualTo(2);
    }

    @Test
    @DisplayName("CB-7 a row of failures goes on under a new limit")
    void rowOfFailuresGoesOn() {
        CircuitBreaker breaker = tripping().consecutiveFailures(10).build();
        times(4, () -> fail(breaker));
        breaker.reconfigure(settings -> settings.consecutiveFailures(5));
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName(
            "CB-8 a rule that was off knows nothing of failures from before: successes came while nobody counted them")
    void aStreakDoesNotOutliveItsRule() {
        for (State state : List.of(State.CLOSED, State.METRICS_ONLY)) {
            CircuitBreaker breaker = counting().consecutiveFailures(5).build();
            breaker.transitionTo(state);
            record(breaker, "ffff");
            breaker.reconfigure(settings -> settings.consecutiveFailures(0).failureCount(20));
            record(breaker, "ssss");
            breaker.reconfigure(settings -> settings.consecutiveFailures(5));
            record(breaker, "ffff");
            assertThat(breaker.state()).isEqualTo(state);
            record(breaker, "f");
            assertThat(breaker.state()).isEqualTo(state == State.CLOSED ? State.OPEN : state);
        }
    }

    @Test
    @DisplayName(
            "CB-8 slow calls from before their rule was off count for as long as they are in the window, and no longer")
    void slowCallsAcrossARuleThatIsOff() {
        CircuitBreakerBuilder builder = counting().over(Window.calls(4)).minimumCalls(4);
        CircuitBreaker breaker = builder.slowCalls(nanos(10), 1).build();
        for (int i = 0; i < 3; i++) {
            Permit slow = admitted(breaker);
            time.advance(nanos(11));
            slow.succeeded();
        }
        breaker.reconfigure(CircuitBreakerBuilder::noSlowCalls);
        breaker.reconfigure(settings -> settings.slowCalls(nanos(10), 1));
        assertThat(window(breaker)).containsExactly(3L, 0L, 3L);
        succeed(breaker);
        assertThat(window(breaker)).containsExactly(4L, 0L, 3L);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        breaker.reconfigure(CircuitBreakerBuilder::noSlowCalls);
        record(breaker, "sss");
        breaker.reconfigure(settings -> settings.slowCalls(nanos(10), 1));
        assertThat(window(breaker)).containsExactly(4L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-7 a success ends a row of failures also in a new window that has no room for the failures")
    void rowOfFailuresEndsInANewWindow() {
        CircuitBreaker breaker =
                tripping().consecutiveFailures(2).over(Window.time(WAIT)).build();
        record(breaker, "s".repeat(100) + "f");
        over(breaker, Window.calls(5));
        assertThat(window(breaker)).containsExactly(5L, 0L, 0L);
        record(breaker, "sf");
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        record(breaker, "f");
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-5 an open breaker ends its wait as it began it; the next one is new")
    void openBreakerEndsItsWait() {
        CircuitBreaker breaker = tripping().build();
        fail(breaker);
        breaker.reconfigure(settings -> settings.openFor(Duration.ofSeconds(3)));
        assertThat(breaker.report().untilNextTrial()).isEqualTo(WAIT);
        time.advance(WAIT);
        fail(breaker);
        assertThat(breaker.report().untilNextTrial()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    @DisplayName("CB-2 trials that have begun end under the old numbers")
    void trialsEndUnderTheOldNumbers() {
        CircuitBreaker breaker = halfOpen(tripping().trials(3));
        Permit first = admitted(breaker);
        breaker.reconfigure(settings -> settings.trials(1));
        Permit second = admitted(breaker);
        Permit third = admitted(breaker);
        assertRefuses(breaker);
        second.succeeded();
        third.succeeded();
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        first.succeeded();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        breaker.transitionTo(State.HALF_OPEN);
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-4 a new time limit for trials holds at once")
    void newTrialTimeoutHoldsAtOnce() {
        CircuitBreaker breaker = halfOpen(tripping().trialTimeout(Duration.ofDays(1)));
        admitted(breaker);
        time.advance(Duration.ofSeconds(1));
        assertRefuses(breaker);
        breaker.reconfigure(settings -> settings.trialTimeout(Duration.ofSeconds(1)));
        admitted(breaker);
    }

    @Test
    @DisplayName("CB-9 a ramp that is taken away while the breaker climbs it ends at the next success")
    void rampCanBeTakenAway() {
        CircuitBreaker breaker = halfOpen(tripping().ramp(0.1, 0.2, 0.3, 1));
        succeed(breaker);
        breaker.reconfigure(CircuitBreakerBuilder::ramp);
        Permit trial = null;
        for (int i = 0; i < 200 && trial == null; i++) {
            trial = breaker.tryAcquire();
        }
        assertThat(trial).isNotNull();
        trial.succeeded();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-1 keeps the state, its calls and its results in every state, and tells no transition")
    void keepsTheState(State state) {
        CircuitBreaker breaker =
                counting().slowCalls(Duration.ofHours(1), 1).openFor(WAIT).build();
        record(breaker, "ffs");
        breaker.transitionTo(state);
        time.advance(Duration.ofSeconds(1));
        Permit underWay = breaker.tryAcquire();
        List<String> edges = edges(breaker);
        Report before = breaker.report();
        breaker.reconfigure(settings ->
                settings.over(Window.calls(7)).failureCount(5).trials(9).ramp(0.5));
        assertThat(breaker.report()).isEqualTo(before);
        assertThat(edges).isEmpty();
        if (underWay != null) {
            underWay.ignored();
            assertThat(breaker.report().late()).isZero();
        }
    }

    @Test
    @DisplayName("CB-7 a slow-call rule that comes later counts calls from then on")
    void slowCallRuleThatComesLater() {
        CircuitBreaker breaker = counting().build();
        Permit before = admitted(breaker);
        time.advance(Duration.ofSeconds(1));
        breaker.reconfigure(settings -> settings.slowCalls(Duration.ofMillis(8), 1));
        Permit after = admitted(breaker);
        time.advance(Duration.ofMillis(10));
        assertThat(breaker.report().slowCalls()).isEqualTo(1);
        before.succeeded();
        assertThat(breaker.report().slowCalls()).isEqualTo(1);
        after.succeeded();
        assertThat(window(breaker)).containsExactly(2L, 0L, 1L);
        breaker.reconfigure(CircuitBreakerBuilder::noSlowCalls);
        Permit unwatched = admitted(breaker);
        time.advance(Duration.ofSeconds(1));
        assertThat(window(breaker)).containsExactly(2L, 0L, 1L);
        unwatched.succeeded();
        assertThat(window(breaker)).containsExactly(3L, 0L, 1L);
    }

    @Test
    @DisplayName("CB-7 a call that ends after the slow-call limit has changed hides no other")
    void callOfTheOldLimitHidesNoOther() {
        CircuitBreaker breaker = counting().slowCalls(Duration.ofMillis(80), 1).build();
        Permit old = admitted(breaker);
        breaker.reconfigure(settings -> settings.slowCalls(Duration.ofMillis(8), 1));
        old.ignored();
        admitted(breaker);
        time.advance(Duration.ofMillis(10));
        assertThat(breaker.report().slowCalls()).isEqualTo(1);
    }

    @Test
    @DisplayName("CB-7 a slow-call rule that comes later watches in METRICS_ONLY, too")
    void slowCallRuleInMetricsOnly() {
        CircuitBreaker breaker = counting().build();
        breaker.transitionTo(State.METRICS_ONLY);
        breaker.reconfigure(settings -> settings.slowCalls(Duration.ofMillis(8), 1));
        admitted(breaker);
        time.advance(Duration.ofMillis(10));
        assertThat(breaker.report().slowCalls()).isEqualTo(1);
    }

    @Test
    @DisplayName("CB-1 a call is not late, however often the slow-call limit changes while it runs")
    void changesOfTheLimitMakeNobodyLate() {
        CircuitBreaker breaker = counting().slowCalls(Duration.ofHours(1), 1).build();
        breaker.reset();
        Permit first = admitted(breaker);
        for (int i = 1; i <= 70_000; i++) {
            Permit running = admitted(breaker);
            Duration limit = nanos(i);
            breaker.reconfigure(settings -> settings.slowCalls(limit, 1));
            running.ignored();
        }
        first.succeeded();
        assertThat(breaker.report().late()).isZero();
        assertThat(breaker.report().calls()).isEqualTo(1);
    }

    @Test
    @DisplayName("CB-7 a call that comes in between a change of the limit and its clock reading hides no other")
    void callDuringTheChangeHidesNoOther() {
        HookedTime hooked = new HookedTime();
        CircuitBreaker breaker = counting()
                .environment(hooked)
                .slowCalls(Duration.ofMillis(80), 1)
                .build();
        Permit[] between = new Permit[1];
        breaker.reconfigure(settings -> {
            hooked.afterNextReading(() -> {
                hooked.time.advance(nanos(1));
                between[0] = admitted(breaker);
            });
            return settings.slowCalls(Duration.ofMillis(8), 1);
        });
        between[0].ignored();
        admitted(breaker);
        hooked.time.advance(Duration.ofMillis(10));
        assertThat(breaker.report().slowCalls()).isEqualTo(1);
    }

    static Stream<Arguments> contradictions() {
        return Stream.of(
                contradiction("minimumCalls: 50", settings -> settings.over(Window.calls(20))),
                contradiction(
                        "failureCount: 60",
                        settings -> settings.failureCount(60).over(Window.calls(55))),
                contradiction("trialSuccesses: 2", settings -> settings.trials(1)),
                contradiction("rules: none", settings -> settings.noFailureRate()),
                contradiction("environment", settings -> settings.environment(Environment.system())),
                contradiction("failureRate: NaN", settings -> settings.trials(7).failureRate(Double.NaN)),
                contradiction("what change gave: null", settings -> null),
                contradiction("no", settings -> {
                    settings.trials(9).failureRate(0.001);
                    throw new IllegalStateException("no");
                }));
    }

    private static Arguments contradiction(String message, UnaryOperator<CircuitBreakerBuilder> change) {
        return Arguments.of(message, change);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("contradictions")
    @DisplayName("CB-9 settings that contradict each other, or a change that throws, change nothing")
    void contradictionsChangeNothing(String message, UnaryOperator<CircuitBreakerBuilder> change) {
        CircuitBreaker breaker = CircuitBreaker.builder("strict")
                .environment(time)
                .over(Window.calls(100))
                .minimumCalls(50)
                .trials(3)
                .trialSuccesses(2)
                .build();
        record(breaker, "fffff");
        Report before = breaker.report();
        assertThatThrownBy(() -> breaker.reconfigure(change)).hasMessageContaining(message);
        assertThat(breaker.report()).isEqualTo(before);
        record(breaker, "f".repeat(44));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        record(breaker, "f");
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        breaker.transitionTo(State.HALF_OPEN);
        times(3, () -> admitted(breaker));
        assertRefuses(breaker);
    }

    @Test
    @DisplayName("CB-9 a builder that is kept and changed later changes nothing in the breaker")
    void keptBuilderChangesNothing() {
        CircuitBreakerBuilder[] kept = {tripping()};
        CircuitBreaker breaker = kept[0].build();
        kept[0].consecutiveFailures(100);
        breaker.reconfigure(settings -> kept[0] = settings.trials(2));
        kept[0].consecutiveFailures(100);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-9 a change is asked again if another one was faster, and not because of a transition")
    void overtakenChangeIsAskedAgain() {
        CircuitBreaker breaker = tripping().build();
        AtomicInteger asked = new AtomicInteger();
        breaker.reconfigure(settings -> {
            if (asked.getAndIncrement() == 0) {
                breaker.reconfigure(other -> other.consecutiveFailures(3));
            }
            return settings.openFor(Duration.ofSeconds(1));
        });
        assertThat(asked).hasValue(2);
        breaker.reconfigure(settings -> {
            asked.incrementAndGet();
            breaker.reset();
            return settings.trials(2);
        });
        assertThat(asked).hasValue(3);
        times(2, () -> fail(breaker));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker);
        assertThat(breaker.report().untilNextTrial()).isEqualTo(Duration.ofSeconds(1));
        time.advance(Duration.ofSeconds(1));
        times(2, () -> admitted(breaker));
    }

    @Test
    @DisplayName("CB-9 threads: of reconfigurations at once, none is lost")
    void noReconfigurationIsLost() throws Exception {
        CircuitBreaker breaker = counting().over(Window.calls(1)).trials(1).build();
        AtomicInteger asked = new AtomicInteger();
        race(
                3,
                number -> times(
                        300,
                        () -> breaker.reconfigure(settings -> {
                            asked.incrementAndGet();
                            return settings.over(Window.calls(settings.window.calls + 1));
                        })));
        times(1_000, () -> fail(breaker));
        assertThat(breaker.report().calls()).isEqualTo(901);
        assertThat(asked.get()).isGreaterThanOrEqualTo(900);
    }

    @Test
    @DisplayName("CB-9 threads: calls go on while settings change, and no permit is lost")
    void callsGoOnWhileSettingsChange() throws Exception {
        CircuitBreaker breaker = counting().trials(2).build();
        breaker.transitionTo(State.HALF_OPEN);
        Window[] windows = {
            Window.calls(10), Window.time(WAIT), Window.calls(100), Window.time(Duration.ofHours(1), 100)
        };
        race(3, number -> {
            for (int i = 0; i < 3_000; i++) {
                if (number == 0) {
                    over(breaker, windows[i % windows.length]);
                    continue;
                }
                Permit permit = breaker.tryAcquire();
                if (permit != null) {
                    permit.ignored();
                }
            }
        });
        assertThat(breaker.report().late()).isZero();
        assertThat(breaker.report().trialsRunning()).isZero();
        times(2, () -> succeed(breaker));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("XC-7 rules given anew replace those before them, and the same settings again change nothing")
    void rulesAreReplaced() {
        CircuitBreaker breaker = counting()
                .over(Window.calls(4))
                .classify(so -> so.failIf(e -> true))
                .build();
        breaker.reconfigure(settings -> settings.classify(so -> so.succeedIf(e -> true)));
        AtomicInteger asked = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            breaker.reconfigure(settings -> settings.classify(so -> so.succeedIf(e -> asked.incrementAndGet() > 0)));
        }
        assertThatThrownBy(() -> breaker.run(() -> {
                    throw new IllegalStateException("is none here");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(breaker.report().failures()).isZero();
        assertThat(asked).hasValue(1);
        breaker.reconfigure(settings -> settings.classify(so -> so));
        assertThatThrownBy(() -> breaker.run(() -> {
                    throw new IllegalStateException("is one again");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(breaker.report().failures()).isEqualTo(1);
        assertThat(breaker.report().calls()).isEqualTo(2);
    }
}
