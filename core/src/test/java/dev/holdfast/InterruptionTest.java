// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class InterruptionTest {
    @AfterEach
    void noFlagLeavesTheTest() {
        Thread.interrupted();
    }

    @Test
    @DisplayName("TO-2 in time: end() says so, and an interrupt() afterwards does nothing")
    void inTime() {
        Interruption interruption = new Interruption(Thread.currentThread(), null);

        assertThat(interruption.end()).isTrue();
        interruption.interrupt();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @DisplayName("TO-2 too late: the work sees the flag, end() says so and clears it")
    void tooLate() {
        Interruption interruption = new Interruption(Thread.currentThread(), null);
        interruption.interrupt();

        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        interruption.interrupt();
        assertThat(interruption.end()).isFalse();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @DisplayName("TO-3 in time: an interrupt by somebody else stays")
    void foreignInterruptStays() {
        Interruption interruption = new Interruption(Thread.currentThread(), null);
        Thread.currentThread().interrupt();

        assertThat(interruption.end()).isTrue();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("TO-3 too late: an interrupt that somebody else made before stays")
    void foreignInterruptBeforeStays() {
        Interruption interruption = new Interruption(Thread.currentThread(), null);
        Thread.currentThread().interrupt();
        interruption.interrupt();

        assertThat(interruption.end()).isFalse();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("TO-7 one inside of another: the inner end leaves the outer one's flag, the outer end leaves none")
    void nested() {
        for (String order : List.of("inner", "outer", "inner outer", "outer inner", "inner seen outer", "")) {
            Interruption outer = new Interruption(Thread.currentThread(), null);
            Interruption inner = new Interruption(Thread.currentThread(), outer);
            for (String step : order.split(" ")) {
                switch (step) {
                    case "inner" -> inner.interrupt();
                    case "outer" -> outer.interrupt();
                    default -> assertThat(Thread.interrupted()).as(order).isEqualTo(!order.isEmpty());
                }
            }
            assertThat(inner.end()).as(order).isEqualTo(!order.contains("inner"));
            assertThat(Thread.currentThread().isInterrupted()).as(order).isEqualTo(order.contains("outer"));
            assertThat(outer.end()).as(order).isEqualTo(!order.contains("outer"));
            assertThat(Thread.interrupted()).as(order).isFalse();
        }
    }

    @Test
    @DisplayName("TO-2 an inner one that ends on another thread than the outer's does not touch the outer")
    void nestedOnAnotherThread() throws Exception {
        Interruption outer = new Interruption(Thread.currentThread(), null);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            outer.interrupt();
            assertThat(Thread.interrupted()).isTrue();
            boolean flag = other.submit(() -> {
                Interruption inner = new Interruption(Thread.currentThread(), outer);
                inner.interrupt();
                inner.end();
                return Thread.interrupted();
            }).get(10, TimeUnit.SECONDS);
            assertThat(flag).isFalse();
            assertThat(Thread.interrupted()).isFalse();
        } finally {
            other.shutdownNow();
        }
    }

    @Test
    @DisplayName("TO-2 interrupt() against end() on two threads: never a flag after end(), whoever wins")
    void race() throws Exception {
        int rounds = 20_000;
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            Interruption[] rendezvous = new Interruption[rounds];
            for (int i = 0; i < rounds; i++) {
                rendezvous[i] = new Interruption(Thread.currentThread(), null);
            }
            Phaser together = new Phaser(2);
            Future<?> timer = other.submit(() -> {
                for (Interruption each : rendezvous) {
                    together.arriveAndAwaitAdvance();
                    each.interrupt();
                }
            });
            int late = 0;
            int stray = 0;
            for (int i = 0; i < rounds; i++) {
                together.arriveAndAwaitAdvance();
                for (int spin = i % 64; spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                late += rendezvous[i].end() ? 0 : 1;
                stray += Thread.interrupted() ? 1 : 0;
            }
            timer.get(10, TimeUnit.SECONDS);
            assertThat(stray).isZero();
            assertThat(Thread.interrupted()).isFalse();
            // Both sides won at times, or the race was none.
            assertThat(late).isBetween(1, rounds - 1);
        } finally {
            other.shutdownNow();
        }
    }
}
