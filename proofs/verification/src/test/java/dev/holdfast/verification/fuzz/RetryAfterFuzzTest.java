// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.fuzz;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import dev.holdfast.Backoff;
import dev.holdfast.Event;
import dev.holdfast.RejectedException;
import dev.holdfast.internal.Require;
import dev.holdfast.retry.Retry;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a server asks for by {@code Retry-After}, and what a refusal does, in any length and beside any bounds. */
class RetryAfterFuzzTest {
    /** A refusal that may be over after a while. */
    private static final class Refusal extends RejectedException {
        private static final long serialVersionUID = 1L;

        Refusal(long retryAfterNanos) {
            super("server", retryAfterNanos);
        }
    }

    static Stream<Arguments> seeds() {
        Span second = Span.of(Duration.ofSeconds(1));
        Span minute = Span.of(Duration.ofMinutes(1));
        Span ever = new Span(Long.MAX_VALUE, 999_999_999);
        return Stream.of(
                arguments(second, minute, minute, 1L, false, 0L, 0L),
                arguments(minute, second, minute, 1L, false, 0L, 0L),
                arguments(minute, minute, second, 1L, false, 0L, Long.MAX_VALUE),
                arguments(new Span(Long.MIN_VALUE, 0), second, ever, 0L, true, Long.MAX_VALUE, -5L),
                arguments(null, second, second, Long.MAX_VALUE, true, RejectedException.UNKNOWN, Long.MIN_VALUE),
                arguments(ever, ever, ever, 1L, true, 1_000_000_000L, 0L));
    }

    @MethodSource("seeds")
    @DisplayName("RT-9 waits as long as it was asked to, or not at all where that is beyond a bound; never shorter")
    @FuzzTest
    void waits(
            Span asked,
            @NotNull Span most,
            @NotNull Span limit,
            long backoff,
            boolean refused,
            long refusedFor,
            long start) {
        VirtualTime time = VirtualTime.create(start, 0);
        Duration asks = asked == null ? null : asked.duration();
        long usual = Math.max(0, backoff);
        RejectedException refusal = refused ? new Refusal(Math.max(RejectedException.UNKNOWN, refusedFor)) : null;
        RetryBuilder<Object> settings = Retry.builder("any")
                .withoutBudget()
                .environment(time)
                .maxAttempts(2)
                .backoff(Backoff.fixed(Duration.ofNanos(usual)));
        Answers.of(
                        () -> settings.maxDuration(limit.duration())
                                .delayFrom(any -> asks, most.duration())
                                .retryRejections(most.duration())
                                .build(),
                        "maxDuration",
                        limit.duration(),
                        "max of delayFrom",
                        most.duration())
                .ifPresent(retry -> {
                    long least = refusal == null ? 0 : Math.max(0, refusal.retryAfterNanos());
                    long wait = Math.max(least, asks == null ? usual : Math.max(0, Require.saturatedNanos(asks)));
                    if (start + wait == Long.MIN_VALUE) {
                        // The one reading that policies take for the next.
                        return;
                    }
                    long longest = Require.saturatedNanos(most.duration());
                    boolean honoured = least <= longest && (asks == null || wait <= longest);
                    boolean inTime = wait < Require.saturatedNanos(limit.duration());
                    List<Long> expected = honoured && inTime ? List.of(wait) : List.of();
                    check(retry, refusal == null ? Calls.FAILURE : refusal, time, expected);
                });
    }

    private static void check(Retry<Object> retry, RuntimeException failure, VirtualTime time, List<Long> expected) {
        List<Long> waits = new ArrayList<>();
        retry.on(Event.RetryScheduled.class, event -> waits.add(event.delay().toNanos()));
        int[] attempts = {0};
        CompletableFuture<Object> call = retry.callAsync(() -> {
            attempts[0]++;
            return CompletableFuture.failedFuture(failure);
        });
        Calls.await(call, time);
        Calls.check(call);
        if (!waits.equals(expected) || attempts[0] != 1 + expected.size()) {
            throw new AssertionError(attempts[0] + " attempts, waits " + waits + " (expected: " + expected + ")");
        }
    }
}
