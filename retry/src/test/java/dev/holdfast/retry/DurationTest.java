// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Call;
import dev.holdfast.Deadline;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.retry.Way.Outcome;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DurationTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final long LIMIT_NANOS = LIMIT.toNanos();
    private static final long START = Long.MAX_VALUE - 3_000_000_000L;

    private final VirtualTime time = VirtualTime.create(START, 0);
    private final IOException failure = new IOException("no");
    private final Backend backend = new Backend(time).fails(failure);

    private RetryBuilder<Object> limited() {
        return Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(Integer.MAX_VALUE)
                .maxDuration(LIMIT);
    }

    private RetryBuilder<Object> limited(long delay) {
        return limited().backoff(Backoff.fixed(Duration.ofNanos(delay)));
    }

    private long now() {
        return time.nanoTime() - START;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 a delay that ends a nanosecond before the deadline is waited for")
    void lastNanosecond(Way way) {
        assertThat(way.call(limited(LIMIT_NANOS - 1).build(), time, backend).thrown())
                .isSameAs(failure);

        assertThat(backend.starts()).containsExactly(START, START + LIMIT_NANOS - 1);
        assertThat(now()).isEqualTo(LIMIT_NANOS - 1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 a delay that would end at the deadline, or after it, fails at once without waiting")
    void tooLongDelay(Way way) {
        for (long delay : new long[] {LIMIT_NANOS, LIMIT_NANOS + 1, Long.MAX_VALUE}) {
            assertThat(way.call(limited(delay).build(), time, backend).thrown()).isSameAs(failure);
        }
        assertThat(backend.calls()).isEqualTo(3);
        assertThat(now()).isZero();
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 time spent in attempts counts, and a running attempt is not cut short")
    void attemptsCount(Way way) {
        Backend slow = new Backend(time).taking(Duration.ofSeconds(4)).fails(failure);

        way.call(limited(Duration.ofSeconds(3).toNanos()).build(), time, slow);

        assertThat(slow.starts())
                .containsExactly(START, START + Duration.ofSeconds(7).toNanos());
        assertThat(now()).isEqualTo(Duration.ofSeconds(11).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 no attempt starts at the deadline, not even without a delay")
    void noAttemptAtTheDeadline(Way way) {
        Backend exact = new Backend(time).taking(LIMIT).fails(failure);
        way.call(limited(0).build(), time, exact);
        assertThat(exact.calls()).isEqualTo(1);

        Backend justBefore = new Backend(time).taking(LIMIT.minusNanos(1)).fails(failure);
        way.call(limited(0).build(), time, justBefore);
        assertThat(justBefore.calls()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 attempts and delays drawn at random: none starts at or after the deadline, none waits in vain")
    void randomRuns(Way way) {
        SplittableRandom random = new SplittableRandom(way.ordinal());
        for (int run = 0; run < 60; run++) {
            Duration most = Duration.ofNanos(1 + random.nextLong(4_000_000_000L));
            Backend slow = new Backend(time);
            for (int i = 0; i < 40; i++) {
                slow.taking(Duration.ofNanos(random.nextLong(2_000_000_000L))).fails(failure);
            }
            Backoff backoff = Backoff.exponential(Duration.ofNanos(1 + random.nextLong(most.toNanos())), most)
                    .jitter(Backoff.Jitter.values()[random.nextInt(4)]);
            Retry<Object> retry = limited().backoff(backoff).build();
            long start = time.nanoTime();
            long[] attemptEnded = {start};
            slow.onCall(() -> attemptEnded[0] = time.nanoTime());

            way.call(retry, time, slow);

            assertThat(slow.starts()).allMatch(at -> at - start < LIMIT_NANOS);
            // The last thing that took time was an attempt, which lasts less than two seconds.
            assertThat(time.nanoTime() - attemptEnded[0]).isLessThan(2_000_000_000L);
        }
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 the deadline of a timeout around the retry counts like its own")
    void outerDeadline(Way way) {
        Deadline outer = new Deadline("d", time) {
            @Override
            protected long nanos(Call call) {
                return LIMIT_NANOS;
            }

            @Override
            protected RuntimeException exceeded(long nanos) {
                return new IllegalStateException("exceeded");
            }

            @Override
            protected void kept() {}
        };
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(9)
                .backoff(Backoff.fixed(Duration.ofSeconds(6)))
                .build();

        Outcome outcome = way.call(Pipeline.of(outer, retry), time, backend);

        assertThat(outcome.thrown()).isSameAs(failure);
        assertThat(backend.starts())
                .containsExactly(START, START + Duration.ofSeconds(6).toNanos());
        assertThat(now()).isEqualTo(Duration.ofSeconds(6).toNanos());
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-2 a wait that overslept past the deadline is followed by no attempt")
    void overslept(Way way) {
        Environment late = new Oversleeping(time);
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(late)
                .maxAttempts(9)
                .maxDuration(LIMIT)
                .backoff(Backoff.fixed(LIMIT.minusNanos(1)))
                .build();

        Outcome outcome = way.call(retry, time, backend);

        assertThat(outcome.thrown()).isSameAs(failure);
        assertThat(backend.calls()).isEqualTo(1);
        assertThat(retry.counts()).isEqualTo(new Retry.Counts(0, 0, 1, 1, 0, 0));
    }

    /** Wakes up late by a millisecond, as real machines do. */
    private record Oversleeping(VirtualTime time) implements Environment {
        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            return time.schedule(task, delayNanos + 1_000_000);
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
            return time.await(done, nanos + 1_000_000);
        }

        @Override
        public long nextLong(long bound) {
            return time.nextLong(bound);
        }
    }

    @Test
    @DisplayName("RT-2 hugely long limits are no limit, and none at all reads no clock on success")
    void noLimit() {
        Retry<Object> huge = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(4)
                .maxDuration(Duration.ofSeconds(Long.MAX_VALUE))
                .backoff(Backoff.fixed(Duration.ofDays(365)))
                .build();
        Way.SYNC.call(huge, time, backend);
        assertThat(backend.calls()).isEqualTo(4);

        Retry<Object> none =
                Retry.builder("r").withoutBudget().environment(time).build();
        long reads = time.reads();
        none.run(() -> {});
        assertThat(time.reads()).isEqualTo(reads);
    }
}
