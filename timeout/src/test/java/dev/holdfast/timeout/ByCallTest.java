// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Call;
import dev.holdfast.Pipeline;
import dev.holdfast.UnavailableException;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ByCallTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final VirtualTime time = VirtualTime.create();
    private final AtomicInteger started = new AtomicInteger();

    private Timeout byCall(Function<Call, Duration> duration) {
        return Timeout.builder("t", duration).environment(time).build();
    }

    private Duration elapsed(Runnable call) {
        long before = time.nanoTime();
        assertThatThrownBy(call::run).isInstanceOf(TimeoutExceededException.class);
        return Duration.ofNanos(time.nanoTime() - before);
    }

    private void sleep() {
        started.incrementAndGet();
        try {
            time.sleep(HOUR);
        } catch (InterruptedException interrupt) {
            throw new IllegalStateException("given up", interrupt);
        }
    }

    @Test
    @DisplayName("a duration may depend on the call's argument")
    void byArgument() {
        Timeout timeout =
                byCall(call -> Duration.ofMillis((Integer) call.argument().orElseThrow()));

        assertThat(elapsed(() -> timeout.consumer((Integer ms) -> sleep()).accept(7)))
                .isEqualTo(Duration.ofMillis(7));
        assertThat(elapsed(() -> timeout.consumer((Integer ms) -> sleep()).accept(9)))
                .isEqualTo(Duration.ofMillis(9));
        CompletableFuture<String> future = timeout.asyncFunction((Integer ms) -> new CompletableFuture<String>())
                .apply(11);
        time.advance(Duration.ofMillis(11).minusNanos(1));
        assertThat(future).isNotDone();
        time.advance(Duration.ofNanos(1));
        assertThat(future).isCompletedExceptionally();
    }

    @Test
    @DisplayName("a duration may depend on the attempt; inside of a retry it is asked once an attempt")
    void byAttempt() {
        List<Integer> asked = new ArrayList<>();
        Timeout timeout = byCall(call -> {
            asked.add(call.attempt());
            return Duration.ofMillis(10L * call.attempt());
        });
        Pipeline<Object> pipeline = Pipeline.of(new Again(time, 3, Duration.ofMillis(1)), timeout);

        assertThat(elapsed(() -> pipeline.run(this::sleep))).isEqualTo(Duration.ofMillis(10 + 1 + 20 + 1 + 30));
        assertThat(asked).containsExactly(1, 2, 3);

        asked.clear();
        long before = time.nanoTime();
        assertThatThrownBy(() -> time.join(pipeline.callAsync(CompletableFuture<String>::new)))
                .hasCauseInstanceOf(TimeoutExceededException.class);
        assertThat(time.nanoTime() - before).isEqualTo(Duration.ofMillis(62).toNanos());
        assertThat(asked).containsExactly(1, 2, 3);
    }

    @Test
    @DisplayName("TO-7 a duration may depend on the time that is left, to leave some of it for others")
    void byTimeLeft() {
        Timeout outer = Timeout.builder("outer", Duration.ofMillis(100))
                .environment(time)
                .build();
        Timeout inner = byCall(call -> call.timeLeft().orElseThrow().dividedBy(2));

        assertThat(elapsed(() -> Pipeline.of(outer, inner).run(this::sleep))).isEqualTo(Duration.ofMillis(50));
    }

    @Test
    @DisplayName("TO-6 a call whose duration throws, or is null, is refused before the work is started")
    void brokenDuration() {
        IllegalStateException broken = new IllegalStateException("broken");
        Timeout throwing = byCall(call -> {
            throw broken;
        });
        Timeout nothing = byCall(call -> null);

        assertThatThrownBy(() -> throwing.run(this::sleep))
                .isInstanceOf(UnavailableException.class)
                .hasMessage("'t' could not say how long the call may take")
                .hasCause(broken);
        assertThatThrownBy(() -> nothing.run(this::sleep))
                .hasRootCauseMessage("duration of the call: null (expected: a value)");
        assertThatThrownBy(
                        () -> throwing.callAsync(CompletableFuture<String>::new).join())
                .isInstanceOf(CompletionException.class)
                .hasRootCause(broken);
        assertThatThrownBy(
                        () -> nothing.callAsync(CompletableFuture<String>::new).join())
                .hasRootCauseInstanceOf(NullPointerException.class);

        assertThat(started).hasValue(0);
        assertThat(time.pendingTimers()).isZero();
        assertThat(throwing.counts()).isEqualTo(new Timeout.Counts(0, 0));
    }

    @Test
    @DisplayName("XC-7 a duration by call cannot be replaced by a fixed one, and says so")
    void reconfigure() {
        Timeout timeout = byCall(call -> HOUR);

        assertThatThrownBy(() -> timeout.reconfigure(Duration.ofSeconds(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Timeout 't': duration PT1S (expected: a timeout of a fixed duration)");
    }
}
