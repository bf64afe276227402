// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Checked;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.RollbackFailedException;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.quorum.RecoveryBlock;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a rollback has nothing to do with: the deadlines and interrupts of its call, and work that has yet to end. */
@org.junit.jupiter.api.Timeout(60)
class RollbackApartTest {
    private final VirtualTime time = VirtualTime.create();
    private final BlockingQueue<String> steps = new LinkedBlockingQueue<>();
    private final BlockingQueue<Thread> callers = new LinkedBlockingQueue<>();

    private static RecoveryBlock<String, Integer> block(Environment environment, String... ways) {
        var builder = RecoveryBlock.<String, Integer>builder("booking").environment(environment);
        for (String each : ways) {
            builder.alternative(each, each);
        }
        return builder.build();
    }

    private Timeout timeout(String name, Duration limit) {
        return Timeout.builder(name, limit).environment(time).build();
    }

    private CompletionStage<Object> undo(String way) {
        steps.add("not " + way);
        return CompletableFuture.completedFuture(null);
    }

    @AfterEach
    void leavesNoInterrupt() {
        assertThat(Thread.interrupted()).isFalse();
    }

    // ---- Time and interrupts ----------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a policy that an asynchronous rollback uses has its own time, and not what the caller has said")
    void ownTime(boolean cancelled) {
        RecoveryBlock<String, Integer> block = block(time, "a");
        Timeout own = timeout("own", Duration.ofSeconds(2));
        CompletableFuture<Integer> stage = new CompletableFuture<>();
        Function<String, CompletionStage<?>> rollback = way -> own.callAsync(() -> undo(way));
        CompletableFuture<Integer> call =
                time.within(Duration.ofMillis(150), () -> block.callAsync(way -> stage, rollback));
        time.advance(Duration.ofMillis(100));
        if (cancelled) {
            call.cancel(true);
            time.advance(Duration.ofMillis(200));
            stage.complete(1);
        } else {
            time.advance(Duration.ofMillis(200));
            stage.completeExceptionally(new IOException("a"));
        }
        time.advance(Duration.ZERO);
        assertThat(steps).containsExactly("not a");
        assertThat(block.counts().rolledBack()).isEqualTo(1);
        assertThat(block.counts().notRolledBack()).isZero();
        assertThat(call).isCompletedExceptionally();
    }

    @Test
    @DisplayName("an asynchronous rollback begins without the interrupt that has ended its work")
    void withoutInterrupt() throws Exception {
        RecoveryBlock<String, Integer> block = block(Environment.standard(), "a", "b");
        CountDownLatch blocks = new CountDownLatch(1);
        CompletableFuture<Integer> call = block.callAsync(
                way -> {
                    if (way.equals("a")) {
                        return CompletableFuture.failedFuture(new IOException("a"));
                    }
                    blocks.countDown();
                    try {
                        Thread.sleep(20_000);
                    } catch (InterruptedException ended) {
                        Thread.currentThread().interrupt();
                        throw new IllegalStateException(ended);
                    }
                    return CompletableFuture.completedFuture(1);
                },
                way -> undo(way + " " + Thread.currentThread().isInterrupted()));
        assertThat(blocks.await(20, TimeUnit.SECONDS)).isTrue();
        call.cancel(true);
        assertThat(steps.poll(20, TimeUnit.SECONDS)).isEqualTo("not a false");
        assertThat(steps.poll(20, TimeUnit.SECONDS)).isEqualTo("not b false");
    }

    @Test
    @DisplayName("an interrupt that ends a blocking rollback is somebody's, and is left for him")
    void interrupted() {
        RecoveryBlock<String, Integer> block = block(time, "a", "b");
        assertThatThrownBy(() -> block.<Exception>call(
                        way -> {
                            throw new IOException(way);
                        },
                        way -> {
                            Thread.currentThread().interrupt();
                            Thread.sleep(1);
                        }))
                .isInstanceOf(RollbackFailedException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    // ---- Work that has yet to end -----------------------------------------------------------------------------------

    /** Calls on a thread of its own, where a timeout gives each way a second, on the threads of a bulkhead; lets that pass once a way has begun. */
    private FutureTask<Integer> inOneSecondEach(
            Checked.Function<String, Integer, Exception> work, Checked.Consumer<String, Exception> rollback)
            throws InterruptedException {
        RecoveryBlock<String, Integer> block = block(time, "a", "b");
        Bulkhead elsewhere = Bulkhead.builder("elsewhere")
                .environment(time)
                .limit(2)
                .ownThreads()
                .build();
        CountDownLatch begun = new CountDownLatch(1);
        FutureTask<Integer> call = new FutureTask<>(() -> block.<Exception>call(
                Pipeline.of(block, timeout("each", Duration.ofSeconds(1)), elsewhere),
                way -> {
                    begun.countDown();
                    return work.apply(way);
                },
                rollback));
        Thread caller = new Thread(call);
        callers.add(caller);
        caller.start();
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        time.advance(Duration.ofSeconds(1));
        return call;
    }

    /** Longer than its caller needs to come to the rollback. */
    private static void cleansUp() throws InterruptedException {
        Thread.sleep(30);
    }

    @Test
    @DisplayName(
            "work that ends soon after a timeout inside has interrupted it on another thread is rolled back, and the next way is tried")
    void obeys() throws Exception {
        Set<Thread> workers = ConcurrentHashMap.newKeySet();
        FutureTask<Integer> call = inOneSecondEach(
                way -> {
                    workers.add(Thread.currentThread());
                    steps.add(way);
                    if (way.equals("a")) {
                        try {
                            Thread.sleep(20_000);
                        } finally {
                            cleansUp();
                            steps.add("end of a");
                        }
                    }
                    return 1;
                },
                way -> steps.add("not " + way + " " + workers.contains(Thread.currentThread())));
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(steps).containsExactly("a", "end of a", "not a false", "b");
    }

    @Test
    @DisplayName("who interrupts a caller that waits for the end of such work ends neither the wait nor the rollback")
    void interruptedMeanwhile() throws Exception {
        BlockingQueue<Boolean> flags = new LinkedBlockingQueue<>();
        FutureTask<Integer> call = inOneSecondEach(
                way -> {
                    if (way.equals("b")) {
                        return 2;
                    }
                    try {
                        Thread.sleep(20_000);
                    } finally {
                        cleansUp();
                        callers.forEach(Thread::interrupt);
                        cleansUp();
                    }
                    return 1;
                },
                way -> {
                    flags.add(Thread.currentThread().isInterrupted());
                    Thread.sleep(1);
                    steps.add("not " + way);
                });
        // The next way waits for a thread, which an interrupt ends.
        assertThatThrownBy(() -> call.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(CallInterruptedException.class);
        assertThat(steps).containsExactly("not a");
        assertThat(flags).containsExactly(false);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "a plain future that a timeout inside gives up is not cancelled: it is rolled back when it ends, and then the next way is tried")
    void plain(boolean second) {
        RecoveryBlock<String, Integer> block = second ? block(time, "no", "a", "b") : block(time, "a", "b");
        CompletableFuture<Integer> goesOn = new CompletableFuture<>();
        CompletableFuture<Integer> call = block.callAsync(
                Pipeline.of(block, timeout("each", Duration.ofMillis(100))),
                way -> {
                    steps.add(way);
                    return way.equals("no")
                            ? CompletableFuture.failedFuture(new IOException("no"))
                            : way.equals("a") ? goesOn : CompletableFuture.completedFuture(2);
                },
                this::undo);
        time.advance(Duration.ofSeconds(1));
        if (second) {
            assertThat(List.of(steps.poll(), steps.poll())).containsExactly("no", "not no");
        }
        assertThat(steps).containsExactly("a");
        assertThat(goesOn).isNotDone();
        assertThat(call).isNotDone();
        goesOn.complete(1);
        time.advance(Duration.ZERO);
        assertThat(steps).containsExactly("a", "not a", "b");
        assertThat(call).isCompletedWithValue(2);
    }

    @Test
    @DisplayName("a timeout around all ends a call whose work does not end, which is rolled back when it does")
    void timeoutAround() {
        RecoveryBlock<String, Integer> block = block(time, "a", "b");
        CompletableFuture<Integer> goesOn = new CompletableFuture<>();
        CompletableFuture<Integer> call = block.callAsync(
                Pipeline.of(timeout("whole", Duration.ofMillis(300)), block, timeout("each", Duration.ofMillis(100))),
                way -> {
                    steps.add(way);
                    return goesOn;
                },
                this::undo);
        time.advance(Duration.ofMillis(300));
        assertThat(call).isCompletedExceptionally();
        assertThat(steps).containsExactly("a");
        goesOn.complete(1);
        time.advance(Duration.ZERO);
        assertThat(steps).containsExactly("a", "not a");
    }

    // ---- Gates around -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a bulkhead around counts a call that is cancelled as no success, when its work has ended")
    void counted(boolean reversible) {
        RecoveryBlock<String, Integer> block = block(time, "a");
        Bulkhead around = Bulkhead.builder("around").environment(time).limit(1).build();
        CompletableFuture<Integer> goesOn = new CompletableFuture<>();
        Function<String, CompletionStage<Integer>> work = way -> goesOn.minimalCompletionStage();
        Pipeline<Integer> through = Pipeline.of(around, block);
        CompletableFuture<Integer> call =
                reversible ? block.callAsync(through, work, this::undo) : block.callAsync(through, work);
        call.cancel(true);
        time.advance(Duration.ZERO);
        assertThat(around.report().inFlight()).isEqualTo(1);
        goesOn.completeExceptionally(new IOException("a"));
        time.advance(Duration.ZERO);
        assertThat(around.report().inFlight()).isZero();
        assertThat(around.counts().successes()).isZero();
        assertThat(around.counts().ignored()).isEqualTo(1);
    }
}
