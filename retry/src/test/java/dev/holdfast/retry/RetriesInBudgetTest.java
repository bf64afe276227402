// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Event;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RetriesInBudgetTest {
    private static final long SECOND = 1_000_000_000L;

    private final VirtualTime time = VirtualTime.create(Long.MAX_VALUE - 2 * SECOND, 0);
    private final IOException failure = new IOException("no");

    private Retry<Object> retry(Budget budget, int attempts) {
        return Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(attempts)
                .backoff(Backoff.none())
                .budget(budget)
                .build();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-3 spends exactly one token a retry, and gives the original failure when there is none")
    void exact(Way way) {
        Budget budget = Budget.of(3, 0.5, 0);
        Retry<Object> retry = retry(budget, 10);
        Backend backend = new Backend(time).fails(failure);

        assertThat(way.call(retry, time, backend).thrown()).isSameAs(failure);
        assertThat(backend.calls()).isEqualTo(4);
        assertThat(budget.available()).isZero();
        assertThat(retry.counts()).isEqualTo(new Retry.Counts(0, 0, 3, 1, 1, 0));

        // One success gives half a token: not enough. Two give one retry.
        way.call(retry, time, new Backend(time).gives("yes"));
        way.call(retry, time, backend);
        assertThat(backend.calls()).isEqualTo(5);
        way.call(retry, time, new Backend(time).gives("yes"));
        assertThat(budget.available()).isEqualTo(1);
        way.call(retry, time, backend);
        assertThat(backend.calls()).isEqualTo(7);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-3 is asked before the wait: with an empty budget nobody sleeps")
    void beforeSleeping(Way way) {
        Budget budget = Budget.of(1, 0, 0);
        Retry<Object> retry = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .budget(budget)
                .backoff(Backoff.fixed(Duration.ofHours(1)))
                .build();
        Backend backend = new Backend(time).fails(failure);
        way.call(retry, time, backend);
        long now = time.nanoTime();

        assertThat(way.call(retry, time, backend).thrown()).isSameAs(failure);

        assertThat(time.nanoTime()).isEqualTo(now);
        assertThat(time.pendingTimers()).isZero();
        assertThat(backend.calls()).isEqualTo(3);
    }

    @Test
    @DisplayName("RT-3 a token is not spent on a retry that is refused for another reason")
    void spentLast() {
        Budget budget = Budget.of(5, 0, 0);
        RetryBuilder<Object> rules =
                Retry.builder("r").withoutBudget().environment(time).budget(budget);
        Backend backend = new Backend(time).fails(failure);

        Way.SYNC.call(rules.maxAttempts(1).build(), time, backend);
        Way.SYNC.call(
                rules.maxAttempts(3)
                        .maxDuration(Duration.ofSeconds(1))
                        .backoff(Backoff.fixed(Duration.ofSeconds(1)))
                        .build(),
                time,
                backend);
        Way.SYNC.call(
                rules.delayFrom(attempt -> Duration.ofSeconds(3), Duration.ofSeconds(2))
                        .build(),
                time,
                backend);
        Way.SYNC.call(rules.retryIf(attempt -> false).build(), time, backend);

        assertThat(backend.calls()).isEqualTo(4);
        assertThat(budget.available()).isEqualTo(5);
    }

    @Test
    @DisplayName("RT-3 is shared: what one retry spends, another misses, and successes of each fill it")
    void shared() {
        Budget budget = Budget.of(2, 1, 0);
        Retry<Object> one = retry(budget, 3);
        Retry<Object> other = retry(budget, 3);
        Backend backend = new Backend(time).fails(failure);

        Way.SYNC.call(one, time, backend);
        Way.SYNC.call(other, time, backend);
        assertThat(backend.calls()).isEqualTo(4);

        Way.SYNC.call(one, time, new Backend(time).gives("yes"));
        Way.SYNC.call(other, time, backend);
        assertThat(backend.calls()).isEqualTo(6);
        assertThat(other.counts().overBudget()).isEqualTo(2);
    }

    @Test
    @DisplayName("RT-3 the minimum is not saved up while nothing fails")
    void minimumIsNotSaved() {
        Budget budget = Budget.of(1, 0, 10);
        Retry<Object> retry = retry(budget, 100);
        Way.SYNC.call(retry, time, new Backend(time).fails(failure));
        time.advance(Duration.ofDays(1));
        Backend backend = new Backend(time).fails(failure);

        Way.SYNC.call(retry, time, backend);

        assertThat(backend.calls()).isEqualTo(2);
    }

    @Test
    @DisplayName("RT-3 over budget is told as exhausted")
    void told() {
        Retry<Object> retry = retry(Budget.of(1, 0, 0), 9);
        int[] exhausted = {0};
        retry.on(
                Event.RetriesExhausted.class,
                event -> exhausted[0] = event.call().attempt());

        Way.SYNC.call(retry, time, new Backend(time).fails(failure));

        assertThat(exhausted[0]).isEqualTo(2);
    }

    /** After "Fixing retries with token buckets" (Brooker, 2022): three retries, without and with the bucket. */
    @ParameterizedTest
    @CsvSource({
        "1, 1.010, 1.000, 1.010, 1.000",
        "5, 1.053, 1.000, 1.053, 1.000",
        "10, 1.111, .9999, 1.099, .989",
        "20, 1.248, .998, 1.087, .869",
        "50, 1.875, .9375, 1.053, .526",
        "90, 3.439, .344, 1.010, .100",
        "100, 4, 0, 1.000, 0"
    })
    @DisplayName("RT-3 attempts a request and successes are those of the reference table")
    void table(int percent, double plainAttempts, double plainSuccess, double attempts, double success) {
        // 100,000 requests: a standard error of 0.0016 for a success rate of one half; 100 first tokens are 0.001.
        simulate(percent, null, plainAttempts, plainSuccess, 0.012);
        double amplification = simulate(percent, Budget.of(100, 0.1, 0), attempts, success, 0.006);
        assertThat(amplification).isLessThanOrEqualTo(1.1 + 0.001);
    }

    private double simulate(int percent, Budget budget, double attempts, double success, double tolerance) {
        SplittableRandom random = new SplittableRandom(percent);
        RetryBuilder<Object> rules = Retry.builder("r")
                .withoutBudget()
                .environment(time)
                .maxAttempts(4)
                .backoff(Backoff.none());
        Retry<Object> retry = (budget == null ? rules : rules.budget(budget)).build();
        int requests = 100_000;
        int[] made = {0};
        int good = 0;
        for (int i = 0; i < requests; i++) {
            try {
                retry.callChecked(() -> {
                    made[0]++;
                    if (random.nextInt(100) < percent) {
                        throw failure;
                    }
                    return "yes";
                });
                good++;
            } catch (IOException thrown) {
                assertThat(thrown).isSameAs(failure);
            }
        }
        double perRequest = (double) made[0] / requests;
        assertThat(perRequest).isCloseTo(attempts, within(tolerance));
        assertThat((double) good / requests).isCloseTo(success, within(tolerance));
        return perRequest;
    }
}
