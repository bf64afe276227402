// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.holdfast.Backoff;
import dev.holdfast.Backoff.Jitter;
import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OpenWaitTest extends BreakerTest {
    static Stream<Arguments> everyClockStartAndWait() {
        long[] starts = {0, -1, Long.MAX_VALUE - 1, Long.MAX_VALUE, Long.MIN_VALUE + 1, -5_000_000_000L};
        Duration[] waits = {nanos(1), nanos(5), Duration.ofMillis(1), WAIT, Duration.ofDays(365 * 100)};
        return Arrays.stream(starts).boxed().flatMap(start -> Stream.of(waits).map(wait -> Arguments.of(start, wait)));
    }

    @ParameterizedTest(name = "clock from {0}, wait {1}")
    @MethodSource("everyClockStartAndWait")
    @DisplayName("CB-5 refuses one nanosecond before the wait's end and admits at its end")
    void opensHalfExactlyAtTheWaitsEnd(long start, Duration wait) {
        time = VirtualTime.create(start, 0);
        CircuitBreaker breaker = tripping().openFor(wait).build();
        fail(breaker);
        time.advance(wait.minusNanos(1));
        assertRefuses(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.report().untilNextTrial()).isEqualTo(nanos(1));
        time.advance(nanos(1));
        assertThat(breaker.state()).as("nobody has asked yet").isEqualTo(State.OPEN);
        assertThat(breaker.report().untilNextTrial()).isZero();
        admitted(breaker);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    }

    @Test
    @DisplayName("CB-5 the wait counts from the opening, not from the start of the call that failed")
    void waitCountsFromTheOpening() {
        CircuitBreaker breaker = tripping().build();
        Permit slow = admitted(breaker);
        time.advance(Duration.ofMinutes(5));
        slow.failed();
        time.advance(WAIT.minusNanos(1));
        assertRefuses(breaker);
        time.advance(nanos(1));
        admitted(breaker);
    }

    @Test
    @DisplayName("CB-5 a breaker that nobody asks for a century lets the next call try")
    void aCenturyLaterItTries() {
        CircuitBreaker breaker = tripping().build();
        fail(breaker);
        time.advance(Duration.ofDays(365 * 100));
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-5 a wait of more than 292 years never ends")
    void hugeWaitNeverEnds() {
        CircuitBreaker breaker =
                tripping().openFor(Duration.ofSeconds(Long.MAX_VALUE)).build();
        fail(breaker);
        time.advance(Duration.ofDays(365 * 200));
        assertRefuses(breaker);
        assertThat(breaker.report().untilNextTrial()).isPositive();
    }

    @Test
    @DisplayName("CB-5 P5, P6: nothing here reads a clock of its own, so none that steps back matters")
    void nothingReadsAClockOfItsOwn() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        JavaClasses classes = new ClassFileImporter()
                .importUrl(CircuitBreaker.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation());
        ArchConfiguration.get().reset();
        assertThat(classes.contain(Stay.class)).isTrue();
        noClasses()
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.time.Instant")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.time.Clock")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Date")
                .check(classes);
    }

    @Test
    @DisplayName("CB-5 the wait follows the backoff over consecutive openings and starts anew after a closing")
    void waitFollowsTheBackoff() {
        Backoff backoff = Backoff.exponential(Duration.ofSeconds(1), Duration.ofSeconds(10));
        CircuitBreaker breaker = tripping().openFor(backoff).build();
        for (int round = 0; round < 2; round++) {
            for (int seconds : new int[] {1, 2, 4, 8, 10, 10}) {
                fail(breaker);
                assertThat(breaker.report().untilNextTrial()).isEqualTo(Duration.ofSeconds(seconds));
                time.advance(Duration.ofSeconds(seconds).minusNanos(1));
                assertRefuses(breaker);
                time.advance(nanos(1));
            }
            succeed(breaker);
            assertThat(breaker.state()).isEqualTo(State.CLOSED);
        }
    }

    @Test
    @DisplayName("CB-5 a backoff of one's own is asked with 1, 2, 3, ... and with 1 again after a closing or a reset")
    void backoffIsAskedWithTheNumberOfTheOpening() {
        List<Integer> asked = new ArrayList<>();
        CircuitBreaker breaker = tripping().openFor(remembering(asked)).build();
        times(3, () -> failAndWait(breaker));
        succeed(breaker);
        times(2, () -> failAndWait(breaker));
        breaker.reset();
        fail(breaker);
        assertThat(asked).containsExactly(1, 2, 3, 1, 2, 1);
    }

    private static Backoff remembering(List<Integer> asked) {
        return Backoff.custom(
                opening -> {
                    asked.add(opening);
                    return Duration.ofSeconds(1);
                },
                WAIT);
    }

    private void failAndWait(CircuitBreaker breaker) {
        fail(breaker);
        time.advance(breaker.report().untilNextTrial());
    }

    @Test
    @DisplayName("CB-5 trials given up and steps of a ramp are no openings")
    void onlyOpeningsCount() {
        List<Integer> asked = new ArrayList<>();
        CircuitBreaker breaker = tripping().openFor(remembering(asked)).ramp(1).build();
        failAndWait(breaker);
        admitted(breaker);
        time.advance(TRIAL_TIMEOUT);
        succeed(breaker);
        fail(breaker);
        assertThat(asked).containsExactly(1, 2);
    }

    @Test
    @DisplayName("CB-11 decorrelated jitter draws from the wait before")
    void decorrelatedJitterDrawsFromTheWaitBefore() {
        long first = Duration.ofSeconds(1).toNanos();
        Backoff backoff =
                Backoff.exponential(Duration.ofSeconds(1), Duration.ofHours(1)).jitter(Jitter.DECORRELATED);
        CircuitBreaker breaker = tripping().openFor(backoff).build();
        long before = first;
        List<Long> waits = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            fail(breaker);
            long wait = breaker.report().untilNextTrial().toNanos();
            assertThat(wait).isBetween(first, 3 * before);
            waits.add(wait);
            before = wait;
            time.advance(nanos(wait));
        }
        assertThat(Collections.max(waits)).isGreaterThan(3 * first);
    }

    @Test
    @DisplayName("CB-11 100 breakers with a spread of 0.2 reopen over at least a fifth of the wait")
    void reopeningsSpread() {
        Backoff backoff = Backoff.fixed(WAIT).spread(0.2);
        List<CircuitBreaker> breakers = Stream.generate(
                        () -> tripping().openFor(backoff).build())
                .limit(100)
                .toList();
        breakers.forEach(BreakerTest::fail);
        List<CircuitBreaker> waiting = new ArrayList<>(breakers);
        List<Duration> reopened = new ArrayList<>();
        Duration step = Duration.ofMillis(10);
        for (Duration now = Duration.ZERO; now.compareTo(Duration.ofSeconds(13)) < 0; now = now.plus(step)) {
            Duration at = now;
            waiting.removeIf(breaker -> {
                boolean tries = breaker.tryAcquire() != null;
                if (tries) {
                    reopened.add(at);
                }
                return tries;
            });
            time.advance(step);
        }
        assertThat(reopened)
                .hasSize(100)
                .allSatisfy(at -> assertThat(at)
                        .isBetween(Duration.ofSeconds(8), Duration.ofSeconds(12).plus(step)));
        Duration spread = Collections.max(reopened).minus(Collections.min(reopened));
        assertThat(spread).isGreaterThanOrEqualTo(WAIT.dividedBy(5));
    }

    @Test
    @DisplayName("CB-11 P processes with k trials send at most P * k calls a wait to a dependency that is down")
    void loadOnADependencyThatIsDown() {
        int processes = 20;
        int k = 3;
        int rounds = 10;
        Duration callTakes = Duration.ofMillis(35);
        Duration step = Duration.ofMillis(10);
        List<CircuitBreaker> breakers = IntStream.range(0, processes)
                .mapToObj(i -> tripping().trials(k).trialSuccesses(1).build())
                .toList();
        breakers.forEach(BreakerTest::fail);
        int sent = 0;
        int steps = (int) (WAIT.plusSeconds(1).multipliedBy(rounds).toMillis() / step.toMillis());
        for (int i = 0; i < steps; i++) {
            for (CircuitBreaker breaker : breakers) {
                Permit permit = breaker.tryAcquire();
                if (permit != null) {
                    sent++;
                    time.schedule(permit::failed, callTakes.toNanos());
                }
            }
            time.advance(step);
        }
        assertThat(sent).isBetween(processes * rounds, processes * k * (rounds + 1));
    }
}
