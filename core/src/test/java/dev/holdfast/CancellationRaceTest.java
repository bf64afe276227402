// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.HandOffTest.OneThread;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who ends a call, when several would at the same moment: on real threads, thousands of times. */
@Timeout(60)
class CancellationRaceTest {
    private static final int ROUNDS = 3000;
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final Environment environment =
            Environment.builder().scheduler(timer).build();
    private final CountingIn outer = new CountingIn("outer");
    private final CountingIn inner = new CountingIn("inner");
    private final OneThread other = new OneThread();
    private final OneThread third = new OneThread();
    private final SplittableRandom random = new SplittableRandom(11);

    @BeforeEach
    void removeWhatIsCancelled() {
        timer.setRemoveOnCancelPolicy(true);
    }

    @AfterEach
    void stop() {
        timer.shutdownNow();
        other.stop();
        third.stop();
    }

    /** Stamps each admission, and takes none back twice. */
    private final class CountingIn extends Gate {
        private final AtomicInteger inside = new AtomicInteger();
        private final AtomicInteger stamps = new AtomicInteger();
        private final AtomicInteger wrong = new AtomicInteger();
        private volatile int lastLeft = -1;

        CountingIn(String name) {
            super(name, environment);
        }

        @Override
        protected long enter(long now) {
            inside.incrementAndGet();
            return stamps.getAndIncrement();
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
            // One call at a time, so that stamps come back in their order.
            wrong.addAndGet(stamp > lastLeft ? 0 : 1);
            lastLeft = (int) stamp;
            inside.decrementAndGet();
            return true;
        }

        @Override
        protected RejectedException rejection(long now) {
            throw new AssertionError("nobody is refused");
        }

        void assertEmpty() {
            assertThat(inside).as(name()).hasValue(0);
            assertThat(wrong).as("left twice, " + name()).hasValue(0);
        }
    }

    private void spin(int bound) {
        for (int i = random.nextInt(bound); i > 0; i--) {
            Thread.onSpinWait();
        }
    }

    private void settle(CompletableFuture<?> future) {
        other.settle();
        third.settle();
        future.handle((value, failure) -> null).orTimeout(10, TimeUnit.SECONDS).join();
        // The timer's thread may be the one that unwinds.
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while ((inner.inside.get() > 0
                        || outer.inside.get() > 0
                        || !timer.getQueue().isEmpty())
                && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(20_000);
        }
        inner.assertEmpty();
        outer.assertEmpty();
        assertThat(timer.getQueue()).isEmpty();
    }

    @Test
    @DisplayName("XC-15 the work completes while its caller cancels: one of the two, every gate left once")
    void completionAgainstCancellation() {
        Pipeline<Object> pipeline = Pipeline.of(outer, inner);
        int cancelled = 0;
        for (int round = 0; round < ROUNDS; round++) {
            CompletableFuture<Object> work = new CompletableFuture<>();
            CompletableFuture<Object> future = pipeline.callAsync(() -> work);
            AtomicInteger completions = new AtomicInteger();
            future.whenComplete((value, failure) -> completions.incrementAndGet());
            other.execute(() -> work.complete("value"));
            spin(400);
            cancelled += future.cancel(true) ? 1 : 0;
            settle(future);
            // What hangs on a future may run after who waits for it has gone on.
            Lab.until(() -> completions.get() > 0);
            assertThat(completions).hasValue(1);
        }
        assertThat(cancelled).isBetween(1, ROUNDS - 1);
        assertThat(inner.counts().calls()).isEqualTo(ROUNDS);
    }

    @Test
    @DisplayName("TO-1 S the work completes at its deadline, while its caller cancels: one of the three")
    void threeAtOnce() {
        Pipeline<Object> pipeline = Pipeline.of(outer, new Lab.Limit(environment, 50_000), inner);
        int[] outcomes = new int[3];
        for (int round = 0; round < ROUNDS; round++) {
            CompletableFuture<Object> work = new CompletableFuture<>();
            CompletableFuture<Object> future = pipeline.callAsync(() -> work);
            long until = System.nanoTime() + 30_000 + random.nextInt(60_000);
            long cancelAt = System.nanoTime() + 40_000 + random.nextInt(120_000);
            other.execute(() -> {
                while (System.nanoTime() - until < 0) {
                    Thread.onSpinWait();
                }
                work.complete("value");
            });
            while (System.nanoTime() - cancelAt < 0 && !future.isDone()) {
                Thread.onSpinWait();
            }
            future.cancel(true);
            settle(future);
            outcomes[outcome(future)]++;
        }
        assertThat(outcomes[0] + outcomes[1] + outcomes[2]).isEqualTo(ROUNDS);
        assertThat(outcomes[0]).isPositive();
    }

    private static int outcome(CompletableFuture<Object> future) {
        return future.handle((value, failure) -> failure == null ? 0 : failure instanceof CancellationException ? 1 : 2)
                .join();
    }

    @Test
    @DisplayName("RT-5 S a loop's delay ends while its caller cancels: no attempt after that, no timer left")
    void delayAgainstCancellation() {
        AtomicInteger attempts = new AtomicInteger();
        Loop<Object> loop = new Loop<>("loop", environment) {
            @Override
            protected Classifier<? super Object> classifier() {
                return Classifier.standard();
            }

            @Override
            protected void succeeded(int number) {}

            @Override
            protected long next(
                    int number,
                    long previousDelay,
                    Object value,
                    Throwable failure,
                    long asked,
                    Call call,
                    long now,
                    long left) {
                return number % 2 == 0 ? 0 : 1000;
            }

            @Override
            protected long maxNanos() {
                return NO_LIMIT;
            }

            @Override
            protected Object gaveUp(Object value, int number) {
                return value;
            }
        };
        Pipeline<Object> pipeline = Pipeline.of(outer, loop, inner);
        IllegalStateException failure = new IllegalStateException();
        for (int round = 0; round < ROUNDS; round++) {
            CompletableFuture<Object> future = pipeline.callAsync(() -> {
                attempts.incrementAndGet();
                CompletableFuture<Object> work = new CompletableFuture<>();
                other.execute(() -> work.completeExceptionally(failure));
                return work;
            });
            spin(2000);
            assertThat(future.cancel(true)).isTrue();
            settle(future);
            int before = attempts.get();
            Thread.onSpinWait();
            assertThat(attempts).hasValue(before);
        }
        assertThat(attempts.get()).isGreaterThan(ROUNDS / 2);
    }

    @Test
    @DisplayName("BH-1 S a thread becomes free while the caller cancels: started or not, all gates are left")
    void threadAgainstCancellation() {
        FifoGate elsewhere = new FifoGate(environment, 1, 0) {
            @Override
            protected Executor executor() {
                return other;
            }
        };
        Pipeline<Object> pipeline = Pipeline.of(outer, elsewhere, inner);
        AtomicInteger started = new AtomicInteger();
        for (int round = 0; round < ROUNDS; round++) {
            CompletableFuture<Object> work = new CompletableFuture<>();
            CompletableFuture<Object> future = pipeline.callAsync(() -> {
                started.incrementAndGet();
                return work;
            });
            spin(400);
            third.execute(() -> future.complete("outside"));
            future.cancel(true);
            settle(future);
            assertThat(elsewhere.available).hasValue(1);
        }
        assertThat(started.get()).isBetween(1, ROUNDS);
        assertThat(other.strayFlags).hasValue(0);
    }
}
