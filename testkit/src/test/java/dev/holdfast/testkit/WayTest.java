// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Outcome;
import dev.holdfast.Pipeline;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(10)
class WayTest {
    private static final Duration MS = Duration.ofMillis(1);

    private final VirtualTime time = VirtualTime.create();

    @ParameterizedTest
    @EnumSource
    @DisplayName("a scripted dependency is called in each way alike, and the clock moves by itself")
    void scripted(Way way) {
        Again again = new Again(time, 3, MS.multipliedBy(10));
        Script<String> work = Script.<String>of(time)
                .fails(new IOException("down"))
                .after(MS)
                .times(2)
                .gives("a");

        Outcome<String> outcome = way.call(again, work);

        assertThat(outcome.result()).contains("a");
        assertThat(work.starts()).containsExactly(Duration.ZERO, MS.multipliedBy(11), MS.multipliedBy(22));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("work that hangs is given up at a deadline")
    void hangs(Way way) {
        Script<String> work = Script.<String>of(time).hangs();

        assertThat(way.call(new Limit(time, MS), work).failure()).isInstanceOf(Limit.Exceeded.class);
        assertThat(time.nanoTime()).isEqualTo(MS.toNanos());
        assertThat(work.underWay()).isZero();
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a failure is an outcome, and is not thrown")
    void failures(Way way) {
        Throwable failure = new IOException("down");
        Again again = new Again(time, 1, MS);
        assertThat(way.call(again, Script.<String>of(time).fails(failure)).failure())
                .isSameAs(failure);
        Outcome<Object> outcome = way.call(again, () -> {
            throw new InterruptedException();
        });
        assertThat(outcome.failure()).isInstanceOf(InterruptedException.class);
        assertThat(way.call(again, () -> null).isFailure()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a policy of real time is called in real time")
    void realTime(Way way) {
        assertThat(way.call(Pipeline.of(), () -> "a").result()).contains("a");
    }

    @Test
    @DisplayName("an asynchronous call may be left where it has to wait")
    void started() {
        Script<String> work = Script.<String>of(time).gives("a");
        assertThat(Way.ASYNC.start(new Limit(time, MS), work)).isCompletedWithValue("a");
        CompletableFuture<String> later = Way.ASYNC_LATER.start(new Limit(time, MS), work);
        assertThat(later).isNotDone();
        time.advance(Duration.ZERO);
        assertThat(later).isCompletedWithValue("a");
        assertThat(Way.BLOCKING.isAsync()).isFalse();
        assertThatThrownBy(() -> Way.BLOCKING.start(Pipeline.of(), work))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("start: BLOCKING (expected: ASYNC or ASYNC_LATER)");
    }
}
