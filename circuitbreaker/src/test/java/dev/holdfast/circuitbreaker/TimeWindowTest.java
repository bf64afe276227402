// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.Results.Counts;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimeWindowTest extends BreakerTest {
    private static final long SECOND = 1_000_000_000L;

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 1, -5 * SECOND, 123_456_789})
    @DisplayName("CB-8 a result leaves with its bucket, and no later than after W")
    void resultLeavesWithItsBucket(long start) {
        time = VirtualTime.create(start, 0);
        CircuitBreaker breaker =
                counting().over(Window.time(Duration.ofSeconds(10))).build();
        fail(breaker);
        time.advance(Duration.ofMillis(900));
        succeed(breaker);
        time.advance(Duration.ofMillis(9_100).minusNanos(1));
        assertThat(window(breaker)).containsExactly(2L, 1L, 0L);
        time.advance(nanos(1));
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-8 after W of silence all counts are zero, and ages by being read")
    void silenceEmptiesTheWindow() {
        Duration length = Duration.ofSeconds(10);
        CircuitBreaker breaker = counting()
                .over(Window.time(length, 7))
                .slowCalls(Duration.ofMillis(1), 1)
                .build();
        for (int i = 0; i < 100; i++) {
            var permit = admitted(breaker);
            time.advance(Duration.ofMillis(i));
            permit.ended(null, i % 2 == 0 ? null : new Error());
        }
        assertThat(breaker.report().calls()).isEqualTo(100);
        List<Long> read = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            time.advance(length.dividedBy(10));
            read.add(breaker.report().calls());
        }
        assertThat(read).isSortedAccordingTo((a, b) -> Long.compare(b, a)).startsWith(read.get(0));
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
        assertThat(breaker.report().failureRate()).isNaN();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 1})
    @DisplayName("CB-8 P6: failures older than the window open nothing")
    void oldFailuresOpenNothing(long start) {
        time = VirtualTime.create(start, 0);
        CircuitBreaker breaker = CircuitBreaker.builder("window")
                .environment(time)
                .over(Window.time(Duration.ofSeconds(10)))
                .minimumCalls(50)
                .build();
        times(49, () -> fail(breaker));
        time.advance(Duration.ofSeconds(10));
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(window(breaker)).containsExactly(1L, 1L, 0L);
        times(49, () -> fail(breaker));
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-8 by default 10 calls are the minimum over time, too")
    void defaultMinimum() {
        CircuitBreaker breaker = CircuitBreaker.builder("window")
                .environment(time)
                .over(Window.time(Duration.ofSeconds(10)))
                .build();
        times(9, () -> fail(breaker));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-8 P6: readings that step back over the edge of a bucket blind nobody")
    void readingsThatStepBackBlindNobody() {
        TimeWindow window = new TimeWindow(10 * SECOND, 10, 0);
        Results.Rules tenFailures = (calls, failures, slow) -> failures >= 10;
        assertThat(window.record(Results.FAILURE, 5 * SECOND, tenFailures)).isEqualTo(Results.KEPT);
        int recorded = 1;
        boolean broken = false;
        for (long now = 5 * SECOND - 2_000_000; !broken && recorded < 100; now += 100_000) {
            broken = window.record(Results.FAILURE, now, tenFailures) == Results.BROKEN;
            recorded++;
        }
        assertThat(recorded).isEqualTo(10);
    }

    @Test
    @DisplayName("CB-8 of two results that break a rule together, the second sees it, whichever reading is older")
    void secondOfTwoSeesThatTheRuleIsBroken() {
        Results.Rules twoFailures = (calls, failures, slow) -> failures >= 2;
        for (long second = 8; second < 40; second++) {
            TimeWindow window = new TimeWindow(100, 10, 0);
            assertThat(window.record(Results.FAILURE, 20, twoFailures)).isEqualTo(Results.KEPT);
            assertThat(window.record(Results.FAILURE, second, twoFailures))
                    .as("at %s", second)
                    .isEqualTo(Results.BROKEN);
        }
    }

    @Test
    @DisplayName("CB-8 a reading older than the window changes nothing")
    void readingOlderThanTheWindowIsDropped() {
        TimeWindow window = new TimeWindow(100, 10, 0);
        window.record(Results.FAILURE, 1_000, Results.Rules.NONE);
        for (long reading = -500; reading <= 900; reading += 50) {
            window.record(Results.FAILURE, reading, Results.Rules.NONE);
            assertThat(window.counts(1_000)).isEqualTo(new Counts(1, 1, 0));
        }
        assertThat(window.counts(-3_600 * SECOND)).isEqualTo(new Counts(0, 0, 0));
        assertThat(window.counts(1_000)).isEqualTo(new Counts(1, 1, 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 86_400_000L * 30, Long.MAX_VALUE / 1_000_000})
    @DisplayName("CB-8 a window of a millisecond, of a month, of 292 years")
    void shortAndLongWindows(long millis) {
        Duration length = Duration.ofMillis(millis);
        CircuitBreaker breaker = counting().over(Window.time(length)).build();
        fail(breaker);
        time.advance(length.dividedBy(10).multipliedBy(9));
        assertThat(window(breaker)).containsExactly(1L, 1L, 0L);
        succeed(breaker);
        time.advance(length.dividedBy(10));
        assertThat(breaker.report().calls()).isLessThanOrEqualTo(2);
        time.advance(length.dividedBy(10));
        assertThat(breaker.report().failures()).isZero();
    }

    @Test
    @DisplayName("CB-8 threads: nothing is lost inside of the window")
    void threadsLoseNothing() throws Exception {
        int results = 30_000;
        AtomicLong clock = new AtomicLong(Long.MAX_VALUE - results);
        TimeWindow window = new TimeWindow(20L * 4 * results, 20, clock.get());
        race(3, number -> {
            for (int i = 0; i < results; i++) {
                window.record(number, clock.incrementAndGet(), Results.Rules.NONE);
            }
        });
        assertThat(window.counts(clock.get())).isEqualTo(new Counts(3 * results, results, results));
    }

    @Test
    @DisplayName("CB-8 threads: while time passes counts are possible ones, and W later they are zero")
    void threadsSeePossibleCounts() throws Exception {
        AtomicLong clock = new AtomicLong();
        TimeWindow window = new TimeWindow(1_000, 5, 0);
        AtomicInteger impossible = new AtomicInteger();
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicInteger left = new AtomicInteger(2);
        race(3, number -> {
            Random random = new Random(number);
            for (int i = 0; number < 2 && i < 100_000; i++) {
                long now = clock.addAndGet(random.nextInt(3));
                int kind = random.nextBoolean() ? Results.FAILURE | Results.SLOW : Results.GOOD;
                window.record(kind, now - random.nextInt(50), Results.Rules.NONE);
            }
            running.set(number == 2 ? running.get() : left.decrementAndGet() > 0);
            while (number == 2 && running.get()) {
                Counts counts = window.counts(clock.get());
                if (counts.failures() < 0 || counts.failures() > counts.calls() || counts.calls() > 200_000) {
                    impossible.incrementAndGet();
                }
            }
        });
        assertThat(impossible).hasValue(0);
        assertThat(window.counts(clock.get()).calls()).isPositive();
        assertThat(window.counts(clock.get() + 1_000)).isEqualTo(new Counts(0, 0, 0));
    }

    @Test
    @DisplayName("CB-8 threads: of results that break a rule together, one sees it")
    void oneOfTheThreadsSeesThatARuleIsBroken() throws Exception {
        int rounds = 3_000;
        TimeWindow[] windows = new TimeWindow[rounds];
        AtomicInteger[] seen = new AtomicInteger[rounds];
        for (int i = 0; i < rounds; i++) {
            windows[i] = new TimeWindow(100, 10, 0);
            seen[i] = new AtomicInteger();
        }
        race(2, number -> {
            for (int i = 0; i < rounds; i++) {
                boolean broken = windows[i].record(Results.FAILURE, 5, (calls, failures, slow) -> failures >= 2)
                        == Results.BROKEN;
                seen[i].addAndGet(broken ? 1 : 0);
            }
        });
        assertThat(seen).allSatisfy(count -> assertThat(count.get()).isBetween(1, 2));
    }
}
