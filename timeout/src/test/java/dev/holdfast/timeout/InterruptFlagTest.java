// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class InterruptFlagTest {
    private static final Duration LIMIT = Duration.ofMillis(10);

    private final VirtualTime time = VirtualTime.create();
    private final Timeout timeout =
            Timeout.builder("t", LIMIT).environment(time).build();

    @AfterEach
    void noFlagLeavesTheTest() {
        Thread.interrupted();
    }

    private void interruptAfter(Duration delay) {
        time.schedule(Thread.currentThread()::interrupt, delay.toNanos());
    }

    @Test
    @DisplayName("TO-2 while the work runs it sees the interrupt; after the call there is none")
    void noStrayFlag() {
        assertThatThrownBy(() -> timeout.run(() -> {
                    assertThat(Thread.currentThread().isInterrupted()).isFalse();
                    time.advance(LIMIT);
                    assertThat(Thread.currentThread().isInterrupted()).isTrue();
                }))
                .isInstanceOf(TimeoutExceededException.class)
                .hasNoSuppressedExceptions();

        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        time.advance(LIMIT);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    @DisplayName("TO-2 a deadline after the end of the work interrupts nobody")
    void timerIsGone() {
        timeout.run(() -> {});

        time.advance(LIMIT);

        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    @DisplayName("TO-3 an interrupt by somebody else ends work that sleeps, as it would without a timeout")
    void interruptedWork() {
        interruptAfter(LIMIT.dividedBy(2));

        assertThatThrownBy(() -> timeout.runChecked(() -> time.sleep(Duration.ofHours(1))))
                .isInstanceOf(InterruptedException.class);

        assertThat(time.nanoTime()).isEqualTo(LIMIT.toNanos() / 2);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("TO-3 the flag of an interrupt by somebody else stays, when the work ends in time")
    void foreignFlagInTime() {
        timeout.run(Thread.currentThread()::interrupt);
        assertThat(Thread.interrupted()).isTrue();

        Thread.currentThread().interrupt();
        assertThat(timeout.call(() -> "in time")).isEqualTo("in time");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("TO-3 a flag that the caller brings along is still there after a timeout")
    void flagBroughtAlong() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> timeout.run(() -> time.advance(LIMIT))).isInstanceOf(TimeoutExceededException.class);

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("TO-3 an interrupt by somebody else before the deadline is still there after a timeout")
    void foreignFlagTooLate() {
        interruptAfter(LIMIT.minusNanos(1));

        assertThatThrownBy(() -> timeout.run(() -> time.advance(LIMIT))).isInstanceOf(TimeoutExceededException.class);

        assertThat(Thread.interrupted()).isTrue();
    }
}
