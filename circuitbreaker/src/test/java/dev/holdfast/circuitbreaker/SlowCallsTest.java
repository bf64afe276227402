// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlowCallsTest extends BreakerTest {
    private static final Duration LIMIT = Duration.ofMillis(80);
    private static final Duration EIGHTH = LIMIT.dividedBy(8);

    private CircuitBreakerBuilder slow() {
        return CircuitBreaker.builder("slow")
                .environment(time)
                .noFailureRate()
                .slowCalls(LIMIT, 0.5)
                .over(Window.calls(10))
                .minimumCalls(4);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-7 a call that takes longer than the limit is slow, one that takes just the limit is not")
    void longerThanTheLimitIsSlow(Form form) {
        CircuitBreaker breaker = slow().build();
        form.call(breaker, () -> time.advance(LIMIT), null);
        assertThat(window(breaker)).containsExactly(1L, 0L, 0L);
        form.call(breaker, () -> time.advance(LIMIT.plusNanos(1)), null);
        assertThat(window(breaker)).containsExactly(2L, 0L, 1L);
        form.call(breaker, () -> time.advance(LIMIT.plusNanos(1)), new Error("and it failed"));
        assertThat(window(breaker)).containsExactly(3L, 1L, 2L);
    }

    @Test
    @DisplayName("CB-7 opens when the part of slow calls reaches the rate, after the minimum of calls")
    void opensAtTheSlowCallRate() {
        CircuitBreaker breaker = slow().build();
        times(2, () -> succeed(breaker));
        Permit first = admitted(breaker);
        time.advance(LIMIT.plusNanos(1));
        first.succeeded();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        Permit second = admitted(breaker);
        time.advance(LIMIT.plusNanos(1));
        second.succeeded();
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 1, -80_000_000})
    @DisplayName("CB-7 calls still running count once they pass the limit: never before, at most an eighth later")
    void runningCallsCountOncePastTheLimit(long start) {
        time = VirtualTime.create(start, 0);
        CircuitBreaker breaker = slow().build();
        times(3, () -> admitted(breaker));
        time.advance(LIMIT);
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
        time.advance(EIGHTH.plusNanos(1));
        assertThat(window(breaker)).containsExactly(3L, 0L, 3L);
        assertThat(breaker.report().slowCallRate()).isEqualTo(1.0);
    }

    @Test
    @DisplayName("CB-7 the next call notices that running calls have become too slow, and is refused")
    void nextCallNoticesRunningCalls() {
        CircuitBreaker breaker = slow().build();
        List<CompletableFuture<String>> stages = new ArrayList<>();
        times(4, () -> {
            CompletableFuture<String> stage = new CompletableFuture<>();
            stages.add(stage);
            breaker.callAsync(() -> stage);
        });
        time.advance(LIMIT);
        admitted(breaker).ignored();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        time.advance(EIGHTH.plusNanos(1));
        assertThat(breaker.state()).as("nobody has asked yet").isEqualTo(State.CLOSED);
        assertRefuses(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        stages.forEach(stage -> stage.complete("late"));
        assertThat(breaker.report().late()).isEqualTo(4);
    }

    @Test
    @DisplayName("CB-7 a call that was counted while it ran is counted once when it has ended")
    void notCountedTwice() {
        CircuitBreaker breaker = slow().build();
        Permit running = admitted(breaker);
        time.advance(LIMIT.multipliedBy(2));
        assertThat(window(breaker)).containsExactly(1L, 0L, 1L);
        running.succeeded();
        assertThat(window(breaker)).containsExactly(1L, 0L, 1L);
        time.advance(LIMIT.multipliedBy(20));
        assertThat(window(breaker)).containsExactly(1L, 0L, 1L);
    }

    @Test
    @DisplayName("CB-7 a call that has ended in time hides none that still runs")
    void endedCallHidesNoOther() {
        CircuitBreaker breaker = slow().build();
        admitted(breaker);
        time.advance(LIMIT.minus(EIGHTH));
        Permit quick = admitted(breaker);
        time.advance(EIGHTH);
        quick.succeeded();
        time.advance(EIGHTH.plusNanos(1));
        assertThat(window(breaker)).containsExactly(2L, 0L, 1L);
    }

    @Test
    @DisplayName(
            "CB-7 calls still running count for the slow-call rule only: what has no result is neither a failure nor none")
    void runningCallsAndFailures() {
        CircuitBreaker breaker = CircuitBreaker.builder("mixed")
                .environment(time)
                .slowCalls(LIMIT, 0.8)
                .build();
        times(5, () -> fail(breaker));
        times(5, () -> admitted(breaker));
        time.advance(LIMIT.multipliedBy(2));
        assertThat(breaker.report().calls()).isEqualTo(5);
        assertThat(breaker.report().overdue()).isEqualTo(5);
        assertThat(breaker.report().failureRate()).isEqualTo(1);
        assertThat(breaker.report().slowCallRate()).isEqualTo(0.5);
        admitted(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);

        times(14, () -> admitted(breaker));
        time.advance(LIMIT.multipliedBy(2));
        assertThat(breaker.report().slowCallRate()).isEqualTo(0.8);
        assertThat(breaker.tryAcquire()).isNull();
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-7 a call that runs for ever stays slow")
    void callThatRunsForEver() {
        CircuitBreaker breaker = slow().build();
        admitted(breaker);
        for (long seconds = 1; seconds < Duration.ofDays(365 * 50).toSeconds(); seconds *= 2) {
            time.advance(Duration.ofSeconds(seconds));
            assertThat(window(breaker)).containsExactly(1L, 0L, 1L);
        }
    }

    @Test
    @DisplayName("CB-7 an ignored call is gone when it has ended, however long it ran")
    void ignoredCallIsGone() {
        CircuitBreaker breaker = slow().build();
        Permit running = admitted(breaker);
        time.advance(LIMIT.multipliedBy(30));
        assertThat(breaker.report().slowCalls()).isEqualTo(1);
        running.ignored();
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-7 a healthy call in time leaves nothing behind")
    void callInTimeLeavesNothing() {
        CircuitBreaker breaker = slow().build();
        times(100, () -> {
            Permit permit = admitted(breaker);
            time.advance(LIMIT.dividedBy(3));
            permit.succeeded();
        });
        time.advance(Duration.ofDays(1));
        assertThat(window(breaker)).containsExactly(10L, 0L, 0L);
    }

    @Test
    @DisplayName("CB-1 calls still running are late after a transition: they count nowhere")
    void runningCallsAreLateAfterATransition() {
        CircuitBreaker breaker = slow().build();
        List<Permit> running =
                IntStream.range(0, 4).mapToObj(i -> admitted(breaker)).toList();
        breaker.reset();
        time.advance(LIMIT.multipliedBy(2));
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
        admitted(breaker);
        running.forEach(Permit::succeeded);
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
        time.advance(LIMIT.multipliedBy(2));
        assertThat(window(breaker)).containsExactly(1L, 0L, 1L);
    }

    @Test
    @DisplayName("CB-7 2,000 random sequences: running calls are counted never early and at most an eighth late")
    void runningAgainstAList() {
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            long limit = 1 + random.nextInt(random.nextBoolean() ? 20 : 10_000);
            long late = Math.max(1, limit / 8);
            long now = random.nextBoolean() ? Long.MAX_VALUE - random.nextInt(1_000) : random.nextLong();
            UnderWay underWay = new UnderWay(limit, now, 1);
            List<Long> starts = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                now += random.nextInt(10) == 0 ? random.nextLong(4 * limit) : random.nextLong(limit / 4 + 2);
                if (random.nextBoolean()) {
                    underWay.started(now);
                    starts.add(now);
                } else if (!starts.isEmpty()) {
                    underWay.ended(starts.remove(random.nextInt(starts.size())), 0);
                }
                int sure = 0;
                int possible = 0;
                for (long start : starts) {
                    sure += now - start > limit + late ? 1 : 0;
                    possible += now - start > limit ? 1 : 0;
                }
                long overdue = underWay.overdue(now);
                if (overdue < sure || overdue > possible) {
                    throw new AssertionError("seed " + seed + ", step " + i + ", limit " + limit + ": " + overdue
                            + ", expected " + sure + " to " + possible);
                }
            }
            starts.forEach(start -> underWay.ended(start, 0));
            assertThat(underWay.overdue(now + 100 * limit)).as("seed %s", seed).isZero();
        }
    }

    @Test
    @DisplayName("CB-7 running calls are noticed at most an eighth of the limit late, whatever the limit")
    void noticedAtMostAnEighthLate() {
        for (long limit = 8; limit < 500; limit++) {
            UnderWay underWay = new UnderWay(limit, 0, 1);
            underWay.started(0);
            long noticed = 0;
            for (long now = 1; noticed == 0 && now < 3 * limit; now++) {
                noticed = underWay.overdueSinceLastCheck(now) > 0 ? now : 0;
            }
            assertThat(noticed).as("limit %s", limit).isBetween(limit + 1, limit + limit / 8 + 1);
        }
    }

    @Test
    @DisplayName("CB-7 a call whose reading comes late, by whatever time, makes no younger one look slow")
    void lateReadingCountsNobodyEarly() {
        long limit = 800;
        long now = 1_000_000;
        for (long late = 2 * limit; late < 20 * limit; late += 10) {
            UnderWay underWay = new UnderWay(limit, 0, 1);
            underWay.started(now);
            underWay.started(now - late);
            assertThat(underWay.overdue(now)).as("late by %s", late).isEqualTo(1);
            underWay.ended(now - late, 0);
            assertThat(underWay.overdue(now)).as("late by %s", late).isZero();
            underWay.ended(now, 0);
            assertThat(underWay.overdue(now + 100 * limit))
                    .as("late by %s", late)
                    .isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {10_000, 100_000, 1_000_000})
    @DisplayName("CB-7 running calls are not taken for slow ones after years without a transition")
    void yearsLaterNothingIsCountedEarly(long limit) {
        long now = Duration.ofDays(365 * 50).toNanos();
        UnderWay underWay = new UnderWay(limit, 0, 1);
        times(3, () -> underWay.started(now));
        assertThat(underWay.overdue(now + 1)).isZero();
        assertThat(underWay.overdue(now + limit)).isZero();
        assertThat(underWay.overdue(now + 2 * limit)).isEqualTo(3);
        times(3, () -> underWay.ended(now, 0));
        assertThat(underWay.overdue(now + 100 * limit)).isZero();
    }

    @Test
    @DisplayName("CB-7 threads: nothing is counted early, and nothing is left when all calls have ended")
    void threadsLeaveNothingBehind() throws Exception {
        long limit = 800;
        AtomicLong clock = new AtomicLong();
        UnderWay underWay = new UnderWay(limit, 0, 2);
        AtomicInteger early = new AtomicInteger();
        race(3, number -> {
            Random random = new Random(number);
            Deque<Runnable> open = new ArrayDeque<>();
            for (int i = 0; i < 50_000; i++) {
                long now = clock.addAndGet(random.nextInt(20));
                if (open.size() < 3) {
                    int ring = underWay.started(now);
                    open.add(() -> underWay.ended(now, ring));
                } else {
                    open.remove().run();
                }
                if (underWay.overdue(now) > 9) {
                    early.incrementAndGet();
                }
            }
            open.forEach(Runnable::run);
        });
        assertThat(early).hasValue(0);
        assertThat(underWay.overdue(clock.get())).isZero();
        assertThat(underWay.overdue(clock.get() + 100 * limit)).isZero();
        underWay.started(clock.get());
        assertThat(underWay.overdue(clock.get() + 2 * limit)).isEqualTo(1);
    }

    @Test
    @DisplayName(
            "CB-7 calls of many threads are counted in several rings, and each ends in its own, on whatever thread")
    void ringsOfThreads() throws Exception {
        UnderWay underWay = new UnderWay(800, 0, 8);
        Deque<Integer> rings = new ConcurrentLinkedDeque<>();
        race(16, number -> rings.add(underWay.started(0)));
        assertThat(new HashSet<>(rings)).hasSizeGreaterThan(1).allMatch(ring -> ring >= 0 && ring < 8);
        assertThat(underWay.overdue(1_000)).isEqualTo(16);
        rings.forEach(ring -> underWay.ended(0, ring));
        assertThat(underWay.overdue(1_000)).isZero();
    }

    @Test
    @DisplayName("CB-7 a slow call that began on one thread and ends on another is counted once")
    void endsOnAnotherThread() throws Exception {
        CircuitBreaker breaker = counting().slowCalls(Duration.ofMillis(8), 1).build();
        Deque<Permit> permits = new ConcurrentLinkedDeque<>();
        race(10, number -> permits.add(admitted(breaker)));
        time.advance(Duration.ofMillis(10));
        assertThat(breaker.report().slowCalls()).isEqualTo(10);
        permits.forEach(Permit::succeeded);
        assertThat(window(breaker)).containsExactly(10L, 0L, 10L);
        time.advance(Duration.ofHours(1));
        assertThat(breaker.report().slowCalls()).isEqualTo(10);
    }
}
