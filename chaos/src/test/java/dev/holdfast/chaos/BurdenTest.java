// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Ending;
import dev.holdfast.Gate;
import dev.holdfast.RejectedException;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@Timeout(60)
@ExtendWith(Trial.class)
class BurdenTest {
    private final VirtualTime time = VirtualTime.create();
    private final List<String> done = new ArrayList<>();

    /** So many permits, which come back or do not. */
    private final class Permits extends Gate {
        final AtomicInteger left;
        final boolean comeBack;

        Permits(int permits, boolean comeBack) {
            super("permits", time);
            this.left = new AtomicInteger(permits);
            this.comeBack = comeBack;
        }

        @Override
        protected long enter(long now) {
            return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0 ? 0 : REFUSED;
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsed) {
            if (comeBack) {
                left.getAndIncrement();
            }
            return true;
        }

        @Override
        protected RejectedException rejection(long now) {
            throw new IllegalStateException("nobody asks");
        }
    }

    private void undone(Armed armed) {
        time.advance(Duration.ZERO);
        assertThat(armed.undone().toCompletableFuture()).isCompletedWithValue(null);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("CH-15 permits that were taken are given back, exactly, at every ending")
    void permits() {
        Permits gate = new Permits(10, true);
        Burden burden = Burden.take(gate, 8);
        Armed armed = Trial.terms(time).arm(burden);
        assertThat(gate.left).hasValue(2);
        assertThat(armed.injected(Fault.BURDEN)).isEqualTo(1);
        armed.disarm();
        armed.disarm();
        undone(armed);
        assertThat(gate.left).hasValue(10);

        Armed timed =
                Trial.terms(time, Duration.ofSeconds(1), Blast.unlimited()).arm(burden);
        assertThat(gate.left).hasValue(2);
        time.advance(Duration.ofSeconds(1));
        undone(timed);
        assertThat(gate.left).hasValue(10);

        Armed stopped = Trial.terms(time).arm(burden);
        SafetyLever.engage("incident");
        undone(stopped);
        assertThat(gate.left).hasValue(10);
    }

    @Test
    @DisplayName("CH-15 too few permits: none is kept, and nothing is armed")
    void tooFew() {
        Permits gate = new Permits(5, true);
        Burden burden = Burden.take(gate, 8);
        assertThatThrownBy(() -> Trial.terms(time).arm(burden))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("5 permits left (expected: 8, for a burden)");
        assertThat(gate.left).hasValue(5);
        assertThat(burden).hasToString("Burden['8 permits of permits' off]");
        assertThat(SafetyLever.armed()).isZero();
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("CH-15 a limiter stays drained until the end, and is drained no more after it")
    void drained() {
        Permits gate = new Permits(5, false);
        Armed armed = Trial.terms(time).arm(Burden.drain(gate, Duration.ofMillis(100)));
        assertThat(gate.left).hasValue(0);
        gate.left.set(3);
        time.advance(Duration.ofMillis(100));
        time.advance(Duration.ofMillis(1));
        assertThat(gate.left).hasValue(0);
        armed.disarm();
        undone(armed);
        gate.left.set(3);
        time.advance(Duration.ofSeconds(1));
        assertThat(gate.left).hasValue(3);
    }

    @Test
    @DisplayName(
            "CH-15 steps are undone last first; a set-up that fails half-way undoes what it has done, and nothing else")
    void steps() {
        Burden burden = Burden.of("steps", undo -> {
            for (int i = 1; i <= 3; i++) {
                int step = i;
                if (step == 3 && done.isEmpty()) {
                    throw new java.io.IOException("third");
                }
                undo.with(() -> done.add("undo " + step));
            }
        });
        assertThatThrownBy(() -> Trial.terms(time).arm(burden)).hasRootCauseMessage("third");
        assertThat(done).containsExactly("undo 2", "undo 1");
        Armed armed = Trial.terms(time).arm(burden);
        armed.disarm();
        undone(armed);
        assertThat(done).containsExactly("undo 2", "undo 1", "undo 3", "undo 2", "undo 1");
    }

    @Test
    @DisplayName("CH-15 what undoing throws is kept, and all other steps are undone")
    void undoThrows() {
        Burden burden = Burden.of("steps", undo -> {
            undo.with(() -> done.add("first"));
            undo.with(() -> {
                throw new java.io.IOException("second");
            });
            undo.with(() -> {
                throw new IllegalStateException("third");
            });
        });
        Armed armed = Trial.terms(time).arm(burden);
        armed.disarm();
        time.advance(Duration.ZERO);
        assertThat(done).containsExactly("first");
        assertThat(armed.undone().toCompletableFuture().join())
                .hasMessage("third")
                .satisfies(third -> assertThat(third.getSuppressed()[0]).hasRootCauseMessage("second"));
    }

    @Test
    @DisplayName("CH-15 ended in the middle of its set-up, it is undone when that is over, and does not start")
    void endedWhileSetUp() {
        Burden burden = Burden.of("slow", () -> SafetyLever.engage("incident"), () -> done.add("undone"));
        assertThatThrownBy(() -> Trial.terms(time).arm(burden)).hasMessageContaining("ended before it was armed");
        assertThat(done).containsExactly("undone");
        assertThat(time.pendingTimers()).isZero();
        SafetyLever.release();
        Burden failing = Burden.of("failing", undo -> {
            undo.with(() -> done.add("undone as well"));
            SafetyLever.engage("incident");
            throw new IllegalStateException("half-way");
        });
        assertThatThrownBy(() -> Trial.terms(time).arm(failing)).hasMessage("half-way");
        assertThat(done).containsExactly("undone", "undone as well");
        assertThat(time.pendingTimers()).isZero();
        assertThat(SafetyLever.armed()).isZero();
    }

    @Test
    @DisplayName("CH-3 undoing that blocks does not hold up who disarms")
    void undoBlocks() {
        Burden burden = Burden.of("blocking", () -> {}, () -> Thread.sleep(600_000));
        Armed armed = Trial.terms(time).arm(burden);
        armed.disarm();
        assertThat(armed.isOver()).isTrue();
        assertThat(armed.undone().toCompletableFuture()).isNotDone();
    }

    @Test
    @DisplayName("CH-15 timers that are set meanwhile are late, others are not, and that which ends it is on time")
    void lateTimers() {
        LateTimers late = LateTimers.of(time);
        List<Long> fired = new ArrayList<>();
        Runnable told = () -> fired.add(time.nanoTime() / 1_000_000);
        late.schedule(told, Duration.ofMillis(100).toNanos());
        Armed armed =
                Trial.terms(late, Duration.ofMillis(500), Blast.unlimited()).arm(late.burden(Duration.ofMillis(40)));
        late.schedule(told, Duration.ofMillis(100).toNanos());
        time.advance(Duration.ofMillis(499));
        assertThat(armed.isOver()).isFalse();
        time.advance(Duration.ofMillis(1));
        assertThat(armed.isOver()).isTrue();
        undone(armed);
        late.schedule(told, Duration.ofMillis(100).toNanos());
        time.advance(Duration.ofMillis(100));
        assertThat(fired).containsExactly(100L, 140L, 600L);
    }

    @Test
    @DisplayName("CH-15 memory, threads and processors are let go")
    void machine() throws InterruptedException {
        for (Burden each : List.of(Burden.heap(4), Burden.threads(3), Burden.processors(1))) {
            Armed armed = Trial.terms(time).arm(each);
            armed.disarm();
            undone(armed);
        }
        for (int i = 0; i < 1_000 && burdens() > 0; i++) {
            Thread.sleep(5);
        }
        assertThat(burdens()).isZero();
    }

    private static long burdens() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("holdfast-burden"))
                .count();
    }
}
