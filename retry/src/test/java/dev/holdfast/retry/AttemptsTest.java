// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.holdfast.Backoff;
import dev.holdfast.Backoff.Jitter;
import dev.holdfast.Event;
import dev.holdfast.retry.Way.Outcome;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class AttemptsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create(Long.MAX_VALUE - 5_000_000_000L, 7);
    private final Backend backend = new Backend(time);

    private RetryBuilder<Object> retry() {
        return Retry.builder("r").withoutBudget().environment(time);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 makes exactly as many attempts as allowed, and throws the last failure as it is")
    void attemptsAreLimited(Way way) {
        for (int max : new int[] {1, 2, 3, 17}) {
            Backend failing = new Backend(time);
            List<IOException> failures =
                    Stream.generate(() -> new IOException("no")).limit(20).toList();
            failures.forEach(failing::fails);

            Outcome outcome = way.call(retry().maxAttempts(max).build(), time, failing);

            assertThat(failing.calls()).isEqualTo(max);
            assertThat(outcome.thrown()).isSameAs(failures.get(max - 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 stops at the first success")
    void stopsAtSuccess(Way way) {
        backend.fails(new IOException("1"), new IOException("2")).gives("yes").fails(new IOException("4"));

        Outcome outcome = way.call(retry().maxAttempts(Integer.MAX_VALUE).build(), time, backend);

        assertThat(outcome).isEqualTo(new Outcome("yes", null));
        assertThat(backend.calls()).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RT-1 three attempts unless told otherwise")
    void defaultIsThree(Way way) {
        way.call(retry().build(), time, backend.fails(new IOException("no")));

        assertThat(backend.calls()).isEqualTo(3);
    }

    static Stream<Arguments> backoffs() {
        return Stream.of(
                arguments(Backoff.none(), List.of(0, 0, 0, 0, 0)),
                arguments(Backoff.fixed(SECOND), List.of(1, 1, 1, 1, 1)),
                arguments(
                        Backoff.linear(SECOND, SECOND.multipliedBy(2), SECOND.multipliedBy(8)), List.of(1, 3, 5, 7, 8)),
                arguments(Backoff.exponential(SECOND, SECOND.multipliedBy(10)), List.of(1, 2, 4, 8, 10)),
                arguments(Backoff.exponential(SECOND, 3, SECOND.multipliedBy(30)), List.of(1, 3, 9, 27, 30)),
                arguments(Backoff.fibonacci(SECOND, SECOND.multipliedBy(4)), List.of(1, 1, 2, 3, 4)),
                arguments(
                        Backoff.custom(n -> SECOND.multipliedBy(n * n), SECOND.multipliedBy(20)),
                        List.of(1, 4, 9, 16, 20)));
    }

    @ParameterizedTest
    @MethodSource("backoffs")
    @DisplayName("RT-1 waits exactly as the backoff says, and the clock may wrap around")
    void waitsAsTheBackoffSays(Backoff backoff, List<Integer> seconds) {
        for (Way way : Way.values()) {
            Backend failing = new Backend(time).fails(new IOException("no"));
            way.call(retry().maxAttempts(6).backoff(backoff).build(), time, failing);

            assertThat(failing.gaps())
                    .as("%s", way)
                    .isEqualTo(seconds.stream().map(s -> s * SECOND.toNanos()).toList());
        }
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    @DisplayName("RT-1 jitter survives the cap: delays still spread when the curve has reached it")
    void jitterSurvivesTheCap(Jitter jitter) {
        Backoff backoff = Backoff.exponential(SECOND, SECOND.multipliedBy(64)).jitter(jitter);
        Retry<Object> retry = retry().maxAttempts(200).backoff(backoff).build();
        List<Duration> delays = new ArrayList<>();
        retry.on(Event.RetryScheduled.class, event -> delays.add(event.delay()));

        Way.SYNC.call(retry, time, backend.fails(new IOException("no")));

        List<Duration> atCap = delays.subList(10, delays.size());
        assertThat(atCap.stream().distinct().count()).isGreaterThan(atCap.size() - 5L);
        assertThat(atCap)
                .allMatch(delay -> delay.compareTo(SECOND.multipliedBy(64)) <= 0)
                .anyMatch(delay -> delay.compareTo(SECOND.multipliedBy(58)) > 0)
                .anyMatch(delay -> delay.compareTo(SECOND.multipliedBy(38)) < 0);
    }
}
