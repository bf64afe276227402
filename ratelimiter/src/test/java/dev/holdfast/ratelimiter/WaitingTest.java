// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Call;
import dev.holdfast.CallInterruptedException;
import dev.holdfast.Deadline;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Calls that wait for their permits. One permit each 100 ms, unless said otherwise. */
class WaitingTest extends LimiterTest {
    private static final Duration STEP = Duration.ofMillis(100);

    private RateLimiter waiting(Duration longest) {
        return limiter(10, SECOND).smooth().waitUpTo(longest).build();
    }

    private CompletableFuture<Long> start(RateLimiter limiter) {
        return limiter.callAsync(() -> CompletableFuture.completedFuture(time.nanoTime() / 1_000_000));
    }

    @Test
    void blockingCallsWaitForTheirTime() {
        RateLimiter limiter = waiting(STEP);
        for (long i = 0; i < 5; i++) {
            long expected = i * STEP.toNanos();
            assertThat(limiter.<Long>call(time::nanoTime)).isEqualTo(expected);
        }
        assertThat(limiter.counts().successes()).isEqualTo(5);
    }

    @Test
    void acquireWaitsAndTryAcquireDoesNot() {
        RateLimiter limiter = waiting(STEP);
        limiter.run(() -> {});
        assertThat(limiter.tryAcquire()).isNull();
        try (Permit permit = limiter.acquire()) {
            assertThat(time.nanoTime()).isEqualTo(STEP.toNanos());
            permit.succeeded();
        }
    }

    @Test
    void asynchronousCallsWaitInOrderAndHoldNoThread() {
        RateLimiter limiter = waiting(SECOND);
        List<CompletableFuture<Long>> calls = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            calls.add(start(limiter));
        }
        assertThat(calls.get(0)).isCompletedWithValue(0L);
        for (int i = 1; i < 5; i++) {
            advance(STEP.toNanos() - 1);
            assertThat(calls.get(i)).isNotDone();
            advance(1);
            assertThat(calls.get(i)).isCompletedWithValue(i * 100L);
        }
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("RL-4 a hopeless wait is refused at once, takes nothing, and says when to come again")
    void hopeless() {
        RateLimiter limiter = waiting(STEP.multipliedBy(2));
        start(limiter);
        start(limiter);
        start(limiter);
        for (int i = 0; i < 10; i++) {
            assertThat(retryAfter(limiter)).isEqualTo(STEP.toNanos() * 3);
            CompletableFuture<Long> refused = start(limiter);
            assertThatThrownBy(refused::join)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(RateLimitedException.class);
        }
        assertThat(time.nanoTime()).isZero();
        advance(STEP.toNanos());
        CompletableFuture<Long> fits = start(limiter);
        assertThat(time.join(fits)).isEqualTo(300);
    }

    @Test
    @DisplayName("RL-4 a refusal is told to listeners, with its reason")
    void refusalIsTold() {
        RateLimiter limiter = limiter(1, SECOND).build();
        List<Event.CallRejected> told = new ArrayList<>();
        limiter.on(Event.CallRejected.class, told::add);
        limiter.run(() -> {});
        assertThat(retryAfter(limiter)).isEqualTo(SECOND.toNanos());
        assertThat(told).hasSize(1);
        assertThat(told.get(0).rejection())
                .hasMessage("'limiter' is over its limit and let no call through; retry after PT1S")
                .hasNoCause();
        assertThat(told.get(0).rejection().getStackTrace()).isEmpty();
    }

    @Test
    @DisplayName("RL-3, P12 an interrupted wait gives its permit back")
    void interrupted() {
        RateLimiter limiter = waiting(SECOND);
        limiter.run(() -> {});
        Thread self = Thread.currentThread();
        time.schedule(self::interrupt, STEP.toNanos() / 2);
        time.schedule(() -> {}, STEP.toNanos() * 3 / 4);
        assertThatThrownBy(() -> limiter.run(() -> {})).isInstanceOf(CallInterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(time.nanoTime()).isEqualTo(STEP.toNanos() / 2);
        assertThat(limiter.<Long>call(time::nanoTime)).isEqualTo(STEP.toNanos());
    }

    @Test
    @DisplayName("RL-3 a cancelled wait gives its permit back, at every limit and in every algorithm")
    void cancelled() {
        for (RateLimiterBuilder builder : List.of(
                limiter(10, SECOND).smooth(),
                limiter(10, SECOND).smooth().and(1000, Duration.ofHours(1)),
                limiter(1, STEP).slidingWindow(),
                limiter(1, STEP).fixedWindow())) {
            RateLimiter limiter = builder.waitUpTo(SECOND).build();
            assertThat(in(limiter)).isTrue();
            CompletableFuture<Long> last = start(limiter);
            assertThat(last).isNotDone();
            long behind = retryAfterOf(limiter);
            assertThat(last.cancel(true)).isTrue();
            assertThat(time.pendingTimers()).isZero();
            assertThat(retryAfterOf(limiter)).as("%s", limiter).isLessThan(behind);
            CompletableFuture<Long> next = start(limiter);
            assertThat(time.join(next)).isNotNull();
            time.advance(Duration.ofHours(2));
        }
    }

    /** Without taking anything: a view that may not wait so long. */
    private long retryAfterOf(RateLimiter limiter) {
        return limiter.rejection(time.nanoTime()).retryAfterNanos();
    }

    @Test
    @DisplayName("RL-3 a wait that is given up behind which others wait is lost, and lets nobody in early")
    void cancelledInTheMiddle() {
        RateLimiter limiter = waiting(SECOND);
        start(limiter);
        CompletableFuture<Long> first = start(limiter);
        CompletableFuture<Long> second = start(limiter);
        first.cancel(true);
        CompletableFuture<Long> third = start(limiter);
        assertThat(time.join(second)).isEqualTo(200);
        assertThat(time.join(third)).isEqualTo(300);
        assertThat(limiter.available()).isBetween(0L, 1L);
    }

    @Test
    void aWaitEndsLateWhenTheThreadOverslept() {
        RateLimiter limiter = waiting(SECOND);
        limiter.run(() -> {});
        CompletableFuture<Long> late = start(limiter);
        time.advance(Duration.ofMillis(150));
        assertThat(late).isCompleted();
        assertThat(retryAfterOf(limiter)).isEqualTo(50_000_000);
    }

    @Test
    @DisplayName("RL-1 with waiting: the times at which calls go in keep the bound, at each of several limits")
    void boundWithWaiting() {
        RateLimiter limiter = limiter(10, SECOND)
                .burst(5)
                .and(3, Duration.ofMillis(700))
                .waitUpTo(Duration.ofSeconds(5))
                .build();
        List<Grant> grants = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            if (i % 3 == 0) {
                limiter.callAsync(() -> {
                            grants.add(new Grant(time.nanoTime(), 1));
                            return CompletableFuture.completedFuture(null);
                        })
                        .exceptionally(refused -> null);
            }
            advance(time.nextLong(150_000_000));
        }
        time.advance(Duration.ofSeconds(10));
        assertThat(grants).hasSizeGreaterThan(40);
        assertBound(grants, 10, SECOND.toNanos(), 5, 0);
        assertBound(grants, 3, 700_000_000, 3, 1);
    }

    @Test
    @DisplayName(
            "RL-4 a call whose permits come after its deadline is refused at once, takes none, and an overload leaves nothing behind")
    void permitsAfterTheDeadline() {
        RateLimiter limiter = waiting(Duration.ofSeconds(2));
        Pipeline<Object> guarded = Pipeline.of(new After(Duration.ofMillis(500), time), limiter);
        List<CompletableFuture<String>> burst = new ArrayList<>();
        List<CompletableFuture<String>> later = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            (i < 100 ? burst : later).add(guarded.callAsync(() -> CompletableFuture.completedFuture("in")));
            advance(i < 100 ? STEP.toNanos() / 2 : STEP.toNanos());
        }
        advance(SECOND.toNanos());

        // The last of the burst has left a queue that is as long as the patience of one who comes with the next permit.
        assertThat(later.subList(1, later.size()))
                .allSatisfy(call -> assertThat(call).isCompletedWithValue("in"));
        long served =
                burst.stream().filter(call -> !call.isCompletedExceptionally()).count();
        assertThat(served).isGreaterThanOrEqualTo(50);
        assertThat(burst)
                .filteredOn(CompletableFuture::isCompletedExceptionally)
                .allSatisfy(call -> assertThatThrownBy(call::join).hasCauseInstanceOf(RateLimitedException.class));
        assertThat(limiter.counts().abandoned()).isZero();
        assertThat(limiter.counts().calls()).isEqualTo(1000);
    }

    @Property(tries = 15, seed = "1")
    @Label(
            "RL-4 a period and two deadlines after any burst, calls succeed at the rate again, also if their work takes nearly all their time")
    void afterAnyBurst(
            @ForAll @IntRange(min = 1, max = 20) int stepsUntilDeadline,
            @ForAll @IntRange(max = 99) int workPercent,
            @ForAll @IntRange(min = 1, max = 5) int times,
            @ForAll @IntRange(max = 40) int burst) {
        time = VirtualTime.create();
        RateLimiter limiter = waiting(Duration.ofHours(1));
        Duration deadline = STEP.multipliedBy(stepsUntilDeadline);
        Pipeline<Object> guarded = Pipeline.of(new After(deadline, time), limiter);
        long work = Math.max(1, deadline.toNanos() / 100 * workPercent);
        for (int i = 0; i < burst * times; i++) {
            guarded.callAsync(() -> answer(work));
            advance(STEP.toNanos() / times);
        }
        // A period is ten steps. In the first deadline calls may die that were let wait too long, in the second the
        // queue shrinks.
        List<CompletableFuture<String>> calls = new ArrayList<>();
        int recovery = 10 + 2 * stepsUntilDeadline;
        for (int i = 0; i < recovery + 50; i++) {
            calls.add(guarded.callAsync(() -> answer(work)));
            advance(STEP.toNanos());
        }
        advance(deadline.toNanos());
        assertThat(calls.subList(recovery, calls.size())).noneMatch(CompletableFuture::isCompletedExceptionally);
    }

    private CompletableFuture<String> answer(long nanos) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        time.schedule(() -> answer.complete("in"), nanos);
        return answer;
    }

    @Test
    @DisplayName(
            "RL-4 permits that come exactly at the deadline are none, those that come a nanosecond before it are good")
    void permitsAtTheDeadline() {
        for (long early = 0; early < 2; early++) {
            RateLimiter limiter = waiting(Duration.ofSeconds(2));
            limiter.run(() -> {});
            Pipeline<Object> guarded = Pipeline.of(new After(STEP.plusNanos(early), time), limiter);
            CompletableFuture<String> call = guarded.callAsync(() -> CompletableFuture.completedFuture("in"));
            assertThat(call.isDone()).isEqualTo(early == 0);
            advance(STEP.toNanos());
            assertThat(call.isCompletedExceptionally()).isEqualTo(early == 0);
            assertThat(limiter.counts().rejected()).isEqualTo(1 - early);
        }
    }

    private static final class After extends Deadline {
        private final Duration limit;

        After(Duration limit, Environment environment) {
            super("deadline", environment);
            this.limit = limit;
        }

        @Override
        protected long nanos(Call call) {
            return limit.toNanos();
        }

        @Override
        protected RuntimeException exceeded(long nanos) {
            return new IllegalStateException("deadline");
        }

        @Override
        protected void kept() {}
    }
}
