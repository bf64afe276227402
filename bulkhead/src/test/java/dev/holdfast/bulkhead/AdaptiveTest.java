// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static dev.holdfast.bulkhead.Testing.LONG;
import static dev.holdfast.bulkhead.Testing.assertIdle;
import static dev.holdfast.bulkhead.Testing.hold;
import static dev.holdfast.bulkhead.Testing.inThread;
import static dev.holdfast.bulkhead.Testing.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.VirtualTime;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AdaptiveTest {
    private final VirtualTime time = VirtualTime.create(Long.MAX_VALUE - 5_000_000, 0);
    private final List<String> updates = new ArrayList<>();

    /** Notes what it is told, and goes where {@link #next} says. */
    private final class Script implements Limit {
        private int next = 10;

        @Override
        public int initial() {
            return 10;
        }

        @Override
        public int max() {
            return 100;
        }

        @Override
        public Estimate start(Environment environment) {
            return (elapsed, inFlight, dropped) -> {
                updates.add(elapsed / 1_000_000 + " ms, " + inFlight + " in flight" + (dropped ? ", dropped" : ""));
                if (next < 0) {
                    throw new IllegalStateException("estimate");
                }
                return next;
            };
        }
    }

    private final Script script = new Script();
    private final Bulkhead bulkhead = Bulkhead.builder("a")
            .environment(time)
            .adaptive(script)
            .queue(100)
            .waitUpTo(LONG)
            .build();

    private void takes(int millis) {
        bulkhead.run(() -> time.advance(Duration.ofMillis(millis)));
    }

    @Test
    @DisplayName("BH-8 an update gets the call's own time and how many were in flight when it came in")
    void measured() {
        takes(7);
        List<Permit> held = hold(bulkhead, 3);
        takes(0);
        time.advance(Duration.ofMillis(2));
        held.get(0).failed();
        held.get(1).close();
        held.get(2).succeeded();

        assertThat(updates)
                .containsExactly(
                        "7 ms, 1 in flight", "0 ms, 4 in flight", "2 ms, 1 in flight, dropped", "2 ms, 3 in flight");
    }

    @Test
    @DisplayName("BH-8 the wait in the queue is not measured, blocking or not")
    void waitIsNotMeasured() {
        List<Permit> held = hold(bulkhead, 10);
        time.schedule(() -> held.get(0).close(), 30_000_000);
        takes(5);
        assertThat(updates).containsExactly("5 ms, 10 in flight");

        held.set(0, hold(bulkhead, 1).get(0));
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> call = bulkhead.callAsync(() -> stage);
        time.advance(Duration.ofMillis(40));
        held.get(0).close();
        time.advance(Duration.ofMillis(3));
        stage.complete("in");
        assertThat(call.join()).isEqualTo("in");
        assertThat(updates).hasSize(2).last().isEqualTo("3 ms, 10 in flight");
    }

    @Test
    @DisplayName("BH-8 a limit that grows lets waiters in, one that shrinks waits for calls to end, and both are told")
    void growsAndShrinks() {
        List<String> told = new ArrayList<>();
        bulkhead.on(Bulkhead.LimitChanged.class, event -> told.add(event.from() + " -> " + event.to()));
        List<Permit> held = hold(bulkhead, 10);
        for (int i = 0; i < 5; i++) {
            bulkhead.callAsync(CompletableFuture::new);
        }
        script.next = 13;
        held.get(0).succeeded();
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(13, 13, 1));

        script.next = 2;
        held.get(1).succeeded();
        // The limit was known to shrink before the permit could go to the last waiter.
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(2, 12, 1));
        assertThat(bulkhead.tryAcquire()).isNull();
        assertThat(told).containsExactly("10 -> 13", "13 -> 2");
    }

    @Test
    @DisplayName("BH-4 whoever waits through a rest is let in when it is over, although nobody comes or leaves")
    void wokenAfterRest() {
        VirtualTime clock = VirtualTime.create();
        Bulkhead resting = Bulkhead.builder("resting")
                .environment(clock)
                .adaptive(Limits.between(1, 10).startAt(1).evidence())
                .queue(5)
                .waitUpTo(Duration.ofMinutes(1))
                .build();
        for (int i = 0; i < 10; i++) {
            CompletableFuture<Object> stage = new CompletableFuture<>();
            CompletableFuture<Object> call = resting.callAsync(() -> stage);
            clock.advance(Duration.ofSeconds(2));
            stage.completeExceptionally(new IllegalStateException("down"));
            assertThat(call).isCompletedExceptionally();
        }
        CompletableFuture<Object> waits = resting.callAsync(() -> CompletableFuture.completedFuture("in"));
        assertThat(waits).isNotDone();
        clock.advance(Duration.ofSeconds(2));
        assertThat(waits).isCompletedWithValue("in");
        assertThat(clock.pendingTimers()).isZero();
    }

    @Test
    @DisplayName("BH-8 an estimate of one's own that gives nonsense is cut to 1 and its maximum")
    void nonsenseIsCut() {
        script.next = 0;
        takes(1);
        assertThat(bulkhead.report().limit()).isEqualTo(1);
        script.next = Integer.MAX_VALUE;
        takes(1);
        assertThat(bulkhead.report().limit()).isEqualTo(100);
    }

    @Test
    @DisplayName("BH-1 an estimate that throws costs no permit and fails no call; the limit stays")
    void estimateThrows() {
        script.next = -1;
        assertThat(bulkhead.call(() -> "in")).isEqualTo("in");
        assertThat(bulkhead.call(() -> "in")).isEqualTo("in");
        assertThat(updates).hasSize(2);
        assertIdle(bulkhead);
    }

    static Stream<Throwable> drops() {
        return Stream.of(
                new Testing.SomeTimeoutException(),
                new TimeoutException(),
                new SocketTimeoutException(),
                new BulkheadFullException("in", BulkheadFullException.Reason.FULL, new Bulkhead.Report(1, 1, 0), null),
                new RejectedExecutionException(),
                new InterruptedException(),
                new InterruptedIOException(),
                new ClosedByInterruptException(),
                new CancellationException());
    }

    @ParameterizedTest
    @MethodSource("drops")
    @DisplayName("BH-8 refusals further in, timeouts and calls that were given up are drops")
    void areDrops(Throwable thrown) {
        assertThatThrownBy(() -> bulkhead.run(() -> {
                    throw Testing.<RuntimeException>sneak(thrown);
                }))
                .isSameAs(thrown);
        assertThat(updates).containsExactly("0 ms, 1 in flight, dropped");
        assertThat(bulkhead.counts().failures()).isEqualTo(1);
    }

    @Test
    @DisplayName("BH-8 other exceptions say nothing, unless they are classified")
    void othersAreIgnored() {
        assertThatThrownBy(() -> bulkhead.run(() -> {
                    throw new IllegalArgumentException("the caller's mistake");
                }))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(updates).isEmpty();
        assertThat(bulkhead.counts().ignored()).isEqualTo(1);

        bulkhead.reconfigure(settings -> settings.classify(so -> so.failOn(IllegalArgumentException.class)));
        assertThatThrownBy(() -> bulkhead.run(() -> {
                    throw new IllegalArgumentException("too many requests");
                }))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(updates).containsExactly("0 ms, 1 in flight, dropped");
    }

    @Test
    @DisplayName("BH-8 a timeout outside is a drop: the work is interrupted, or its stage cancelled")
    void timeoutOutside() {
        Pipeline<Object> pipeline = Pipeline.of(new Testing.After(Duration.ofMillis(5), time, null), bulkhead);
        assertThatThrownBy(() -> pipeline.runChecked(() -> time.sleep(LONG)))
                .isInstanceOf(Testing.SomeTimeoutException.class);
        CompletableFuture<Object> call = pipeline.callAsync(CompletableFuture::new);
        time.advance(Duration.ofMillis(5));
        assertThat(call).isCompletedExceptionally();
        assertThat(updates).containsExactly("5 ms, 1 in flight, dropped", "5 ms, 1 in flight, dropped");
    }

    @Test
    @DisplayName("BH-8 from fixed to adaptive and back: calls in flight end under either")
    void exchanged() {
        List<Permit> adaptive = hold(bulkhead, 2);
        bulkhead.reconfigure(settings -> settings.limit(4));
        List<Permit> fixed = hold(bulkhead, 2);
        adaptive.forEach(Permit::succeeded);
        assertThat(updates).isEmpty();
        bulkhead.reconfigure(settings -> settings.adaptive(script));
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(10, 2, 0));
        fixed.forEach(Permit::succeeded);
        assertThat(updates).isEmpty();
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-8 a reconfiguration of something else keeps what was learnt")
    void keepsWhatWasLearnt() {
        script.next = 33;
        takes(1);
        bulkhead.reconfigure(settings -> settings.queue(7));
        assertThat(bulkhead.report().limit()).isEqualTo(33);
    }

    @Test
    @DisplayName(
            "BH-8 the same limit given again, as configuration does that is read anew, keeps what was learnt, and nothing is told")
    void equalLimitKeepsWhatWasLearnt() {
        Bulkhead learning = Bulkhead.builder("l")
                .environment(time)
                .adaptive(Limits.between(5, 200).aimd())
                .queue(3)
                .build();
        List<Permit> held = hold(learning, 20);
        time.advance(Duration.ofMillis(1));
        held.forEach(Permit::succeeded);
        int learnt = learning.report().limit();
        assertThat(learnt).isGreaterThan(20);
        List<Object> told = new ArrayList<>();
        learning.on(Bulkhead.LimitChanged.class, told::add);
        for (int i = 0; i < 3; i++) {
            learning.reconfigure(settings ->
                    settings.limit(3).queue(3).adaptive(Limits.between(5, 200).aimd()));
        }
        assertThat(learning.report().limit()).isEqualTo(learnt);
        assertThat(told).isEmpty();
        learning.reconfigure(
                settings -> settings.adaptive(Limits.between(5, 201).aimd()));
        assertThat(learning.report().limit()).isEqualTo(20);
        assertThat(told).hasSize(1);
    }

    @Test
    @DisplayName("BH-8 nobody waits for an update: who finds one under way goes on, and a drop is not forgotten")
    void nobodyWaitsForAnUpdate() {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        List<Boolean> drops = new ArrayList<>();
        Limit slow = new Limit() {
            @Override
            public int initial() {
                return 5;
            }

            @Override
            public int max() {
                return 5;
            }

            @Override
            public Estimate start(Environment environment) {
                return (elapsed, inFlight, dropped) -> {
                    drops.add(dropped);
                    if (drops.size() == 1) {
                        inside.countDown();
                        try {
                            goOn.await();
                        } catch (InterruptedException impossible) {
                            throw new AssertionError(impossible);
                        }
                    }
                    return 5;
                };
            }
        };
        Bulkhead slowly = Bulkhead.builder("slow").adaptive(slow).build();
        CompletableFuture<String> first = inThread(() -> slowly.call(() -> "first"));
        until("inside of the update", () -> inside.getCount() == 0);

        assertThat(slowly.call(() -> "second")).isEqualTo("second");
        hold(slowly, 1).get(0).failed();
        goOn.countDown();
        assertThat(first.join()).isEqualTo("first");
        slowly.run(() -> {});

        assertThat(drops).containsExactly(false, true);
        assertIdle(slowly);
    }
}
