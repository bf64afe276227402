// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Races of real threads, where an extra attempt wins at the moment at which the caller's own one ends. */
@Timeout(120)
class RaceRealTimeTest {
    private static final boolean LONG = Boolean.getBoolean("holdfast.long");
    private static final int ROUNDS = LONG ? 100_000 : 10_000;

    /** Starts a second attempt at once. */
    private static final class Twice extends Race<Object> {
        Twice() {
            super("twice", Environment.system());
        }

        @Override
        protected int attempts() {
            return 2;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Classifier.standard();
        }

        @Override
        protected long headStart(Call call) {
            return 0;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            return heat.started() == 1 ? START : HOLD;
        }
    }

    @Test
    @DisplayName("RC-5, RC-11: an attempt that wins as the caller's own one ends leaves no flag, and no permit behind")
    void atTheEdge() {
        CountingGate gate = new CountingGate("gate", Environment.system());
        Policy<Object> pipeline = Pipeline.of(new Twice(), gate);
        AtomicInteger flags = new AtomicInteger();
        int[] won = new int[2];
        Thread caller = Thread.currentThread();

        for (int round = 0; round < ROUNDS; round++) {
            long end = System.nanoTime() + 20_000 + round % 50 * 1_000;
            Object winner = pipeline.call(() -> {
                while (System.nanoTime() < end && !Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
                return Thread.currentThread() == caller ? 0 : 1;
            });
            won[(int) winner]++;
            flags.addAndGet(Thread.interrupted() ? 1 : 0);
        }

        assertThat(flags).hasValue(0);
        Lab.until(() -> gate.left.get() == gate.entered.get());
        assertThat(won[0] + won[1]).isEqualTo(ROUNDS);
    }

    @Test
    @DisplayName("RC-8: a million races of attempts that end at once take the stack of one")
    void manyAtOnce() {
        Policy<Object> pipeline = new Twice();
        int races = LONG ? 1_000_000 : 50_000;
        int sum = 0;
        for (int i = 0; i < races; i++) {
            sum += (int) pipeline.callAsync(() -> CompletableFuture.completedFuture(1))
                    .join();
        }
        assertThat(sum).isEqualTo(races);
    }

    @Test
    @DisplayName("RC-7: an interrupt by somebody else, at any moment of a race, is not lost")
    void interrupts() throws InterruptedException {
        Policy<Object> pipeline = new Twice();
        AtomicInteger lost = new AtomicInteger();
        Thread caller = new Thread(() -> {
            for (int round = 0; round < ROUNDS / 10; round++) {
                long before = System.nanoTime();
                Thread self = Thread.currentThread();
                Thread other = new Thread(() -> {
                    LockSupport.parkNanos(System.nanoTime() % 30_000);
                    self.interrupt();
                });
                other.start();
                boolean seen = false;
                try {
                    // The other attempt never wins: a thread has one flag, and cannot tell two interrupts at once.
                    pipeline.<Object, Exception>callChecked(() -> {
                        Thread.sleep(Thread.currentThread() == self ? 0 : 1_000, 20_000);
                        return 1;
                    });
                } catch (InterruptedException | CallInterruptedException told) {
                    seen = true;
                } catch (Exception unexpected) {
                    lost.addAndGet(1_000_000);
                }
                try {
                    other.join();
                } catch (InterruptedException late) {
                    seen = true;
                }
                lost.addAndGet(Thread.interrupted() || seen ? 0 : 1);
                assertThat(System.nanoTime() - before).isPositive();
            }
        });
        caller.start();
        caller.join();
        assertThat(lost).hasValue(0);
    }
}
