// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static dev.holdfast.bulkhead.Testing.LONG;
import static dev.holdfast.bulkhead.Testing.assertIdle;
import static dev.holdfast.bulkhead.Testing.hold;
import static dev.holdfast.bulkhead.Testing.inThread;
import static dev.holdfast.bulkhead.Testing.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Permit;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueueTest {
    private final VirtualTime time = VirtualTime.create();
    private final List<Integer> order = new ArrayList<>();

    private BulkheadBuilder builder() {
        return Bulkhead.builder("b").environment(time).limit(1).queue(5).waitUpTo(LONG);
    }

    private CompletableFuture<Integer> note(Bulkhead bulkhead, int number) {
        return bulkhead.callAsync(() -> {
            order.add(number);
            return CompletableFuture.completedFuture(number);
        });
    }

    @Test
    @DisplayName("BH-5 first in, first out")
    void fifo() {
        Bulkhead bulkhead = builder().build();
        List<Permit> held = hold(bulkhead, 1);
        IntStream.range(0, 5).forEach(i -> note(bulkhead, i));

        held.forEach(Permit::close);
        time.advance(Duration.ZERO);

        assertThat(order).containsExactly(0, 1, 2, 3, 4);
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-5 last in, first out, also when it is asked for while calls wait")
    void lifo() {
        Bulkhead bulkhead = builder().lifo().build();
        List<Permit> held = hold(bulkhead, 1);
        IntStream.range(0, 5).forEach(i -> note(bulkhead, i));
        held.forEach(Permit::close);
        time.advance(Duration.ZERO);
        assertThat(order).containsExactly(4, 3, 2, 1, 0);

        order.clear();
        bulkhead.reconfigure(BulkheadBuilder::fifo);
        held = hold(bulkhead, 1);
        IntStream.range(0, 3).forEach(i -> note(bulkhead, i));
        bulkhead.reconfigure(BulkheadBuilder::lifo);
        held.forEach(Permit::close);
        time.advance(Duration.ZERO);
        assertThat(order).containsExactly(2, 1, 0);
    }

    @Test
    @DisplayName("BH-5 no more than the queue holds, and who gave up is no longer in it")
    void bounded() {
        Bulkhead bulkhead = builder().build();
        List<Permit> held = hold(bulkhead, 1);
        List<CompletableFuture<Integer>> calls =
                IntStream.range(0, 7).mapToObj(i -> note(bulkhead, i)).toList();

        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(1, 1, 5));
        assertThat(calls.get(4)).isNotDone();
        assertThatThrownBy(calls.get(5)::join)
                .cause()
                .isInstanceOf(BulkheadFullException.class)
                .hasMessage("'b' is full: 1 in flight (limit: 1), 5 waiting")
                .extracting(
                        full -> ((BulkheadFullException) full).limit() * 10 + ((BulkheadFullException) full).waiting())
                .isEqualTo(15);
        assertThat(bulkhead.counts().rejected()).isEqualTo(2);

        calls.get(2).cancel(true);
        CompletableFuture<Integer> another = note(bulkhead, 9);
        assertThat(another).isNotDone();
        held.forEach(Permit::close);
        time.advance(Duration.ZERO);
        assertThat(order).containsExactly(0, 1, 3, 4, 9);
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-5 a call waits exactly as long as it may, and no permit is lost (P9)")
    void waitsUpTo() {
        Bulkhead bulkhead = builder().waitUpTo(Duration.ofMillis(100)).build();
        List<Permit> held = hold(bulkhead, 1);
        CompletableFuture<Integer> call = note(bulkhead, 0);

        time.advance(Duration.ofMillis(100).minusNanos(1));
        assertThat(call).isNotDone();
        time.advance(Duration.ofNanos(1));
        assertThatThrownBy(call::join).hasCauseInstanceOf(BulkheadFullException.class);
        assertThat(bulkhead.report().waiting()).isZero();

        long before = time.nanoTime();
        assertThatThrownBy(() -> bulkhead.run(() -> {})).isInstanceOf(BulkheadFullException.class);
        assertThat(time.nanoTime() - before).isEqualTo(Duration.ofMillis(100).toNanos());
        assertThatThrownBy(bulkhead::acquire).isInstanceOf(BulkheadFullException.class);

        held.forEach(Permit::close);
        assertIdle(bulkhead);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("BH-4 a blocking caller in the queue goes in when a permit is free")
    void blockingCallerGetsItsTurn() {
        Bulkhead bulkhead = builder().build();
        Permit held = hold(bulkhead, 1).get(0);
        time.schedule(held::close, 3_000_000);

        assertThat(bulkhead.call(() -> "in after " + time.nanoTime())).isEqualTo("in after 3000000");
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-3 an interrupted waiter leaves, keeps its flag, and takes no permit along (P9)")
    void interruptedWaiter() {
        Bulkhead bulkhead =
                Bulkhead.builder("b").limit(1).queue(1).waitUpTo(LONG).build();
        Permit held = hold(bulkhead, 1).get(0);
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CompletableFuture<Boolean> flag = inThread(() -> {
            thread.complete(Thread.currentThread());
            try {
                bulkhead.run(() -> {});
                return null;
            } catch (CallInterruptedException interrupted) {
                return Thread.interrupted();
            }
        });
        until("waiting", () -> bulkhead.report().waiting() == 1);
        thread.join().interrupt();

        assertThat(flag.join()).isTrue();
        assertThat(bulkhead.report().waiting()).isZero();
        held.close();
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-5 new arrivals do not overtake those who wait")
    void noOvertaking() {
        Bulkhead bulkhead = builder().limit(2).build();
        List<Permit> held = hold(bulkhead, 2);
        CompletableFuture<Integer> first = note(bulkhead, 1);
        held.get(0).close();
        // The first has been handed the permit, and goes on when the timer's thread comes to it.
        assertThat(first).isNotDone();
        assertThat(bulkhead.tryAcquire()).isNull();
        CompletableFuture<Integer> second = note(bulkhead, 2);
        assertThat(second).isNotDone();
        time.advance(Duration.ZERO);
        assertThat(order).containsExactly(1, 2);
    }

    @Test
    @DisplayName("BH-5 who only tries does not wait and takes no place")
    void tryAcquireDoesNotWait() {
        Bulkhead bulkhead = builder().build();
        hold(bulkhead, 1);
        assertThat(bulkhead.tryAcquire()).isNull();
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(1, 1, 0));
    }

    @Test
    @DisplayName("The wait in the queue is not part of the call's time")
    void elapsedIsWithoutTheWait() {
        Bulkhead bulkhead = builder().build();
        AtomicLong elapsed = new AtomicLong();
        bulkhead.on(Event.CallEnded.class, event -> elapsed.set(event.elapsed().toMillis()));
        Permit held = hold(bulkhead, 1).get(0);
        time.schedule(held::close, 7_000_000);
        bulkhead.run(() -> time.advance(Duration.ofMillis(5)));
        assertThat(elapsed).hasValue(5);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("BH-7 100,000 queued calls that complete at once need the stack of one")
    void drainingIsIterative(boolean lifo) {
        int count = 100_000;
        try (SmallStack small = new SmallStack()) {
            BulkheadBuilder settings = builder().environment(small.environment).queue(count);
            Bulkhead bulkhead = (lifo ? settings.lifo() : settings.fifo()).build();
            Permit held = hold(bulkhead, 1).get(0);
            List<CompletableFuture<Integer>> calls =
                    IntStream.range(0, count).mapToObj(i -> note(bulkhead, i)).toList();
            held.close();

            CompletableFuture.allOf(calls.toArray(CompletableFuture<?>[]::new)).join();
            assertThat(order).hasSize(count);
            assertThat(order.get(0)).isEqualTo(lifo ? count - 1 : 0);
            assertIdle(bulkhead);
        }
    }

    @Test
    @DisplayName("BH-7 a limit that grows lets 100,000 waiters in, one after the other, on the stack of one")
    void growthIsIterative() {
        int count = 100_000;
        try (SmallStack small = new SmallStack()) {
            Bulkhead bulkhead =
                    builder().environment(small.environment).queue(count).build();
            hold(bulkhead, 1);
            AtomicInteger started = new AtomicInteger();
            for (int i = 0; i < count; i++) {
                bulkhead.callAsync(() -> {
                    started.incrementAndGet();
                    return new CompletableFuture<>();
                });
            }
            small.execute(() -> bulkhead.reconfigure(settings -> settings.limit(count)));
            until("all but one are in", () -> started.get() == count - 1);
            assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(count, count, 1));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("BH-5 cancelling 50,000 waiters costs the same in any order, and leaves nothing behind")
    void cancellingMany(boolean newestFirst) {
        int count = 50_000;
        Bulkhead bulkhead =
                builder().environment(Environment.system()).queue(count).build();
        Permit held = hold(bulkhead, 1).get(0);
        List<CompletableFuture<Integer>> calls = new ArrayList<>(
                IntStream.range(0, count).mapToObj(i -> note(bulkhead, i)).toList());
        if (newestFirst) {
            Collections.reverse(calls);
        }
        calls.forEach(call -> call.cancel(true));

        assertThat(bulkhead.report().waiting()).isZero();
        held.close();
        assertThat(order).isEmpty();
        assertIdle(bulkhead);
    }

    /** Runs what follows a wait on one thread, which has little stack. */
    private static final class SmallStack implements AutoCloseable {
        private final ExecutorService executor =
                Executors.newSingleThreadExecutor(task -> new Thread(null, task, "small stack", 128 << 10));
        final Environment environment = Environment.builder().executor(executor).build();

        void execute(Runnable task) {
            executor.execute(task);
        }

        @Override
        public void close() {
            executor.shutdown();
        }
    }
}
