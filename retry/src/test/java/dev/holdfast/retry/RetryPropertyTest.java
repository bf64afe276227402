// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Backoff.Jitter;
import dev.holdfast.Budget;
import dev.holdfast.Event;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

/** Retries of any settings, for dependencies that fail in any way. */
class RetryPropertyTest {
    private static final IOException FAILURE = new IOException("no");
    private static final long SECOND = 1_000_000_000L;

    /** After a pause, to a dependency that fails so often before it succeeds. */
    private record CallToMake(int failures, long pauseNanos) {}

    private static Backend failing(VirtualTime time, int failures) {
        Backend backend = new Backend(time);
        for (int i = 0; i < failures; i++) {
            backend.fails(FAILURE);
        }
        return backend.gives("yes");
    }

    @Property(seed = "1")
    @Label("RT-1 never more attempts than allowed, after waits that are those told, from 0 to the cap")
    void attemptsAndDelays(
            @ForAll Way way,
            @ForAll @IntRange(min = 1, max = 12) int maxAttempts,
            @ForAll @IntRange(max = 16) int failures,
            @ForAll @LongRange(min = 1, max = 1_000_000_000_000L) long first,
            @ForAll @LongRange(min = 1, max = 1_000_000_000_000_000L) long cap,
            @ForAll Jitter jitter,
            @ForAll long start) {
        VirtualTime time = VirtualTime.create(start, first);
        Duration most = Duration.ofNanos(Math.max(first, cap));
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(maxAttempts)
                .backoff(Backoff.exponential(Duration.ofNanos(first), most).jitter(jitter))
                .build();
        List<Long> told = new ArrayList<>();
        retry.on(Event.RetryScheduled.class, event -> told.add(event.delay().toNanos()));
        Backend backend = failing(time, failures);

        Way.Outcome outcome = way.call(retry, time, backend);

        assertThat(backend.calls()).isEqualTo(Math.min(maxAttempts, failures + 1));
        assertThat(outcome.thrown()).isSameAs(failures < maxAttempts ? null : FAILURE);
        assertThat(backend.gaps()).isEqualTo(told).allMatch(delay -> delay >= 0 && delay <= most.toNanos());
    }

    @Provide
    Arbitrary<CallToMake> calls() {
        Arbitrary<Long> pauses = Arbitraries.frequencyOf(
                Tuple.of(4, Arbitraries.just(0L)),
                Tuple.of(1, Arbitraries.longs().between(1, 3 * SECOND)));
        return Combinators.combine(Arbitraries.integers().between(0, 6), pauses).as(CallToMake::new);
    }

    @Property(seed = "1")
    @Label(
            "RT-3 retries <= capacity + ratio * successes + minimum * seconds + 1 at every moment, and none is kept back")
    void budget(
            @ForAll Way way,
            @ForAll @IntRange(min = 1, max = 20) int capacity,
            @ForAll @IntRange(max = 1000) int thousandths,
            @ForAll @IntRange(max = 3) int minimumPerSecond,
            @ForAll @IntRange(min = 1, max = 6) int maxAttempts,
            @ForAll @Size(max = 12) List<@From("calls") CallToMake> calls) {
        VirtualTime time = VirtualTime.create(Long.MAX_VALUE - SECOND, 0);
        Budget budget = Budget.of(capacity, thousandths / 1000.0, minimumPerSecond);
        List<Retry<Object>> sharing = List.of(retry(time, maxAttempts, budget), retry(time, 4, budget));
        long start = time.nanoTime();
        long retries = 0;
        long successes = 0;
        for (int i = 0; i < calls.size(); i++) {
            time.advance(Duration.ofNanos(calls.get(i).pauseNanos));
            Backend backend = failing(time, calls.get(i).failures);

            Way.Outcome outcome = way.call(sharing.get(i % 2), time, backend);

            retries += backend.calls() - 1;
            successes += outcome.thrown() == null ? 1 : 0;
            long earned = SECOND * capacity + SECOND / 1_000 * thousandths * successes;
            long free = minimumPerSecond == 0 ? 0 : SECOND + minimumPerSecond * (time.nanoTime() - start);
            assertThat(SECOND * retries).isLessThanOrEqualTo(earned + free);
            boolean refused = outcome.thrown() != null && backend.calls() < (i % 2 == 0 ? maxAttempts : 4);
            assertThat(budget.available()).isBetween(0L, refused ? 0L : capacity);
        }
    }

    private static Retry<Object> retry(VirtualTime time, int maxAttempts, Budget budget) {
        return Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(maxAttempts)
                .backoff(Backoff.none())
                .budget(budget)
                .build();
    }
}
